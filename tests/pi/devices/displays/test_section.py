from __future__ import annotations

import dataclasses

import pytest

from pi.devices.displays.bcd import BcdDisplay, BcdSettings
from pi.devices.displays.section import (
    DisplaySection,
    chosen_displays,
    display_settings,
    section_class,
)
from pi.devices.displays.seven_segment import SevenSegmentDisplay
from pi.devices.displays.status_led import StatusLedSettings


def test_defaults_are_those_of_the_wiring_diagram():
    settings = display_settings()
    assert settings.type == ("seven_segment",)
    assert settings.active_high
    assert settings.segments == (5, 6, 12, 13, 16, 19, 20)
    assert settings.point == 21
    assert settings.leds == (5, 6, 12, 13, 16, 19, 20, 21, 22, 23)
    assert settings.bcd == (22, 23, 24, 25)
    assert settings.status == 26
    assert settings.status_active_high
    assert display_settings() == settings


def test_the_section_has_the_settings_of_every_display_in_the_order_of_the_template():
    assert [each.name for each in dataclasses.fields(section_class())] == [
        "type", "active_high", "segments", "point", "leds", "bcd", "status",
        "status_active_high",
    ]  # fmt: skip
    assert issubclass(section_class(), DisplaySection)
    assert isinstance(display_settings(), StatusLedSettings)
    assert isinstance(display_settings(bcd=(2, 3, 4, 5)), BcdSettings)
    assert section_class() is section_class()


def test_the_displays_chosen_are_each_one_once():
    settings = display_settings(type=("bcd", "seven_segment", "bcd"))
    assert chosen_displays(settings) == [BcdDisplay, SevenSegmentDisplay]


def test_a_display_that_nobody_knows():
    with pytest.raises(ValueError, match="no display is called nixie"):
        chosen_displays(display_settings(type=("nixie",)))
