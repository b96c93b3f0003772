"""The reference digits are made from the included digits and drawn ones, the same each time."""

from __future__ import annotations

import io

import numpy as np

from core.exemplars import references
from tools.train_base.references import make


def test_they_are_those_that_ship():
    with np.load(io.BytesIO(make())) as made:
        images, labels = references.load()
        assert np.array_equal(made["labels"], labels)
        # The others are drawn, and another numpy may draw a pixel otherwise.
        assert abs(made["images"][:1000].astype(int) - images[:1000]).max() <= 1
        assert made["images"].shape == images.shape
