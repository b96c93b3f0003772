"""Reference digits: crops whose class is known, which bound what an example may claim.

A thousand bent copies of the included MNIST digits, a hundred of each class, and five hundred
drawn digits, cropped as in a photograph: without those, what tells an example from a digit on
paper would be MNIST alone, and photographs lost as much as MNIST kept. They are 28x28, so that
they hold for any weights; ``python -m tools.train_base.references`` makes the file anew.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFormatError

PATH = Path(__file__).with_name("references.npz")

OF_EACH, DRAWN = 100, 500

COUNT = 10 * OF_EACH + DRAWN


PIECE = 100
"""Crops of one array of the file: a Pi has not to spare the megabyte that all of them are."""


def piece(number: int) -> NDArray[np.uint8]:
    """The crops from PIECE * number on, uint8 (PIECE, 28, 28), ink = 255.

    Raises ModelFormatError if the installation is damaged.
    """
    return _array(f"images{number}", (PIECE, 28, 28))


def labels() -> NDArray[np.uint8]:
    """The classes of all crops, uint8 (COUNT,). Raises as `piece`."""
    return _array("labels", (COUNT,))


def _array(name: str, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    try:
        with ZipFile(PATH) as file, file.open(f"{name}.npy") as member:
            array = np.lib.format.read_array(member, allow_pickle=False)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
        raise ModelFormatError(f"{PATH}: is damaged ({error}); install again") from error
    if array.shape != shape or array.dtype != np.uint8:
        raise ModelFormatError(f"{PATH}: is damaged ({name} is another); install again")
    return np.asarray(array)
