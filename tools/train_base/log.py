"""The log of a training: a line of JSON for each epoch, in a file that survives Ctrl-C.

    {"phase": "what a crop usually is", "epoch": 3, "epochs": 7, "loss": 0.19,
     "validation_loss": 0.07, "validation_accuracy": 0.981, "learning_rate": 0.0003,
     "seconds": 61.4, "kept": false}

``tools.train_base.curves`` draws it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from core.errors import DatasetError
from core.files.atomic import write_atomically
from core.training.history import History, Progress


@dataclass(frozen=True)
class Line:
    """One epoch. ``kept`` is true of the epoch whose weights its phase ended with.

    ``seconds`` is None for an epoch that is known from the checkpoint alone; for one that was
    interrupted, it is the time since the training was resumed.
    """

    phase: str
    epoch: int
    epochs: int
    loss: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    learning_rate: float | None = None
    seconds: float | None = None
    kept: bool = False

    @property
    def error(self) -> float | None:
        """The share of what was held out that is read wrongly."""
        return None if self.validation_accuracy is None else 1 - self.validation_accuracy


class TrainingLog:
    """The lines of a training, written whole each time one is added.

    path : the file; lines that it has are taken up. Raises DatasetError if it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines = read(path) if path.exists() else []

    def forget(self) -> None:
        """Delete the lines and the file: a training that is not resumed begins anew."""
        self.lines = []
        self.path.unlink(missing_ok=True)

    def add(self, line: Line) -> None:
        """Add an epoch; those of its phase that an interrupted run had later are undone."""
        self.lines = [
            old for old in self.lines if old.phase != line.phase or old.epoch < line.epoch
        ]
        self.lines.append(line)
        self._write()

    def complete(self, phase: str, epochs: int, history: History) -> None:
        """Complete a phase's lines by its history: held-out losses, the best epoch."""
        seconds = {old.epoch: old.seconds for old in self.lines if old.phase == phase}
        best = history.best.epoch if history.best else None
        lines = [
            Line(
                phase,
                epochs=epochs,
                kept=epoch.epoch == best,
                seconds=seconds.get(epoch.epoch),
                **asdict(epoch),
            )
            for epoch in history.epochs
        ]
        others = [old for old in self.lines if old.phase != phase]
        phases = [old.phase for old in self.lines]
        place = phases.index(phase) if phase in phases else len(others)
        self.lines = others[:place] + lines + others[place:]
        self._write()

    def _write(self) -> None:
        text = "".join(json.dumps(asdict(line)) + "\n" for line in self.lines)
        with write_atomically(self.path) as file:
            file.write(text.encode("utf-8"))


class Recorder:
    """A `progress` of `training.fit` that logs the epochs of one phase as they end.

    then : another `progress`, called after every batch.
    """

    def __init__(
        self, log: TrainingLog, phase: str, then: Callable[[Progress], object] | None = None
    ) -> None:
        self._log = log
        self._phase = phase
        self._then = then
        self._before = 0.0

    def __call__(self, progress: Progress) -> None:
        """Log an epoch at its last batch."""
        if progress.batch == progress.batches:
            self._add(progress)
        if self._then is not None:
            self._then(progress)

    def _add(self, progress: Progress) -> None:
        self._log.add(
            Line(
                self._phase,
                progress.epoch,
                progress.epochs,
                progress.loss,
                validation_accuracy=progress.validation_accuracy,
                learning_rate=progress.learning_rate,
                seconds=round(progress.seconds - self._before, 1),
            )
        )
        self._before = progress.seconds


def read(path: Path) -> list[Line]:
    """The lines of a log. Raises DatasetError, naming the line, for what is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
    return [_line(f"{path}:{n}", line) for n, line in enumerate(text.splitlines(), 1)]


def _line(place: str, text: str) -> Line:
    try:
        content = json.loads(text)
        line = Line(**content)
    except (ValueError, TypeError) as error:
        names = ", ".join(field.name for field in fields(Line))
        raise DatasetError(
            f"{place}: is no epoch of a training ({error}); it has {names}"
        ) from None
    numbers = [
        line.loss, line.validation_loss, line.validation_accuracy, line.learning_rate,
        line.seconds,
    ]  # fmt: skip
    good = isinstance(line.phase, str) and _is_number(line.loss)
    good = good and isinstance(line.epoch, int) and isinstance(line.epochs, int)
    if not good or not all(value is None or _is_number(value) for value in numbers):
        raise DatasetError(f"{place}: an epoch's values must be numbers")
    return line


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
