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

from collections.abc import Sequence
from typing import Any

from pi.devices.displays.base import State, glyph
from pi.devices.displays.lamps import LampDisplay, Lamps, Lit, Pattern
from pi.devices.segments import GLYPHS, NAMES

_RIM = "abcdef"
_BLINK_S = 0.8
_WALK_S = 0.2


def patterns(point: bool) -> dict[int | State, Pattern]:
    """What is lit of segments a to g, and of the point if there is one."""

    def frame(segments: str, point_lit: bool = False) -> Lit:
        lit = tuple(name in segments for name in NAMES)
        return (*lit, point_lit) if point else lit

    still = {state: frame(GLYPHS[glyph(state)]) for state in (*range(10), *State)}
    found: dict[int | State, Pattern] = {state: Pattern((lit,)) for state, lit in still.items()}
    if point:
        bar = GLYPHS[glyph(State.UNSURE)]
        found[State.UNSURE] = Pattern((frame(bar, True), frame(bar)), _BLINK_S)
    found[State.LEARNING] = Pattern(tuple(frame(name) for name in _RIM), _WALK_S)
    return found


class SevenSegmentDisplay(LampDisplay):
    """A seven-segment digit on pins, BCM numbers of segments a to g and of the point or None.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    def __init__(
        self,
        segments: Sequence[int],
        point: int | None = None,
        *,
        active_high: bool = True,
        pin_factory: Any = None,
    ) -> None:
        pins = [*segments] if point is None else [*segments, point]
        lamps = Lamps(pins, "the digit", active_high=active_high, pin_factory=pin_factory)
        super().__init__(lamps, patterns(point is not None))
