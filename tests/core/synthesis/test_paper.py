"""Paper as it lies before the camera: ink laid on it, writing, tables."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.paper import draw_sheet, lay_ink, table_texture, write
from core.synthesis.pen import Pen, Strokes
from core.synthesis.sheet import Pose, sample_sheet
from core.synthesis.style import Style

LINE = Strokes.along(np.array([[0.0, -0.5], [0.0, 0.5]]))


def test_a_plain_sheet_is_as_light_as_its_style_says() -> None:
    style = Style(shade=0.8, tooth=0.0)
    rng = np.random.default_rng(1)
    paper = draw_sheet(rng, sample_sheet(rng, style), style, Pose((40, 30), 30.0), (60, 80))
    assert paper.shape == (60, 80)
    assert paper.dtype == np.float32
    np.testing.assert_allclose(paper, 0.8, atol=0.01)


@pytest.mark.parametrize(("light", "ink"), [(False, 0.5 * (1 - 0.8 * 0.93)), (True, 0.844)])
def test_ink_darkens_and_chalk_lightens(light: bool, ink: float) -> None:
    paper = np.full((10, 12), 0.5, np.float32)
    box = lay_ink(paper, np.ones((3, 4), np.float32), (2, 5), 0.8, light)
    assert box == (2, 5, 6, 8)
    np.testing.assert_allclose(paper[5:8, 2:6], ink, atol=1e-5)
    assert (paper == 0.5).sum() == 120 - 12


def test_writing_gives_the_box_of_its_ink() -> None:
    paper = np.ones((100, 80), np.float32)
    box = write(np.random.default_rng(1), paper, LINE, Pose((40, 50), 60), Pen(), 0.9, False)
    assert box is not None
    assert box == pytest.approx((38, 18, 42, 82), abs=2)
    assert (paper[:, :30] == 1).all()
    outside = Pose((400, 50), 60)
    assert write(np.random.default_rng(1), paper, LINE, outside, Pen(), 0.9, False) is None


@pytest.mark.parametrize("kind", ["dark", "light", "wood"])
def test_tables_are_shares_of_light(kind: str) -> None:
    table = table_texture(np.random.default_rng(1), (40, 50), kind)
    assert table.shape == (40, 50)
    assert table.min() >= 0
    assert table.max() <= 1
