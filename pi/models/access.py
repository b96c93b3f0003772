"""Whether this user may read the registry: checked first, lest it be called damaged."""

from __future__ import annotations

import os
from pathlib import Path

from core.errors import StorageError
from pi.models.registry import POINTER


def check_weights(folder: Path) -> None:
    """Raise an error with the remedy if this user may not read the registry in ``folder``.

    Without it a folder or a pointer that may not be read would look absent or damaged.

    Raises
    ------
    StorageError : this user may not read it, or not the file that says which version reads.
    """
    for each in (folder.parent, folder):
        if os.path.isdir(each) and not os.access(each, os.R_OK | os.X_OK):
            raise StorageError(
                f"{each}: you may not look in there; join the group that may, "
                "`sudo usermod -aG zerodigit $USER`, and log in again"
            )
    pointer = folder / POINTER
    # A link is not followed by who reads it, nor must it be by who takes the advice.
    there = os.path.exists(pointer) and not os.path.islink(pointer)
    if there and not os.access(pointer, os.R_OK):
        raise StorageError(
            f"{pointer}: you may not read it; give it to the group, `sudo chmod 660 {pointer}`"
        )
