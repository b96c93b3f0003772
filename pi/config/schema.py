"""The settings by section: what each is called, its type, and what values it may have.

Defaults and explanations are in ``default.toml``, which is the template for users. Reading and
merging is :mod:`pi.config`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

NONE = "none"
"""What a setting that may be absent, such as a pin, is set to in a file to be absent."""

# The cameras ask for it: pi.devices.cameras.transform.LEAST_SHARE, give or take rounding.
_LEAST_SHARE = 0.1 - 1e-9

# Says what is wrong with a value, after "must be"; None if nothing is.
Check = Callable[[Any], str | None]


def _choice(*allowed: Any) -> Any:
    said = ", ".join(f'"{each}"' if isinstance(each, str) else str(each) for each in allowed)

    def check(value: Any) -> str | None:
        values = value if isinstance(value, tuple) else (value,)
        if not values:
            return f"at least one of {said}"
        return None if all(each in allowed for each in values) else f"one of {said}"

    return field(metadata={"check": check, "choices": allowed})


def _between(low: float, high: float, length: int | None = None) -> Any:
    def check(value: Any) -> str | None:
        values = value if isinstance(value, tuple) else (value,)
        if length is not None and len(values) != length:
            return f"{length} numbers, not {len(values)}"
        # Written so that nan is outside.
        return None if all(low <= each <= high for each in values) else f"{low:g} to {high:g}"

    return field(metadata={"check": check})


def _crop() -> Any:
    def check(value: Any) -> str | None:
        if len(value) != 4:
            return "four shares: left, top, right, bottom"
        left, top, right, bottom = value
        inside = all(0 <= edge <= 1 for edge in value)
        if inside and min(right - left, bottom - top) >= _LEAST_SHARE:
            return None
        return "left, top, right, bottom from 0 to 1, that leave a tenth of each side or more"

    return field(metadata={"check": check})


@dataclass(frozen=True, kw_only=True)
class CameraSection:
    """Where frames come from, and how the camera is mounted. Sizes in pixels, times in s."""

    type: str = _choice("picamera2", "files", "scene")
    size: tuple[int, ...] = _between(32, 4096, 2)
    number: int = _between(0, 15)
    rate: float = _between(0, 1000)
    rotate: int = _choice(0, 90, 180, 270)
    flip: str = _choice("none", "horizontal", "vertical")
    crop: tuple[float, ...] = _crop()
    timeout_s: float = _between(0.1, 600)
    path: str
    hold: int = _between(1, 1_000_000)
    loop: bool
    shuffle: bool
    seed: int = _between(0, 2**63)
    style: str = _choice("easy", "usual", "any")


@dataclass(frozen=True, kw_only=True)
class DisplaySection:
    """What lights up, and on which pins; as :class:`pi.devices.pins.DisplayPins` wants it."""

    type: tuple[str, ...] = _choice("seven_segment", "leds", "bcd", "terminal")
    active_high: bool
    segments: tuple[int, ...]
    point: int | None
    leds: tuple[int, ...]
    bcd: tuple[int, ...]
    status: int | None
    status_active_high: bool


@dataclass(frozen=True, kw_only=True)
class ButtonsSection:
    """The buttons; as :class:`pi.devices.pins.ButtonPins` wants it. Times in s."""

    right: int | None
    wrong: int | None
    debounce_s: float = _between(0, 1)
    long_s: float = _between(0.1, 60)
    remember_s: float = _between(0, 3600)


@dataclass(frozen=True, kw_only=True)
class RecogniserSection:
    """How frames vote, and how often there is one. Times in s."""

    agree: int = _between(1, 100)
    window: int = _between(1, 100)
    sure: float = _between(0, 1)
    lead: float = _between(0, 100)
    dark_after: int = _between(1, 1000)
    unsure_after_s: float = _between(0, 600)
    fast_s: float = _between(0, 60)
    slow_s: float = _between(0, 60)


@dataclass(frozen=True, kw_only=True)
class ServiceSection:
    """The service itself: weights, run folder, who may talk to it, what it logs."""

    weights: str
    run_folder: str
    group: str
    log_level: str = _choice("debug", "info", "warning", "error")
    lines_a_minute: int = _between(0, 6000)
    lines_an_hour: int = _between(0, 360000)
    heartbeat_s: float = _between(1, 30 * 86400)


@dataclass(frozen=True, kw_only=True)
class SamplesSection:
    """Where what was seen and learnt is kept, and how much of it."""

    folder: str
    keep: str = _choice("all", "labelled", "none")
    most: int = _between(10, 100_000)
    most_mb: int = _between(1, 1000)


SECTIONS: dict[str, type] = {
    "camera": CameraSection,
    "display": DisplaySection,
    "buttons": ButtonsSection,
    "recogniser": RecogniserSection,
    "service": ServiceSection,
    "samples": SamplesSection,
}
