"""The checks are chosen by name, or as the essential ones."""

from __future__ import annotations

import pytest

from tools.acceptance.checks import catalogue


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
