"""A model in memory: its reader, the file it came from, and what that file says of itself."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.errors import ModelFormatError
from core.files import container, foreign
from pi.system.systemd import hidden

if TYPE_CHECKING:
    from core.reading.reader import Reader

_log = logging.getLogger(__name__)

LONGEST_ERROR = 400
"""An error is cut to so many characters."""

MOST_SCORES = 10
LONGEST_NAME = 40
"""Scores of longer names are left out."""


@dataclass(frozen=True)
class LoadedModel:
    """A reader, the ``path`` of its model file, and the file's ``info``.

    version : its name in the registry; empty for a file that the settings name.
    passed_over : why versions that should have read in its place do not.
    """

    reader: Reader
    path: str
    info: dict[str, Any]
    version: str = ""
    passed_over: tuple[str, ...] = ()

    @property
    def scores(self) -> dict[str, float]:
        """What the file says that it scored: see :func:`scores`."""
        return scores(self.info)


def scores(info: Mapping[str, Any]) -> dict[str, float]:
    """Those entries of a model file's ``info`` that are scores, as ``validation_accuracy``.

    At most MOST_SCORES, with names that can be printed.
    """
    endings = ("accuracy", "score", "crops")
    found = {
        name: value
        for name, value in info.items()
        if isinstance(value, float) and math.isfinite(value) and name.endswith(endings)
        if name.isprintable() and len(name) <= LONGEST_NAME
    }
    return dict(islice(found.items(), MOST_SCORES))


def load_weights(path: str = "", data: bytes | None = None) -> LoadedModel:
    """Load a model file, by default the shipped one.

    Others must read a frame first. The shipped one did when it was installed, and nobody but
    root can have changed it since: a start need not be later by that.

    data : what was read from ``path`` already; by default it is read now.

    Raises
    ------
    ModelFormatError : it is damaged, or does not read (see ``pi.models.proof``).
    MemoryError : there is not enough for it.
    """
    from core import modelfile, pretrained
    from core.reading.reader import Reader

    file = path or str(pretrained.PATH)
    with container.named(file):
        model = modelfile.unpack(container.read(file, follow=True) if data is None else data)
        if not path:
            return LoadedModel(Reader.of(model), file, model.info)
        from pi.models.proof import prove

        return LoadedModel(prove(model), file, model.info)


def load_weights_or(
    path: str,
    known: LoadedModel | None,
    load: Callable[[str, bytes | None], LoadedModel] = load_weights,
) -> LoadedModel:
    """Load a model file; if it fails, log an error and take ``known`` or the shipped one.

    Raises
    ------
    ModelFormatError : the shipped one is damaged.
    """
    try:
        return load(path, None)
    except (ModelFormatError, MemoryError) as error:
        if not path:
            raise
        instead = load("", None) if known is None else known
        _log.error("%s; reading with %s instead", in_words(error, path), instead.path)
        return instead


def in_words(error: Exception, path: str) -> str:
    """Why a model file could not be loaded, on one line that begins with its path."""
    if isinstance(error, MemoryError):
        return f"{path}: not enough memory to load it"
    if isinstance(error, ModelFormatError):
        return foreign.printable(f"{error}{hidden(path)}", LONGEST_ERROR)
    return foreign.printable(f"{path}: {type(error).__name__}: {error}", LONGEST_ERROR)
