"""The settings by section: what each is called, its type, and what values it may have.

Defaults and explanations are in ``default.toml``; of the displays and the buttons, which bring
their own settings, they are with those. Reading and merging is :mod:`pi.config.loader`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pi.devices.buttons import ButtonSettings
from pi.devices.cameras.registry import CAMERAS
from pi.devices.cameras.scene import STYLES
from pi.devices.cameras.transform import FLIPS, ROTATIONS, Transform
from pi.devices.displays.section import section_class
from pi.devices.settings import between, choice, setting

NONE = "none"
"""What a setting that may be absent, such as a pin, is set to in a file to be absent."""


def _crop() -> Any:
    def check(value: Any) -> str | None:
        if len(value) != 4:
            return "four shares: left, top, right, bottom"
        try:
            Transform(crop=value)
        except ValueError:
            return (
                "left, top, right, bottom from 0 to 1, that leave a tenth of each side or more"
            )
        return None

    return setting(check=check)


@dataclass(frozen=True, kw_only=True)
class CameraSection:
    """Where frames come from, and how the camera is mounted. Sizes in pixels, times in s."""

    type: str = choice(*CAMERAS)
    size: tuple[int, ...] = between(32, 4096, 2)
    number: int = between(0, 15)
    rate: float = between(0, 1000)
    mains_hz: int = choice(0, 50, 60)
    exposure: float = between(0, 10)
    lens_position: float | None = between(0, 100)
    rotate: int = choice(*ROTATIONS)
    flip: str = choice(*FLIPS)
    crop: tuple[float, ...] = _crop()
    timeout_s: float = between(0.1, 600)
    path: str = setting()
    hold: int = between(1, 1_000_000)
    loop: bool = setting()
    shuffle: bool = setting()
    seed: int = between(0, 2**63)
    style: str = choice(*STYLES)


@dataclass(frozen=True, kw_only=True)
class RecogniserSection:
    """How frames vote, and how often there is one. Times in s."""

    agree: int = between(1, 100)
    window: int = between(1, 100)
    sure: float = between(0, 1)
    lead: float = between(0, 100)
    dark_after: int = between(1, 1000)
    unsure_after_s: float = between(0, 600)
    fast_s: float = between(0, 60)
    slow_s: float = between(0, 60)


@dataclass(frozen=True, kw_only=True)
class ServiceSection:
    """The service itself: weights, run folder, who may talk to it, what it logs."""

    weights: str = setting()
    run_folder: str = setting()
    group: str = setting()
    log_level: str = choice("debug", "info", "warning", "error")
    lines_a_minute: int = between(0, 6000)
    lines_an_hour: int = between(0, 360000)
    heartbeat_s: float = between(1, 30 * 86400)


@dataclass(frozen=True, kw_only=True)
class SamplesSection:
    """The sample store: its folder, which samples it keeps, and how many."""

    folder: str = setting()
    keep: str = choice("all", "labelled", "none")
    most: int = between(10, 100_000)
    most_mb: int = between(1, 1000)


@dataclass(frozen=True, kw_only=True)
class RetrainSection:
    """When nights of learning begin: see :mod:`pi.retraining.schedule`."""

    enabled: bool = setting()
    hour: int = between(0, 23)
    when_idle: bool = setting()


@dataclass(frozen=True, kw_only=True)
class MemorySection:
    """The memory of labelled examples."""

    enabled: bool = setting()


WIRED = ("display", "buttons")
"""The sections of what is wired, whose defaults and explanations are with their settings."""


def sections() -> dict[str, type]:
    """The class of each section, in the order of the template."""
    return {
        "camera": CameraSection,
        "display": section_class(),
        "buttons": ButtonSettings,
        "recogniser": RecogniserSection,
        "service": ServiceSection,
        "samples": SamplesSection,
        "memory": MemorySection,
        "retrain": RetrainSection,
    }
