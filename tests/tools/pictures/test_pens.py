"""Pens on papers: every one is drawn, and what is not read is seen."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from core.reading.reader import Reading
from tools.pictures import pens


def greenest_and_reddest(image):
    """How far green is above red, and red above green, at most: small type has no full tone."""
    red, green, _ = np.moveaxis(np.asarray(image.convert("RGB"), int), 2, 0)
    return (green - red).max(), (red - green).max()


def test_each_pen_has_a_row_and_each_paper_a_column():
    frames = []

    def read(frame):
        frames.append(frame)
        return Reading(0, 0.9, 0)

    drawn = pens.draw_pens(SimpleNamespace(read=read), 0, tries=1)
    assert len(frames) == len(pens.PENS) * len(pens.PAPERS)
    assert len({frame.tobytes() for frame in frames}) == len(frames)
    greenest, reddest = greenest_and_reddest(drawn)
    assert greenest > 40
    assert reddest < 10


def test_a_pen_that_is_not_read_is_red():
    drawn = pens.draw_pens(SimpleNamespace(read=lambda frame: Reading()), 0, tries=1)
    greenest, reddest = greenest_and_reddest(drawn)
    assert greenest < 10
    assert reddest > 80
