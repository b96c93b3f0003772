"""Sheets and poses: marks as the style says, and the way from the sheet to pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.synthesis.sheet import Pose, sample_sheet
from core.synthesis.style import Style

PLAIN = Style()


def test_a_pose_scales_turns_and_shifts() -> None:
    pose = Pose((100.0, 50.0), 20.0, np.pi / 2)
    found = pose.to_frame(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_allclose(found, [[100, 50], [100, 70], [80, 50]], atol=1e-4)
    assert found.dtype == np.float32


def test_what_leans_away_is_smaller() -> None:
    pose = Pose((0.0, 0.0), 100.0, lean=(0.001, 0.0))
    near, far = pose.to_frame(np.array([[-1.0, 0.0], [1.0, 0.0]]))[:, 0]
    assert (near, far) == pytest.approx((-100 / 0.9, 100 / 1.1), rel=1e-5)


@pytest.mark.parametrize(
    ("changes", "groups"),
    [
        ({}, 0),
        ({"paper": "ruled"}, 1),
        ({"paper": "squared"}, 1),
        ({"paper": "dotted"}, 2),
        ({"margin_line": True, "underline": True, "frame": True}, 3),
    ],
)
def test_the_lines_of_a_style(changes: dict, groups: int) -> None:
    sheet = sample_sheet(np.random.default_rng(3), replace(PLAIN, **changes))
    assert len(sheet.lines) == groups
    assert sheet.corners is sheet.rings is None
    assert sheet.stray == sheet.showing_through == ()


def test_edge_binding_neighbours_and_bleed() -> None:
    style = replace(PLAIN, edge=1.0, binding=True, neighbours=2, bleed=0.1)
    sheet = sample_sheet(np.random.default_rng(3), style)
    assert sheet.corners is not None
    assert sheet.rings is not None
    assert sheet.corners.shape == (4, 2)
    assert 12 <= len(sheet.rings) < 30
    assert len(sheet.stray) == 2
    assert 4 <= len(sheet.showing_through) < 14
