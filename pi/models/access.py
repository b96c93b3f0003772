"""Who may look at the weights: told before anything is called absent or damaged for it."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import StorageError
from pi.models.registry import POINTER


def check_weights(folder: Path) -> None:
    """Say that this user may not, rather than that nothing is there or that it is damaged.

    Parameters
    ----------
    folder : of the versions; whether it is there does not matter.

    Raises
    ------
    StorageError : this user may not read it, or not the file that says which version reads.
    """
    for each in (folder.parent, folder):
        if os.path.exists(each) and not os.access(each, os.R_OK | os.X_OK):
            raise StorageError(
                f"{each}: you may not look in there; join the group that may, "
                "`sudo usermod -aG zerodigit $USER`, and log in again"
            )
    pointer = folder / POINTER
    if os.path.exists(pointer) and not os.access(pointer, os.R_OK):
        raise StorageError(
            f"{pointer}: you may not read it; give it to the group, `sudo chmod 660 {pointer}`"
        )
