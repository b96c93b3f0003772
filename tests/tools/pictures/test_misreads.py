"""Galleries of what readers of known answers read."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from core.reading.reader import Reading
from pi.diagnostics.canvas import GREEN, PAPER, RED
from tools.pictures import misreads
from tools.pictures.misreads import KINDS, LIGHTS, Kind


def reading(digit):
    def read(frame, trace=False):
        stages = {"ink": np.zeros((240, 320), np.uint8)} if trace else None
        return Reading(digit, 0.9, digit, trace=stages)

    return SimpleNamespace(read=read)


def colours(image):
    return {tuple(pixel) for pixel in np.asarray(image.convert("RGB")).reshape(-1, 3).tolist()}


def test_what_went_wrong_is_counted_and_the_first_of_it_kept():
    kind = Kind("", "57", None)
    frames = [frame for frame, _, _ in misreads.sheets(kind, 3, 6)]
    found = misreads.find(reading(5), kind, 3, 6)
    assert (found.wrong, found.shown, found.reading.digit) == (3, "7", 5)
    np.testing.assert_array_equal(found.frame, frames[1])
    found = misreads.find(reading(5), Kind("", "5"), 3, 6)
    assert (found.wrong, found.frame) == (0, None)


@pytest.mark.parametrize(("digits", "wrong"), [("", 4), ("letters", 4), ("7", 0)])
def test_where_there_is_no_digit_silence_is_right(digits, wrong):
    kind = Kind("", digits)
    assert misreads.find(reading(7), kind, 1, 4).wrong == wrong
    assert misreads.find(reading(None), kind, 1, 4).wrong == 4 - wrong


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_can_be_drawn(kind):
    drawn = list(misreads.sheets(kind, 0, 2))
    assert [frame.shape for frame, _, _ in drawn] == [(240, 320)] * 2
    for _, label, shown in drawn:
        assert label is None or shown == str(label)
    assert (drawn[0][0] != drawn[1][0]).any()
    again = next(misreads.sheets(kind, 0, 1))
    np.testing.assert_array_equal(drawn[0][0], again[0])


def test_only_kinds_with_mistakes_are_drawn(capsys, monkeypatch):
    monkeypatch.setattr(misreads, "KINDS", (Kind("ones", "1"), Kind("sevens", "7")))
    one = misreads.draw_wrong(reading(7), 0, tries=2)
    assert capsys.readouterr().out.splitlines() == [
        "    2 of     2  ones",
        "    0 of     2  sevens",
    ]
    pixels = np.asarray(one)
    tile = 16 + misreads.WIDE
    assert (pixels[:, :tile] != PAPER).any()
    assert (pixels[:, tile + 1 :] == PAPER).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Reading(7, 0.9, 7), "1 read as 7"),
        (Reading(None, 0.3, 7), "1: unsure"),
        (Reading(), "1: not seen"),
    ],
)
def test_words(given, said):
    assert misreads._wrongly("1", given) == said


def test_lights_show_the_sheet_the_ink_and_whether_it_was_right(monkeypatch):
    monkeypatch.setattr(misreads, "LIGHTS", LIGHTS[:1])
    right, wrong = (misreads.draw_lights(reading(digit), 0) for digit in (5, 6))
    assert GREEN in colours(right)
    assert GREEN not in colours(wrong)
    assert RED in colours(wrong)
    assert len({name for name, _ in LIGHTS}) == len(LIGHTS)
