"""Captioned pictures in a grid."""

from __future__ import annotations

import numpy as np
from PIL import Image

from pi.diagnostics.canvas import PAPER, RED, TEXT
from tools.plotting.canvas import LINE, Tile, grid


def tile(level, *lines):
    return Tile(Image.new("L", (30, 20), level), lines)


def pixels(canvas):
    return np.asarray(canvas.image)


def test_tiles_lie_row_by_row():
    drawn = pixels(grid([tile(level) for level in (10, 20, 30)], 2, gap=4))
    assert drawn.shape == (4 + 2 * (20 + 6 + 4), 4 + 2 * (30 + 4), 3)
    assert [drawn[4, 4, 0], drawn[4, 38, 0], drawn[34, 4, 0]] == [10, 20, 30]
    assert (drawn[34, 38] == PAPER).all()


def test_captions_stand_below_in_their_colours():
    drawn = pixels(grid([tile(0, ("name", TEXT), ("wrong", RED))], 1, gap=4))
    assert drawn.shape[0] == 4 + 20 + 6 + 2 * LINE + 4
    below = drawn[24:]
    reddest = (below[..., 0].astype(int) - below[..., 1]).max(axis=1)
    assert reddest[:LINE].max() < 40 < reddest[LINE:].max()


def test_no_tiles_are_empty_paper():
    assert (pixels(grid([], 3)) == PAPER).all()


def test_room_for_headings():
    drawn = pixels(grid([tile(0)], 1, gap=4, left=50, top=40))
    assert (drawn[:40] == PAPER).all()
    assert (drawn[:, :50] == PAPER).all()
    assert (drawn[40, 50] == 0).all()
