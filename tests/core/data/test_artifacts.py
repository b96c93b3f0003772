"""Artifacts: each changes the chosen images alone, as its name says."""

from __future__ import annotations

import numpy as np
import pytest

from core.data import artifacts

LIGHTER = (artifacts.break_stroke, artifacts.change_contrast)
DARKER = (artifacts.add_line, artifacts.add_specks, artifacts.add_neighbours)
OTHER = (artifacts.soften, artifacts.add_noise)


def digits() -> np.ndarray:
    """Eight crosses of grey ink."""
    out = np.zeros((8, 28, 28), np.float32)
    out[:, 4:24, 12:16] = out[:, 12:16, 4:24] = 0.6
    return out


@pytest.mark.parametrize("artifact", [*LIGHTER, *DARKER, *OTHER])
def test_only_the_chosen_images_change(artifact, rng):
    before, out = digits(), digits()
    artifact(out, np.array([1, 4, 6]), rng)
    changed = (out != before).any(axis=(1, 2))
    assert changed[[1, 4, 6]].any()
    assert not changed[[0, 2, 3, 5, 7]].any()
    assert out.dtype == np.float32


@pytest.mark.parametrize("artifact", LIGHTER)
def test_gaps_and_fainter_ink_add_no_ink(artifact, rng):
    out = digits()
    artifact(out, np.arange(8), rng)
    assert (out[digits() == 0] == 0).all()


@pytest.mark.parametrize("artifact", DARKER)
def test_lines_specks_and_neighbours_only_add_ink_to_paper(artifact, rng):
    out = digits()
    artifact(out, np.arange(8), rng)
    assert out[digits() == 0].max() > 0.15
    assert out.max() <= 1


def test_a_softer_image_has_as_much_ink(rng):
    out = digits()
    artifacts.soften(out, np.arange(8), rng)
    np.testing.assert_allclose(out.sum(axis=(1, 2)), digits().sum(axis=(1, 2)), rtol=1e-4)
    assert (out.max(axis=(1, 2)) <= 0.6 + 1e-6).all()
