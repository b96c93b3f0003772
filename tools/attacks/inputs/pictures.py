"""Pictures that are small as files and large, deep or endless when they are decoded."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tools.attacks.inputs import HONEST, LARGEST

COMMANDS = (("predict", "{input}"), ("predict", "--row", "{input}"))

CAMERA = (
    "run", "--set", "camera.type=files", "--set", "camera.path={input}",
    "--set", "camera.loop=false", "--set", "service.run_folder={folder}/run",
    "--set", "samples.folder={folder}/state",
)  # fmt: skip
"""The same as frames of a folder camera, which must go on to the next picture."""

SIDE = 7000
"""Just below the number of pixels from which a picture is refused."""

LARGE = 800_000_000
"""Bytes that something compressed has."""


def make(folder: Path) -> None:
    """Write them: :func:`_encoded` where this pillow can, and those made by hand."""
    import numpy as np
    from PIL import Image

    from core.synthesis.scene import Style, sample_scene

    frame = sample_scene(np.random.default_rng(18), digit=7, style=Style()).frame
    Image.fromarray(frame).save(folder / f"{HONEST}.png")
    for name, write in _encoded():
        buffer = io.BytesIO()
        # A format that this pillow cannot write is not in the list of bombs either.
        with suppress(Exception):
            write(buffer)
            if 0 < buffer.tell() <= LARGEST:
                (folder / name).write_bytes(buffer.getvalue())
    for name, data in _by_hand():
        (folder / name).write_bytes(data)


def make_folders(folder: Path) -> None:
    """A folder for each picture, and for arrays, with one beside it that is as it should be."""
    flat = folder / "flat"
    flat.mkdir()
    make(flat)
    for name, data in _arrays():
        (flat / name).write_bytes(data)
    os.mkfifo(flat / "pipe.png")
    (flat / "folder.png").mkdir()
    (flat / "link.png").symlink_to("/dev/zero")
    good = (flat / f"{HONEST}.png").read_bytes()
    for path in list(flat.iterdir()):
        own = folder / path.name
        own.mkdir()
        path.rename(own / f"a-{path.name}")
        (own / "b.png").write_bytes(good)
    flat.rmdir()


def _encoded() -> Iterator[tuple[str, Callable[[io.BytesIO], None]]]:
    """What pillow encodes: flat pictures of many pixels, which are small as files."""
    from PIL import Image

    def scaled(side: int) -> int:
        return max(1, side * SIDE // 7000)

    def flat(mode: str, kind: str, size: tuple[int, int] = (7000, 7000), **options: object):
        sides = scaled(size[0]), scaled(size[1])
        return lambda buffer: Image.new(mode, sides).save(buffer, kind, **options)

    yield "grey.png", flat("L", "PNG")
    yield "colours and alpha.png", flat("RGBA", "PNG", (4000, 4000))
    yield "sixteen bits.png", flat("I;16", "PNG", (7000, 4000))
    yield "one bit.png", flat("1", "PNG")
    yield "palette with holes.png", flat("P", "PNG", transparency=0)
    yield "grey and alpha.png", flat("LA", "PNG")
    yield "one row.png", flat("L", "PNG", (49_000_000, 1))
    yield "one column.png", flat("L", "PNG", (1, 4_900_000))
    yield "beyond.png", flat("L", "PNG", (20_000, 20_000))
    yield "float.tif", flat("F", "TIFF", compression="tiff_adobe_deflate")
    yield "float lzw.tif", flat("F", "TIFF", (4000, 4000), compression="tiff_lzw")
    yield "integers.tif", flat("I", "TIFF", compression="tiff_adobe_deflate")
    yield "cmyk.tif", flat("CMYK", "TIFF", compression="tiff_adobe_deflate")
    yield "lab.tif", flat("LAB", "TIFF", compression="tiff_adobe_deflate")
    yield "fax.tif", flat("1", "TIFF", compression="group4")
    yield "packbits.tif", flat("L", "TIFF", (7000, 6000), compression="packbits")
    yield "progressive.jpg", flat("L", "JPEG", (6000, 6000), progressive=True, quality=1)
    yield "colours.jpg", flat("RGB", "JPEG", (6000, 6000), quality=1)
    yield "cmyk.jpg", flat("CMYK", "JPEG", (5000, 5000), quality=1)
    yield "lossless.webp", flat("RGBA", "WEBP", (16000, 3000), lossless=True)
    yield "flat.webp", flat("RGB", "WEBP", (7000, 7000))
    yield "flat.jp2", flat("L", "JPEG2000")
    yield "wide.gif", flat("P", "GIF")
    yield "flat.tga", flat("RGB", "TGA", compression="tga_rle")
    yield "flat.pcx", flat("L", "PCX")
    yield "flat.avif", flat("RGB", "AVIF", (6000, 6000))
    yield "icon.ico", flat("RGBA", "ICO", (256, 256))

    def frames(buffer: io.BytesIO) -> None:
        pages = [Image.new("P", (scaled(2000), scaled(2000)), n) for n in range(40)]
        pages[0].save(buffer, "GIF", save_all=True, append_images=pages[1:])

    def pages(buffer: io.BytesIO) -> None:
        many = [Image.new("L", (scaled(3000), scaled(3000)), n) for n in range(20)]
        many[0].save(buffer, "TIFF", save_all=True, append_images=many[1:],
                     compression="tiff_adobe_deflate")  # fmt: skip

    yield "frames.gif", frames
    yield "pages.tif", pages


def _chunk(kind: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    )


def _png(
    *chunks: bytes, size: tuple[int, int] = (28, 28), kind: int = 0, bits: int = 8
) -> bytes:
    header = struct.pack(">IIBBBBB", *size, bits, kind, 0, 0, 0)
    rows = zlib.compress(bytes(29 * 28), 9)
    return b"".join(
        (b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header), *chunks, _chunk(b"IDAT", rows),
         _chunk(b"IEND", b""))
    )  # fmt: skip


def _by_hand() -> Iterator[tuple[str, bytes]]:
    bomb = zlib.compress(bytes(LARGE), 9)[:LARGEST]
    yield "text.png", _png(_chunk(b"zTXt", b"a\0\0" + bomb[:900_000]))
    yield "international.png", _png(_chunk(b"iTXt", b"a\0\1\0\0\0" + bomb[:900_000]))
    yield "profile.png", _png(_chunk(b"iCCP", b"a\0\0" + bomb[:900_000]))
    yield "many chunks.png", _png(*[_chunk(b"tEXt", b"k%d\0v" % n) for n in range(40_000)])
    yield "rows missing.png", _png(size=(SIDE, SIDE))
    yield "sixteen bits of colour.png", _png(size=(SIDE, SIDE), kind=6, bits=16)
    yield "endless rows.png", _png(_chunk(b"IDAT", bomb[:900_000]), size=(SIDE, SIDE))
    yield "text.pgm", b"P2\n7000 7000\n255\n" + b"0 " * 400_000
    yield "long number.pgm", b"P2\n28 28\n" + b"9" * 900_000
    yield "comment.pgm", b"P5\n#" + b"x" * 900_000
    yield "header.pgm", b"P5\n" + b" " * 900_000
    yield "promised.pgm", b"P5\n7000 7000\n255\n"
    rle = b"".join(b"\xff\x00" for _ in range(400_000))
    bitmap = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(rle), 0, 0, 256, 0)
    start = 14 + 40 + 1024
    yield (
        "runs.bmp",
        (
            b"BM"
            + struct.pack("<IHHI", start + len(rle), 0, 0, start)
            + bitmap
            + bytes(1024)
            + rle
        ),
    )
    yield (
        "palette.bmp",
        b"BM"
        + struct.pack("<IHHI", 60, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, 28, 28, 1, 8, 0, 0, 0, 0, 0xFFFFFFFF, 0)
        + bytes(900_000),
    )
    # A directory that is its own next one; and one with many entries.
    yield "circle.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 8)
    entry = struct.pack("<HHII", 256, 4, 1, 28)
    yield "entries.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 60_000) + entry * 60_000
    huge = [struct.pack("<HHII", tag, 2, 0x7FFFFFFF, 8) for tag in range(270, 290)]
    yield "long entries.tif", b"II*\0\x08\0\0\0" + struct.pack("<H", 20) + b"".join(huge)
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + entry * 5000
    start_of = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif[:65000]
    yield "exif.jpg", start_of + b"\xff\xd9"
    yield "markers.jpg", b"\xff\xd8" + b"\xff\xfe\x00\x04ab" * 150_000
    yield "script.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n" + b"{" * 500_000
    yield "noise.png", os.urandom(900_000)
    yield "drawing.svg", b"<svg>" + b"<g>" * 200_000
    yield "flat.psd", (
        b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, SIDE, SIDE, 8, 3) + bytes(12)
        + b"\0\1" + struct.pack(">H", 126) * (3 * SIDE) + b"\x81\0" * 100_000
    )  # fmt: skip


def _arrays() -> Iterator[tuple[str, bytes]]:
    """Arrays in numpy's format, whose header is a Python literal."""

    def array(header: bytes, data: bytes = b"", version: bytes = b"\x02\0") -> bytes:
        size = struct.pack("<I", len(header)) if version == b"\x02\0" else b"\x76\0"
        return b"\x93NUMPY" + version + size + header + data

    def described(kind: str, shape: str) -> bytes:
        return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}}}\n".encode()

    yield "promised.npy", array(described("|u1", "(1000000, 1000000)"))
    yield "objects.npy", array(described("|O", "(1,)"), b"cos\nsystem\n(S'true'\ntR.")
    yield "nested.npy", array(b"(" * 400_000 + b")" * 400_000)
    yield "nested a little.npy", array(b"(" * 4000 + b")" * 4000)
    yield "long.npy", array(b"{" + b" " * 900_000 + b"}")
    yield "negative.npy", array(described("|u1", "(-1, -1)"), bytes(100))
    yield "nothing.npy", array(described("|u1", "(0, 1000000000000)"))
    yield "strings.npy", array(described("<U1000000000", "(1, 1)"))
    yield "many sides.npy", array(described("|u1", "(" + "1," * 3000 + ")"), b"\0")
    yield "large number.npy", array(described("|u1", "(" + "9" * 5000 + ",)"))
