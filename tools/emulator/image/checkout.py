"""The checkout as the emulated Pi gets it: an archive, put on its card while it is off."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from tools.emulator import host, pages

CHECKOUT = Path(__file__).resolve().parents[3]

# What is installed, what installs it, and the lessons with what they import; neither tests nor
# pictures.
PARTS = (
    "core", "pi", "systemd", "tools/lessons", "tools/plotting", "tools/fetch_mnist",
    "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip

_NEVER = ("__pycache__", ".pyc", ".pyo")


def archive(root: Path = CHECKOUT) -> bytes:
    """A tar of ``checkout/``, and of the sheets in ``pages/``; the same for the same tree."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as tar:
        for path in files(root):
            tar.add(path, f"checkout/{path.relative_to(root)}", filter=_as_root)
        for digit in (*range(10), None):
            name = pages.EMPTY if digit is None else str(digit)
            entry = tarfile.TarInfo(f"pages/{name}.pgm")
            data = pages.page(digit)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return stream.getvalue()


def files(root: Path = CHECKOUT) -> list[Path]:
    """The files that go to a Pi; from ``tools`` the scripts, and the modules beside them."""
    found = [path for part in PARTS for path in _below(root / part)]
    found += [path for path in sorted((root / "tools").iterdir()) if path.is_file()]
    return [path for path in found if not any(each in str(path) for each in _NEVER)]


def write_to_card(disk: Path, data: bytes, path: str) -> None:
    """Put a file on a card that is in no machine; over the serial line it would take a minute.

    Raises
    ------
    CommandFailed : it is not there afterwards.
    """
    local = disk.with_suffix(".file")
    local.write_bytes(data)
    log = disk.with_suffix(".debugfs.log")
    # It takes a name for the new file, and no path.
    commands = disk.with_suffix(".commands")
    commands.write_text(f"cd {Path(path).parent}\nwrite {local} {Path(path).name}\n")
    host.call(["debugfs", "-w", "-f", commands, disk], log)
    check = disk.with_suffix(".check")
    # debugfs says 0 whatever happens.
    host.call(["debugfs", "-R", f"dump {path} {check}", disk], log)
    if not check.exists() or check.read_bytes() != data:
        raise host.CommandFailed(f"debugfs did not write {path}; see {log}")
    local.unlink()
    check.unlink()
    commands.unlink()


def _below(path: Path) -> list[Path]:
    found = [path] if path.is_file() else sorted(path.rglob("*"))
    return [each for each in found if each.is_file()]


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
