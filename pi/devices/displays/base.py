"""What the appliance shows, and the base class of every display.

A display is given a state and nothing else: a digit, or one of :class:`State`. The detail that
may come with it (how sure, between which digits) is for displays that can write words.
"""

from __future__ import annotations

import enum
from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from pi.devices.pins import Use
from pi.devices.settings import setting


class State(enum.Enum):
    """What is shown when no digit is; the value is the word for it."""

    DARK = "dark"
    UNSURE = "unsure"
    ERROR = "error"
    LEARNING = "learning"


STATE_GLYPHS = {State.DARK: " ", State.UNSURE: "-", State.ERROR: "E", State.LEARNING: "L"}


def glyph(state: int | State) -> str:
    """The sign of :data:`pi.devices.segments.GLYPHS` for a digit 0 to 9 or a state."""
    if isinstance(state, State):
        return STATE_GLYPHS[state]
    if not 0 <= state <= 9:
        raise ValueError(f"a display shows the digits 0 to 9, not {state}")
    return str(int(state))


def words(state: int | State, detail: str = "") -> str:
    """One line for a state: ``digit 7 (0.98)``, ``dark``, ``unsure: 4 or 9?``."""
    if isinstance(state, State):
        return f"{state.value}: {detail}" if detail else state.value
    return f"digit {state} ({detail})" if detail else f"digit {state}"


@dataclass(frozen=True, kw_only=True)
class DisplaySettings:
    """The settings under ``[display]`` that all displays share. A display with pins extends it
    by its own.

    Attributes
    ----------
    type : the names of the displays in use, all showing the same.
    active_high : whether a lamp is lit by a high pin, as with a common cathode; false for a
        common anode. Of the digits' displays, not of the status LED.
    """

    type: tuple[str, ...] = ("seven_segment",)
    active_high: bool = setting(
        True,
        "Whether a high pin lights a lamp: true for a common cathode, false for a common "
        "anode.",
    )


S = TypeVar("S", bound=DisplaySettings)


class Display(AbstractContextManager["Display[S]"], Generic[S]):
    """Something that shows a digit.

    No display has a thread or a clock: what moves, moves by :meth:`tick`, which the loop calls
    on each of its rounds.

    Attributes
    ----------
    about : what the template says of it beside its name, if the name does not say it.
    Settings : the class of its settings, the shared ones among them.
    """

    about: ClassVar[str] = ""
    Settings: ClassVar[type[DisplaySettings]] = DisplaySettings

    @classmethod
    def uses(cls, settings: S) -> list[Use]:
        """The pins that it needs, lamp by lamp. Raises PinError if their number is wrong."""
        return []

    @classmethod
    @abstractmethod
    def open(cls, settings: S, pin_factory: Any = None) -> Self:
        """Open it as the settings say, on gpiozero's pins by default. Raises DeviceError."""

    @abstractmethod
    def show(self, state: int | State, detail: str = "") -> None:
        """Show a digit 0 to 9 or a :class:`State`, until the next call."""

    @abstractmethod
    def tick(self, time: float) -> None:
        """Move what moves on to ``time``, in seconds of a clock that never goes back."""

    @abstractmethod
    def close(self) -> None:
        """Go dark and let the device go. May be called again."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
