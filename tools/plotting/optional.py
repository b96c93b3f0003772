"""Libraries that only some tools want: loaded when asked for, named when missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from core.errors import ZerodigitError


class MissingExtraError(ZerodigitError, ImportError):
    """A library is not installed that only an optional part of the tools needs."""


def load_optional(module: str, extra: str) -> ModuleType:
    """Import `module`, which belongs to our extra `extra`. Raises MissingExtraError."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise
        raise MissingExtraError(
            f"{package} is not installed; install it with: pip install -e '.[{extra}]'"
        ) from None
