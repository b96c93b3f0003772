"""The results file: a row for each run, written as soon as it is done.

A CSV file that is only ever added to. A run that was cut off by a power cut in the middle of
its row leaves a torn last line, which is taken away when the file is opened again.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from contextlib import AbstractContextManager
from pathlib import Path

from core.errors import DatasetError, StorageError
from tools.experiments.run import Outcome, Run

COLUMNS = (
    "hidden", "rate", "epochs", "rotation", "images", "seed", "accuracy", "by_epoch", "seconds",
)  # fmt: skip


class Results(AbstractContextManager):
    """The outcomes in a file, by run; a context manager. One program at a time has it.

    Raises StorageError if the file cannot be opened or another program has it, DatasetError,
    naming the line, if a row makes no sense.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: dict[Run, Outcome] = {}
        try:
            self._file = path.open("a+", encoding="ascii", newline="")
        except OSError as error:
            raise StorageError(f"{path}: {error.strerror}; name another file") from error
        try:
            self._lock()
            self._read()
        except BaseException:
            self._file.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, outcome: Outcome) -> None:
        """Write a row; it is on the disk when this returns. Raises StorageError."""
        self.outcomes[outcome.run] = outcome
        run = outcome.run
        self._write(
            [
                "-".join(map(str, run.hidden)),
                repr(run.rate),
                run.epochs,
                repr(run.rotation),
                run.images,
                run.seed,
                f"{outcome.accuracy:.4f}",
                " ".join(f"{accuracy:.4f}" for accuracy in outcome.by_epoch),
                f"{outcome.seconds:.1f}",
            ]
        )

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StorageError(
                f"{self.path}: other experiments are writing to it; name another file"
            ) from error

    def _read(self) -> None:
        self._file.seek(0)
        try:
            text = self._file.read()
        except UnicodeDecodeError as error:
            raise DatasetError(f"{self.path}: not a results file ({error})") from error
        whole = text[: text.rfind("\n") + 1]
        rows = list(csv.reader(io.StringIO(whole)))
        if rows and rows[0] != list(COLUMNS):
            raise DatasetError(f"{self.path}:1: not a results file of this program")
        for number, row in enumerate(rows[1:], 2):
            try:
                outcome = _outcome(row)
            except ValueError as error:
                raise DatasetError(f"{self.path}:{number}: {error}; delete the line") from error
            self.outcomes[outcome.run] = outcome
        if len(whole) < len(text):
            self._file.truncate(len(whole))
        if not rows:
            self._write(COLUMNS)

    def _write(self, row: object) -> None:
        try:
            csv.writer(self._file, lineterminator="\n").writerow(row)  # type: ignore[arg-type]
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise StorageError(f"{self.path}: {error.strerror}") from error


def _outcome(row: list[str]) -> Outcome:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} columns, expected {len(COLUMNS)}")
    hidden, rate, epochs, rotation, images, seed, _, by_epoch, seconds = row
    nodes = tuple(map(int, hidden.split("-")))
    run = Run(nodes, float(rate), int(epochs), float(rotation), int(images), int(seed))
    accuracies = tuple(map(float, by_epoch.split()))
    if len(accuracies) != run.epochs:
        raise ValueError(f"{len(accuracies)} accuracies for {run.epochs} epochs")
    return Outcome(run, accuracies, float(seconds))
