"""Shared by the tests of core.data: a small set of digits, in MNIST's form and in a table."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest

from core.data.datasets import read_csv
from core.data.replay import INCLUDED
from core.errors import DatasetError

COUNT = 5


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)


@pytest.fixture
def labels():
    return np.array([5, 0, 4, 1, 9], dtype=np.uint8)


@pytest.fixture(scope="session")
def idx():
    """The bytes of an IDX file of an array."""

    def packed(values):
        code = {"u1": 0x08, "i4": 0x0C}[values.dtype.str[1:]]
        header = struct.pack(f">HBB{values.ndim}I", 0, code, values.ndim, *values.shape)
        return header + values.astype(values.dtype.newbyteorder(">")).tobytes()

    return packed


@pytest.fixture(scope="session")
def csv():
    """The text of a table, the labels first."""

    def written(images, labels):
        rows = np.column_stack([labels, images.reshape(len(images), -1)])
        return "".join(",".join(map(str, row)) + "\n" for row in rows)

    return written


@pytest.fixture
def folder(tmp_path, images, labels, idx):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


@pytest.fixture(scope="session")
def says():
    """An expectation of one DatasetError line that names a path and then each part."""

    def expected(path, *parts):
        text = ".*".join(re.escape(str(part)) for part in (path, *parts))
        return pytest.raises(DatasetError, match=rf"^{text}[^\n]*\Z")

    return expected


@pytest.fixture(scope="session")
def digits():
    """MNIST's hundred digits in the repository: images, uint8 (100, 28, 28), and labels."""
    data = read_csv(INCLUDED)
    return np.array(data.images), np.array(data.labels)
