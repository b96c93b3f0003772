from __future__ import annotations

import dataclasses
import typing

import pytest

from pi.config import schema
from pi.devices.buttons import ButtonSettings
from pi.devices.cameras import registry, scene, transform
from pi.devices.displays.registry import DISPLAYS
from pi.devices.displays.section import DisplaySection


def field(section, key):
    return next(
        each for each in dataclasses.fields(schema.sections()[section]) if each.name == key
    )


def test_sections_in_the_order_of_the_template():
    assert list(schema.sections()) == [
        "camera", "display", "buttons", "recogniser", "service", "samples",
        "memory",
        "retrain",
    ]  # fmt: skip
    assert schema.sections()["buttons"] is ButtonSettings
    assert issubclass(schema.sections()["display"], DisplaySection)


@pytest.mark.parametrize("section", schema.sections())
def test_every_setting_has_a_type_that_a_file_can_have(section):
    kind = schema.sections()[section]
    known = {
        int,
        float,
        bool,
        str,
        int | None,
        float | None,
        tuple[int, ...],
        tuple[float, ...],
    }
    assert set(typing.get_type_hints(kind).values()) <= known | {tuple[str, ...]}


@pytest.mark.parametrize(
    ("section", "key", "choices"),
    [
        ("camera", "type", registry.CAMERAS),
        ("camera", "rotate", transform.ROTATIONS),
        ("camera", "flip", transform.FLIPS),
        ("camera", "style", scene.STYLES),
        ("display", "type", DISPLAYS),
    ],
)
def test_choices_are_those_of_the_devices(section, key, choices):
    assert field(section, key).metadata["choices"] == tuple(choices)


@pytest.mark.parametrize(
    ("crop", "taken"),
    [
        ((0.0, 0.0, 1.0, 1.0), True),
        ((0.3, 0.3, 0.4, 0.4), True),
        ((0.3, 0.3, 0.39, 0.5), False),
        ((0.0, 0.0, 1.0, 1.1), False),
        ((0.0, float("nan"), 1.0, 1.0), False),
        ((0.0, 0.0, 1.0), False),
    ],
)
def test_the_crop_is_judged_as_the_cameras_judge_it(crop, taken):
    assert (field("camera", "crop").metadata["check"](crop) is None) == taken
    try:
        transform.Transform(crop=crop)
        theirs = True
    except ValueError:
        theirs = False
    assert theirs == taken
