"""The weights we ship, made by ``python -m tools.train_base`` and by nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.modelfile import Model

PATH = Path(__file__).parent / "digits.npz"


def load() -> Model:
    """The shipped model. Raises ModelFormatError if the installation is damaged."""
    # Who only wants the path does not need numpy.
    from core import modelfile

    return modelfile.load(PATH)
