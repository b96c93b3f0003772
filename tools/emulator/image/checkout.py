"""The checkout as the emulated Pi gets it: an archive, put on its card while it is off."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.emulator import host, pages

CHECKOUT = Path(__file__).resolve().parents[3]

# What is installed, what installs it, and the lessons with what they import; neither tests nor
# pictures.
PARTS = (
    "core", "pi", "systemd", "tools/lessons", "tools/plotting", "tools/fetch_mnist",
    "pyproject.toml", "README.md", "LICENSE",
)  # fmt: skip


def archive(root: Path = CHECKOUT) -> bytes:
    """A tar of ``checkout/``, and of the sheets in ``pages/``; the same for the same tree."""
    sheets = {str(digit): pages.page(digit) for digit in range(10)}
    sheets[pages.EMPTY] = pages.page(None)
    return pack(
        {f"checkout/{path.relative_to(root)}": path for path in files(root)}
        | {f"pages/{name}.pgm": data for name, data in sheets.items()}
    )


def files(root: Path = CHECKOUT, parts: Sequence[str] = ()) -> list[Path]:
    """The files below these parts of the checkout, by default all that goes to a Pi; without
    what Python compiles, and what is hidden, as a Mac's ._ files are."""
    scripts = [f"tools/{path.name}" for path in sorted((root / "tools").glob("*"))]
    parts = parts or [*PARTS, *(name for name in scripts if (root / name).is_file())]
    found = [
        path
        for part in parts
        for path in [root / part, *sorted((root / part).rglob("*"))]
        if path.is_file()
    ]
    return [
        path
        for path in found
        if path.suffix not in (".pyc", ".pyo") and not path.name.startswith(".")
    ]


def pack(entries: Mapping[str, Path | bytes]) -> bytes:
    """A tar of files, or of their content, by their names in it; all are root's."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as tar:
        for name, content in entries.items():
            if isinstance(content, Path):
                tar.add(content, name, filter=_as_root)
            else:
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return stream.getvalue()


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


def _as_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    return entry
