"""What keeps the service from writing its samples: a lock, or a card without room."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tools.attacks.process import Process

MODES = ("IMMEDIATE", "EXCLUSIVE", "DEFERRED")
"""Locks as a backup, a ``VACUUM`` and a long query hold them."""

CARD_KB = 4096


@contextmanager
def locked(path: Path, mode: str, output: Path) -> Iterator[None]:
    """Another process holds a lock of SQLite on the file, DEFERRED as one that reads."""
    ready, told = os.pipe()
    held, end = os.pipe()

    def hold() -> int:
        os.close(end)
        connection = sqlite3.connect(path, timeout=10.0, isolation_level=None)
        connection.execute(f"BEGIN {mode}")
        if mode == "DEFERRED":
            connection.execute("SELECT count(*) FROM samples").fetchone()
        os.write(told, b"1")
        os.read(held, 1)
        connection.execute("ROLLBACK")
        return 0

    holder = Process(hold, output)
    os.close(told)
    os.close(held)
    try:
        if os.read(ready, 1) != b"1":
            raise OSError(f"{path}: cannot be locked: {holder.said[-200:]}")
        yield
    finally:
        os.close(ready)
        os.close(end)
        holder.end(10.0)


@contextmanager
def card(folder: Path) -> Iterator[str]:
    """A small file system of its own in ``folder``; yields why there is none, else ""."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={CARD_KB}k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, text=True)
        why = done.stderr.strip()[:80] if done.returncode else ""
    except OSError as error:
        why = str(error)
    try:
        yield why
    finally:
        if not why:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte is free on the small file system in ``folder``; no larger one is filled."""
    filler = folder / "filler"
    try:
        with open(filler, "wb", buffering=0) as file, suppress(OSError):
            for _ in range(2 * CARD_KB):
                file.write(bytes(1024))
        yield
    finally:
        filler.unlink()
