"""Checkpoints: a training in progress as a file, so that it can be resumed."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from core.errors import ModelFormatError, SpecError
from core.files import archive
from core.nn.layer import Array

FORMAT = "zerodigit checkpoint"
VERSION = 1

_LARGEST = 16 << 20
"""Bytes that a checkpoint may have besides its arrays. One of another network, which is told by
its options, is refused by its size only if it is much larger."""


def save(
    path: str | os.PathLike[str],
    options: dict[str, Any],
    state: dict[str, Any],
    arrays: dict[str, Array],
) -> None:
    """Write the `state` (JSON) and `arrays` of a training, and the `options` it was given.

    Raises StorageError if that fails; an older checkpoint stays then.
    """
    about = {"format": FORMAT, "version": VERSION, "options": options, "state": state}
    archive.save(path, about, arrays)


def load(
    path: str | os.PathLike[str], options: dict[str, Any], like: dict[str, Array]
) -> tuple[dict[str, Any], dict[str, Array]] | None:
    """State and arrays of the checkpoint at `path`; None if there is no such file.

    Raises ModelFormatError if it is damaged or lacks an array of the shape of one in `like`,
    SpecError if it belongs to a training with other `options`.
    """
    if not os.path.lexists(path):
        return None
    about, arrays = archive.load(path, _LARGEST + sum(each.nbytes for each in like.values()))
    if about.get("format") != FORMAT or about.get("version") != VERSION:
        raise ModelFormatError(f"{path}: is no {FORMAT} of version {VERSION}; remove it")
    theirs, state = about.get("options"), about.get("state")
    if not isinstance(theirs, dict) or not isinstance(state, dict):
        raise ModelFormatError(f"{path}: lacks its description of the training; remove it")
    for name, value in json.loads(json.dumps(options)).items():
        if theirs.get(name) != value:
            raise SpecError(
                f"{path}: belongs to a training with {name} {_short(theirs.get(name))}, "
                f"not {_short(value)}; give the same arguments, or remove it to start afresh"
            )
    for name, wanted in like.items():
        array = arrays.get(name, np.empty(0))
        if array.shape != wanted.shape or array.dtype != wanted.dtype:
            raise ModelFormatError(f"{path}: its array {name} does not fit; remove it")
    return state, arrays


def _short(value: Any) -> str:
    return f"{json.dumps(value):.60}"
