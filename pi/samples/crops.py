"""Labelled crops in one file: what leaves a Pi for a night that several of them share.

An archive (``core.files.archive``) of two arrays, ``images`` and ``labels``, and no more: no
photograph, no time, no number, nothing of who wrote them or how they were read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.classes import NO_DIGIT
from core.errors import DatasetError, ModelFormatError
from core.files import archive
from core.modelfile import PREPROCESSING
from pi.samples.store import PIXELS, SIDE, Sample

FORMAT = "zerodigit crops"

MOST = 2000
"""Crops in a file at most: with more than that, the newest."""

LARGEST = 4096 + MOST * (PIXELS + 1)
"""Bytes of a file at most."""

Images = NDArray[np.uint8]
Labels = NDArray[np.uint8]


def pack(samples: Sequence[Sample]) -> bytes:
    """The file of those samples that have a label, in their order."""
    labelled = [each for each in samples if each.label is not None][-MOST:]
    pixels = np.frombuffer(b"".join(each.image for each in labelled), np.uint8)
    labels = np.array([each.label for each in labelled], np.uint8)
    about = {"format": FORMAT, "preprocessing": PREPROCESSING}
    return archive.pack(about, {"images": pixels.reshape(-1, SIDE, SIDE), "labels": labels})


def unpack(data: bytes) -> tuple[Images, Labels]:
    """The crops in the bytes of a file that may be anybody's: images, uint8 (n, 28, 28), ink
    255, and labels, uint8 (n,), 0 to 9 or NO_DIGIT; n may be 0.

    Raises DatasetError, without a path.
    """
    if len(data) > LARGEST:
        raise DatasetError(f"is larger than {LARGEST >> 10} kB")
    try:
        about, arrays = archive.unpack(data)
    except ModelFormatError as error:
        raise DatasetError(str(error)) from None
    _check_about(about)
    if set(arrays) != {"images", "labels"}:
        raise DatasetError("holds other arrays than images and labels")
    images, labels = arrays["images"], arrays["labels"]
    count = len(labels) if labels.ndim == 1 else -1
    if images.dtype != np.uint8 or images.shape != (count, SIDE, SIDE) or count > MOST:
        raise DatasetError(f"its images are {images.dtype} {images.shape}, not {SIDE}x{SIDE}")
    if labels.dtype != np.uint8 or (labels > NO_DIGIT).any():
        raise DatasetError("holds a label that is no digit")
    return images, labels


def _check_about(about: dict[str, Any]) -> None:
    if about.get("format") != FORMAT:
        raise DatasetError(f"is no {FORMAT}, but {about.get('format')!r:.40}")
    if about.get("preprocessing") != PREPROCESSING:
        raise DatasetError(
            f"was cropped by rule {about.get('preprocessing')!r:.20}, this program by "
            f"{PREPROCESSING}: both need the same version of zerodigit"
        )
