"""What a class night has come to so far, in a folder, so that the next call goes on there.

``run.json`` says which hosts were collected from, and what each decided; ``crops/`` holds what
they gave, ``night/`` the unfinished work, ``class.npz`` the weights. Each file is replaced
whole, so whatever ends the program, it is as it was before or after a step. Nobody but its
owner may look into the folder; when a run has ended, the crops are deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import DatasetError, ModelFormatError, StorageError
from core.files import container, foreign
from core.files.atomic import write_atomically
from pi.samples import crops
from pi.samples.crops import Images, Labels

_RUN, _CROPS, _NIGHT, _WEIGHTS = "run.json", "crops", "night", "class.npz"
_LARGEST = 4 << 20


@dataclass
class Run:
    """The record of a run.

    began : when, for people. ended : whether it came to its end.
    collected : crops by host. decided : what each host said of the weights ``weights``, their
    SHA-256, which were made from ``plan``, a digest of what they are learnt from. errors : by
    host, of its digits before and after.
    """

    began: str = ""
    ended: bool = False
    collected: dict[str, int] = field(default_factory=dict)
    plan: str = ""
    weights: str = ""
    errors: dict[str, list[int]] = field(default_factory=dict)
    decided: dict[str, dict[str, Any]] = field(default_factory=dict)


def make_folder(folder: Path) -> None:
    """Make the folder, for nobody else, if it is not there. Raises StorageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be made ({error.strerror})") from error


class State:
    """The record in a folder, and the files beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = self._read()

    @property
    def night(self) -> Path:
        """The folder of unfinished work."""
        return self.folder / _NIGHT

    @property
    def weights(self) -> Path:
        """The file of the weights that were made last."""
        return self.folder / _WEIGHTS

    def begin(self, anew: bool) -> bool:
        """Begin a run; whether it goes on with one that did not come to its end.

        After one that did, all hosts are asked for crops again, and those that have decided
        about the same weights are not asked again. ``anew`` : forget both.
        """
        goes_on = bool(self.run.began) and not self.run.ended and not anew
        if not goes_on:
            before = Run() if anew else self.run
            now = datetime.now().astimezone().isoformat(timespec="seconds")
            self.run = replace(before, began=now, ended=False, collected={})
            self._remove(_CROPS)
            self.save()
        return goes_on

    def keep(self, host: str, data: bytes, count: int) -> None:
        """Keep the crops of a host."""
        path = self._path(host)
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with write_atomically(path) as file:
            file.write(data)
        self.run.collected[host] = count
        self.save()

    def kept(self, hosts: Iterable[str]) -> dict[str, tuple[Images, Labels]]:
        """What was collected from these hosts; a file that is damaged counts as none."""
        found = {}
        for host in set(hosts) & self.run.collected.keys():
            try:
                found[host] = crops.unpack(foreign.read_bytes(self._path(host), crops.LARGEST))
            except (OSError, DatasetError):
                del self.run.collected[host]
        return found

    def keep_weights(self, data: bytes, plan: str, errors: dict[str, list[int]]) -> None:
        """Keep the weights that were made from a plan: what was decided of others is past."""
        with write_atomically(self.weights) as file:
            file.write(data)
        digest = hashlib.sha256(data).hexdigest()
        if digest != self.run.weights:
            self.run.decided = {}
        self.run.plan, self.run.weights, self.run.errors = plan, digest, errors
        self.save()
        self._remove(_NIGHT)

    def made(self, plan: str) -> bytes | None:
        """The weights that were made from this plan, if they are there and whole."""
        if plan != self.run.plan:
            return None
        with suppress(ModelFormatError, OSError):
            data = foreign.read_bytes(self.weights, container.LARGEST)
            if hashlib.sha256(data).hexdigest() == self.run.weights:
                return data
        return None

    def decide(self, host: str, night: dict[str, Any]) -> None:
        """Note what a host has decided about the weights."""
        self.run.decided[host] = night
        self.save()

    def end(self) -> None:
        """The run has come to its end: nothing of anybody's handwriting stays."""
        self.run.ended, self.run.collected = True, {}
        self.save()
        self._remove(_CROPS)
        self._remove(_NIGHT)

    def save(self) -> None:
        """Write ``run.json``."""
        with write_atomically(self.folder / _RUN) as file:
            file.write(json.dumps(asdict(self.run), indent=1).encode())

    def _read(self) -> Run:
        with suppress(OSError, ValueError, TypeError):
            found = Run(**foreign.read_json(self.folder / _RUN, _LARGEST))
            if all(
                isinstance(getattr(found, name), type(was))
                for name, was in asdict(Run()).items()
            ):
                return found
        return Run()

    def _path(self, host: str) -> Path:
        """Of a host's crops; a host may have any name."""
        return self.folder / _CROPS / f"{hashlib.sha256(host.encode()).hexdigest()[:16]}.npz"

    def _remove(self, name: str) -> None:
        if os.path.lexists(self.folder / name):
            shutil.rmtree(self.folder / name)
