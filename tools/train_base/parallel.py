"""Chunks of a long computation: files that are made once, on every core, atomically."""

from __future__ import annotations

import io
import multiprocessing
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.files.atomic import write_atomically

LOWER_PRIORITY = 5
"""Added to the workers' niceness: interactive programs come first."""


def make(
    work: Callable[[Any], None],
    missing: Sequence[Any],
    total: int,
    progress: Callable[[int, int], None],
) -> None:
    """Do the missing jobs of `total`; `progress` is called with (done, total).

    ``work`` : a function of a module (workers import it), called once for each job.
    """
    done = total - len(missing)
    progress(done, total)
    if not missing:
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(os.cpu_count(), os.nice, (LOWER_PRIORITY,)) as workers:
        for _ in workers.imap_unordered(work, missing):
            done += 1
            progress(done, total)


def save(path: Path, **arrays: np.ndarray[Any, Any]) -> None:
    """Write a chunk's arrays: the same arrays give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    # A view that outlives its buffer, by a traceback for instance, is reported by Python 3.13.
    with write_atomically(path) as file, content.getbuffer() as view:
        file.write(view)


class ProgressLine:
    """Progress in chunks: a changing line on a terminal, elsewhere a line for each fifty."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, done: int, total: int) -> None:
        moving = sys.stderr.isatty()
        if total and (moving or done % 50 == 0 or done == total):
            end = "\r" if moving and done < total else "\n"
            print(f"{self._name}: {done} of {total} chunks", end=end, file=sys.stderr)
