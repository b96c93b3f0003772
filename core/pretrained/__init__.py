"""The shipped weights, which only ``python -m tools.train_base`` makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.modelfile import Model

PATH = Path(__file__).parent / "digits.npz"


def load() -> Model:
    """The shipped model. Raises ModelFormatError if the installation is damaged."""
    # Here, so that PATH can be had without loading numpy.
    from core import modelfile

    return modelfile.load(PATH)
