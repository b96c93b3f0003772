"""A sample store of its own for each test, and small samples."""

from __future__ import annotations

import pytest

from pi.samples.store import Sample, SampleStore


@pytest.fixture
def sample():
    """A function that makes a sample, all of whose pixels are its number."""

    def make(number=0, **given):
        return Sample(bytes([number % 256]) * 784, guess=number % 10, time=1.5, **given)

    return make


@pytest.fixture
def path(tmp_path):
    """The file of the store, in a folder that is not there yet."""
    return tmp_path / "state" / "samples.db"


@pytest.fixture
def store(path):
    """An empty store."""
    with SampleStore(path) as opened:
        yield opened
