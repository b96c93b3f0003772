"""An appliance that a hostile member of the group and a stranger attack, and what it suffers.

It is there in two states: just installed, and used for days. What is foreign to the member, and
what has gone wrong, is counted here; the attacks themselves are in :mod:`tools.attacks.rounds`
and :mod:`tools.attacks.intruders`.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.attacks import plants
from tools.attacks.appliance import Appliance, Stopped
from tools.attacks.place import CHECKOUT, MEMBER, OTHER, ROOT, SERVICE, Place, environ, unit
from tools.attacks.plants import Foreign
from tools.attacks.process import HUNG, Person, Process

COMMAND_S, START_S = 15.0, 20.0
"""A command and a start take at most so long."""

FRESH = "fresh"
USED = "used"

_REFUSED = 3


@dataclass
class Harm:
    """What went wrong, by kind, each with what did it."""

    stopped: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    tries: int = 0
    refused: int = 0

    def note(self, kind: str, what: str) -> None:
        """Count it, and say it on stderr."""
        getattr(self, kind).append(what)
        print(f"HARM {kind}: {' '.join(what.split())}", file=sys.stderr, flush=True)

    def add(self, other: dict[str, list[str] | int]) -> None:
        """Count another one's, too."""
        for kind, found in other.items():
            setattr(self, kind, getattr(self, kind) + found)

    def __bool__(self) -> bool:
        return any(isinstance(each, list) and each for each in asdict(self).values())


class World:
    """The appliance, the foreign files, and what has gone wrong so far.

    folder : for all of it; everybody may look in there.
    """

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder)
        self.foreign = Foreign(folder / "foreign")
        self.harm = Harm()
        work = folder / "work"
        work.mkdir(parents=True)
        folder.chmod(0o755)
        self.said = work / "said"
        service = unit("zerodigit.service")
        self.umask = int(service["UMask"][0], 8)
        self.cwd = self.place.here(service.get("WorkingDirectory", ["/"])[0])
        given = self.place.mapped(environ("zerodigit.service"))
        given["GPIOZERO_PIN_FACTORY"] = "mock"
        self.appliance = Appliance(
            work, state=self.place.state, run=self.place.run, person=SERVICE, environ=given,
            umask=self.umask, cwd=self.cwd,
        )  # fmt: skip
        self.model = work / "mine.npz"

    def prepare(self) -> None:
        """Make both states. Raises Stopped if that does any harm."""
        self._make_foreign()
        self.place.make()
        self.place.keep(FRESH)
        _another_model(self.model)
        appliance = self.appliance
        appliance.start()
        for digit in (3, 7, 1, 5):
            appliance.show(digit)
            self.run(SERVICE, "label", "--last", str(digit), what="setting up")
            appliance.darken()
        self.run(ROOT, "weights", "install", str(self.model), what="setting up")
        time.sleep(1.0)
        appliance.stop()
        # What a night leaves behind that has been stopped, and one that is over.
        self.run(SERVICE, "retrain", "--minutes", "0.05", what="setting up", seconds=300.0)
        from pi import config
        from pi.retraining import night_log

        history = night_log.path_of(config.load([appliance.settings]))
        self.do(
            lambda: night_log.append(history, {"outcome": "discarded", "why": "no"}), SERVICE
        )
        self.place.keep(USED)
        # What refuses everything is no protection.
        for person in (ROOT, OTHER, SERVICE):
            for arguments in (("samples",), ("label", "1", "3"), ("weights",), ("history",)):
                if self.run(person, *arguments, what="setting up") != 0:
                    why = self.said.read_text()[-300:]
                    raise Stopped(f"{person.name} may not {' '.join(arguments)}: {why}")
        self.look("setting up", appliance.log)
        if self.harm:
            raise Stopped(f"it does not work unharmed: {self.harm}")

    def do(self, act: Callable[[], object], person: Person = MEMBER) -> bool:
        """Do something as somebody, by default the member; whether it was not refused."""

        def attempt() -> int:
            try:
                act()
            except OSError:
                return _REFUSED
            return 0

        return Process(attempt, self.said, person=person, umask=0o007).end(30.0) == 0

    def run(
        self, person: Person, *arguments: str, what: str, seconds: float = COMMAND_S
    ) -> int:
        """A command as somebody; its exit code. It is harm if it hangs or fails by a bug."""
        asked = self.appliance.command(
            *arguments, output=self.said, person=person, environ={"HOME": "/nonexistent"},
            umask=self.umask if person is SERVICE else 0o022,
        )  # fmt: skip
        code = asked.end(seconds)
        about = f"{what}: {person.name} zerodigit {' '.join(arguments)}"
        if code == HUNG:
            self.harm.note("hung", about)
        elif code < 0 or "Traceback" in asked.said:
            self.harm.note("crashed", f"{about}: {code} {asked.said.strip()[-300:]}")
        if plants.MARK in asked.said:
            self.harm.note("told", about)
        return code

    def look(self, what: str, log: str) -> None:
        """Count what foreign was touched or told; what was changed is put right."""
        if changes := self.foreign.changes():
            self.harm.note("changed", f"{what}: {', '.join(changes)}")
            shutil.rmtree(self.foreign.folder)
            self.foreign.before.clear()
            self._make_foreign()
        if "Traceback" in log:
            self.harm.note("crashed", f"{what}: the service: {log[-300:]}")
        if plants.MARK in log:
            self.harm.note("told", f"{what}: the service's log")

    def _make_foreign(self) -> None:
        self.foreign.make({each.name: (each.uid, each.gid) for each in (ROOT, OTHER, SERVICE)})


def libraries() -> list[str]:
    """The folders of this checkout and of the libraries that it needs."""
    specs = [importlib.util.find_spec(name) for name in ("numpy", "PIL", "gpiozero")]
    found = [Path(each.origin or "").parents[1] for each in specs if each is not None]
    return list(dict.fromkeys(map(str, (CHECKOUT, *found))))


def interpreter() -> str | None:
    """A Python that the service's user may run, with the libraries; None if there is none."""
    code = f"import sys; sys.path[:0] = {libraries()}; import numpy, PIL.Image, gpiozero"
    for each in (sys.executable, "/usr/bin/python3"):
        command = [each, "-I", "-c", code]

        def run(command: list[str] = command) -> int:
            os.execve(command[0], command, {"PATH": "/usr/bin:/bin"})

        with tempfile.TemporaryDirectory() as folder:
            if Process(run, Path(folder, "said"), person=SERVICE).end(60.0) == 0:
                return each
    return None


def _another_model(path: Path) -> None:
    """The shipped weights as another file: its bytes differ by what it says of itself."""
    from core import pretrained
    from core.files import archive

    told, arrays = archive.load(pretrained.PATH)
    told["info"] = {**told.get("info", {}), "trained_by": "an attack"}
    archive.save(path, told, arrays)
    path.chmod(0o644)
