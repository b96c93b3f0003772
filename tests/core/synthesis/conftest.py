"""What the tests of synthesis share: a bitmap."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def seven() -> np.ndarray:
    """A 7 as MNIST would hold it: a bar 3 pixels high and a leg 3 pixels wide."""
    image = np.zeros((28, 28), np.uint8)
    image[4:7, 6:21] = 255
    image[4:24, 18:21] = 255
    return image
