"""What the tests of the memory share: a small network, and crops that it tells apart."""

from __future__ import annotations

import numpy as np
import pytest

from core.integer.quantise import quantise
from core.network import Network


@pytest.fixture(scope="session")
def network():
    return quantise(Network.from_spec("28x28-c4k5s2-24-11", seed=5), [2.0, 2.0])


@pytest.fixture
def crops():
    rng = np.random.default_rng(5)
    coarse = (rng.random((12, 7, 7)) < 0.4).astype(np.uint8) * 255
    return coarse.repeat(4, axis=1).repeat(4, axis=2)
