"""Reference digits: crops whose class is known, which bound what an example may claim.

A thousand bent copies of the included MNIST digits, a hundred of each class, and five hundred
drawn digits, cropped as in a photograph: without those, what tells an example from a digit on
paper would be MNIST alone, and photographs lost as much as MNIST kept. They are 28x28, so that
they hold for any weights; ``python -m tools.train_base.references`` makes the file anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelFormatError

PATH = Path(__file__).with_name("references.npz")

OF_EACH, DRAWN = 100, 500

COUNT = 10 * OF_EACH + DRAWN


def load() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The crops, uint8 (COUNT, 28, 28), ink = 255, and their classes, uint8 (COUNT,).

    Raises ModelFormatError if the installation is damaged.
    """
    try:
        with np.load(PATH, allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
    except (OSError, ValueError, KeyError) as error:
        raise ModelFormatError(f"{PATH}: is damaged ({error}); install again") from error
    if images.shape != (COUNT, 28, 28) or labels.shape != (COUNT,):
        raise ModelFormatError(f"{PATH}: is damaged (its shapes are others); install again")
    return images, labels
