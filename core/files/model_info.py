"""What a model file says of itself besides its layers: how it was trained, what it scored.

The standard library alone, as `core.files.container`: to list it, numpy need not be loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.errors import ModelFormatError

MOST = 1 << 16
"""Characters of JSON that it has at most; the shipped weights say 300."""


def of(about: Mapping[str, Any]) -> dict[str, Any]:
    """The object `info` in the JSON of a model file.

    Raises ModelFormatError, without a path, if it is no object of at most MOST characters;
    TypeError, ValueError if it is no JSON.
    """
    info = about.get("info")
    if not isinstance(info, dict) or len(json.dumps(info, allow_nan=False)) > MOST:
        raise ModelFormatError(f"lacks an account of itself of at most {MOST >> 10} kB")
    return info
