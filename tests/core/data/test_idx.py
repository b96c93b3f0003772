"""Reading IDX files: whole ones, torn ones, and those that promise too much."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from core.data.idx import read_idx


def test_idx_of_any_other_length_is_refused(tmp_path, idx, says):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    whole = idx(values)
    path = tmp_path / "images-idx3"
    for length in (*range(len(whole)), len(whole) + 1, len(whole) + 2):
        path.write_bytes((whole + b"xx")[:length])
        with says(path):
            read_idx(path)
    path.write_bytes(whole)
    np.testing.assert_array_equal(read_idx(path), values)


@pytest.mark.parametrize("change", [-1, 1])
def test_gzip_of_another_length_inside(tmp_path, images, change, idx, says):
    path = tmp_path / "images-idx3.gz"
    whole = idx(images) + b"x"
    path.write_bytes(gzip.compress(whole[: len(whole) - 1 + change]))
    with says(path, "promises 5x28x28", "fewer" if change < 0 else "more"):
        read_idx(path)


def test_torn_gzip(tmp_path, images, idx, says):
    path = tmp_path / "images-idx3.gz"
    whole = gzip.compress(idx(images))
    for length in (5, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with says(path, "torn gzip"):
            read_idx(path)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with says(path, "torn gzip"):
        read_idx(path)


def test_gzip_that_promises_more_than_it_can_hold(tmp_path, says):
    path = tmp_path / "images-idx3.gz"
    header = struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1)
    path.write_bytes(gzip.compress(header))
    with says(path, "promises"):
        read_idx(path)


def test_no_items(tmp_path, idx, says):
    path = tmp_path / "images-idx3"
    path.write_bytes(idx(np.zeros((0, 28, 28), np.uint8)))
    with says(path, "no items"):
        read_idx(path)


def test_a_folder_is_no_idx_file(tmp_path, says):
    with says(tmp_path, "directory"):
        read_idx(tmp_path)
