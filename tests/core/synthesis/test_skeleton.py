"""Skeletons of bitmaps: thinned to one pixel, and followed as a graph."""

from __future__ import annotations

import numpy as np

from core.synthesis.skeleton import skeleton_graph, thin


def test_thinning_leaves_a_line_one_pixel_wide(seven: np.ndarray) -> None:
    lines = thin(seven > 0)
    assert lines.sum() < 40
    assert lines[5, 8:17].all()
    assert lines[9:20].sum(axis=1).tolist() == [1] * 11


def test_a_skeleton_follows_the_bitmap(seven: np.ndarray) -> None:
    nodes, edges = skeleton_graph(seven)
    assert nodes.dtype == np.float32
    assert edges.max() < len(nodes)
    leg = nodes[nodes[:, 1] > 10]
    np.testing.assert_allclose(leg[:, 0], 19.0, atol=0.8)
