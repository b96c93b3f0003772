"""A model in memory: its reader, the file it came from, and what that file says of itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ModelFormatError

if TYPE_CHECKING:
    from core.reading.reader import Reader

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedModel:
    """A reader, the ``path`` of its model file, and the file's ``info``.

    version : its name in the registry; empty for a file that the settings name.
    """

    reader: Reader
    path: str
    info: dict[str, Any]
    version: str = ""

    @property
    def scores(self) -> dict[str, float]:
        """What the file says that it scored: see :func:`scores`."""
        return scores(self.info)


def scores(info: Mapping[str, Any]) -> dict[str, float]:
    """Those entries of a model file's ``info`` that are scores, as ``validation_accuracy``."""
    endings = ("accuracy", "score", "crops")
    return {
        name: value
        for name, value in info.items()
        if isinstance(value, float) and name.endswith(endings)
    }


def load_weights(path: str = "") -> LoadedModel:
    """Load a model file, by default the shipped one.

    Raises
    ------
    ModelFormatError : it is damaged, or for another program.
    """
    from core import modelfile, pretrained
    from core.reading.reader import Reader

    path = path or str(pretrained.PATH)
    model = modelfile.load(path)
    try:
        return LoadedModel(Reader.of(model), path, model.info)
    except (ModelFormatError, TypeError, ValueError) as error:
        raise ModelFormatError(f"{path}: {error}") from None


def load_weights_or(
    path: str, known: LoadedModel | None, load: Callable[[str], LoadedModel] = load_weights
) -> LoadedModel:
    """Load a model file; if it is damaged, log an error and take ``known`` or the shipped one.

    Raises
    ------
    ModelFormatError : the shipped one is damaged.
    """
    try:
        return load(path)
    except ModelFormatError as error:
        if not path:
            raise
        instead = load("") if known is None else known
        _log.error("%s; reading with %s instead", error, instead.path)
        return instead
