"""What the tests share: a seeded generator, and the data that may be there."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def absent(what: str) -> None:
    """Skip the test, or fail it in CI, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed, fresh for each test."""
    return np.random.default_rng(20261123)


@pytest.fixture(scope="session")
def mnist() -> Path:
    """The folder with the four MNIST files, verified by tools.fetch_mnist."""
    from tools.fetch_mnist import find_mnist

    folder = find_mnist()
    if folder is None:
        absent("MNIST is not there; fetch it with: python -m tools.fetch_mnist")
    return folder


@pytest.fixture(scope="session")
def photos() -> Path:
    """The folder of photographs beside the checkout, which is not part of the repository."""
    folder = CHECKOUT.parent / "shared" / "photos"
    if not (folder / "index.tsv").is_file():
        pytest.skip(f"no photographs in {folder}")
    return folder
