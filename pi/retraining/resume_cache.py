"""Unfinished work of a night, kept on the card so that a power cut costs two minutes of it."""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFormatError
from core.files import archive
from core.files.foreign import is_integer

if TYPE_CHECKING:
    from core.nn.layer import Array

_log = logging.getLogger(__name__)

SUFFIX = ".pieces"

LARGEST = 2**21
"""Bytes of pieces in memory from which they are written."""

LARGEST_FILE = 8 * LARGEST
"""Bytes that a file of pieces may have, the last of which makes it larger than LARGEST."""

LARGEST_VALUE = 1e6
"""Pixels and features are smaller; others, as those that are not finite, are not ours."""


class Stopped(Exception):
    """The work was asked to stop; all that is done is on the card."""


@dataclass(frozen=True)
class RunContext:
    """Where unfinished work is kept, and how it is stopped and reported.

    folder : of checkpoints and pieces; they belong to the same samples, weights and recipe.
    stop : asked between two batches; where it says so the work is saved and Stopped raised.
    report : called with the stage and the share of all work that is done.
    checkpoint_every_s : time between two checkpoints of one head.
    """

    folder: Path
    stop: Callable[[], bool] = lambda: False
    report: Callable[[str, float], None] = lambda stage, share: None
    checkpoint_every_s: float = 120.0


class ResumeCache:
    """The pieces of one work (:class:`core.files.resumable.Cache`), in numbered files.

    Pieces have no names: the same work asks for the same pieces in the same order. From a
    damaged file on, or one that somebody else laid and that does not fit, all are made anew.

    Parameters
    ----------
    every_s : time after which the pieces in memory are written; they are also written when
        they have ``largest`` bytes.
    after : called with the shape of a piece when it is there; may raise to stop.
    """

    def __init__(
        self,
        folder: Path,
        every_s: float,
        after: Callable[[tuple[int, ...]], object],
        largest: int = LARGEST,
    ) -> None:
        self._folder, self._every_s, self._after = folder, every_s, after
        self._largest = largest
        self._there = True
        self._ready: deque[tuple[Array, Any]] = deque()
        self._waiting: list[tuple[NDArray[Any], Any]] = []
        self._number: int | None = 0
        self._written_s = time.monotonic()

    def __call__(
        self,
        out: NDArray[Any],
        make: Callable[[], NDArray[Any]],
        rng: np.random.Generator | None = None,
    ) -> None:
        """Fill ``out`` from the card, or with what ``make`` gives."""
        if not self._from_card(out, rng):
            out[...] = make()
            self._waiting.append((out, None if rng is None else rng.bit_generator.state))
            late = time.monotonic() - self._written_s >= self._every_s
            if late or sum(each.nbytes for each, _ in self._waiting) >= self._largest:
                self.save()
        self._after(out.shape)

    def save(self) -> None:
        """Write the pieces in memory. Raises StorageError."""
        self._written_s = time.monotonic()
        waiting, self._waiting = self._waiting, []
        if not waiting or self._number is None:
            return
        # Views of the arrays that are being filled, so nothing was copied until here.
        arrays = {str(n): each for n, (each, _) in enumerate(waiting)}
        about = {"states": [state for _, state in waiting]}
        archive.save(self._path(self._number), about, arrays)
        self._number += 1

    def _from_card(self, out: NDArray[Any], rng: np.random.Generator | None) -> bool:
        if not self._ready and self._there:
            self._load()
        if not self._ready:
            return False
        values, state = self._ready.popleft()
        fits = values.shape == out.shape and values.dtype == out.dtype
        fits = fits and bool((np.abs(values) <= LARGEST_VALUE).all())
        if not fits or (rng is not None and not _set_state(rng, state)):
            # Written by another version of the code, or by somebody else: they do not lead to
            # ours. Some of this file are in use, so none is written after it.
            self._forget("kept pieces are of another work", 0)
            self._number = None
            return False
        out[...] = values
        return True

    def _load(self) -> None:
        """Take up the next file, if it is there."""
        assert self._number is not None
        path = self._path(self._number)
        self._there = os.path.lexists(path)
        if not self._there:
            return
        try:
            about, arrays = archive.load(path, LARGEST_FILE)
            self._ready.extend((arrays[str(n)], each) for n, each in enumerate(about["states"]))
        except (ModelFormatError, KeyError, TypeError) as error:
            self._forget(str(error), self._number)
        else:
            self._number += 1

    def _forget(self, why: str, first: int) -> None:
        """Remove the files from a number on, and take up none of them."""
        _log.warning("%s; from here on they are made anew", why)
        for path in map(self._path, count(first)):
            try:
                path.unlink()
            except FileNotFoundError:
                break
            except OSError as error:
                # Perhaps a folder that somebody laid there; it is moved aside when we write.
                _log.warning("%s: cannot be removed (%s)", path, error.strerror)
        self._ready.clear()
        self._there = False

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:03d}{SUFFIX}"


def _set_state(rng: np.random.Generator, state: Any) -> bool:
    """Put a generator in a state that may be anybody's; False, and as it was, if it is none."""
    before = rng.bit_generator.state
    if not _is_like(state, before):
        return False
    try:
        rng.bit_generator.state = state
    except (OverflowError, ValueError):
        rng.bit_generator.state = before
        return False
    return True


def _is_like(state: Any, like: Any) -> bool:
    """Whether a state has the names and the types of another; numbers have 128 bits at most."""
    if not isinstance(like, dict):
        return state == like if isinstance(like, str) else is_integer(state, 0, 2**128 - 1)
    return (
        isinstance(state, dict)
        and state.keys() == like.keys()
        and all(_is_like(state[name], value) for name, value in like.items())
    )
