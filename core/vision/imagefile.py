"""Reads an image file as a grey frame: uint8 (height, width), 0 = black.

EXIF rotation, transparency, palettes, 16 bits and many megapixels are dealt with here; the
rest of ``core`` sees grey frames only. What a file costs to decode is known before it is
decoded (:mod:`core.vision.picture_source`).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from core.errors import ImageError
from core.files.foreign import open_regular, printable
from core.vision import Frame
from core.vision.picture_source import MAX_SIDE, Source, UnsupportedError, examine

MAX_PIXELS = 50_000_000
"""Pictures of more pixels are refused: decoded, they would not fit into 512 MB of memory."""

MOST_BYTES = 84_000_000
"""A file of up to 1 MB may take this much memory to decode, and a larger one as much for each
MB that it has, up to `MOST_FACTOR` times as much."""

MOST_FACTOR = 3

BAND = 64
"""A picture is reduced in bands of at most this many rows of the result."""

BAND_PIXELS = 1 << 20
"""A band has about this many pixels at most."""

_BYTES = {"1": 1, "L": 1, "P": 1} | dict.fromkeys(("I;16", "I;16L", "I;16B", "I;16N"), 2)

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_frame(
    path: str | os.PathLike[str], max_side: int = 1024, *, min_side: int = 1
) -> Frame:
    """Read an image file as a grey frame.

    Parameters
    ----------
    path : path of a regular file: JPEG, PNG, GIF, BMP, PBM/PGM/PPM, TIFF or WebP.
    max_side : the longer side is reduced by a whole factor to at most this, in pixels.
        JPEG is decoded at the reduced size ("draft"), so a 12-megapixel photograph
        never stands in memory whole.
    min_side : a picture whose shorter side is less than this then is refused.

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
    name = Path(path)
    try:
        with warnings.catch_warnings():
            # Pillow warns of a large picture before we can refuse it by our own limit.
            warnings.simplefilter("ignore")
            frame = _read(name, max_side)
    except ImageError:
        raise
    except IsADirectoryError as error:
        raise ImageError(f"{name}: is a folder, not a picture; name the files in it") from error
    except UnsupportedError as error:
        raise ImageError(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{name}: damaged; pillow does not know what it is") from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name}: too large to open safely; reduce it first") from error
    except MemoryError as error:
        raise ImageError(f"{name}: there is no memory to open it; reduce it first") from error
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


def _read(name: Path, max_side: int) -> Frame:
    with open_regular(name, follow=True) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise ImageError(f"{name}: the file is empty; take the picture again")
        source = examine(file, size)
        limit = int(MOST_BYTES * min(max(1.0, size / 1e6), MOST_FACTOR))
        if source.size is not None:
            _check(name, source.size, source.extra, limit)
        source.stream.seek(0)
        with Image.open(source.stream, formats=[source.format]) as image:
            return _grey(image, name, source, max_side, limit)


def _check(name: Path, size: tuple[int, int], needed: int, limit: int) -> None:
    """Refuse a picture before it is decoded. Raises ImageError."""
    width, height = size
    if width * height > 2 * (Image.MAX_IMAGE_PIXELS or MAX_PIXELS):
        raise ImageError(f"{name}: too large to open safely; reduce it first")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: {width}x{height} is more than {MAX_PIXELS // 1_000_000} megapixels; "
            "reduce it first"
        )
    if max(size) > MAX_SIDE:
        raise ImageError(f"{name}: {width}x{height} is too long; cut it first")
    if needed > limit:
        raise ImageError(
            f"{name}: {width}x{height} would take {needed // 1_000_000} MB to decode, where a "
            f"file like it may take {limit // 1_000_000}; reduce it first, or save it as JPEG"
        )


def _grey(image: Image.Image, name: Path, source: Source, max_side: int, limit: int) -> Frame:
    _check(name, image.size, 0, limit)
    image.draft("L", (max_side, max_side))
    factor = -(-max(image.size) // max_side)
    # A band is there as it was and converted.
    band = 2 * 4 * image.width * min(image.height, _band_rows(image.width, factor))
    pixels = image.width * image.height * _BYTES.get(image.mode, 4)
    _check(name, image.size, source.extra + pixels + band, limit)
    image.load()
    image = _reduced(image, factor, _range(image, factor) if image.mode == "F" else (0.0, 0.0))
    if source.orientation in _UPRIGHT:
        image = image.transpose(_UPRIGHT[source.orientation])
    if image.mode in ("RGBA", "LA", "La", "RGBa"):
        image = _flatten(image)
    return np.array(image.convert("L"))


def _band_rows(width: int, factor: int) -> int:
    """How many rows are reduced at a time: a multiple of `factor`."""
    return factor * max(1, min(BAND, BAND_PIXELS // (width * factor)))


def _bands(image: Image.Image, factor: int) -> Iterator[Image.Image]:
    """The picture from top to bottom, a multiple of `factor` rows at a time."""
    rows = _band_rows(image.width, factor)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _reduced(image: Image.Image, factor: int, values: tuple[float, float]) -> Image.Image:
    """Reduce by a whole factor, in bands: no converted copy is as large as the picture."""
    if factor == 1:
        return _plain(image, values)
    parts = [_plain(band, values).reduce(factor) for band in _bands(image, factor)]
    reduced = Image.new(parts[0].mode, (parts[0].width, sum(part.height for part in parts)))
    top = 0
    for part in parts:
        reduced.paste(part, (0, top))
        top += part.height
    reduced.info = image.info
    return reduced


def _plain(image: Image.Image, values: tuple[float, float]) -> Image.Image:
    """The picture in 8-bit grey or colours, with alpha where parts are transparent.

    `values` : the smallest and the largest of a picture of floats; they become 0 and 255.
    """
    if image.mode == "F":
        low, high = values
        with np.errstate(all="ignore"):
            scaled = (_finite(image) - low) * (255.0 / (high - low) if high > low else 0.0)
            plain = Image.fromarray(scaled.astype(np.uint8))
    elif image.mode.startswith("I"):
        whole = np.asarray(image).astype(np.int32, copy=False)
        plain = Image.fromarray((np.clip(whole, 0, 65535) >> 8).astype(np.uint8))
    elif image.mode == "1":
        plain = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        plain = image.convert("RGBA")
    else:
        return image
    plain.info = image.info
    return plain


def _range(image: Image.Image, factor: int) -> tuple[float, float]:
    """The smallest and the largest value of a picture of floats."""
    ranges = [(each.min(), each.max()) for each in map(_finite, _bands(image, factor))]
    return float(min(low for low, _ in ranges)), float(max(high for _, high in ranges))


def _finite(image: Image.Image) -> NDArray[np.float32]:
    finite: NDArray[np.float32] = np.nan_to_num(np.asarray(image))
    return finite


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
