"""What takes long to build: made once, kept outside the checkout, never half-made."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tools.emulator import host

_UNUSED_DAYS = 14


def folder(
    name: str,
    make: Callable[[Path], None],
    say: Callable[[str], None] = print,
    *,
    cache: Path | None = None,
    anew: bool = False,
) -> Path:
    """The folder of that name, which ``make`` fills if it is not there yet.

    Two that ask at once wait for each other. What a killed build leaves is never used, and
    swept by the next one; so is what nobody used for two weeks.
    """
    cache = host.cache_folder() if cache is None else cache
    cache.mkdir(parents=True, exist_ok=True)
    final = cache / name
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if anew:
            shutil.rmtree(final, ignore_errors=True)
        if not final.is_dir():
            for left in cache.glob("*.part"):
                shutil.rmtree(left, ignore_errors=True)
            part = cache / f"{name}.part"
            part.mkdir()
            started = time.monotonic()
            make(part)
            part.rename(final)
            say(f"{final} built in {time.monotonic() - started:.0f} s")
        os.utime(final)
        _sweep(cache, final)
    return final


def _sweep(cache: Path, used: Path) -> None:
    oldest = time.time() - _UNUSED_DAYS * 86400
    for each in cache.iterdir():
        if each.is_dir() and each != used and each.stat().st_mtime < oldest:
            shutil.rmtree(each, ignore_errors=True)
