"""Damaged digits: each kind does what it says, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis import noise
from tools.train_base import corruptions as module
from tools.train_base.corruptions import KINDS, damage

KIND = pytest.mark.parametrize(
    "kind", sorted(set(KINDS), key=KINDS.index), ids=lambda k: k.__name__
)


@pytest.fixture
def digit():
    """A bold 7, uint8 (28, 28)."""
    image = np.zeros((28, 28), np.uint8)
    image[5:8, 7:21] = 255
    for row in range(8, 24):
        left = 18 - (row - 8) // 2
        image[row, left : left + 3] = 255
    return image


def ink(image):
    return image.astype(np.float32) / np.float32(255)


@KIND
def test_every_kind_changes_the_picture_and_not_the_original(kind, digit):
    original = ink(digit)
    changed = 0
    for seed in range(30):
        given = original.copy()
        out = kind(given, np.random.default_rng(seed))
        assert out.shape == (28, 28)
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        np.testing.assert_array_equal(given, original)
        assert not np.shares_memory(out, given)
        changed += np.abs(np.clip(out, 0, 1) - original).max() > 0.05
    # A dashed line may fall into its own gaps, or outside.
    assert changed >= 28


def test_damage_is_a_picture_again(digit, monkeypatch):
    before = digit.copy()
    digit.flags.writeable = False
    different = set()
    for number, kind in enumerate(KINDS):
        monkeypatch.setattr(module, "KINDS", [kind])
        for seed in range(10):
            out = damage(digit, np.random.default_rng([number, seed]))
            assert out.dtype == np.uint8
            assert out.shape == (28, 28)
            assert out.flags.writeable
            assert not np.shares_memory(out, digit)
            different.add(out.tobytes())
    np.testing.assert_array_equal(digit, before)
    assert len(different) >= 10 * len(KINDS) - 5


def test_the_same_seed_gives_the_same_damage(digit):
    one, again, other = (
        [damage(digit, rng).tobytes() for _ in range(40)]
        for rng in map(np.random.default_rng, (5, 5, 6))
    )
    assert one == again
    assert one != other
    assert len(set(one)) >= 38


def test_every_kind_has_its_turn(digit, monkeypatch):
    called = []

    def remember(kind):
        def call(image, rng):
            called.append(kind.__name__)
            return image

        return call

    monkeypatch.setattr(module, "KINDS", [remember(kind) for kind in KINDS])
    rng = np.random.default_rng(0)
    for _ in range(300):
        np.testing.assert_array_equal(damage(digit, rng), digit)
    assert set(called) == {kind.__name__ for kind in KINDS}
    # A scribble twice as often as another.
    assert 1.4 < called.count("scribble") / (called.count("grain") + 1) < 3.2


def test_damage_keeps_nothing(digit):
    """Of the textures there are two, whatever is drawn: nothing grows with the frames."""
    for seed in range(60):
        damage(digit, np.random.default_rng(seed))
    full = noise._tile.cache_info().currsize
    before = {name: id(value) for name, value in vars(module).items()}
    for seed in range(60, 160):
        damage(digit, np.random.default_rng(seed))
    assert noise._tile.cache_info().currsize == full
    assert {name: id(value) for name, value in vars(module).items()} == before


def test_textures_are_not_drawn_upon(digit):
    """A tile is a view of what everybody shares."""
    shared = {blur: noise._tile(blur).copy() for blur in (0.7, 1.5, 4.0)}
    for kind in (module.haze, module.blots):
        for seed in range(20):
            kind(ink(digit), np.random.default_rng(seed))
    for blur, tile in shared.items():
        np.testing.assert_array_equal(noise._tile(blur), tile)


def test_an_outline_is_hollow_or_around(digit):
    seen = set()
    for seed in range(12):
        out = module.outline(ink(digit), np.random.default_rng(seed))
        # The middle of the bar is bare; the line is either on the stroke's edge or outside.
        assert out[6, 10:18].max() == 0
        inside = bool(out[5, 10:18].min() > 0)
        assert (out[4, 10:18].min() > 0) != inside
        assert 0.59 < out.max() <= 1
        seen.add(inside)
    assert seen == {True, False}


def test_a_scribble_only_adds(digit):
    for seed in range(20):
        out = module.scribble(ink(digit), np.random.default_rng(seed))
        assert (out >= ink(digit)).all()
        assert out.max() == 1


def test_salt_and_pepper_is_all_or_nothing(digit):
    for seed in range(10):
        out = module.salt_and_pepper(
            np.full((28, 28), 0.5, np.float32), np.random.default_rng(seed)
        )
        assert set(np.unique(out)) == {0, 0.5, 1}
        # 4 to 22 of 100, half of them black: within four deviations of 784 draws.
        share = float((out != 0.5).mean())
        assert 0.01 < share < 0.28
        assert abs(float((out == 0).mean()) - share / 2) < 0.06


def test_photons_scatter_where_there_is_light():
    half = np.zeros((28, 28), np.float32)
    half[:, 14:] = 0.5
    kinds = set()
    for seed in range(12):
        out = module.grain(half, np.random.default_rng(seed))
        assert out[:, 14:].std() > 0.03
        assert abs(float(out[:, 14:].mean()) - 0.5) < 0.1
        kinds.add(bool(out[:, :14].any()))
    assert kinds == {True, False}


def test_frost_moves_ink_only_near_by():
    dot = np.zeros((28, 28), np.float32)
    dot[14, 14] = 1
    rows, columns = np.mgrid[:28, :28]
    for seed in range(10):
        out = module.frost(dot, np.random.default_rng(seed))
        assert out.min() >= 0
        assert out.max() <= 1
        # Softened twice by 2 pixels, moved by no more than five deviations of 1.1.
        assert out[np.hypot(rows - 14, columns - 14) > 12].max() == 0


def test_a_smear_keeps_the_amount_of_ink():
    dot = np.zeros((28, 28), np.float32)
    dot[14, 14] = 1
    for seed in range(10):
        out = module.smear(dot, np.random.default_rng(seed))
        assert out.sum() == pytest.approx(1, abs=1e-5)
        assert np.count_nonzero(out) >= 3
        # It fades: on average the ink is nearer than half the way.
        away = np.hypot(*(np.indices((28, 28)) - 14))
        assert (out * away).sum() < 0.5 * away[out > 0].max() <= 4.5


def test_changed_ground_turns_a_band_at_either_side():
    bare = np.zeros((28, 28), np.float32)
    kinds = set()
    for seed in range(40):
        out = module.changed_ground(bare, np.random.default_rng(seed))
        assert set(np.unique(out)) == {0, 1}
        across = bool((out == out[0]).all())
        line = out[0] if across else out[:, 0]
        np.testing.assert_array_equal(out if across else out.T, np.tile(line, (28, 1)))
        assert not line[10:18].any()
        assert line[-1] == 1
        kinds.add((across, bool(line[0])))
    assert kinds == {(True, True), (True, False), (False, True), (False, False)}


def test_haze_is_a_veil(digit):
    for seed in range(12):
        out = module.haze(ink(digit), np.random.default_rng(seed))
        assert out.min() >= 0
        assert out.max() <= 1
        # The strokes still stand out by what the veil leaves, 25 to 60 of 100, on average.
        contrast = out[digit > 0].mean() - out[digit == 0].mean()
        assert 0.15 < contrast < 0.72


def test_blots_cover_some_of_it(digit):
    for seed in range(12):
        out = module.blots(ink(digit), np.random.default_rng(seed))
        drops = out[(digit == 0) & (out > 0)]
        assert len(np.unique(drops)) == 1
        assert 0.14 < drops[0] < 0.71
        level = drops[0]
        assert 0.03 < float((out == level).mean()) < 0.28
        np.testing.assert_array_equal(out[out != level], ink(digit)[out != level])
