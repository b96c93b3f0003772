"""The model registry: versions of the weights on the device, and which of them is in service.

A folder with versions, ``0001.npz`` and so on, which are never changed once they are there, and
``current``: a line for the version in service, below it those before it, the last first. That
one small file is replaced whole, so any change is one rename: after a power cut there is the
old order or the new one. A change that has returned is on the disk.

The weights that came with the program are called ``shipped``; they are the last resort.

A version is put in service only after it has read a frame (see ``pi.models.proof``). One that
fails all the same when a service loads it is set aside: renamed to ``0001.npz.damaged``, and
struck off ``current``. The folder is shared with a group, so what lies there is foreign: only
regular files of bounded size are read, and only a bounded number of names is considered.
"""

from __future__ import annotations

import heapq
import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from core.errors import ModelFormatError, ServiceError, StorageError, WeightsError
from core.files import container, foreign, model_info
from core.files.atomic import write_atomically
from pi.models.attempts import Attempts
from pi.models.loaded import LONGEST_ERROR, in_words
from pi.system.folder_lock import locked

if TYPE_CHECKING:
    from core.modelfile import Model
    from pi.config import Config
    from pi.models.loaded import LoadedModel

_log = logging.getLogger(__name__)

SHIPPED = "shipped"
POINTER = "current"

KEEP = 5
"""Versions that are kept: those that were in service last, then the newest others."""

LARGEST = 32 << 20
"""Model files of more bytes are refused; the shipped one has 360,000."""

ASIDE = ".npz.damaged"
"""End of the name of a file that was set aside."""

_FILE = re.compile(r"([0-9]{4,9})(\.npz|\.npz\.damaged)")
_NAME = re.compile(r"[0-9]{4,9}")
_LAST_NUMBER = 999_999_999
_MOST_FILES = 20
"""Of more versions, or of more files that were set aside, only the newest are considered."""

_LONGEST_POINTER = 4096
_UNREADABLE = "cannot be read"


@dataclass(frozen=True)
class Version:
    """A version, and what its file says.

    Attributes
    ----------
    current : whether it is in service.
    aside : whether its file was set aside.
    problem : what is wrong with its file, None if it is intact.
    info : how it was trained, what it scored.
    stored_s : when it was stored, by the clock of then, in seconds since 1970.
    """

    name: str
    path: Path
    current: bool
    aside: bool = False
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
            data = foreign.read_bytes(self.folder / POINTER, _LONGEST_POINTER)
            return data.decode("ascii", "replace")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return f"{_UNREADABLE} ({error.strerror})"

    def order(self) -> list[str]:
        """The version in service, those before it, and in the end the shipped one.

        At most KEEP of them, besides the shipped one.
        """
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
                why = foreign.printable(why, 100)
                _log.error("%s %s; version %s is taken", self.folder / POINTER, why, first)
        order = list(dict.fromkeys(names))
        kept = [each for each in order if each != SHIPPED][:KEEP]
        return [each for each in dict.fromkeys([*order, SHIPPED]) if each in (SHIPPED, *kept)]

    def names(self) -> list[str]:
        """The versions that have a file here, the oldest first."""
        return self._newest(".npz")

    def set_aside(self) -> list[str]:
        """The versions whose file was set aside, the oldest first."""
        return self._newest(ASIDE)

    def _newest(self, suffix: str) -> list[str]:
        try:
            with os.scandir(self.folder) as entries:
                files = (_FILE.fullmatch(entry.name) for entry in entries)
                names = (each[1] for each in files if each and each[2] == suffix)
                return heapq.nlargest(_MOST_FILES, names, key=int)[::-1]
        except OSError:
            return []

    def path(self, name: str) -> Path:
        """The file of a version."""
        if name == SHIPPED:
            from core import pretrained

            return pretrained.PATH
        return self.folder / f"{name}.npz"

    def path_aside(self, name: str) -> Path:
        """The file of a version, once it was set aside."""
        return self.folder / f"{name}{ASIDE}"

    def read(self, name: str) -> bytes:
        """The bytes of a version's file. Raises ModelFormatError, with its path."""
        path = self.path(name)
        with container.named(path):
            return foreign.read_bytes(path, LARGEST, follow=name == SHIPPED)

    def model(self, name: str) -> Model:
        """The model of a version, which has read a frame. Raises ModelFormatError."""
        return proved(self.read(name), str(self.path(name)), "passed over")

    def versions(self) -> list[Version]:
        """All of them, the shipped one first, and those set aside; each file is verified. The
        one in service is told of where its file is gone, too."""
        current, aside, names = self.order()[0], self.set_aside(), self.names()
        if current not in (SHIPPED, *names, *aside):
            names = sorted([*names, current])
        there = [(name, self.path(name), False) for name in (SHIPPED, *names)]
        there += [(name, self.path_aside(name), True) for name in aside]
        return [self._version(*each, current) for each in there]

    def load(
        self,
        load: Callable[[str, bytes | None], LoadedModel],
        attempts: Attempts | None = None,
        known: LoadedModel | None = None,
    ) -> LoadedModel:
        """Load the version in service; if that fails, log an error and take the one before.

        What failed is set aside, unless there was too little memory for it, or the folder
        cannot be written.

        Parameters
        ----------
        load : loads a model file from its path and its bytes; the shipped one for "", None.
        attempts : counts at which version the process ended.
        known : what is loaded already; its version is not loaded again.

        Raises
        ------
        ModelFormatError : not even the shipped one can be loaded.
        """
        attempts = Attempts(None) if attempts is None else attempts
        order, passed_over = self.order(), list[str]()
        for name, instead in pairwise([*order, ""]):
            if known is not None and name == known.version:
                return known
            try:
                found = self._load(name, load, attempts)
                return replace(found, version=name, passed_over=tuple(passed_over))
            except ModelFormatError as error:
                if instead:
                    _log.error("%s; reading with version %s instead", error, instead)
                passed_over.append(str(error))
        raise ModelFormatError(passed_over[-1])

    def _load(
        self, name: str, load: Callable[[str, bytes | None], LoadedModel], attempts: Attempts
    ) -> LoadedModel:
        """Load a version; one that fails is set aside. Raises ModelFormatError."""
        if name == SHIPPED:
            try:
                return load("", None)
            except MemoryError as error:
                raise ModelFormatError(in_words(error, str(self.path(name)))) from None
        path = str(self.path(name))
        try:
            if attempts.exhausted(name):
                raise ModelFormatError(
                    f"{path}: the service twice ended or ran out of memory while loading it"
                )
            attempts.begin(name)
            found = load(path, self.read(name))
        except MemoryError as error:
            raise ModelFormatError(in_words(error, path)) from None
        except Exception as error:
            attempts.end(name)
            aside = "; set aside" if self._put_aside(name) else ""
            raise ModelFormatError(in_words(error, path) + aside) from None
        attempts.end(name)
        return found

    def install(self, data: bytes, origin: str, instead_of: list[str] | None = None) -> str:
        """Store the bytes of a model file as a new version, and put it in service; its name.

        The same bytes as a version that is there already are not stored again.

        Parameters
        ----------
        instead_of : the order that must still hold.

        Raises
        ------
        WeightsError : the order is another one by now.
        ModelFormatError : it is no model file, or not one that reads; with ``origin``.
        StorageError : it cannot be stored; all stays as it was.
        """
        proved(data, origin, "not installed")
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

    def put_back(self, order: list[str], files: Mapping[str, bytes]) -> Callable[[], None]:
        """Store versions under the names that they had, and put them in service in this order.

        Returns what takes that back.

        Raises
        ------
        WeightsError : another version has such a name.
        ModelFormatError : the first of the order does not read.
        StorageError : they cannot be stored; all stays as it was.
        """
        data = files.get(order[0])
        proved(self.read(SHIPPED) if data is None else data, order[0], "nothing was changed")
        with ExitStack() as back, locked(self.folder):
            before = self.order()
            for name, data in files.items():
                if name in self.names():
                    if self.read(name) != data:
                        raise WeightsError(f"{self.path(name)}: is another version {name}")
                    continue
                with write_atomically(self.path(name)) as file:
                    back.callback(self.path(name).unlink, missing_ok=True)
                    file.write(data)
            back.callback(self._point, before)
            self._point([*order, *(each for each in before if each not in order)])
            return back.pop_all().close

    def promote(self, name: str) -> str:
        """Put a version in service; its name. Raises WeightsError, ModelFormatError."""
        name = self._known(name)
        proved(self.read(name), str(self.path(name)), "nothing was changed")
        with locked(self.folder):
            self._promote(name)
        return name

    def roll_back(self) -> str:
        """Put the version before in service again, and give its name.

        Those that do not read are passed over. Raises WeightsError if there is none before,
        ModelFormatError if not even the shipped one reads.
        """
        with locked(self.folder):
            order = self.order()
            if order == [SHIPPED]:
                raise WeightsError(
                    "there is nothing to go back to: these are the weights that came with "
                    "zerodigit, and no others read before them"
                )
            rest = [*order[1:], SHIPPED]
            while rest[0] != SHIPPED and not self._reads(rest[0]):
                rest = rest[1:]
            if rest[0] == SHIPPED:
                proved(self.read(SHIPPED), str(self.path(SHIPPED)), "nothing was changed")
            self._point(rest)
            return rest[0]

    def factory_reset(self) -> str:
        """Put the shipped one in service; its name. Rolling back takes this back.

        Raises ModelFormatError.
        """
        return self.promote(SHIPPED)

    def content(self, name: str | None) -> tuple[str, bytes]:
        """A version, by default the one in service: its name, and the bytes of its file.

        Raises
        ------
        WeightsError : there is no such version.
        ModelFormatError : it is damaged.
        """
        name = self.order()[0] if name is None else self._known(name)
        data = self.read(name)
        with container.named(self.path(name)):
            container.unwrap(data)
        return name, data

    def _version(self, name: str, path: Path, aside: bool, current: str) -> Version:
        found = Version(name, path, current=name == current and not aside, aside=aside)
        try:
            with container.named(path):
                data = foreign.read_bytes(path, LARGEST, follow=name == SHIPPED)
                info = model_info.of(container.unwrap(data)[0])
                stored_s = path.lstat().st_mtime
        except ModelFormatError as error:
            return replace(found, problem=foreign.printable(str(error), LONGEST_ERROR))
        problem = "it did not read when it was loaded; the log says why" if aside else None
        return replace(found, problem=problem, info=info, stored_s=stored_s)

    def _known(self, name: str) -> str:
        """The name of a version that is there; ``3`` is ``0003``. Raises WeightsError."""
        wanted = name.zfill(4)
        if name == SHIPPED or wanted in self.names():
            return name if name == SHIPPED else wanted
        there = ", ".join([SHIPPED, *self.names()])
        raise WeightsError(f"there is no version {name}; there are {there}")

    def _reads(self, name: str) -> bool:
        try:
            self.model(name)
        except ModelFormatError as error:
            _log.warning("%s", error)
            return False
        return True

    def _put_aside(self, name: str) -> bool:
        """Strike a version off ``current``, and rename its file; whether that could be done."""
        try:
            # Without waiting: whoever of the group holds the lock must not hold up the service.
            with locked(self.folder, "another process changes the weights"):
                self._point([each for each in self.order() if each != name])
                with suppress(OSError):
                    os.rename(self.path(name), self.path_aside(name))
        except (ServiceError, StorageError) as error:
            _log.warning("version %s is not set aside: %s", name, error)
            return False
        return True

    def _with_bytes(self, data: bytes) -> str | None:
        for name in self.names():
            with suppress(OSError):
                path = self.path(name)
                same_size = path.lstat().st_size == len(data)
                if same_size and foreign.read_bytes(path, len(data)) == data:
                    return name
        return None

    def _next_name(self) -> str:
        """A name with a number above all others, which is never given twice."""
        known = {SHIPPED, *self.names(), *self.set_aside(), *self.order()} - {SHIPPED}
        number = max(map(int, known), default=0) + 1
        if number > _LAST_NUMBER:
            # Somebody laid a file with the last number there.
            number = next(
                each for each in range(1, len(known) + 2) if f"{each:04d}" not in known
            )
        return f"{number:04d}"

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
        aside = [self.path_aside(each) for each in self.set_aside()[:-KEEP]]
        debris = self.folder.glob(".*.tmp")
        for path in (*map(self.path, recent[KEEP:]), *aside, *debris):
            try:
                path.unlink()
            except OSError as error:
                _log.warning("%s: cannot be removed (%s)", path, error.strerror)

    def _point(self, order: list[str]) -> None:
        """Write ``current``."""
        with write_atomically(self.folder / POINTER) as file:
            file.write("".join(f"{name}\n" for name in order).encode())


def proved(data: bytes, origin: str, so: str) -> Model:
    """The model in the bytes of a file, which has read a frame. Raises ModelFormatError.

    origin, so : first and last words of the error: whose bytes, and what comes of it.
    """
    from core import modelfile
    from pi.models.proof import prove

    try:
        if len(data) > LARGEST:
            raise ModelFormatError(f"{origin}: is larger than {LARGEST >> 20} MiB")
        with container.named(origin):
            model = modelfile.unpack(data)
            prove(model)
        return model
    except (ModelFormatError, MemoryError) as error:
        raise ModelFormatError(f"{in_words(error, origin)}; {so}") from None


def registry_in_use(config: Config) -> ModelRegistry | None:
    """The registry of the settings; None where they name a model file instead."""
    return None if config.service.weights else ModelRegistry.of(config)
