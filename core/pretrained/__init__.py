"""The weights we ship, made by ``python -m tools.train_base`` and by nothing else."""

from __future__ import annotations

from pathlib import Path

from core import modelfile

PATH = Path(__file__).parent / "digits.npz"


def load() -> modelfile.Model:
    """The shipped model. Raises ModelFormatError if the installation is damaged."""
    return modelfile.load(PATH)
