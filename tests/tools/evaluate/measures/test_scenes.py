"""Simulated sheets, counted with a reader that always says 7."""

from __future__ import annotations

import re

import numpy as np
import pytest

from core.reading.reader import Reading
from tools.evaluate.__main__ import main
from tools.evaluate.measures import scenes
from tools.evaluate.measures.nodigit import HELD_OUT


@pytest.fixture
def reader(reader):
    """A 7 whatever it is shown."""
    reader.read = lambda frame: Reading(7, 0.9, 7)
    return reader


def test_scenes_are_counted_by_digit_paper_and_pen(evaluate, reader):
    code, out, err = evaluate("scenes", "--count", 20)
    assert (code, err) == (0, "")
    assert out[-1] == "scenes 0.1000 (n=20, unread=0)"
    assert re.search("expected calibration error", out[-2])
    of = [re.match(r" *(\d+) of +(\d+)  \d\.\d{3}  (\w+), (\w+)$", line) for line in out]
    assert sum(int(found[2]) for found in of if found) == 20
    assert sum(int(found[1]) for found in of if found) == 2
    rows = [line.split() for line in out if re.match(r"\s+\d   ", line)]
    assert [row[8] for row in rows] == ["2"] * 10


def test_unread_scenes(evaluate, reader):
    reader.read = lambda frame: Reading()
    _, out, _ = evaluate("scenes", "--count", 10)
    assert out[-1] == "scenes 0.0000 (n=10, unread=10)"


def test_scenes_are_the_same_each_time_and_held_out():
    one, other = (list(scenes.frames(12, "usual")) for _ in range(2))
    assert [scene.label for scene in one] == [*range(10), 0, 1]
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.frame, b.frame)
    # No pool is made with so large a seed.
    assert HELD_OUT > 2_000_000


def test_usual_is_a_whole_sheet_and_any_may_be_a_tight_crop():
    usual = {scene.frame.shape for scene in scenes.frames(20, "usual")}
    assert usual == {(240, 320)}
    anything = {scene.frame.shape for scene in scenes.frames(20, "any")}
    assert len(anything) > 5


def test_the_style_reaches_the_frames(evaluate, reader):
    shapes = []
    reader.read = lambda frame: shapes.append(frame.shape) or Reading()
    evaluate("scenes", "--count", 20, "--style", "any")
    assert len(set(shapes)) > 5
    with pytest.raises(SystemExit, match="2"):
        main(["scenes", "--style", "wild"])
