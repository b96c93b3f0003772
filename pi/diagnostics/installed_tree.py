"""The paths of an installation, with the owner and the mode that each must have.

``zerodigit doctor`` compares an installed Pi with this table; tools/install, systemd and the
service make what it says. What differs lets somebody in, or keeps the service out.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pi.diagnostics.finding import FAIL, OK, Finding

PROGRAM = "/opt/zerodigit"
"""What is below belongs to root, and nobody else may write it."""

STATE = "/var/lib/zerodigit"

USER, ROOT = "zerodigit", "root"

SHOWN = 3
"""Differences that are told; more of them are counted."""

_KINDS = {"folder": stat.S_ISDIR, "file": stat.S_ISREG, "link": stat.S_ISLNK}
_KINDS["socket"] = stat.S_ISSOCK

_AGAIN = "install again: sudo /opt/zerodigit/current/tools/install"


@dataclass(frozen=True)
class Entry:
    """A path, its kind, user, group and mode; ``needed`` : whether it is an error if missing.
    The mode of a link means nothing."""

    path: str
    kind: str
    owner: str = ROOT
    mode: int = 0o644
    needed: bool = True


TREE = (
    Entry(PROGRAM, "folder", ROOT, 0o755),
    Entry(f"{PROGRAM}/venv", "folder", ROOT, 0o755),
    Entry(f"{PROGRAM}/venv/bin/zerodigit", "file", ROOT, 0o755),
    Entry(f"{PROGRAM}/releases", "folder", ROOT, 0o755),
    Entry(f"{PROGRAM}/current", "link"),
    Entry(f"{PROGRAM}/previous", "link", needed=False),
    Entry("/usr/local/bin/zerodigit", "link"),
    Entry("/etc/zerodigit", "folder", ROOT, 0o755),
    Entry("/etc/zerodigit/zerodigit.toml", "file"),
    Entry("/etc/systemd/system/zerodigit.service", "file"),
    Entry("/etc/systemd/system/zerodigit-retrain.service", "file"),
    Entry("/etc/systemd/system/zerodigit-retrain.timer", "file"),
    Entry("/etc/systemd/system/zerodigit.service.d", "folder", ROOT, 0o755, needed=False),
    Entry("/etc/systemd/system/zerodigit.service.d/10-back-off.conf", "file", needed=False),
    Entry("/etc/sysusers.d/zerodigit.conf", "file"),
    Entry("/etc/tmpfiles.d/zerodigit.conf", "file"),
    Entry("/etc/udev/rules.d/60-zerodigit.rules", "file", needed=False),
    Entry("/etc/systemd/journald.conf.d/90-zerodigit.conf", "file", needed=False),
    Entry(STATE, "folder", USER, 0o3770),
    Entry(f"{STATE}/weights", "folder", USER, 0o2770),
    Entry(f"{STATE}/night", "folder", USER, 0o2770),
    Entry(f"{STATE}/samples.db", "file", USER, 0o660, needed=False),
    Entry("/run/zerodigit", "folder", USER, 0o750, needed=False),
    Entry("/run/zerodigit/lock", "file", USER, 0o600, needed=False),
    Entry("/run/zerodigit/control", "socket", USER, 0o660, needed=False),
    Entry("/run/zerodigit/night", "folder", USER, 0o770, needed=False),
)

# A file of settings that its owner keeps elsewhere is that owner's affair.
_MAY_BE_LINKS = {"/etc/zerodigit/zerodigit.toml"}


def numbers(name: str) -> tuple[int, int]:
    """The numbers of a user and of the group of that name. Raises KeyError."""
    return pwd.getpwnam(name).pw_uid, grp.getgrnam(name).gr_gid


def home(name: str) -> str:
    """The home of a user. Raises KeyError."""
    return pwd.getpwnam(name).pw_dir


def check(
    root: Path,
    numbers: Callable[[str], tuple[int, int]] = numbers,
    home: Callable[[str], str] = home,
) -> Finding | None:
    """Compare the installation below ``root`` with the table; None if there is none.

    numbers, home : of users; a test has others.
    """
    if not os.path.lexists(root / PROGRAM.strip("/") / "current"):
        return None
    try:
        found = [*_entries(root, numbers), *_program(root, numbers), *_home(home)]
    except KeyError:
        return Finding("installed", FAIL, "there is no user or group zerodigit", _AGAIN)
    if not found:
        return Finding("installed", OK, "owners and modes are as they should be")
    shown = found[:SHOWN]
    said = "; ".join(said for said, _ in shown)
    if len(found) > SHOWN:
        said += f"; and {len(found) - SHOWN} more"
    remedy = "; ".join(dict.fromkeys(remedy for _, remedy in shown))
    return Finding("installed", FAIL, said, remedy)


def _entries(
    root: Path, numbers: Callable[[str], tuple[int, int]]
) -> Iterator[tuple[str, str]]:
    for entry in TREE:
        user, group = numbers(entry.owner)
        path = entry.path
        try:
            status = (root / path.strip("/")).lstat()
        except FileNotFoundError:
            if entry.needed:
                yield f"{path} is missing", _AGAIN
            continue
        except PermissionError:
            # Whoever is not in the group sees nothing there, as it should be.
            continue
        is_link = stat.S_ISLNK(status.st_mode)
        if is_link and path in _MAY_BE_LINKS:
            continue
        if not _KINDS[entry.kind](status.st_mode):
            yield f"{path} is no {entry.kind}", f"sudo mv {path} {path}.aside; {_AGAIN}"
        elif (status.st_uid, status.st_gid) != (user, group):
            wanted = f"{entry.owner}:{entry.owner}"
            said = f"{path} belongs to {status.st_uid}:{status.st_gid}, not {wanted}"
            yield said, f"sudo chown -h {wanted} {path}"
        elif not is_link and stat.S_IMODE(status.st_mode) != entry.mode:
            said = f"{path} has mode {stat.S_IMODE(status.st_mode):o}, not {entry.mode:o}"
            yield said, f"sudo chmod {entry.mode:o} {path}"


def _program(
    root: Path, numbers: Callable[[str], tuple[int, int]]
) -> Iterator[tuple[str, str]]:
    """Whatever below PROGRAM another than root may write."""
    user, _ = numbers(ROOT)
    remedy = f"sudo chown -hR root:root {PROGRAM}; sudo chmod -R go-w {PROGRAM}"
    for folder, folders, files in os.walk(root / PROGRAM.strip("/")):
        for name in (*folders, *files):
            path = Path(folder, name)
            status = path.lstat()
            shared = status.st_mode & 0o022 and not stat.S_ISLNK(status.st_mode)
            if shared or status.st_uid != user:
                yield f"/{path.relative_to(root)} may be written by others than root", remedy


def _home(home: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    where, units = home(USER), "zerodigit zerodigit-retrain"
    if Path(where).is_relative_to(STATE):
        remedy = f"sudo systemctl stop {units}; sudo usermod --home /nonexistent {USER}; "
        remedy += "sudo systemctl start zerodigit"
        yield f"the home of the user {USER} is {where}, which its group may write", remedy
