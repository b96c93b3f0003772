"""Photographs of one digit, read by a reader whose answers are known."""

from __future__ import annotations

import re

import numpy as np

from core.reading.reader import Reading
from tools.evaluate.measures.photos import turned

DARK, LIGHT = 20, 230


def test_photographs(folder, evaluate, reader, four):
    path = folder(*four, (LIGHT, "12", "photo_many", "ada", "of another kind"))
    code, out, err = evaluate("photos", path)
    assert (code, err) == (0, "")
    assert out[-1] == "photos 0.5000 (n=4, unread=1)"
    assert out[0].split() == ["1", "of", "2", "0.500", "ada"]
    assert out[1].split() == ["1", "of", "2", "0.500", "bo"]
    table = {line.split()[0]: line.split()[1:] for line in out if re.match(r"\s+\d   ", line)}
    assert table["7"] == [".", ".", ".", ".", ".", ".", ".", "2", ".", ".", "."]
    assert table["1"] == [".", ".", ".", ".", ".", ".", ".", "1", ".", ".", "."]
    assert table["2"] == [".", ".", ".", ".", ".", ".", ".", ".", ".", ".", "1"]
    # Wilson's interval of 2 in 4.
    assert "95 % interval 0.1500 to 0.8500; failures: 1, 2" in out
    assert reader.seen == [(30, 40)] * 4


def test_another_kind(folder, evaluate, reader, four):
    path = folder(*four, (DARK, "7", "photo_blurred", "ada", ""))
    code, out, _ = evaluate("photos", path, "--kind", "photo_blurred")
    assert code == 0
    assert out[-1] == "photos 1.0000 (n=1, unread=0)"


def test_a_kind_without_digits_cannot_be_scored(folder, evaluate, reader):
    path = folder((DARK, "12", "photo_many", "ada", ""))
    code, _, err = evaluate("photos", path, "--kind", "photo_many")
    assert code == 3
    assert err == f"evaluate: error: {path}/0.png: its label is not one digit\n"


def test_a_missing_photograph_is_one_line(folder, evaluate, reader, four):
    path = folder(*four)
    (path / "1.png").unlink()
    code, _, err = evaluate("photos", path)
    assert code == 3
    assert err == f"evaluate: error: {path}/1.png: cannot be read: No such file or directory\n"


def test_turned_photographs_are_read_once_for_each_angle(folder, evaluate, reader, four):
    code, out, _ = evaluate("photos", folder(*four), "--turn", -25, 25)
    assert code == 0
    assert out[-1] == "photos 0.5000 (n=8, unread=2, wrong=2)"
    assert out[0].split() == ["1", "of", "2", "0.500", "ada,", "turned", "by", "-25"]


def test_a_9_upside_down_is_a_6(folder, evaluate, reader):
    reader.read = lambda frame: Reading(6, 0.9, 6)
    rows = [(DARK, digit, "photo_single", "ada", "") for digit in "968"]
    code, out, _ = evaluate("photos", folder(*rows), "--turn", 180, 90)
    assert code == 0
    # The 9 at 180 degrees and the 6 at 90.
    assert out[-1] == "photos 0.3333 (n=6, unread=0, wrong=4)"


def test_a_turned_photograph_is_whole():
    frame = np.full((30, 40), LIGHT, np.uint8)
    frame[1:5, 1:5] = DARK
    frame[10:20, 18:22] = DARK
    upright = turned(frame, 90)
    np.testing.assert_array_equal(upright, np.rot90(frame))
    slanted = turned(frame, -25)
    assert slanted.shape == (44, 49)
    assert abs(int((slanted < 125).sum()) - int((frame < 125).sum())) < 12


def test_beyond_the_edge_of_a_turned_photograph_its_edge_goes_on():
    # Light on the left, dark on the right, and so are the corners that were beyond.
    frame = np.full((40, 40), LIGHT, np.uint8)
    frame[:, 20:] = DARK
    slanted = turned(frame, 25)
    assert (slanted[:, 0] == LIGHT).all()
    assert (slanted[:, -1] == DARK).all()
