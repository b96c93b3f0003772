"""What the emulation needs of the machine it runs on: Debian's packages and its mirror."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

SKIPPED = 77
"""Exit code of what could not be tried here, as automake has it."""

MIRROR = "http://deb.debian.org/debian"

# Which package a command comes from.
BUILDING = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "depmod": "kmod",
    "cpio": "cpio",
    "fdtput": "device-tree-compiler",
    "swig": "swig",
    "arm-linux-gnueabi-gcc": "gcc-arm-linux-gnueabi",
}
RUNNING = {"qemu-system-arm": "qemu-system-arm", "debugfs": "e2fsprogs"}
CHROOTS = {"mmdebstrap": "mmdebstrap", "gcc": "gcc"}

# Needed with a package that only recommends it.
_BESIDES = {"gcc-arm-linux-gnueabi": "libc6-dev-armel-cross", "gcc": "libc6-dev"}


class Unavailable(Exception):
    """The emulation cannot run here, through no fault of zerodigit; says why in a line."""


class CommandFailed(Exception):
    """A command that had to succeed did not; says which, and the last it printed."""


def call(arguments: Sequence[str | Path], log: Path, *, cwd: Path | None = None) -> None:
    """Run a command, its output added to ``log``.

    Raises
    ------
    CommandFailed : it ended with another code than 0.
    """
    words = [str(each) for each in arguments]
    with log.open("ab") as stream:
        stream.write(f"$ {' '.join(words)}\n".encode())
        stream.flush()
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, cwd=cwd
        )
    if done.returncode:
        last = log.read_text(errors="replace").splitlines()[-5:]
        raise CommandFailed(f"{words[0]} failed ({done.returncode}): " + "\n".join(last))


def missing(
    commands: Mapping[str, str], find: Callable[[str], object] | None = None
) -> list[str]:
    """The packages to be installed so that all these commands are there."""
    find = shutil.which if find is None else find
    packages = []
    for command, package in commands.items():
        if find(command) is None and package not in packages:
            packages.append(package)
            packages += [_BESIDES[package]] if package in _BESIDES else []
    return packages


def provide(commands: Mapping[str, str], log: Path, say: Callable[[str], None]) -> None:
    """Have these commands, installing from Debian what is not there.

    Raises
    ------
    Unavailable : that needs root, or another system than Debian, or a mirror that answers.
    """
    # Debian keeps some of them where only root looks.
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    packages = missing(commands)
    if not packages:
        return
    names = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise Unavailable(f"{names} are not here, nor apt-get to install them")
    if os.geteuid() != 0:
        raise Unavailable(f"packages are missing: sudo apt-get install {names}")
    say(f"apt-get install {names}")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    try:
        call(["apt-get", "update", "-q"], log)
        call(["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages], log)
    except CommandFailed as error:
        raise Unavailable(f"packages cannot be installed here: {error}") from error


def download(packages: Sequence[str], folder: Path, log: Path, *options: str) -> None:
    """Fetch Python packages, without what they depend on, into ``folder``.

    Raises
    ------
    Unavailable : they cannot be fetched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    python = sys.executable
    try:
        if importlib.util.find_spec("pip") is None:
            # Debian's Python has a pip for its environments alone.
            call([python, "-m", "venv", folder / "pip"], log)
            python = str(folder / "pip/bin/python")
        call(
            [python, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
             *options, "-d", folder, *packages],
            log,
        )  # fmt: skip
    except CommandFailed as error:
        raise Unavailable(f"{' '.join(packages)} cannot be fetched: {error}") from error


def require_root(what: str) -> None:
    """Say that ``what`` needs root, unless it is there.

    Raises
    ------
    Unavailable : we are not root.
    """
    if os.geteuid() != 0:
        raise Unavailable(f"{what} needs root: sudo tools/emulate ...")


def mirror() -> str:
    """The Debian mirror that this machine uses itself, or Debian's own."""
    try:
        done = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian"],
            capture_output=True, text=True,
        )  # fmt: skip
    except OSError:
        return MIRROR
    places = [line.rstrip("/") for line in done.stdout.split() if "security" not in line]
    return places[0] if places else MIRROR


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where images are kept: ``$XDG_CACHE_HOME`` or ``~/.cache``, never in the checkout."""
    base = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or "/root", ".cache")
    return Path(base, "zerodigit", "emulator")
