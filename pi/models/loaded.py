"""What reads: weights loaded, with what their file says of itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import ModelFormatError

if TYPE_CHECKING:
    from core.reading.reader import Reader

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoadedModel:
    """What reads: the reader, the file it came from, what that file says of itself, and which
    version it is (empty for a file that the settings name)."""

    reader: Reader
    path: str
    info: dict[str, Any]
    version: str = ""

    @property
    def scores(self) -> dict[str, Any]:
        """What the file says that it scored."""
        return {name: value for name, value in self.info.items() if _is_score(name, value)}


def load_weights(path: str = "") -> LoadedModel:
    """Load a model file, or the one that came with the program.

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
    path: str,
    known: LoadedModel | None,
    load: Callable[[str], LoadedModel] = load_weights,
) -> LoadedModel:
    """Load them; if they are damaged say so, and take ``known`` ones or those that came along.

    Raises
    ------
    ModelFormatError : those that came along are damaged.
    """
    try:
        return load(path)
    except ModelFormatError as error:
        if not path:
            raise
        instead = load("") if known is None else known
        _log.error("%s; reading with %s instead", error, instead.path)
        return instead


def _is_score(name: str, value: Any) -> bool:
    return isinstance(value, float) and name.endswith(("accuracy", "score", "crops"))
