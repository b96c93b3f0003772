"""Lossless WebP: what its Huffman tables take, of pictures that encoders make and of others."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from core.errors import ImageError
from core.vision.imagefile import load_frame
from core.vision.webp_lossless import tables_bytes

GROUP = 4 * 2955
"""Bytes of a set of codes where there is no colour cache."""


def webp(content, name=b"VP8L"):
    body = name + struct.pack("<I", len(content)) + content + bytes(len(content) & 1)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def content(file, name=b"VP8L"):
    place = 12
    while file[place : place + 4] != name:
        length = struct.unpack("<I", file[place + 4 : place + 8])[0]
        place += 8 + length + (length & 1)
    return file[place + 8 :]


def bits(*fields):
    """Numbers with their lengths in bits, the lowest bit first; arrays of bits as they are."""
    parts = [
        np.array([field[0] >> at & 1 for at in range(field[1])], np.uint8)
        if isinstance(field, tuple)
        else field
        for field in fields
    ]
    return np.packbits(np.concatenate(parts), bitorder="little").tobytes()


def of_256_symbols(green):
    """A code of 256 symbols with 8 bits each; that of green has more, which are not used."""
    lengths = [(1 if at == 11 else 0, 3) for at in range(12)]
    return [(0, 1), (8, 4), *lengths, *([(1, 1), (3, 3), (254, 8)] if green else [(0, 1)])]


ONE = [(1, 1), (0, 1), (0, 1), (0, 1)]
"""A code of one symbol."""


def of_groups(count, side):
    """A picture whose blocks of 4x4 pixels have so many sets of codes, in turn."""
    blocks = (-(-side // 4)) ** 2
    numbers = np.arange(blocks) % count
    pixels = np.stack([numbers & 255, numbers >> 8], 1).astype(np.uint8)
    head = [(0x2F, 8), (side - 1, 14), (side - 1, 14), (0, 4), (0, 1), (0, 1), (1, 1), (0, 3)]
    codes = [(0, 1), *of_256_symbols(True), *of_256_symbols(False), *ONE, *ONE, *ONE]
    groups = np.tile(np.array([1, 0, 0, 0] * 5, np.uint8), count)
    return bits(*head, *codes, np.unpackbits(pixels.ravel()), groups, (0, 64))


@pytest.mark.parametrize(("count", "side"), [(1, 16), (7, 40), (999, 200), (2600, 300)])
def test_groups_are_counted(tmp_path, count, side):
    assert tables_bytes(of_groups(count, side)) == count * GROUP
    (tmp_path / "a.webp").write_bytes(webp(of_groups(count, side)))
    assert load_frame(tmp_path / "a.webp").shape == (side, side)


def test_a_picture_with_tens_of_thousands_of_codes_is_refused(tmp_path):
    bomb = of_groups(65_536, 1024)
    assert len(bomb) < 300_000
    assert tables_bytes(bomb) == 65_536 * GROUP
    (tmp_path / "a.webp").write_bytes(webp(bomb))
    with pytest.raises(ImageError, match=r"1024x1024 would take 78\d MB"):
        load_frame(tmp_path / "a.webp")
    frame = struct.pack("<II", 0, 0)[:6] + struct.pack("<I", 1023)[:3] * 2 + bytes(4)
    inner = webp(bomb)[12:]
    canvas = bytes([2, 0, 0, 0]) + struct.pack("<I", 1023)[:3] * 2
    animated = webp(canvas, b"VP8X") + webp(frame + inner, b"ANMF")[12:]
    (tmp_path / "b.webp").write_bytes(animated)
    with pytest.raises(ImageError, match=r"1024x1024 would take 78\d MB"):
        load_frame(tmp_path / "b.webp")
    alpha = webp(canvas, b"VP8X") + webp(b"\1" + bomb, b"ALPH")[12:]
    (tmp_path / "c.webp").write_bytes(alpha)
    with pytest.raises(ImageError):
        load_frame(tmp_path / "c.webp")


@pytest.mark.parametrize("quality", [0, 60, 100])
@pytest.mark.parametrize("colours", [2, 4, 16, 200, None])
def test_what_encoders_make_is_understood(rng, colours, quality):
    noise = rng.integers(0, 256, (12, 16, 3)).astype(np.uint8)
    image = Image.fromarray(noise).resize((320, 240))
    if colours is not None:
        image = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=colours).convert(
            "RGB"
        )
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True, quality=quality)
    assert 0 < tables_bytes(content(file.getvalue())) < 3_000_000


def test_packed_transparency_is_understood():
    image = Image.new("RGBA", (80, 60), "red")
    image.putalpha(Image.fromarray(np.arange(4800).reshape(60, 80).astype(np.uint8)))
    file = io.BytesIO()
    image.save(file, "WEBP", quality=50)
    packed = content(file.getvalue(), b"ALPH")
    assert packed[0] & 3 == 1
    assert tables_bytes(packed[1:], (80, 60)) == GROUP


def test_damaged_heads(rng):
    file = io.BytesIO()
    noise = rng.integers(0, 256, (12, 16, 3)).astype(np.uint8)
    Image.fromarray(noise).resize((320, 240)).save(file, "WEBP", lossless=True)
    whole = content(file.getvalue())
    for damaged in (b"", b"x" + whole[1:], whole[:4] + b"\xff" * 9):
        with pytest.raises(ValueError, match=r"^\w"):
            tables_bytes(damaged)
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, 120, 4):
            damaged[place] = rng.integers(256)
        with suppress(ValueError):
            assert tables_bytes(bytes(damaged)) > 0
