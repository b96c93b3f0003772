"""The appliance's folders as systemd makes them, in a folder of one's own, with real users.

Modes, owners, environment, home and command are read from ``systemd/`` and ``tools/install``,
so that what is measured is what is installed.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.attacks.process import Person

CHECKOUT = Path(__file__).resolve().parents[2]

STATE, RUN = "/var/lib/zerodigit", "/run/zerodigit"

GROUP = 64100
ROOT = Person("root", 0, 0)
SERVICE = Person("service", 64101, GROUP)
MEMBER = Person("member", 64102, 64102, (GROUP,))
OTHER = Person("other", 64103, 64103, (GROUP,))
OUTSIDER = Person("outsider", 64104, 64104)

_USERS = {"zerodigit": SERVICE.uid, "root": 0, "-": 0}
_GROUPS = {"zerodigit": GROUP, "root": 0, "-": 0}


@dataclass(frozen=True)
class Folder:
    """A folder of the appliance: its path there, its mode and the numbers of its owners."""

    path: str
    mode: int
    uid: int
    gid: int


def unit(name: str) -> dict[str, list[str]]:
    """The values of each key of a unit, in their order."""
    values: dict[str, list[str]] = {}
    for line in (CHECKOUT / "systemd" / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and key.isalpha():
            values.setdefault(key, []).append(value.replace("%t", "/run"))
    return values


def folders() -> list[Folder]:
    """What the service's unit and the tmpfiles make, those above before those within."""
    service = unit("zerodigit.service")
    found = {}
    for key, base in (("StateDirectory", "/var/lib"), ("RuntimeDirectory", "/run")):
        mode = int(service[f"{key}Mode"][0], 8)
        for name in service[key][0].split():
            path = f"{base}/{name}"
            found[path] = Folder(path, mode, SERVICE.uid, GROUP)
    for line in (CHECKOUT / "systemd/zerodigit.tmpfiles").read_text().splitlines():
        fields = line.split()
        if fields and fields[0].rstrip("!+=") in ("d", "D", "z"):
            _, path, mode, user, group, *_ = fields
            found[path] = Folder(path, int(mode, 8), _USERS[user], _GROUPS[group])
    return sorted(found.values(), key=lambda each: each.path)


def home() -> str:
    """The home of the service's user, as sysusers makes it; empty where it has none."""
    text = (CHECKOUT / "systemd/zerodigit.sysusers").read_text()
    found = re.search(r'^u zerodigit\s+\S+\s+"[^"]*"\s*(\S*)', text, re.MULTILINE)
    return found[1].replace("-", "") if found else ""


def environ(name: str) -> dict[str, str]:
    """The environment that a unit gives, and the home."""
    pairs = [each.partition("=")[::2] for each in unit(name).get("Environment", [])]
    return {**dict(pairs), "HOME": home() or "/"}


def command_text(interpreter: str, release: Path) -> str:
    """The command as ``tools/install`` writes it, for this interpreter and this release."""
    text = (CHECKOUT / "tools/install").read_text()
    found = re.search(r"<<PYTHON\n(.*?)\nPYTHON\n", text, re.DOTALL)
    assert found is not None
    script = found[1].replace("$venv/bin/python", interpreter)
    return script.replace("$current", str(release)) + "\n"


class Place:
    """A folder that stands for the root of the appliance's file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state, self.run = self.here(STATE), self.here(RUN)
        self._kept = folder / "kept"

    def here(self, path: str) -> Path:
        """Where something of the appliance lies here."""
        return self.folder / "root" / path.lstrip("/")

    def mapped(self, values: dict[str, str]) -> dict[str, str]:
        """An environment with the appliance's folders as they lie here."""
        replaced = {}
        for key, value in values.items():
            for path in (STATE, RUN):
                if value == path or value.startswith(f"{path}/"):
                    value = str(self.here(value))
            replaced[key] = value
        return replaced

    def make(self) -> None:
        """Make the folders, and empty them."""
        self.folder.chmod(0o755)
        for top in (self.state, self.run):
            shutil.rmtree(top, ignore_errors=True)
        for each in folders():
            path = self.here(each.path)
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, each.uid, each.gid)
            path.chmod(each.mode)

    def keep(self, name: str) -> None:
        """Keep all of it as it is now, for :meth:`put_back`."""
        for top in (self.state, self.run):
            copy(top, self._kept / name / top.name / top.parent.name)

    def put_back(self, name: str) -> None:
        """As it was when it was kept under this name."""
        for top in (self.state, self.run):
            shutil.rmtree(top, ignore_errors=True)
            if top.is_symlink() or top.exists():
                top.unlink()
            copy(self._kept / name / top.name / top.parent.name, top)

    def names(self) -> list[str]:
        """All there is below the state and the run folder, by the appliance's paths."""
        root = self.folder / "root"
        paths = [path for top in (self.state, self.run) for path in top.rglob("*")]
        return sorted(f"/{path.relative_to(root)}" for path in paths)


def copy(source: Path, target: Path) -> None:
    """Copy a tree with its owners and modes; sockets and pipes are left out."""

    def left_out(folder: str, names: list[str]) -> list[str]:
        paths = [Path(folder, name) for name in names]
        return [p.name for p in paths if not (p.is_file() or p.is_dir() or p.is_symlink())]

    shutil.copytree(source, target, symlinks=True, ignore=left_out)
    for path in (source, *source.rglob("*")):
        new = target / path.relative_to(source)
        if new.is_symlink() or new.exists():
            status = path.lstat()
            os.chown(new, status.st_uid, status.st_gid, follow_symlinks=False)
            if not new.is_symlink():
                new.chmod(status.st_mode & 0o7777)
