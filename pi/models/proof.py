"""Proof that a model reads: before it is put in service, and before a service reads with it.

``python -m pi.models.proof`` proves the shipped one, as ``tools/install`` does before a version
is put in service.

A file may be whole and yet describe a network whose sums overflow, or which takes minutes for a
frame. A model that passes reads every frame: its outputs are numbers, and in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.errors import ModelFormatError
from core.reading.reader import CANDIDATES, Reader

if TYPE_CHECKING:
    from core.modelfile import Model
    from core.vision import Frame

MOST_WORK = 10_000_000
"""Multiplications and buffered values for one crop beyond which a network is too slow for the
frames of a Pi Zero: fifteen times those of the shipped one, half a second in whole numbers.
Counted, for the time depends on what else the machine does."""


def prove(model: Model) -> Reader:
    """The reader of a model, which has read a frame with writing, and an empty one.

    Raises ModelFormatError, without a path, whatever went wrong; MemoryError.
    """
    try:
        _check_work(model)
        reader = Reader.of(model)
        _read(reader)
    except (ModelFormatError, MemoryError):
        raise
    except Exception as error:
        why = f"{type(error).__name__}: {error}"
        raise ModelFormatError(f"cannot read a frame ({why:.200})") from None
    return reader


def _check_work(model: Model) -> None:
    for network in filter(None, (model.network, model.judge, model.place_judge)):
        work = sum(each.multiply_adds() + each.buffered() for each in network.layers)
        if work > MOST_WORK:
            raise ModelFormatError(
                f"is too slow for a Pi: {work:,} steps for a digit, and {MOST_WORK:,} are the "
                "most; train a smaller network"
            )


def _read(reader: Reader) -> None:
    """Read crops and frames. Raises ModelFormatError if it fails."""
    # As many crops as a frame has at most, so that memory does not grow later.
    reader.network.predict_proba(np.zeros((CANDIDATES, 28, 28), np.float32))
    for frame in (written(), written()[:, :60]):
        reading = reader.read(frame)
        if reading.probabilities is not None and not np.isfinite(reading.probabilities).all():
            raise ModelFormatError("gives probabilities that are not finite")


def written() -> Frame:
    """A frame, uint8 (120, 160): paper, empty on the left, a 7 and a blot on the right."""
    frame = np.full((120, 160), 200, np.uint8)
    frame[24:31, 80:112] = frame[24:90, 105:112] = 40
    frame[60:85, 130:142] = 90
    return frame


if __name__ == "__main__":
    from core import pretrained

    prove(pretrained.load())
