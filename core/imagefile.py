"""An image file becomes a grey frame, whatever the file is.

EXIF rotation, transparency, palettes, 16 bits and twelve megapixels are the file's
business; the rest of ``core`` only ever sees uint8 (height, width), 0 = black.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import ImageError

MAX_PIXELS = 50_000_000
"""Larger pictures are refused: decoded, they would not fit beside a camera in 512 MB."""

Frame = NDArray[np.uint8]


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
    if name.is_dir():
        raise ImageError(f"{name}: is a folder, not a picture; name the files in it")
    try:
        size = name.stat().st_size
    except OSError as error:
        raise ImageError(f"{name}: cannot be read: {error.strerror}") from error
    if size == 0:
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
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{name}: damaged or cut short ({error})") from error


def _grey(image: Image.Image, name: Path, max_side: int) -> Frame:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name}: {width}x{height} is more than {MAX_PIXELS // 1_000_000} megapixels; "
            "reduce it first"
        )
    image.draft("L", (max_side, max_side))
    image.load()
    factor = -(-max(image.size) // max_side)
    sixteen_bit = image.mode.startswith(("I", "F"))
    if image.mode in ("P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
    if factor > 1 and not sixteen_bit:
        image = image.reduce(factor)
    # A damaged EXIF block says nothing of the picture itself.
    with contextlib.suppress(Exception):
        image = ImageOps.exif_transpose(image)
    if sixteen_bit:
        return _eight_bit(np.asarray(image), factor)
    if image.mode in ("RGBA", "LA", "La", "RGBa"):
        image = _flatten(image)
    return np.array(image.convert("L"))


def _eight_bit(values: NDArray[np.generic], factor: int) -> Frame:
    """Whole range of 16 bits (or of the floats that are there) to 0..255."""
    if values.dtype.kind == "f":
        finite = np.nan_to_num(values.astype(np.float32))
        low, high = float(finite.min()), float(finite.max())
        scaled = (finite - low) * (255.0 / (high - low) if high > low else 0.0)
        eight = scaled.astype(np.uint8)
    else:
        eight = (np.clip(values.astype(np.int32, copy=False), 0, 65535) >> 8).astype(np.uint8)
    if factor > 1:
        eight = np.array(Image.fromarray(eight).reduce(factor))
    return eight


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
