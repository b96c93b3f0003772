"""The model registry: versions of the weights on the device, and which of them is in service.

A folder with versions, ``0001.npz`` and so on, which are never changed once they are there, and
``current``: a line for the version in service, below it those before it, the last first. That
one small file is replaced whole, so any change is one rename: after a power cut there is the
old order or the new one. A change that has returned is on the disk.

The weights that came with the program are called ``shipped``; they are the last resort.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from core.errors import ModelFormatError, WeightsError
from core.files import container
from core.files.atomic import write_atomically
from pi.system.folder_lock import locked

if TYPE_CHECKING:
    from pi.config import Config
    from pi.models.loaded import LoadedModel

_log = logging.getLogger(__name__)

SHIPPED = "shipped"
POINTER = "current"

KEEP = 5
"""Versions that are kept: those that were in service last, then the newest others."""

_NAME = re.compile(r"\d{4,9}")
_LONGEST_POINTER = 4096
_UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Version:
    """A version, and what its file says.

    Attributes
    ----------
    current : whether it is in service.
    problem : what is wrong with its file, None if it is intact.
    info : how it was trained, what it scored.
    stored_s : when it was stored, by the clock of then, in seconds since 1970.
    """

    name: str
    path: Path
    current: bool
    problem: str | None = None
    info: dict[str, Any] = field(default_factory=dict)
    stored_s: float = 0.0


class ModelRegistry:
    """The versions in ``folder``; without such a folder there is the shipped one alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._logged: str | None = None

    @classmethod
    def of(cls, config: Config) -> Self:
        """The registry in the folder of the settings."""
        return cls(Path(config.samples.folder) / "weights")

    def pointer(self) -> str | None:
        """The text of ``current``, or why it cannot be read: it changes when the order does."""
        try:
            with open(self.folder / POINTER, "rb") as file:
                return file.read(_LONGEST_POINTER).decode("ascii", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return f"{_UNREADABLE} ({error.strerror})"

    def order(self) -> list[str]:
        """The version in service, those before it, and in the end the shipped one."""
        text = self.pointer()
        if text is None:
            return [SHIPPED]
        names = text.split()
        if not names or not all(name == SHIPPED or _NAME.fullmatch(name) for name in names):
            # The newest version was put in service when it was stored.
            names = self.names()[::-1]
            if text != self._logged:
                self._logged, first = text, (*names, SHIPPED)[0]
                why = text if text.startswith(_UNREADABLE) else "is damaged"
                _log.error("%s %s; version %s is taken", self.folder / POINTER, why, first)
        return list(dict.fromkeys([*names, SHIPPED]))

    def names(self) -> list[str]:
        """The versions that have a file here, the oldest first."""
        try:
            files = [path for path in self.folder.iterdir() if path.suffix == ".npz"]
        except OSError:
            return []
        return sorted((path.stem for path in files if _NAME.fullmatch(path.stem)), key=int)

    def path(self, name: str) -> Path:
        """The file of a version."""
        if name == SHIPPED:
            from core import pretrained

            return pretrained.PATH
        return self.folder / f"{name}.npz"

    def versions(self) -> list[Version]:
        """All of them, the shipped one first; each file is read and verified."""
        current = self.order()[0]
        return [self._version(name, current) for name in (SHIPPED, *self.names())]

    def load(self, load: Callable[[str], LoadedModel]) -> LoadedModel:
        """Load the version in service; if it is damaged, log an error and take the one before.

        Parameters
        ----------
        load : loads a model file, the shipped one for "".

        Raises
        ------
        ModelFormatError : not even the shipped one can be loaded.
        """
        order = self.order()
        for name, instead in pairwise(order):
            try:
                return replace(load(str(self.path(name))), version=name)
            except ModelFormatError as error:
                _log.error("%s; reading with version %s instead", error, instead)
        return replace(load(""), version=SHIPPED)

    def install(self, data: bytes, origin: str, instead_of: list[str] | None = None) -> str:
        """Store the bytes of a model file as a new version, and put it in service; its name.

        The same bytes as a version that is there already are not stored again.

        Parameters
        ----------
        instead_of : the order that must still hold.

        Raises
        ------
        WeightsError : the order is another one by now.
        ModelFormatError : it is no model file, or not one that reads digits; with ``origin``.
        StorageError : it cannot be stored; all stays as it was.
        """
        _verify(data, origin)
        with locked(self.folder):
            if instead_of not in (None, self.order()):
                raise WeightsError(f"by now {self.order()[0]} reads; nothing was changed")
            name = self._with_bytes(data)
            if name is None:
                name = self._next_name()
                with write_atomically(self.path(name)) as file:
                    file.write(data)
            self._promote(name)
        return name

    def promote(self, name: str) -> str:
        """Put a version in service; its name. Raises WeightsError, ModelFormatError."""
        with locked(self.folder):
            name = self._known(name)
            container.about(self.path(name))
            self._promote(name)
        return name

    def roll_back(self) -> str:
        """Put the version before in service again, and give its name.

        Damaged ones are passed over. Raises WeightsError if there is none before.
        """
        with locked(self.folder):
            order = self.order()
            if order == [SHIPPED]:
                raise WeightsError(
                    "there is nothing to go back to: these are the weights that came with "
                    "zerodigit, and no others read before them"
                )
            rest = [*order[1:], SHIPPED]
            while rest[0] != SHIPPED and not self._intact(rest[0]):
                rest = rest[1:]
            self._point(rest)
            return rest[0]

    def factory_reset(self) -> str:
        """Put the shipped one in service; its name. Rolling back takes this back."""
        with locked(self.folder):
            self._promote(SHIPPED)
        return SHIPPED

    def content(self, name: str | None) -> tuple[str, bytes]:
        """A version, by default the one in service: its name, and the bytes of its file.

        Raises
        ------
        WeightsError : there is no such version.
        ModelFormatError : it is damaged.
        """
        name = self.order()[0] if name is None else self._known(name)
        path = self.path(name)
        container.about(path)
        return name, container.read(path)

    def _version(self, name: str, current: str) -> Version:
        path = self.path(name)
        try:
            stored_s = path.stat().st_mtime
            info = container.about(path).get("info")
        except (ModelFormatError, OSError) as error:
            return Version(name, path, name == current, str(error))
        info = info if isinstance(info, dict) else {}
        return Version(name, path, name == current, None, info, stored_s)

    def _known(self, name: str) -> str:
        """The name of a version that is there; ``3`` is ``0003``. Raises WeightsError."""
        wanted = name.zfill(4)
        if name == SHIPPED or wanted in self.names():
            return name if name == SHIPPED else wanted
        there = ", ".join([SHIPPED, *self.names()])
        raise WeightsError(f"there is no version {name}; there are {there}")

    def _intact(self, name: str) -> bool:
        try:
            container.about(self.path(name))
        except ModelFormatError:
            return False
        return True

    def _with_bytes(self, data: bytes) -> str | None:
        for name in self.names():
            with suppress(OSError):
                if self.path(name).read_bytes() == data:
                    return name
        return None

    def _next_name(self) -> str:
        numbers = [int(name) for name in [*self.names(), *self.order()] if name != SHIPPED]
        return f"{max(numbers, default=0) + 1:04d}"

    def _promote(self, name: str) -> None:
        """Put it in service, and delete all but the last KEEP versions."""
        names = self.names()
        before = self.order()
        order = [name, *(each for each in before if each != name)]
        recent = [each for each in order if each in names]
        recent += [each for each in reversed(names) if each not in recent]
        kept = recent[:KEEP]
        order = [each for each in order if each == SHIPPED or each in kept]
        if order != before or self._logged is not None:
            self._point(order)
        debris = self.folder.glob(".*.tmp")
        for path in (*map(self.path, recent[KEEP:]), *debris):
            try:
                path.unlink()
            except OSError as error:
                _log.warning("%s: cannot be removed (%s)", path, error.strerror)

    def _point(self, order: list[str]) -> None:
        """Write ``current``."""
        with write_atomically(self.folder / POINTER) as file:
            file.write("".join(f"{name}\n" for name in order).encode())


def _verify(data: bytes, origin: str) -> None:
    """Raise ModelFormatError unless these are the bytes of a network that reads digits."""
    from core import modelfile
    from core.reading.reader import Reader

    try:
        Reader.of(modelfile.unpack(data))
    except (ModelFormatError, TypeError, ValueError) as error:
        raise ModelFormatError(f"{origin}: {error}; not installed") from None


def registry_in_use(config: Config) -> ModelRegistry | None:
    """The registry of the settings; None where they name a model file instead."""
    return None if config.service.weights else ModelRegistry.of(config)
