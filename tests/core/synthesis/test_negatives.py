"""Negatives: frames of every kind that shows no digit."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.negatives import KINDS, LOOKALIKE, SIGNS, sample_negative, signs


@pytest.mark.parametrize("kind", [*KINDS, LOOKALIKE, SIGNS])
def test_every_kind_gives_frames_of_its_own(kind: str) -> None:
    first, again, other = (
        sample_negative(np.random.default_rng(seed), kind) for seed in (1, 1, 2)
    )
    assert first.kind == kind
    assert first.frame.shape == (240, 320)
    assert first.frame.dtype == np.uint8
    np.testing.assert_array_equal(first.frame, again.frame)
    assert (first.frame != other.frame).any()


@pytest.mark.parametrize("kind", KINDS)
def test_sizes_are_as_asked_or_drawn(kind: str) -> None:
    rng = np.random.default_rng(0)
    assert sample_negative(rng, kind, size=(60, 80)).frame.shape == (60, 80)
    assert min(sample_negative(rng, kind, size=None).frame.shape) >= 40


def test_kinds_are_drawn_at_random_but_not_those_on_request() -> None:
    rng = np.random.default_rng(0)
    drawn = {sample_negative(rng, size=(48, 64)).kind for _ in range(150)}
    assert drawn == set(KINDS)
    assert not {LOOKALIKE, SIGNS} & set(KINDS)


def test_signs_stand_in_a_row_well_apart() -> None:
    for seed in range(20):
        left, top, right, bottom = signs(np.random.default_rng(seed)).box()
        assert right - left > 1.2 * (bottom - top)


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="empty, ruled"):
        sample_negative(np.random.default_rng(0), "unicorn")
