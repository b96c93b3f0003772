"""The pins of the header: which there are, who uses which, and whether two users clash.

Pins go by their BCM numbers (``GPIO17``), as everywhere on a Raspberry Pi. Which part is wired
to which is a setting of the part: of each display, of the status LED, of the buttons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import ZerodigitError

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


@dataclass(frozen=True)
class Use:
    """A pin in use.

    Attributes
    ----------
    pin : its BCM number.
    name : what it is for: ``segment a``.
    section, key : the setting that says so.
    """

    pin: int
    name: str
    section: str
    key: str

    @property
    def where(self) -> str:
        """The pin by both its numbers: ``GPIO17 (pin 11)``."""
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
    """A pin by both its numbers, BCM and on the header.

    >>> where(17)
    'GPIO17 (pin 11)'
    """
    return f"GPIO{pin} (pin {HEADER_PIN[pin]})"


def row(key: str, pins: Sequence[int], names: Sequence[str]) -> list[Use]:
    """The uses of a row of pins, a setting of a display, each by the name of its lamp.

    Raises
    ------
    PinError : there are too few pins, or too many.
    """
    if len(pins) != len(names):
        first = Use(pins[0] if pins else -1, names[0], "display", key)
        raise PinError(
            f"{key} needs {len(names)} pins, {names[0]} to {names[-1]}, not {len(pins)}", first
        )
    return [Use(pin, name, "display", key) for pin, name in zip(pins, names, strict=True)]


def check(wanted: Iterable[Use]) -> None:
    """See that every pin is there and has one user.

    >>> check([Use(17, "the status LED", "display", "status"),
    ...        Use(17, "button right", "buttons", "right")])
    Traceback (most recent call last):
    pi.devices.pins.PinError: GPIO17 (pin 11) is wanted by the status LED and by button right

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
    there = "there are GPIO2 to GPIO27"
    name = HEADER.get(pin, "")
    if not name.startswith("GPIO"):
        return there
    meant = name.removeprefix("GPIO")
    return f"{there}; if pin {pin} of the header is meant, that is {meant}"
