"""Settings as fields of a dataclass: the default, the values allowed, what the template says.

A part that is wired brings its own settings this way: :mod:`pi.config` reads them from files
and composes the template that ``zerodigit config --template`` prints.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

Check: TypeAlias = Callable[[Any], str | None]
"""Says what is wrong with a value, after "must be"; None if nothing is."""


def setting(
    default: Any = dataclasses.MISSING,
    help: str = "",
    *,
    check: Check | None = None,
    choices: tuple[Any, ...] = (),
) -> Any:
    """A field that is a setting.

    Parameters
    ----------
    default : its value if no file sets it; left out where ``default.toml`` has it.
    help : what the template says above it; empty for one that the setting before it explains.
    check, choices : the values allowed, and those of them that a misspelt one may mean.
    """
    metadata = {"help": help, "check": check, "choices": choices}
    return dataclasses.field(default=default, metadata=metadata)


def choice(*allowed: Any, **more: Any) -> Any:
    """A setting that is one of these; of a list, each of its values is. ``more`` as above."""
    named = ", ".join(f'"{each}"' if isinstance(each, str) else str(each) for each in allowed)

    def check(value: Any) -> str | None:
        values = value if isinstance(value, tuple) else (value,)
        if not values:
            return f"at least one of {named}"
        return None if all(each in allowed for each in values) else f"one of {named}"

    return setting(check=check, choices=allowed, **more)


def between(low: float, high: float, length: int | None = None, **more: Any) -> Any:
    """A setting from ``low`` to ``high``, or None if its type has that; of a list, each of its
    ``length`` values is."""

    def check(value: Any) -> str | None:
        values = value if isinstance(value, tuple) else (value,)
        if length is not None and len(values) != length:
            return f"{length} numbers, not {len(values)}"
        # Written so that nan is outside.
        inside = all(each is None or low <= each <= high for each in values)
        return None if inside else f"{low:g} to {high:g}"

    return setting(check=check, **more)
