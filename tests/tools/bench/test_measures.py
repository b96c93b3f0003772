from __future__ import annotations

import pytest

from tools.bench.measures import DEVICE, MEASURES, SERVICE, WORKSTATION, Measure, Result


@pytest.mark.parametrize(
    ("higher", "value", "holds"),
    [(True, 2, True), (True, 1.9, False), (False, 2, True), (False, 2.1, False)],
)
def test_a_floor_is_the_last_value_that_holds(higher, value, holds):
    assert Measure("key", "title", "x", 3, 2, higher).holds(value) == holds


def test_without_a_floor_everything_holds():
    assert Measure("key", "title", "ms", higher=False).holds(1e9)


def test_goals_are_beyond_floors():
    assert {*WORKSTATION, *DEVICE, *SERVICE} == set(MEASURES)
    for key, measure in MEASURES.items():
        assert measure.key == key
        if measure.floor is not None:
            assert measure.goal is not None
            ends = (measure.goal, measure.floor)
            assert ends == (max(ends), min(ends)) if measure.higher else (min(ends), max(ends))


def test_a_result_is_its_median():
    result = Result("train_sklearn", (1.0, 5.0, 1.3), "note")
    assert result.value == 1.3
    assert result.missed
    told = result.as_json()
    assert told["value"] == 1.3
    assert told["quartiles"] == [1.0, 5.0]
    assert told["missed"] is True
    assert not Result("train_sklearn", (1.4,)).missed


def test_what_was_skipped_missed_nothing():
    result = Result("train_torch", skipped="no network")
    assert not result.missed
    assert result.as_json()["skipped"] == "no network"
