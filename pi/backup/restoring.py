"""Puts a backup back: all of it, or, where one of its parts cannot be written, nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StorageError
from core.files import foreign
from core.files.output import write_output
from pi.config.user_file import LARGEST
from pi.models.registry import ModelRegistry
from pi.retraining import night_log
from pi.samples.store import SampleStore
from pi.system.owner import as_owner

if TYPE_CHECKING:
    from pi.backup.archive import Backup
    from pi.config import Config


@dataclass(frozen=True)
class Restored:
    """What was put back.

    Attributes
    ----------
    added, there, pruned : samples that were added, that were there before, and that are over
        the bounds of the settings and deleted, the oldest without a label.
    version : weights that read from now on.
    nights : nights in the history.
    kept : path at which the settings are kept that were there before; None if there were none,
        or the same.
    """

    added: int
    there: int
    pruned: int
    version: str
    nights: int
    kept: Path | None


def restore(backup: Backup, config: Config, settings: Path) -> Restored:
    """Put back what a backup holds; the service may run meanwhile.

    What is there stays: samples are added, none twice, and nights; the settings that were
    there are kept beside their file. After a power cut it is done again from the start.

    config : the settings in force afterwards; they say where samples and weights are.
    settings : path of the settings file.

    Raises
    ------
    WeightsError, ModelFormatError : the weights do not read, or others have their names.
    StorageError : something cannot be written.
        After each of them all is as it was.
    """
    folder = Path(config.samples.folder)
    with ExitStack() as outer:
        kept = None
        if backup.settings is not None:
            kept, back = _replace(settings, backup.settings)
            outer.callback(back)
        # What is taken back is so with the rights with which it was written.
        with as_owner(folder), ExitStack() as inner:
            registry = ModelRegistry.of(config)
            inner.callback(registry.put_back(backup.order, backup.weights))
            nights, back = _add_nights(night_log.path_of(config), backup)
            inner.callback(back)
            # The most is written last, and by itself whole or not at all.
            with SampleStore.of(config) as store:
                added, there, pruned = store.add_new(backup.samples)
            inner.pop_all()
        outer.pop_all()
    return Restored(added, there, pruned, backup.order[0], nights, kept)


def _replace(path: Path, content: bytes) -> tuple[Path | None, Callable[[], None]]:
    """Replace the settings; where those before are kept, and what takes it back."""
    try:
        before = foreign.read_bytes(path, LARGEST, follow=True)
    except FileNotFoundError:
        before = None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror})") from None
    if before == content:
        return None, lambda: None
    kept = None if before is None else path.with_name(f"{path.name}.before")
    if kept is not None and before is not None:
        _write(kept, before)
    _write(path, content)

    def back() -> None:
        if before is None:
            path.unlink()
        else:
            _write(path, before)
        with suppress(OSError):
            if kept is not None:
                kept.unlink()

    return kept, back


def _write(path: Path, content: bytes) -> None:
    with write_output(path) as file:
        file.write(content)


def _add_nights(path: Path, backup: Backup) -> tuple[int, Callable[[], None]]:
    """Add the nights to the history; how many it has then, and what takes it back."""
    before = night_log.read(path)
    nights = [*backup.nights, *(each for each in before if each not in backup.nights)]
    if nights != before:
        path.parent.mkdir(parents=True, exist_ok=True)
        night_log.write(path, nights[-night_log.KEEP :])
    return len(nights), lambda: night_log.write(path, before)
