"""What a file is by its first bytes, for words about one that is not what it should be."""

from __future__ import annotations

import re

LOOKED_AT = 400
"""Bytes from the beginning of a file that tell what it is."""

_BEGINNINGS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"II*\0": "a TIFF picture",
    b"MM\0*": "a TIFF picture",
    b"\0\0\x01\0": "an icon",
    b"8BPS": "a Photoshop picture",
    b"DDS ": "a DDS texture",
    b"\0\0\0\x0cjP  ": "a JPEG 2000 picture",
    b"\0\0\0\x0cJXL ": "a JPEG XL picture",
    b"\xff\x0a": "a JPEG XL picture",
    b"%PDF": "a PDF",
    b"%!PS": "a PostScript file",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a file packed by gzip",
    b"BZh": "a file packed by bzip2",
    b"\xfd7zXZ": "a file packed by xz",
    b"\x28\xb5\x2f\xfd": "a file packed by zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x89HDF": "an HDF5 file",
    b"PAR1": "a Parquet file",
    b"MATLAB": "a MATLAB file",
    b"\x93NUMPY": "an array of numpy",
    b"\x80\x02": "a Python pickle",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"SQLite format 3": "an SQLite database",
    b"\x7fELF": "a program",
    b"version https://git-lfs": "a pointer of Git LFS",
}

# The brand of a file in boxes, as of films and of phones' pictures.
_BRANDS = {"heic": "HEIC", "heix": "HEIC", "mif1": "HEIC", "msf1": "HEIC", "avif": "AVIF"}

_MARKUP = (("<!doctype html", "<html", "a web page"), ("<svg", "an SVG drawing"), ("<", "XML"))


def kind_of(beginning: bytes) -> str:
    """What a file is that begins so, as "a ZIP archive"; "" if that is not known. LOOKED_AT
    bytes are enough, and more are not looked at."""
    for mark, kind in _BEGINNINGS.items():
        if beginning.startswith(mark):
            return kind
    if beginning[4:8] == b"ftyp":
        name = _BRANDS.get(beginning[8:12].decode("latin-1"), "")
        return f"{'an' if name == 'AVIF' else 'a'} {name} picture" if name else "a film"
    text = beginning[:LOOKED_AT].decode("utf-8-sig", "ignore").lstrip().lower()
    if text.startswith("<"):
        return next(kind for *marks, kind in _MARKUP if any(mark in text for mark in marks))
    return "JSON" if re.match(r'[{\[]\s*["{\[\]}]', text) else ""
