"""The checks are chosen by name, or as the essential ones; what they wait for is there."""

from __future__ import annotations

import pytest

from tools.acceptance.checks import catalogue
from tools.emulator.image.checkout import CHECKOUT

# All that the appliance and its installer may say.
SAID = "".join(
    path.read_text(encoding="utf-8")
    for path in [CHECKOUT / "tools/install", *sorted((CHECKOUT / "pi").rglob("[!.]*.py"))]
)


def test_checks_are_chosen_by_a_part_of_their_name():
    assert [check.name for check in catalogue.chosen(["WEIGHTS"], False)] == [
        "new weights without a gap",
        "weights torn",
    ]
    assert [check.name for check in catalogue.chosen(["torn"], True)] == ["weights torn"]
    with pytest.raises(ValueError, match="no check is called 'teapot'"):
        catalogue.chosen(["teapot"], False)


def test_quick_has_the_install_a_power_cut_the_pins_and_the_instructions():
    quick = {check.name for check in catalogue.chosen([], True)}
    assert {"install from nothing", "power cuts", "ten digits and an empty page"} <= quick
    assert "instruction times" in quick
    assert len(quick) < len(catalogue.ALL)


def test_quick_leaves_out_what_takes_long_unless_it_is_named():
    quick = catalogue.chosen([], quick=True)
    assert 5 < len(quick) < len(catalogue.ALL)
    assert catalogue.chosen([], quick=False) == list(catalogue.ALL)
    named = catalogue.chosen(["clock"], quick=True)
    assert [check.name for check in named] == ["clock in 1970"]


def test_names_are_unique():
    names = [check.name for check in catalogue.ALL]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "words",
    [
        '"shown"', '"dark"', '"unsure"', "no frames", "the camera gives frames again",
        "no samples are kept", "reading with %s instead", "damaged", "this reads",
        "running since", '"looking"', '"learning"', '"interrupted"', "it goes on where",
        "plan.json", "nothing to change", "not upgraded", '"state"', '"troubles"',
        '"frames_read"', '"running_since"', '"uptime_s"', '"last_night"', '"readings"',
    ],
)  # fmt: skip
def test_words_that_checks_wait_for_are_said(words):
    assert words in SAID


@pytest.mark.parametrize("name", ["pi/service/loop.py", "pi/system/version.py"])
def test_modules_that_checks_name_are_there(name):
    assert (CHECKOUT / name).is_file()
