"""What files are by their first bytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.files.kinds import kind_of


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def picture(kind):
    return written(lambda file: Image.new("L", (9, 9)).save(file, kind))


def boxes(brand):
    return b"\0\0\0\x18ftyp" + brand + bytes(99)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("PNG"), "a PNG picture"),
        (picture("JPEG"), "a JPEG picture"),
        (picture("GIF"), "a GIF picture"),
        (picture("TIFF"), "a TIFF picture"),
        (picture("PDF"), "a PDF"),
        (boxes(b"heic"), "a HEIC picture"),
        (boxes(b"avif"), "an AVIF picture"),
        (boxes(b"mp42"), "a film"),
        (gzip.compress(b""), "a file packed by gzip"),
        (bz2.compress(b""), "a file packed by bzip2"),
        (lzma.compress(b""), "a file packed by xz"),
        (written(lambda f: zipfile.ZipFile(f, "w").writestr("a", "b")), "a ZIP archive"),
        (written(lambda file: np.save(file, np.zeros(3))), "an array of numpy"),
        (pickle.dumps([1]), "a Python pickle"),
        (b"\xef\xbb\xbf \n<!DOCTYPE html><svg>", "a web page"),
        (b"<HTML>", "a web page"),
        (b'<?xml version="1.0"?><svg xmlns="x"/>', "an SVG drawing"),
        (b"<?xml?><a/>", "XML"),
        (b'{"error": "not found"}', "JSON"),
        (b"[[0, 1]]", "JSON"),
        (b"version https://git-lfs.github", "a pointer of Git LFS"),
        (b"", ""),
        (b"[camera]\n", ""),
        (b"5,0,0,0", ""),
        (b"\xff\xfe\x00", ""),
    ],
)
def test_by_the_first_bytes(content, kind):
    assert kind_of(content) == kind
