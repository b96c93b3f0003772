"""Failures drawn side by side."""

from __future__ import annotations

import numpy as np
from PIL import Image

from core.reading.reader import Reading
from core.vision.digitise import Box, Digit
from pi.diagnostics.canvas import FAINT, RED
from tools.evaluate.contact_sheet import ACROSS, GAP, SIDE, Failure, draw

EDGE = 16
"""Pixels around a contact sheet's tiles."""


DARK, LIGHT = 20, 230


def test_failures_are_drawn(folder, evaluate, reader, tmp_path, four):
    sheet = tmp_path / "sheet.png"
    code, out, _ = evaluate("photos", folder(*four), "--sheet", sheet)
    assert code == 0
    assert f"failures drawn in {sheet}" in out
    with Image.open(sheet) as picture:
        pixels = np.asarray(picture.convert("L"))
    # Two failures side by side, in one row.
    cell = (pixels.shape[1] - EDGE) // ACROSS
    assert pixels.shape[0] < 2 * (SIDE + EDGE)
    assert pixels[EDGE + GAP + 10, EDGE + 10] == DARK
    assert pixels[EDGE + GAP + 10, EDGE + cell + 10] == LIGHT


def test_a_sheet_marks_the_candidate_that_was_chosen(tmp_path):
    crops = [np.zeros((28, 28), np.float32), np.ones((28, 28), np.float32)]
    candidates = [Digit(crop, Box(0, 0, 9, 9), 0.5) for crop in crops]
    reading = Reading(digit=1, candidate=candidates[1], candidates=candidates)
    frame = np.full((200, 100), 77, np.uint8)
    draw([Failure.of("a", frame, reading)] * 4, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape[0] > 2 * SIDE, "four failures are two rows"
    middle = pixels[EDGE + GAP + 20]
    first, second = (EDGE + place * (SIDE + GAP) + GAP // 2 for place in (1, 2))
    assert (middle[EDGE + 20] == 77).all()
    assert (middle[first + 20] == 255).all()
    assert (middle[second + 20] == 0).all()
    assert (middle[first - 1] == FAINT).all()
    assert (middle[second - 1] == RED).all()
