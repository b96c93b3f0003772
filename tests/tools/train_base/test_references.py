"""The reference digits are made from the included digits and drawn ones, the same each time."""

from __future__ import annotations

import io

import numpy as np

from core.exemplars import references
from tools.train_base.references import make


def test_they_are_those_that_ship():
    with np.load(io.BytesIO(make())) as made:
        assert np.array_equal(made["labels"], references.labels())
        # The others are drawn, and another numpy may draw a pixel otherwise.
        for number in range(10):
            bent, shipped = (
                each.astype(int) for each in (made[f"images{number}"], references.piece(number))
            )
            assert abs(bent - shipped).max() <= 1
        assert made["images14"].shape == references.piece(14).shape
