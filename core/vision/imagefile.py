"""Reads an image file as a grey frame: uint8 (height, width), 0 = black.

EXIF rotation, transparency, palettes, 16 bits and many megapixels are dealt with here; the
rest of ``core`` sees grey frames only.
"""

from __future__ import annotations

import contextlib
import os
import stat
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import ImageError
from core.vision import Frame

MAX_PIXELS = 50_000_000
"""Pictures of more pixels are refused: decoded, they would not fit into 512 MB of memory."""

DRAWINGS = ("EPS", "WMF")
"""Formats that are refused: Pillow would start another program (Ghostscript) to draw them."""

BAND = 64
"""A picture is reduced in bands of this many rows of the result."""


def load_frame(path: str | os.PathLike[str], max_side: int = 1024) -> Frame:
    """Read an image file as a grey frame.

    Parameters
    ----------
    path : path of anything pillow can open.
    max_side : the longer side is reduced by a whole factor to at most this, in pixels.
        JPEG is decoded at the reduced size ("draft"), so a 12-megapixel photograph
        never stands in memory whole.

    Returns
    -------
    uint8 (height, width), 0 = black, upright by its EXIF orientation. Transparent parts
    become white, or black where what is drawn is light.

    Raises
    ------
    ImageError : the file is missing, empty, truncated, too large, or no image.
    """
    name = Path(path)
    try:
        status = name.stat()
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(status.st_mode):
        raise ImageError(f"{name}: is a folder, not a picture; name the files in it")
    if status.st_size == 0:
        raise ImageError(f"{name}: the file is empty; take the picture again")
    try:
        with warnings.catch_warnings():
            # Pillow warns of a large picture before we can refuse it by our own limit.
            warnings.simplefilter("ignore")
            with Image.open(name) as image:
                return _grey(image, name, max_side)
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name}: not a picture that can be opened; JPEG and PNG always can"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name}: too large to open safely; reduce it first") from error
    except MemoryError as error:
        raise ImageError(f"{name}: there is no memory to open it; reduce it first") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, ImageError):
            raise
        if isinstance(error, OSError) and error.errno is not None:
            raise ImageError(f"{name}: cannot be read: {error.strerror}") from error
        raise ImageError(f"{name}: damaged or cut short ({error})") from error


def _grey(image: Image.Image, name: Path, max_side: int) -> Frame:
    if image.format in DRAWINGS:
        raise ImageError(f"{name}: {image.format} is a drawing; save it as PNG or JPEG")
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: {width}x{height} is more than {MAX_PIXELS // 1_000_000} megapixels; "
            "reduce it first"
        )
    image.draft("L", (max_side, max_side))
    image.load()
    # Pillow turns a TIFF by its orientation while loading it, and would do it again.
    turned = image.format == "TIFF"
    if image.mode == "F":
        image = Image.fromarray(_stretched(np.asarray(image)))
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
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int32, copy=False)
        plain = Image.fromarray((np.clip(values, 0, 65535) >> 8).astype(np.uint8))
    elif image.mode == "1":
        plain = image.convert("L")
    elif image.mode in ("P", "PA") or "transparency" in image.info:
        plain = image.convert("RGBA")
    else:
        return image
    plain.info = image.info
    return plain


def _stretched(values: NDArray[np.float32]) -> Frame:
    """Values of any range, scaled so that the smallest is 0 and the largest 255."""
    finite = np.nan_to_num(values)
    low, high = float(finite.min()), float(finite.max())
    scaled = (finite - low) * (255.0 / (high - low) if high > low else 0.0)
    return scaled.astype(np.uint8)


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
