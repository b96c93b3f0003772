"""Held sheets, counted with a reader that always says 7."""

from __future__ import annotations

import re

import numpy as np
import pytest

from core.reading.reader import Reading
from tools.evaluate.measures import held


@pytest.fixture
def reader(reader):
    """A 7 whatever it is shown."""
    reader.read = lambda frame: Reading(7, 0.9, 7)
    return reader


def test_sheets_are_counted_by_height_and_rooms_apart(evaluate, reader, tmp_path):
    code, out, err = evaluate("held", "--count", 10, "--sheet", tmp_path / "failures.png")
    assert (code, err) == (0, "")
    assert out[-1] == "held 0.1000 (n=10, wrong=0.9000, rooms called a digit=1.0000)"
    of = [re.match(r" *(\d+) of +(\d+)  \d\.\d{3}  .*sheets", line) for line in out]
    assert sum(int(found[2]) for found in of if found) == 10
    assert (tmp_path / "failures.png").is_file()


def test_unread_sheets_are_not_wrong(evaluate, reader):
    reader.read = lambda frame: Reading()
    _, out, _ = evaluate("held", "--count", 5)
    assert out[-1] == "held 0.0000 (n=5, wrong=0.0000, rooms called a digit=0.0000)"


def test_the_same_seeds_give_the_same_sheets():
    (first, tall), (again, same) = next(held.frames(1)), next(held.frames(1))
    assert (first.label, tall) == (0, same)
    np.testing.assert_array_equal(first.frame, again.frame)
    np.testing.assert_array_equal(next(held.rooms(1)), next(held.rooms(1)))
