"""Unfinished work of a night, kept on the card so that a power cut costs two minutes of it."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFormatError
from core.files import archive

if TYPE_CHECKING:
    from core.nn.layer import Array

_log = logging.getLogger(__name__)

SUFFIX = ".pieces"

LARGEST = 2**21
"""Bytes of pieces in memory from which they are written."""


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
    damaged file on, all are made anew.

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
        self._files = deque(sorted(folder.glob(f"*{SUFFIX}")))
        self._ready: deque[tuple[Array, Any]] = deque()
        self._waiting: list[tuple[NDArray[Any], Any]] = []
        self._written: int | None = 0
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
        if not waiting or self._written is None:
            return
        # Views of the arrays that are being filled, so nothing was copied until here.
        arrays = {str(n): each for n, (each, _) in enumerate(waiting)}
        about = {"states": [state for _, state in waiting]}
        archive.save(self._folder / f"{self._written:03d}{SUFFIX}", about, arrays)
        self._written += 1

    def _from_card(self, out: NDArray[Any], rng: np.random.Generator | None) -> bool:
        if not self._ready and self._files:
            self._load(self._files.popleft())
        if not self._ready:
            return False
        values, state = self._ready.popleft()
        if values.shape != out.shape or values.dtype != out.dtype:
            # Written by another version of the code: these pieces do not lead to ours.
            self._forget(
                "kept pieces are of another work", sorted(self._folder.glob(f"*{SUFFIX}"))
            )
            self._written = None
            return False
        out[...] = values
        if rng is not None:
            rng.bit_generator.state = state
        return True

    def _load(self, path: Path) -> None:
        try:
            about, arrays = archive.load(path)
            self._ready.extend((arrays[str(n)], each) for n, each in enumerate(about["states"]))
        except (ModelFormatError, KeyError, TypeError) as error:
            self._forget(str(error), [path, *self._files])
        else:
            assert self._written is not None
            self._written += 1

    def _forget(self, why: str, paths: Iterable[Path]) -> None:
        _log.warning("%s; from here on they are made anew", why)
        for path in paths:
            path.unlink(missing_ok=True)
        self._ready.clear()
        self._files.clear()
