"""Reads an image file as a grey frame: uint8 (height, width), 0 = black.

EXIF rotation, transparency, palettes, 16 bits and many megapixels are dealt with here; the
rest of ``core`` sees grey frames only. A file may be made to cost much more than it has bytes,
so there are bounds: the formats that people have, a number of pixels, and memory.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import warnings
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import ImageError
from core.files import named
from core.files.foreign import open_regular, printable
from core.files.kinds import LOOKED_AT, kind_of
from core.vision import Frame
from core.vision.memory_limit import memory_limited

# Pillow logs errors, and raises them as well; without a log they would go to the terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "PPM", "TIFF", "WEBP")
"""Formats that are read, as Pillow calls them. Its others are rare, and some of them unpack
without bound, or start another program."""

MAX_PIXELS = 50_000_000
"""Pictures of more pixels are refused: decoded, they would not fit into 512 MB of memory."""

MOST_SCANS = 100
"""Scans that a JPEG may have, each of which goes over the whole picture; ten are usual."""

MOST_BYTES = 84_000_000
"""A file of up to 1 MB may take this much memory to decode, and a larger one as much for each
MB that it has, up to `MOST_FACTOR` times as much."""

MOST_FACTOR = 3

BITS = (1, 8, 10, 12, 14, 16, 24, 31)
"""Bits that whole numbers in a picture may have; 1 in a mask of noughts and ones."""

HOT = 500
"""One pixel of so many may be hot or dead, up to `MOST_HOT`, and one of 100,000 in any case: it
says nothing of the range of a picture's values."""

MOST_HOT = 8

MOST_PIPED = 32 << 20
"""Bytes of a picture that may come by a pipe; they are held in memory."""

# What Pillow calls 16-bit colours, and what makes it take the other byte of each than it does.
_OTHER_BYTES = {
    f"{mode};16{order}": f"{mode};16{other}"
    for mode in ("RGB", "RGBA")
    for order, other in {"B": "L", "L": "B", "N": "LB"[sys.byteorder == "little"]}.items()
}

BAND = 64
"""A picture is reduced in bands of this many rows of the result."""


def load_frame(
    path: str | os.PathLike[str],
    max_side: int = 1024,
    *,
    min_side: int = 1,
    piped: bool = False,
) -> Frame:
    """Read an image file as a grey frame.

    Parameters
    ----------
    path : path of a regular file, in one of `FORMATS`.
    max_side : the longer side is reduced by a whole factor to at most this, in pixels.
        JPEG is decoded at the reduced size ("draft"), so a 12-megapixel photograph
        never stands in memory whole.
    min_side : a picture whose shorter side is less than this then is refused.
    piped : whether the path may be ``-``, standard input, or that of a pipe, which is read to
        its end, up to `MOST_PIPED`; not so where it was found in a folder.

    Returns
    -------
    uint8 (height, width), 0 = black, upright by its EXIF orientation. Transparent parts
    become white, or black where what is drawn is light.

    Raises
    ------
    ImageError : the file is missing, empty, truncated, too large, too small, of another format
        or no image, or decoding it would take more memory than `MOST_BYTES` allows. The message
        begins with the path.
    """
    name = named.shown(path) if piped else os.fspath(path)
    try:
        with warnings.catch_warnings():
            # Pillow warns of a large picture before we can refuse it by our own limit.
            warnings.simplefilter("ignore")
            with (
                named.open_named(path, MOST_PIPED)
                if piped
                else open_regular(path, follow=True) as file
            ):
                frame = _read(file, name, max_side)
    except ImageError:
        raise
    except IsADirectoryError as error:
        raise ImageError(f"{name}: is a folder, not a picture; name the files in it") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name}: too large to open safely; reduce it first") from error
    except MemoryError as error:
        raise ImageError(
            f"{name}: takes too much memory to open; reduce it first, or save it as JPEG"
        ) from error
    except Exception as error:  # pillow raises KeyError, struct.error and others, too
        if isinstance(error, OSError) and error.errno is not None:
            raise ImageError(f"{name}: cannot be read: {error.strerror}") from error
        why = printable(str(error) or type(error).__name__, 200)
        raise ImageError(f"{name}: damaged or cut short ({why})") from error
    if min(frame.shape) < min_side:
        height, width = frame.shape
        raise ImageError(
            f"{name}: too small, {width}x{height} pixels; a digit takes {min_side}x{min_side}"
        )
    return frame


def _read(file: BinaryIO, name: str, max_side: int) -> Frame:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        raise ImageError(f"{name}: the file is empty; take the picture again")
    most = int(MOST_BYTES * min(max(1.0, size / 1e6), MOST_FACTOR))
    with memory_limited(most), _opened(file, name) as image:
        if image.format in ("JPEG", "MPO"):
            _check_scans(name, file)
        return _grey(image, file, name, max_side)


def _opened(file: BinaryIO, name: str) -> Image.Image:
    try:
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        file.seek(0)
        kind = kind_of(file.read(LOOKED_AT))
        if kind in [f"a {each} picture" for each in FORMATS]:
            raise ImageError(f"{name}: {kind} that is damaged or cut short") from error
        what = f"{kind}, which cannot" if kind else "not a picture that can"
        raise ImageError(f"{name}: {what} be opened; JPEG and PNG always can") from error


def _check_scans(name: str, file: BinaryIO) -> None:
    """Refuse a JPEG that would be gone over again and again. Raises ImageError."""
    place, scans, last = file.tell(), 0, b""
    file.seek(0)
    while content := file.read(1 << 20):
        scans += (last + content).count(b"\xff\xda")
        last = content[-1:]
    file.seek(place)
    if scans > MOST_SCANS:
        raise ImageError(f"{name}: a JPEG of {scans} scans; save it anew")


def _grey(image: Image.Image, file: BinaryIO, name: str, max_side: int) -> Frame:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: {width}x{height} is more than {MAX_PIXELS // 1_000_000} megapixels; "
            "reduce it first"
        )
    image.draft("L", (max_side, max_side))
    raw = _raw_mode(image)
    image.load()
    # Pillow turns a TIFF by its orientation while loading it, and would do it again.
    turned = image.format == "TIFF"
    if image.mode == "F":
        image = Image.fromarray(_stretched(image))
    elif image.mode.startswith("I") or _is_mask(image):
        image = _of_bits(image)
    elif image.mode == "LAB":
        image = image.getchannel("L")
    elif ";16" in raw and _is_dark(image):
        image = _of_colour_bits(image, file, raw)
    image = _reduced(image, -(-max(image.size) // max_side))
    if not turned:
        # A damaged EXIF block says nothing of the picture itself.
        with contextlib.suppress(Exception):
            image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "La", "RGBa"):
        image = _flatten(image)
    return np.array(image.convert("L"))


def _reduced(image: Image.Image, factor: int) -> Image.Image:
    """Reduce by a whole factor, in bands: no converted copy is as large as the picture."""
    if factor == 1:
        return _plain(image)
    band = factor * BAND
    parts = [
        _plain(image.crop((0, top, image.width, min(top + band, image.height)))).reduce(factor)
        for top in range(0, image.height, band)
    ]
    reduced = Image.new(parts[0].mode, (parts[0].width, sum(part.height for part in parts)))
    for number, part in enumerate(parts):
        reduced.paste(part, (0, number * BAND))
    reduced.info = image.info
    return reduced


def _plain(image: Image.Image) -> Image.Image:
    """The picture in 8-bit grey or colours, with alpha where parts are transparent."""
    if image.mode == "1":
        plain = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        plain = image.convert("RGBA")
    else:
        return image
    plain.info = image.info
    return plain


def _is_mask(image: Image.Image) -> bool:
    """Whether a grey picture of 8 bits, kept without loss, has noughts and ones alone."""
    lossless = image.format in ("PNG", "TIFF", "BMP")
    return lossless and image.mode == "L" and image.getextrema() == (0, 1)


def _of_bits(image: Image.Image) -> Image.Image:
    """Whole numbers of more than 8 bits, as 8: cameras and scanners write 8, 10 or 12 bits into
    16, so the largest value tells how many there are."""
    values = np.asarray(image)
    high = int(_range(values)[1])
    bits = next(each for each in BITS if high < 1 << each)
    plain = Image.new("L", image.size)
    for top in range(0, image.height, BAND):
        band = np.clip(values[top : top + BAND], 0, (1 << bits) - 1)
        band = band * 255 if bits == 1 else band >> (bits - 8)
        plain.paste(Image.fromarray(band.astype(np.uint8)), (0, top))
    plain.info = image.info
    return plain


def _raw_mode(image: Image.Image) -> str:
    """How a picture that is not loaded has its values in the file, as Pillow calls it:
    "RGB;16B"; "" if it does not say."""
    tiles: list[Any] = getattr(image, "tile", [])
    mode = tiles[0][3] if tiles else ""
    mode = mode[0] if isinstance(mode, tuple | list) and mode else mode
    return mode if isinstance(mode, str) else ""


def _with_raw_mode(tile: Any, raw: str) -> Any:
    """A tile of Pillow's, a tuple or since 11.1 a named one, with another raw mode."""
    args = raw if isinstance(tile[3], str) else type(tile[3])((raw, *tile[3][1:]))
    return getattr(type(tile), "_make", tuple)((*tile[:3], args))


def _is_dark(image: Image.Image) -> bool:
    """Whether of 16-bit colours, of which Pillow has the upper bytes, the first bits are 0."""
    channels = np.reshape(image.histogram(), (-1, 256))
    bright = channels[: 3 if len(channels) > 2 else 1, 128:].sum()
    return bool(bright <= _few(image.width * image.height))


def _of_colour_bits(image: Image.Image, file: BinaryIO, raw: str) -> Image.Image:
    """Colours of fewer bits in 16 as grey of 8 bits, with alpha if they have it. Their lower
    bytes are read from the file."""
    parts = [image]
    if raw in _OTHER_BYTES:
        file.seek(0)
        lower: Any = Image.open(file, formats=FORMATS)
        lower.tile = [_with_raw_mode(tile, _OTHER_BYTES[raw]) for tile in lower.tile]
        lower.load()
        parts.append(lower)
    grey, alpha = np.zeros((2, image.height, image.width), np.uint16)
    for part, weight in zip(parts, (256, 1), strict=False):
        for top in range(0, image.height, BAND):
            rows = part.crop((0, top, image.width, min(top + BAND, image.height)))
            grey[top : top + BAND] += np.uint16(weight) * np.asarray(rows.convert("L"))
            if "A" in rows.mode:
                values = np.asarray(rows.getchannel("A"))
                alpha[top : top + BAND] += np.uint16(weight) * values
    plain = _of_bits(Image.fromarray(grey))
    if "A" in image.mode:
        plain.putalpha(_of_bits(Image.fromarray(alpha)))
    plain.info = {key: each for key, each in image.info.items() if key != "transparency"}
    return plain


def _few(pixels: int) -> int:
    """How many of so many pixels may be hot."""
    return max(min(pixels // HOT, MOST_HOT), pixels // 100_000)


def _range(values: NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest value but for a few hot and dead pixels, unless all others
    are alike, as in a mask of few ones; (0, 0) if none is a number."""
    there = values[np.isfinite(values)]
    if not there.size:
        return 0.0, 0.0
    few = _few(there.size)
    there.partition((few, there.size - 1 - few))
    low, high = there[few], there[there.size - 1 - few]
    return (float(low), float(high)) if low < high else (float(there.min()), float(there.max()))


def _stretched(image: Image.Image) -> Frame:
    """Values of any range, scaled so that the smallest is 0 and the largest 255."""
    values = np.array(image, np.float32)
    low, high = _range(values)
    np.clip(values, low, high, out=values)
    np.nan_to_num(values, copy=False, nan=low)
    with np.errstate(all="ignore"):
        values -= low
        values *= 255.0 / (high - low) if high > low else 0.0
        return values.astype(np.uint8)


def _flatten(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white, or on black where it is drawn in light ink."""
    grey = image.convert("LA")
    light, alpha = grey.getchannel("L"), grey.getchannel("A")
    opaque = np.asarray(alpha) > 127
    drawn_light = bool(opaque.any()) and float(np.asarray(light)[opaque].mean()) > 160
    # A mostly opaque picture has its own paper; only a bare drawing lacks one.
    paper = 0 if drawn_light and float(opaque.mean()) < 0.5 else 255
    ground = Image.new("L", grey.size, paper)
    ground.paste(light, mask=alpha)
    return ground
