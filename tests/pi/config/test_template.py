from __future__ import annotations

import dataclasses
import tomllib

import pytest

from pi import config
from pi.config import schema
from pi.config.template import section
from pi.devices.settings import setting


def test_the_template_is_the_schema():
    """Every setting is in the template with a default, and nothing else is."""
    known = {
        name: [each.name for each in dataclasses.fields(kind)]
        for name, kind in schema.sections().items()
    }
    template = tomllib.loads(config.template())
    assert {name: list(section) for name, section in template.items()} == known


def test_every_setting_is_explained():
    """Each key has a comment above it, or above the keys that it stands in a row with."""
    before = ""
    for line in config.template().splitlines():
        assert len(line) <= 97
        if "=" in line and not line.startswith("#"):
            assert before.startswith("#") or "=" in before, line
        before = line


def test_what_is_wired_says_its_own_settings():
    lines = config.template().splitlines()
    begin = lines.index("[buttons]")
    assert lines[begin : begin + 11] == [
        "[buttons]",
        '# The pins of the buttons, each to ground ("none": there is none).',
        "right = 17",
        "wrong = 27",
        "",
        "# For how long contacts may bounce, and from how long on a press is a long one.",
        "debounce_s = 0.03",
        "long_s = 1.0",
        "",
        "# A press is about the digit last shown, up to so long after it went dark.",
        "remember_s = 20.0",
    ]
    assert lines[lines.index("[display]") + 1 :][:3] == [
        '# What lights up: "seven_segment", "leds" (ten, one a digit), "bcd" (four, binary) '
        "and",
        '# "terminal". Several at once: ["seven_segment", "terminal"].',
        'type = ["seven_segment"]',
    ]


def test_an_explanation_is_wrapped_and_stands_over_the_settings_it_is_for():
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Lamp:
        pin: int | None = setting(None, "word " * 30)
        bright: bool = setting(True)

    assert section("lamp", Lamp).splitlines() == [
        "[lamp]",
        "# " + "word " * 18 + "word",
        "# " + "word " * 10 + "word",
        'pin = "none"',
        "bright = true",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, '"none"'),
        (True, "true"),
        (1.5, "1.5"),
        ('a"\\', '"a\\"\\\\"'),
        ((1, 2), "[1, 2]"),
    ],
)
def test_values_as_toml(value, text):
    assert config.to_toml(value) == text
    if value is not None:
        again = tomllib.loads(f"x = {text}")["x"]
        assert (tuple(again) if isinstance(value, tuple) else again) == value
