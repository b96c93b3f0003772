"""Lamps on pins, and the patterns they show: the base of all displays made of lights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

from pi.devices import gpio
from pi.devices.displays.base import Display, S, State

Lit: TypeAlias = tuple[bool, ...]
"""Which of the lamps are lit."""


@dataclass(frozen=True)
class Pattern:
    """Frames shown in turn, again and again, each for ``step_s`` seconds."""

    frames: tuple[Lit, ...]
    step_s: float = 0.5

    def at(self, elapsed_s: float) -> Lit:
        """The frame so many seconds after the pattern was begun."""
        return self.frames[int(max(0.0, elapsed_s) / self.step_s) % len(self.frames)]


Patterns: TypeAlias = Mapping[int | State, Pattern]
"""The pattern of each digit 0 to 9 and each State."""


class Lamps:
    """A row of lamps on pins, or none. Once opened they are off, or all as ``initial`` says.

    gpiozero's LEDBoard drives all of them: seven segments, ten LEDs, four bits, the status LED.
    Its LEDCharDisplay would not do even for the segments: it shows the characters of a font,
    and a segment that walks round is none; it also opens its pins before it gives them a level,
    so that a common anode flashes an 8.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    def __init__(
        self,
        pins: Sequence[int],
        user: str,
        *,
        active_high: bool = True,
        initial: bool = False,
        pin_factory: Any = None,
    ) -> None:
        self._lit: Lit = (initial,) * len(pins)
        self._board: Any = None
        if not pins:
            return
        factory = gpio.open_factory() if pin_factory is None else pin_factory
        from gpiozero import LEDBoard

        with gpio.claiming(pins, user):
            self._board = LEDBoard(
                *pins, active_high=active_high, initial_value=initial, pin_factory=factory
            )

    def light(self, frame: Lit) -> None:
        """Light these lamps and no others. Nothing is written if they are lit already."""
        if self._board is not None and frame != self._lit:
            self._board.value = frame
            self._lit = frame

    def close(self) -> None:
        """Let the pins go, as they are. May be called again."""
        if self._board is not None:
            self._board.close()
            self._board = None


class LampDisplay(Display[S]):
    """A display of lamps, which has a pattern for every digit and state.

    No two states have a frame in common, so that one glance, or a photograph, is enough. A
    display of this kind defines its settings, its pins (``uses``) and what is lit on them
    (``patterns``).

    Attributes
    ----------
    user : what the pins are wanted by, in an error.
    lamps : the pins in the order of the patterns.

    Raises
    ------
    DeviceError : no GPIO here, or a pin is in use.
    """

    user: ClassVar[str]

    @classmethod
    @abstractmethod
    def patterns(cls, settings: S) -> Patterns:
        """What is lit for each digit and state, as many lamps wide as there are pins."""

    @classmethod
    def open(cls, settings: S, pin_factory: Any = None) -> Self:
        return cls(settings, pin_factory)

    def __init__(self, settings: S, pin_factory: Any = None) -> None:
        self.lamps = self.uses(settings)
        self._patterns = self.patterns(settings)
        self._pattern = self._patterns[State.DARK]
        dark = self._pattern.frames[0]
        # Where dark is all lit, as for a decoder, it must not show a 0 at first.
        self._board = Lamps(
            [use.pin for use in self.lamps],
            self.user,
            active_high=settings.active_high,
            initial=all(dark),
            pin_factory=pin_factory,
        )
        self._begun: float | None = None
        self._board.light(dark)

    def show(self, state: int | State, detail: str = "") -> None:
        """Show a digit 0 to 9 or a State; lamps have no words for the detail."""
        if state not in self._patterns:
            raise ValueError(f"a display shows the digits 0 to 9, not {state}")
        self._begin(self._patterns[state])

    def tick(self, time: float) -> None:
        """Move on to ``time`` (s). A pattern begins with the first tick after it was shown."""
        if self._begun is None:
            self._begun = time
        self._board.light(self._pattern.at(time - self._begun))

    def only(self, number: int) -> None:
        """Have one lamp lit, by its place in the row, until the next show: to test wiring."""
        self._begin(Pattern((tuple(place == number for place in range(len(self.lamps))),)))

    def close(self) -> None:
        """Go dark, since a pin keeps its level when it is let go, and let the pins go."""
        self._board.light(self._patterns[State.DARK].frames[0])
        self._board.close()

    def _begin(self, pattern: Pattern) -> None:
        if pattern != self._pattern:
            self._pattern = pattern
            self._begun = None
            self._board.light(pattern.frames[0])
