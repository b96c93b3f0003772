from __future__ import annotations

import doctest

import pytest

from core.errors import ZerodigitError
from pi.devices import pins
from pi.devices.pins import PinError, Use, check, row


def test_docstrings_hold():
    assert doctest.testmod(pins).failed == 0


def test_the_header_is_that_of_a_raspberry_pi():
    assert len(pins.HEADER) == 40
    assert [pin for pin, name in pins.HEADER.items() if name == "GND"] == [
        6, 9, 14, 20, 25, 30, 34, 39,
    ]  # fmt: skip
    assert [pin for pin, name in pins.HEADER.items() if name in ("3V3", "5V")] == [1, 2, 4, 17]
    assert sorted(pins.HEADER_PIN) == list(range(28))


def test_the_header_is_the_one_that_gpiozero_knows(mock_factory):
    header = mock_factory.board_info.headers["J8"]
    theirs = {pin: info.name for pin, info in header.pins.items()}
    assert theirs == pins.HEADER


def test_a_number_of_the_header_is_recognised():
    with pytest.raises(PinError, match="if pin 33 of the header is meant, that is 13"):
        check([Use(33, "the status LED", "display", "status")])


@pytest.mark.parametrize("pin", [0, 1])
def test_pins_of_the_add_on_memory_are_kept_for_it(pin):
    use = Use(pin, "the point", "display", "point")
    with pytest.raises(
        PinError, match="it is kept for the memory of an add-on board"
    ) as caught:
        check([use])
    assert caught.value.uses == (use,)


def test_a_pin_has_one_user():
    one, other = Use(5, "a", "display", "x"), Use(5, "b", "buttons", "y")
    with pytest.raises(PinError, match=r"GPIO5 \(pin 29\) is wanted by a and by b") as caught:
        check([Use(6, "c", "display", "x"), one, other])
    assert caught.value.uses == (one, other)
    check([one, Use(6, "c", "display", "x")])


def test_a_row_names_its_pins_in_order():
    assert row("bcd", [7, 8], ["bit 2", "bit 1"]) == [
        Use(7, "bit 2", "display", "bcd"),
        Use(8, "bit 1", "display", "bcd"),
    ]
    with pytest.raises(PinError, match="bcd needs 2 pins, bit 2 to bit 1, not 0") as caught:
        row("bcd", [], ["bit 2", "bit 1"])
    assert caught.value.uses[0].key == "bcd"


def test_it_is_an_error_that_is_expected():
    assert issubclass(PinError, ZerodigitError)
    assert issubclass(PinError, ValueError)
