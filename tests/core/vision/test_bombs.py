"""Pictures made to cost memory or time: what they cost, and what is said of them."""

from __future__ import annotations

import io
import re
import struct
import zlib
from functools import cache

import numpy as np
import pytest
from PIL import Image

from core.vision.imagefile import load_frame

MEGABYTE = 1_000_000


@cache
def zeros(count):
    """So many zero bytes, packed by zlib, without packing each of them."""
    packer = zlib.compressobj(9)
    start = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(bytes(count % MEGABYTE)) + packer.flush()
    if count < MEGABYTE:
        return zlib.compress(bytes(count), 9)
    checksum = struct.pack(">I", count % 65521 << 16 | 1)  # Adler-32 of zeros
    return start + block * (count // MEGABYTE - 1) + last + checksum


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(
        ">I", zlib.crc32(name + content)
    )  # fmt: skip


def png(width=40, height=30, bits=8, colour=2, extra=b"", late=b"", pixels=None):
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = 1 + (width * bits * samples + 7) // 8
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(768)) if colour == 3 else b""
    content = zeros(row * height) if pixels is None else pixels
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + palette
        + extra
        + chunk(b"IDAT", content)
        + late
        + chunk(b"IEND", b"")
    )


def tags(entries, values=b"", start=8):
    """A folder of tags of TIFF, as (tag, type, count, value), and what comes after it."""
    content = b"".join(struct.pack("<HHII", *each) for each in sorted(entries))
    return struct.pack("<H", len(entries)) + content + bytes(4) + values


def tiff(
    width, height, *, bits=8, samples=1, kind=1, packing=8, rows=None, more=(), values=b""
):
    """A TIFF of one strip of zeros, or of what `more` makes of it."""
    strip = zeros(width * height * samples * bits // 8) if packing == 8 else values
    entries = {
        256: (4, 1, width), 257: (4, 1, height), 258: (3, 1, bits), 259: (3, 1, packing),
        262: (3, 1, 2 if samples >= 3 else 1), 277: (3, 1, samples),
        278: (4, 1, height if rows is None else rows), 279: (4, 1, len(strip)),
        339: (3, 1, kind),
    }  # fmt: skip
    entries[273] = (4, 1, 8 + 2 + 12 * (len(entries) + 1 + len(more)) + 4)
    entries |= {tag: value for tag, *value in more}
    return b"II*\0" + struct.pack("<I", 8) + tags(
        [(tag, *value) for tag, value in entries.items()], strip
    )  # fmt: skip


def claiming(size, count):
    """Tags that each claim all of the file, for EXIF and TIFF."""
    entries = [(1_000 + n, 7, size - 100, 8) for n in range(count)]
    return b"II*\0" + struct.pack("<I", 8) + tags(entries, bytes(size))


def jpeg(size=(40, 30), mode="RGB", segments=b"", **options):
    file = io.BytesIO()
    Image.new(mode, size, 200 if mode == "L" else None).save(file, "JPEG", **options)
    return b"\xff\xd8" + segments + file.getvalue()[2:]


def segment(marker, content):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content


def enlarged(content, width, height):
    """A JPEG whose header promises another size than it has data for."""
    place = re.search(rb"\xff[\xc0\xc2]\0\x11|\xff\xc2\0\x0b", content).end() + 1
    return content[:place] + struct.pack(">HH", height, width) + content[place + 4 :]


def many_scans(count):
    """A progressive picture of 12 megapixels that is refined again and again."""
    content = enlarged(jpeg(mode="L", progressive=True), 4000, 3000)
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * count + content[-2:]


def separate_scans(width, height):
    """A baseline picture whose three colours come one after the other, of no data."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + b"\1\x11\0\2\x11\0\3\x11\0"
    start = jpeg((8, 8), "RGB", subsampling=0)
    tables = start[2 : start.index(b"\xff\xc0")]
    huffman = start[start.index(b"\xff\xc4") : start.index(b"\xff\xda")]
    scans = b"".join(segment(0xDA, bytes([1, each, 0, 0, 63, 0])) for each in (1, 2, 3))
    return b"\xff\xd8" + tables + segment(0xC0, frame) + huffman + scans + b"\xff\xd9"


def gif(width, height, before=b"", image=None):
    file = io.BytesIO()
    Image.new("L", image or (16, 16), 9).save(file, "GIF")
    content = bytearray(file.getvalue())
    content[6:10] = struct.pack("<HH", width, height)
    place = content.index(b",", 13 + 3 * (2 << (content[10] & 7)))
    return bytes(content[:place]) + before + bytes(content[place:])


def webp(size, **options):
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, "WEBP", **options)
    return file.getvalue()


def run_lengths(width, height, content):
    """A BMP packed by run lengths."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(content), 1, 1, 256, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024) + content


def text(kind, count):
    """PNG chunks of text, a megabyte each, packed."""
    body = b"k\0\0" if kind == b"zTXt" else b"k\0\1\0\0\0"
    return b"".join(chunk(kind, body + zeros(MEGABYTE)) for _ in range(count))


EXIF = b"Exif\0\0"

BOMBS = {
    "float.tif": lambda: tiff(6000, 6000, bits=32, kind=3),
    "float_in_bounds.tif": lambda: tiff(2000, 2000, bits=32, kind=3),
    "double.tif": lambda: tiff(2000, 5000, bits=64, kind=3),
    "one_strip.tif": lambda: tiff(4400, 4400, samples=3, more=[(258, 3, 1, 8)]),
    "turned.tif": lambda: tiff(4200, 4200, bits=16, more=[(274, 3, 1, 6)]),
    "tile.tif": lambda: tiff(16, 16, more=[(322, 4, 1, 30000), (323, 4, 1, 30000),
                                           (324, 4, 1, 8), (325, 4, 1, 8)]),
    "strips.tif": lambda: tiff(16, 70000, packing=1, rows=1, more=[(273, 4, 70000, 200)],
                               values=bytes(4 * 70000)),
    "claims.tif": lambda: claiming(MEGABYTE // 2, 20000),
    "claims_of_exif.tif": lambda: tiff(
        16, 16, packing=1, values=bytes(256) + tags(
            [(1_000 + n, 7, 400_000, 8) for n in range(9000)], bytes(400_000)),
        more=[(34665, 4, 1, 8 + 2 + 12 * 11 + 4 + 256)]),
    "lzma.tif": lambda: tiff(16, 16, packing=34925, values=b"x"),
    "progressive.jpg": lambda: enlarged(jpeg(progressive=True, subsampling=0), 5000, 4000),
    "scans.jpg": lambda: many_scans(2000),
    "separate.jpg": lambda: separate_scans(7000, 7000),
    "claims_of_exif.jpg": lambda: jpeg(segments=b"".join(
        segment(0xE1, EXIF + part) for part in [claiming(60_000, 200)[:65_000]] * 15)),
    "mpo.jpg": lambda: jpeg(segments=segment(0xE2, b"MPF\0" + claiming(50_000, 900)[:65_000])),
    "comments.jpg": lambda: jpeg(segments=segment(0xFE, b"") * 200_000),
    "rgba.png": lambda: png(7000, 7000, colour=6),
    "sixteen_bits.png": lambda: png(4700, 4000, bits=16, colour=6),
    "palette.png": lambda: png(7000, 7000, colour=3),
    "long.png": lambda: png(65_535, 200, colour=6),
    "very_long.png": lambda: png(1_000_000, 1, colour=6),
    "texts.png": lambda: png(extra=text(b"zTXt", 60)),
    "late_texts.png": lambda: png(late=text(b"iTXt", 60)),
    "profile.png": lambda: png(extra=chunk(b"iCCP", b"p\0\0" + zeros(99 * MEGABYTE))),
    "exif.png": lambda: png(extra=chunk(b"eXIf", claiming(200_000, 4000))),
    "raw_exif.png": lambda: png(
        extra=chunk(b"zTXt", b"Raw profile type exif\0\0" + zeros(90 * MEGABYTE))),
    "chunks.png": lambda: png(extra=chunk(b"teSt", b"") * 80_000),
    "screen.gif": lambda: gif(65_535, 65_535),
    "large_screen.gif": lambda: gif(7000, 7000),
    "comments.gif": lambda: gif(16, 16, b"!\xfe\1x\0" * 190_000),
    "large.webp": lambda: b"".join(
        [(small := webp((16, 16)))[:26], struct.pack("<HH", 4000, 3000), small[30:]]),
    "bounded.webp": lambda: webp((2000, 2000), quality=1, method=0),
    "lossless.webp": lambda: webp((2000, 2000), lossless=True, method=0),
    "jump.bmp": lambda: run_lengths(30_000_000, 1, b"\0\2\xff\xff" * 4),
    "lines.bmp": lambda: run_lengths(7000, 7000, b"\0\0" * 7000),
    "bounded_lines.bmp": lambda: run_lengths(1500, 1500, b"\1\1\0\0" * 1500),
    "comments.pgm": lambda: b"P2\n9 9\n255\n" + b"#\n" * 400_000,
    "words.pgm": lambda: b"P2\n1000 900\n255\n" + b"1 " * 490_000,
    "promise.ppm": lambda: b"P6\n7000 7000\n255\n" + bytes(99),
    "promise.pfm": lambda: b"Pf\n5000 5000\n-1.0\n" + bytes(99),
    "fits.fits": lambda: b"SIMPLE  =                    T" + b" " * 5000,
    "layers.psd": lambda: b"8BPS\0\1" + bytes(5000),
    "icons.icns": lambda: b"icns\0\0\x10\0" + bytes(5000),
    "codestream.jp2": lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(5000),
    "phone.heic": lambda: b"\0\0\0\x18ftypheic" + bytes(5000),
}  # fmt: skip

READ = {  # within the bounds: they must go on being read
    "float_in_bounds.tif", "chunks.png", "texts.png", "late_texts.png", "exif.png",
    "comments.jpg", "claims_of_exif.jpg", "mpo.jpg", "comments.gif", "palette.png",
    "large_screen.gif", "bounded.webp", "lossless.webp", "bounded_lines.bmp",
}  # fmt: skip

EITHER = {"claims_of_exif.tif", "very_long.png", "sixteen_bits.png", "promise.ppm"}
"""What a version of pillow reads within the bounds, and another does not."""

LOAD = "from core.vision.imagefile import load_frame as read"


@pytest.fixture(scope="module")
def costs(tmp_path_factory, costs_of):
    folder = tmp_path_factory.mktemp("bombs")
    Image.new("L", (40, 30)).save(folder / "small.png")
    return costs_of(folder, folder / "small.png", BOMBS, LOAD)


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_what_a_megabyte_costs(costs, name):
    path, peak, seconds, said = costs[name]
    assert peak < 96 * MEGABYTE
    assert seconds < 10
    assert name in EITHER or (said is None) == (name in READ), said
    if said is not None:
        assert said.startswith(f"{path}: ")
        assert len(said.splitlines()) == 1


UPRIGHT = np.array([[0, 80, 160], [240, 40, 120]], np.uint8)


def stored(file_format, **options):
    """A picture that the camera stored turned by a quarter."""
    file = io.BytesIO()
    blocks = np.kron(np.rot90(UPRIGHT), np.ones((16, 16), np.uint8))
    Image.fromarray(blocks).save(file, file_format, **options)
    return file.getvalue()


XMP = b'<x xmlns:tiff="" tiff:Orientation="6"/>'
TURNED = b"II*\0\x08\0\0\0" + tags([(274, 3, 1, 6)])


def hexadecimal(content):
    return f"\nexif\n{len(content):8}\n{content.hex()}\n".encode()


@pytest.mark.parametrize(
    ("name", "make"),
    {
        "exif.jpg": lambda: with_segment(segment(0xE1, EXIF + TURNED)),
        "exif.png": lambda: with_chunk(chunk(b"eXIf", TURNED)),
        "late_exif.png": lambda: with_chunk(chunk(b"eXIf", TURNED), late=True),
        "xmp.png": lambda: with_chunk(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)),
        "text.png": lambda: with_chunk(
            chunk(b"tEXt", b"Raw profile type exif\0" + hexadecimal(EXIF + TURNED))
        ),
        "packed.png": lambda: with_chunk(
            chunk(
                b"zTXt",
                b"Raw profile type exif\0\0" + zlib.compress(hexadecimal(EXIF + TURNED)),
            )
        ),
        "exif.webp": lambda: stored("WEBP", lossless=True, exif=EXIF + TURNED),
        "tags.tif": lambda: stored("TIFF", tiffinfo={274: 6}, compression="tiff_lzw"),
    }.items(),
)
def test_how_it_was_held_is_found_wherever_it_is_said(tmp_path, name, make):
    (tmp_path / name).write_bytes(make())
    frame = load_frame(tmp_path / name)
    assert frame.shape == (32, 48)
    np.testing.assert_allclose(frame[8::16, 8::16].astype(int), UPRIGHT, atol=6)


def with_segment(content):
    whole = stored("JPEG", quality=95)
    return whole[:2] + content + whole[2:]


def with_chunk(content, late=False):
    whole = stored("PNG")
    place = -12 if late else 33
    return whole[:place] + content + whole[place:]
