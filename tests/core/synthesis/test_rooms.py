"""Drawn rooms: repeatable, of any size, and full of edges."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import rooms
from core.synthesis.rooms import THINGS, draw_room, sample_room
from core.vision.components import find_components

ROUND, BAR = THINGS[-2:]


def test_a_room_is_a_function_of_its_seed() -> None:
    first, again, other = (sample_room(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (240, 320)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("size", [(120, 160), (320, 240)])
def test_rooms_are_as_large_as_asked_and_light_from_0_to_1(size: tuple[int, int]) -> None:
    lightness = draw_room(np.random.default_rng(3), size)
    assert lightness.shape == size
    assert 0 <= lightness.min() < lightness.max() <= 1


@pytest.mark.parametrize("thing", THINGS)
def test_every_thing_leaves_its_mark(thing: rooms.Thing) -> None:
    canvas = rooms.Image.new("L", (320, 240), 3)
    thing(np.random.default_rng(0), canvas, (80, 40, 120, 100))
    assert len(set(np.asarray(canvas).ravel().tolist())) > 1


def test_the_camera_is_neither_far_out_of_focus_nor_very_noisy() -> None:
    styles = [rooms.camera_style(np.random.default_rng(seed)) for seed in range(40)]
    assert max(style.noise for style in styles) <= 4
    assert max(style.blur for style in styles) <= 1.3


@pytest.mark.parametrize("seed", range(12))
def test_bars_come_in_rows_or_go_from_end_to_end(seed: int) -> None:
    canvas = rooms.Image.new("L", (320, 240), 255)
    BAR(np.random.default_rng(seed), canvas, (160, 120, 60, 60))
    found = find_components(np.asarray(canvas) < 255)
    ends = (
        (found.left == 0).astype(int)
        + (found.top == 0)
        + (found.right == 320)
        + (found.bottom == 240)
    )
    assert len(ends) > 1 or ends.min() >= 2


@pytest.mark.parametrize("seed", range(12))
def test_no_round_is_a_bare_ring(seed: int) -> None:
    canvas = rooms.Image.new("L", (320, 240), 255)
    ROUND(np.random.default_rng(seed), canvas, (100, 60, 120, 120))
    middle = np.asarray(canvas)[60:180, 100:220].astype(int)
    y, x = np.mgrid[-1:1:120j, -1:1:120j]
    within = middle[np.hypot(x, y) < 0.7]
    rim = int(np.median(middle[(np.hypot(x, y) > 0.96) & (np.hypot(x, y) < 0.99)]))
    inked = np.mean(abs(within - rim) < 40)
    assert inked > 0.03, "what is within is all of another tone than the rim"
