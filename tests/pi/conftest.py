"""What the tests of the appliance share: gpiozero's mock pins, and a way to read them."""

from __future__ import annotations

import pytest


@pytest.fixture
def mock_factory(monkeypatch):
    """gpiozero's MockFactory as the factory of every device, and the one before given back."""
    from gpiozero import Device
    from gpiozero.pins.mock import MockFactory

    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    before = Device.pin_factory
    factory = MockFactory()
    Device.pin_factory = factory
    try:
        yield factory
    finally:
        factory.reset()
        Device.pin_factory = before


@pytest.fixture
def levels(mock_factory):
    """A function that gives the levels of some pins as text: "1" is 3.3 V, "0" is ground."""

    def read(pins):
        return "".join(str(int(mock_factory.pin(pin).state)) for pin in pins)

    return read
