"""Proof that a model reads: before it is put in service, and before a service reads with it.

A file may be whole and yet describe a network whose sums overflow, or which takes minutes for a
frame. A model that passes reads every frame: its outputs are numbers, and in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelFormatError
from core.reading.reader import CANDIDATES, Reader

if TYPE_CHECKING:
    from core.modelfile import Model
    from core.vision import Frame

SLOW_S = 5.0
"""Processor time that the frames of the proof may take: a hundred times what a Raspberry Pi
Zero takes for a frame with the shipped weights."""


def prove(model: Model, clock: Callable[[], float] = time.thread_time) -> Reader:
    """The reader of a model, which has read a frame with writing, and an empty one.

    clock : processor time in seconds; by default that of this thread alone, because in the
        service another one reads frames meanwhile.

    Raises ModelFormatError, without a path, whatever went wrong; MemoryError.
    """
    try:
        reader = Reader.of(model)
        _read(reader, clock)
    except (ModelFormatError, MemoryError):
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise ModelFormatError(f"cannot read a frame ({why:.200})") from None
    return reader


def _read(reader: Reader, clock: Callable[[], float]) -> None:
    """Read crops and frames. Raises ModelFormatError if it takes too long, or fails."""
    began = clock()
    # One crop first: of a slow network it takes the eighth part of a frame's time. Then as many
    # as a frame has at most, so that memory does not grow later.
    for crops in (1, CANDIDATES):
        reader.network.predict_proba(np.zeros((crops, 28, 28), np.float32))
        _check_time(clock() - began)
    for frame in (written(), written()[:, :60]):
        reading = reader.read(frame)
        _check_time(clock() - began)
        if reading.probabilities is not None and not np.isfinite(reading.probabilities).all():
            raise ModelFormatError("gives probabilities that are not finite")


def _check_time(taken_s: float) -> None:
    if taken_s > SLOW_S:
        raise ModelFormatError(
            f"is too slow: frames that are read within {SLOW_S:g} s of processor time took "
            f"{taken_s:.1f} s; train a smaller network"
        )


def written() -> Frame:
    """A frame, uint8 (120, 160): paper, empty on the left, a 7 and a blot on the right."""
    frame = np.full((120, 160), 200, np.uint8)
    frame[24:31, 80:112] = frame[24:90, 105:112] = 40
    frame[60:85, 130:142] = 90
    return frame
