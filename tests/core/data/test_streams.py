"""Files of data sets: packed ones are told by their content, and errors name the file."""

from __future__ import annotations

import gzip

import pytest

from core.data.streams import UNPACKED, opened


@pytest.mark.parametrize("name", ["a", "a.gz"])
def test_gzip_is_told_by_its_content(tmp_path, name):
    path = tmp_path / name
    for data, packed in ((b"plain", False), (gzip.compress(b"plain"), True)):
        path.write_bytes(data)
        with opened(path) as stream:
            assert (stream.packed, stream.content.read()) == (packed, b"plain")
            assert stream.size == len(data)


def test_errors_name_the_file(tmp_path, says):
    path = tmp_path / "a"
    with says(path, "no such file", "python -m tools.fetch_mnist"), opened(path):
        pass
    path.touch()
    with says(path, "is empty"), opened(path):
        pass
    path.write_bytes(gzip.compress(b"plain")[:-3])
    with says(path, "torn gzip"), opened(path) as stream:
        stream.content.read()
    with says(path, "promises"), opened(path) as stream:
        stream.check_unpacked(path, UNPACKED + 16 * stream.size)
        stream.check_unpacked(path, UNPACKED + 16 * stream.size + 1)
