"""The pins: which are there, which are used for what by default, and whether two users clash.

Pins go by their BCM numbers (``GPIO17``), as everywhere on a Raspberry Pi. What is wired to
which is drawn by :mod:`tools.pictures.wiring` from this module, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.errors import ZerodigitError
from pi.devices.segments import NAMES

TYPES = ("seven_segment", "leds", "bcd", "terminal")

# The 40 pins of the header, pin 1 first, odd pins in one row and even ones in the other.
# Source: the pinout that Raspberry Pi prints, alike on every model since the B+.
_HEADER = (
    "3V3", "5V", 2, "5V", 3, "GND", 4, 14, "GND", 15, 17, 18, 27, "GND", 22, 23, "3V3", 24,
    10, "GND", 9, 25, 11, 8, "GND", 7, 0, 1, 5, "GND", 6, 12, 13, "GND", 19, 16, 26, 20,
    "GND", 21,
)  # fmt: skip

HEADER: dict[int, str] = {
    pin: name if isinstance(name, str) else f"GPIO{name}"
    for pin, name in enumerate(_HEADER, start=1)
}
"""What each pin of the header is, by its number 1 to 40: ``3V3``, ``GND``, ``GPIO2``."""

HEADER_PIN: dict[int, int] = {
    name: pin for pin, name in enumerate(_HEADER, start=1) if isinstance(name, int)
}
"""Where a GPIO is on the header, by its BCM number."""

_EEPROM = (0, 1)
BCD_WEIGHTS = (8, 4, 2, 1)


@dataclass(frozen=True)
class DisplaySettings:
    """What lights are wired, and where. Pins by BCM number.

    Attributes
    ----------
    type : one or several of :data:`TYPES`, all showing the same.
    active_high : whether a lamp is lit by a high pin, as with a common cathode; false for a
        common anode. Of the digits' displays, not of the status LED.
    segments : the pins of segments a to g.
    point : the pin of the decimal point, or None.
    leds : the pins of ten LEDs, for 0 to 9.
    bcd : the pins of the bits 8, 4, 2 and 1.
    status : the pin of the status LED, or None.
    status_active_high : the same for the status LED.
    """

    type: tuple[str, ...] = ("seven_segment",)
    active_high: bool = True
    segments: tuple[int, ...] = (5, 6, 12, 13, 16, 19, 20)
    point: int | None = 21
    leds: tuple[int, ...] = (5, 6, 12, 13, 16, 19, 20, 21, 22, 23)
    bcd: tuple[int, ...] = (22, 23, 24, 25)
    status: int | None = 26
    status_active_high: bool = True


@dataclass(frozen=True)
class ButtonSettings:
    """Where the buttons are wired, each from its pin to ground, and how they are judged.

    Attributes
    ----------
    right, wrong : pins by BCM number, or None where there is no such button.
    debounce_s : for how long after a change the contacts may bounce, s.
    long_s : from how long on a press is a long one, s.
    """

    right: int | None = 17
    wrong: int | None = 27
    debounce_s: float = 0.03
    long_s: float = 1.0


class DisplayPins(Protocol):
    """What of :class:`DisplaySettings` matters here; a section of a configuration will do."""

    @property
    def type(self) -> Sequence[str]: ...
    @property
    def active_high(self) -> bool: ...
    @property
    def segments(self) -> Sequence[int]: ...
    @property
    def point(self) -> int | None: ...
    @property
    def leds(self) -> Sequence[int]: ...
    @property
    def bcd(self) -> Sequence[int]: ...
    @property
    def status(self) -> int | None: ...
    @property
    def status_active_high(self) -> bool: ...


class ButtonPins(Protocol):
    """What of :class:`ButtonSettings` matters here."""

    @property
    def right(self) -> int | None: ...
    @property
    def wrong(self) -> int | None: ...
    @property
    def debounce_s(self) -> float: ...
    @property
    def long_s(self) -> float: ...


@dataclass(frozen=True)
class Use:
    """One pin and its user, by name (``segment a``), and by section and key of the settings."""

    pin: int
    name: str
    section: str
    key: str

    @property
    def where(self) -> str:
        """The pin in both countings: ``GPIO17 (pin 11)``."""
        return where(self.pin)


class PinError(ZerodigitError, ValueError):
    """A pin that is not there, or that has two users.

    Attributes
    ----------
    uses : the use that cannot be, after the one it clashes with if it clashes.
    """

    def __init__(self, message: str, *uses: Use) -> None:
        super().__init__(message)
        self.uses = uses


def where(pin: int) -> str:
    """A pin in both countings.

    >>> where(17)
    'GPIO17 (pin 11)'
    """
    return f"GPIO{pin} (pin {HEADER_PIN[pin]})"


def uses(display: DisplayPins, buttons: ButtonPins | None = None) -> list[Use]:
    """Every pin that these settings need: those of the displays chosen, and no others.

    Raises
    ------
    PinError : a display has too few pins, or too many.
    """
    found = [use for name in dict.fromkeys(display.type) for use in uses_of(name, display)]
    if display.status is not None:
        found.append(Use(display.status, "the status LED", "display", "status"))
    if buttons is not None:
        for key in ("right", "wrong"):
            pin = getattr(buttons, key)
            if pin is not None:
                found.append(Use(pin, f"button {key}", "buttons", key))
    return found


def uses_of(name: str, display: DisplayPins) -> list[Use]:
    """The pins of one display, by its name in :data:`TYPES`, lamp by lamp; raises the same."""
    if name == "seven_segment":
        row = _row("segments", display.segments, [f"segment {name}" for name in NAMES])
        if display.point is not None:
            row.append(Use(display.point, "the point", "display", "point"))
        return row
    if name == "leds":
        return _row("leds", display.leds, [f"LED {digit}" for digit in range(10)])
    if name == "bcd":
        return _row("bcd", display.bcd, [f"BCD bit {weight}" for weight in BCD_WEIGHTS])
    return []


def _row(key: str, pins: Sequence[int], names: Sequence[str]) -> list[Use]:
    if len(pins) != len(names):
        first = Use(pins[0] if pins else -1, names[0], "display", key)
        raise PinError(
            f"{key} needs {len(names)} pins, {names[0]} to {names[-1]}, not {len(pins)}", first
        )
    return [Use(pin, name, "display", key) for pin, name in zip(pins, names, strict=True)]


def check(wanted: Iterable[Use]) -> None:
    """See that every pin is there and has one user.

    >>> check(uses(DisplaySettings(status=12)))
    Traceback (most recent call last):
    pi.devices.pins.PinError: GPIO12 (pin 32) is wanted by segment c and by the status LED

    Raises
    ------
    PinError : naming the user of a pin that is not there, or the two users of one pin.
    """
    users: dict[int, Use] = {}
    for use in wanted:
        if isinstance(use.pin, bool) or use.pin not in HEADER_PIN:
            raise PinError(f"{use.name} cannot be on GPIO{use.pin}: {_remedy(use.pin)}", use)
        if use.pin in _EEPROM:
            raise PinError(
                f"{use.name} cannot be on {use.where}: it is kept for the memory of an add-on "
                "board; take one of GPIO2 to GPIO27",
                use,
            )
        if use.pin in users:
            other = users[use.pin]
            raise PinError(
                f"{use.where} is wanted by {other.name} and by {use.name}", other, use
            )
        users[use.pin] = use


def _remedy(pin: int) -> str:
    if pin in HEADER and HEADER[pin].startswith("GPIO"):
        return f"there are GPIO2 to GPIO27; if pin {pin} of the header is meant, {_meant(pin)}"
    return "there are GPIO2 to GPIO27"


def _meant(pin: int) -> str:
    return f"that is {HEADER[pin].removeprefix('GPIO')}"
