"""The fifteen corruptions, on pictures whose answer can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tools.evaluate.mnist_c.corruptions import (
    CORRUPTIONS,
    brightness,
    dotted_line,
    fog,
    glass_blur,
    impulse_noise,
    motion_blur,
    rotate,
    scale,
    shear,
    shot_noise,
    spatter,
    stripe,
    translate,
    zigzag,
)
from tools.evaluate.mnist_c.filters import gaussian
from tools.evaluate.mnist_c.plasma import plasma

NOTHING = np.zeros((40, 28, 28), np.float32)


def box(image):
    """Left, top, right, bottom of what is at least half ink; right and bottom inclusive."""
    rows, columns = np.nonzero(image >= 0.5)
    return columns.min(), rows.min(), columns.max(), rows.max()


def square(count=40, first=10, last=17):
    images = np.zeros((count, 28, 28), np.float32)
    images[:, first : last + 1, first : last + 1] = 1
    return images


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.__name__)
def test_all_keep_the_contract(corruption):
    images = np.linspace(0, 1, 4 * 784, dtype=np.float32).reshape(4, 28, 28)
    before = images.copy()
    out = corruption(images, np.random.default_rng(3))
    assert (out.shape, out.dtype) == (images.shape, np.float32)
    assert out.min() >= 0
    assert out.max() <= 1
    assert np.array_equal(images, before)
    assert not np.array_equal(out, images)
    assert np.array_equal(out, corruption(images, np.random.default_rng(3)))


def test_there_are_fifteen():
    assert len({corruption.__name__ for corruption in CORRUPTIONS}) == 15


def test_shot_noise_counts_thirds_and_keeps_the_mean(rng):
    images = np.full((200, 28, 28), 0.1, np.float32)
    out = shot_noise(images, rng)
    assert np.allclose(out * 3, np.rint(out * 3), atol=1e-6)
    # Clipping takes nothing that counts: Poisson(0.3) passes 3 once in 4,000.
    assert out.mean() == pytest.approx(0.1, abs=0.002)
    assert shot_noise(NOTHING, rng).max() == 0


def test_impulse_noise_hits_a_sixth_half_salt_half_pepper(rng):
    out = impulse_noise(np.full((200, 28, 28), 0.5, np.float32), rng)
    assert (out == 1).mean() == pytest.approx(0.085, abs=0.003)
    assert (out == 0).mean() == pytest.approx(0.085, abs=0.003)
    assert set(np.unique(out)) == {0.0, 0.5, 1.0}


def test_glass_blur_keeps_the_ink_and_moves_it_to_the_upper_left(rng):
    images = square()
    out = glass_blur(images, rng)
    assert out.sum() == pytest.approx(images.sum(), rel=1e-3)
    blurred = gaussian(gaussian(images, 0.7), 0.7)
    assert np.abs(out - blurred).mean() > 0.01
    # Two passes of swaps scatter what blur alone leaves within three pixels.
    assert (out[:, :, 5].sum() + out[:, 5].sum()) > 0
    assert out[0].std() != out[1].std()


def test_motion_blur_smears_one_way(rng):
    images = np.zeros((40, 28, 28), np.float32)
    images[:, 14, 20] = 1
    out = motion_blur(images, rng)
    assert np.allclose(out.sum(axis=(1, 2)), 1, atol=1e-5)
    # The heaviest weight stays: 1 over the sum of exp(-i^2/18), i = 0..10.
    assert out[:, 14, 20].min() >= 1 / np.exp(-(np.arange(11) ** 2) / 18).sum() - 1e-6
    assert out[:, :, 21:].max() == 0
    reach = np.abs(np.nonzero(out)[1] - 14).max()
    assert 5 <= reach <= 7


def test_shear_keeps_rows_and_leans_by_the_tangent(rng):
    images = np.zeros((40, 28, 28), np.float32)
    images[:, 4:24, 13:15] = 1
    out = shear(images, rng)
    assert np.allclose(out.sum(axis=2), images.sum(axis=2), atol=1e-4)
    columns = np.arange(28)
    middle = (out * columns).sum(axis=2)[:, 4:24] / out.sum(axis=2)[:, 4:24]
    slopes = (middle[:, -1] - middle[:, 0]) / 19
    assert np.allclose(np.abs(slopes), np.tan(0.4), atol=1e-3)
    assert {-1, 1} == set(np.sign(slopes))


def test_scale_shrinks_to_seven_tenths(rng):
    out = scale(square(1, 4, 23), rng)[0]
    # 20 pixels become 14, about the same middle.
    assert box(out) == (7, 7, 20, 20)
    assert out.sum() == pytest.approx(14**2, rel=0.02)


def test_rotate_turns_by_two_fifths_of_a_radian(rng):
    images = np.zeros((40, 28, 28), np.float32)
    images[:, 3:25, 13:15] = 1
    out = rotate(images, rng)
    rows, columns = np.mgrid[:28, :28] - 13.5
    xx, yy, xy = (
        (out * each).sum(axis=(1, 2)) for each in (columns**2, rows**2, rows * columns)
    )
    angles = np.arctan2(2 * xy, yy - xx) / 2
    assert np.allclose(np.abs(angles), 0.4, atol=0.01)
    assert {-1, 1} == set(np.sign(angles))


def test_brightness_adds_a_half():
    images = np.array([0.0, 0.25, 0.5, 0.9], np.float32).reshape(1, 2, 2)
    out = brightness(images, np.random.default_rng(0))
    assert np.array_equal(out.ravel(), np.array([0.5, 0.75, 1.0, 1.0], np.float32))


def test_translate_moves_by_exactly_three_both_ways(rng):
    out = translate(square(), rng)
    assert {tuple(box(image)) for image in out} == {
        (7, 7, 14, 14), (7, 13, 14, 20), (13, 7, 20, 14), (13, 13, 20, 20)
    }  # fmt: skip
    assert (out.sum(axis=(1, 2)) == 64).all()


def test_stripe_inverts_exactly_the_outer_columns(rng):
    images = np.full((1, 28, 28), 0.2, np.float32)
    out = stripe(images, rng)[0]
    outer = [*range(7), *range(21, 28)]
    assert np.allclose(out[:, outer], 0.8)
    assert np.allclose(out[:, 7:21], 0.2)


def test_fog_is_three_times_as_light_as_the_digit(rng):
    images = square()
    out = fog(images, rng)
    # Where x is 1 and p between 0 and 1: (1 + 3p) / 4; where x is 0: 3p / 4.
    assert out[:, 12, 12].min() >= 0.25
    assert out[:, 0].max() <= 0.75
    clouds = plasma(np.random.default_rng(20261123), 40, 256)[:, :28, :28]
    assert np.allclose(out, (images + 3 * clouds) / 4, atol=1e-6)
    # A picture whose lightest is dim stays dim; one of nothing stays nothing.
    assert fog(images * 0.5, rng).max() <= 0.5
    assert fog(NOTHING, rng).max() == 0


def test_spatter_is_grey_drops_over_the_digit(rng):
    out = spatter(NOTHING, rng)
    assert 0 < (out > 0).mean() < 0.5
    assert out.max() <= 63 / 255 + 1e-6
    assert out[out > 0].min() >= 0.8 * 63 / 255 - 1e-6
    solid = spatter(NOTHING + 1, rng)
    # Full ink under a whole drop is as grey as the drop.
    assert solid.min() == pytest.approx(63 / 255, abs=0.02)


def test_dotted_line_goes_from_side_to_side_in_pairs(rng):
    out = dotted_line(NOTHING, rng)
    inked = (out > 0).any(axis=1)
    pairs = (np.arange(28) // 2) % 2 == 0
    assert (inked == pairs).all()
    # The nearest row is at most half a pixel away: log(1 - 0.5 / 2.3) + 1.
    assert out.max(axis=1)[:, pairs].min() >= np.log(1 - 0.5 / 2.3) + 1 - 1e-6
    assert out[:, :, 0].max() == 1


def test_zigzag_turns_every_other_column(rng):
    out = zigzag(NOTHING, rng)
    assert out[:, :, 0].max() == 0
    assert out[:, :, 27].max() == 0
    rows = np.arange(28)[:, None]
    total = out.sum(axis=(1, 2))
    inside = out[total > 0.9 * total.max()][:, :, 3:24]
    middle = (inside * rows).sum(axis=1) / inside.sum(axis=1)
    turns = np.sign(np.diff(middle[:, ::2], axis=1))
    assert (turns[:, 1:] == -turns[:, :-1]).all()
