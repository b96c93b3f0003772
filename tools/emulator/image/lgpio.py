"""gpiozero 2 and lgpio for the emulated Pi: the former as it is, the latter compiled across.

Raspberry Pi OS has both from apt; Debian bookworm's armel has not.
"""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

from tools.emulator import host
from tools.emulator.image import recipe

_EXTENSION = "_lgpio.cpython-311-arm-linux-gnueabi.so"


def install(root: Path, work: Path, log: Path) -> None:
    """Put both into the system's Python of ``root``; ``work`` is scratch, and has what
    :func:`tools.emulator.image.root.extract` puts beside it in ``packages``.

    Raises
    ------
    Unavailable : the packages cannot be fetched.
    """
    target = root / "usr/lib/python3/dist-packages"
    wheel, source = _fetch(work / "python", log)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    with tarfile.open(source) as archive:
        # Python 3.11.2, Debian's own, does not know the filter yet.
        options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(work, **options)
    (folder,) = work.glob("lgpio-*")
    (headers,) = (work / "packages").glob("libpython3.11-dev_*.deb")
    host.call(["dpkg-deb", "-x", headers, work / "headers"], log)
    include = work / "headers/usr/include"
    host.call(["swig", "-python", "-o", "lgpio_wrap.c", "lgpio.i"], log, cwd=folder)
    sources = [*sorted((folder / "src").glob("lg*.c")), folder / "src/rgpiod.c"]
    host.call(
        ["arm-linux-gnueabi-gcc", "-shared", "-fPIC", "-O2", "-march=armv6", "-mfloat-abi=soft",
         f"-I{include}/python3.11", f"-I{include}", "-Isrc", "lgpio_wrap.c", *sources,
         "-lpthread", "-lrt", "-ldl", "-o", target / _EXTENSION],
        log, cwd=folder,
    )  # fmt: skip
    for name in ("lgpio.py", "lgpio_extra.py"):
        (target / name).write_bytes((folder / name).read_bytes())


def _fetch(folder: Path, log: Path) -> tuple[Path, Path]:
    """gpiozero's wheel and lgpio's source."""
    host.download([recipe.GPIOZERO], folder, log, "--only-binary", ":all:")
    host.download([recipe.LGPIO], folder, log, "--no-binary", ":all:")
    (wheel,) = folder.glob("gpiozero-*.whl")
    (source,) = folder.glob("lgpio-*.tar.gz")
    return wheel, source
