"""One digit of seven segments, with or without a decimal point.

========  ================================================
digit     the digit, as :data:`pi.devices.segments.GLYPHS` has it
dark      nothing
unsure    the middle bar, the point beside it blinking slowly
error     an E
learning  one segment walking round the rim
========  ================================================
"""

from __future__ import annotations

from dataclasses import dataclass

from pi.devices.displays.base import DisplaySettings, State, glyph
from pi.devices.displays.lamps import LampDisplay, Lit, Pattern, Patterns
from pi.devices.pins import Use, row
from pi.devices.segments import GLYPHS, NAMES
from pi.devices.settings import setting

_RIM = "abcdef"
_BLINK_S = 0.8
_WALK_S = 0.2


@dataclass(frozen=True, kw_only=True)
class SevenSegmentSettings(DisplaySettings):
    """The pins of segments a to g, and of the decimal point or None, by BCM number."""

    segments: tuple[int, ...] = setting(
        (5, 6, 12, 13, 16, 19, 20),
        'The pins of segments a to g, and of the decimal point ("none": not wired).',
    )
    point: int | None = setting(21)


class SevenSegmentDisplay(LampDisplay[SevenSegmentSettings]):
    """A seven-segment digit on pins."""

    Settings = SevenSegmentSettings
    user = "the digit"

    @classmethod
    def uses(cls, settings: SevenSegmentSettings) -> list[Use]:
        lamps = row("segments", settings.segments, [f"segment {name}" for name in NAMES])
        if settings.point is not None:
            lamps.append(Use(settings.point, "the point", "display", "point"))
        return lamps

    @classmethod
    def patterns(cls, settings: SevenSegmentSettings) -> Patterns:
        point = settings.point is not None

        def lit(segments: str, point_lit: bool = False) -> Lit:
            lamps = tuple(name in segments for name in NAMES)
            return (*lamps, point_lit) if point else lamps

        patterns: dict[int | State, Pattern] = {
            state: Pattern((lit(GLYPHS[glyph(state)]),)) for state in (*range(10), *State)
        }
        if point:
            bar = GLYPHS[glyph(State.UNSURE)]
            patterns[State.UNSURE] = Pattern((lit(bar, True), lit(bar)), _BLINK_S)
        patterns[State.LEARNING] = Pattern(tuple(lit(name) for name in _RIM), _WALK_S)
        return patterns
