"""From grey frame to ink: what a pen took away from the paper's light.

A camera sees paper times lamp times shadow. Dividing by the paper (flat-field
correction) leaves the share of light that the ink absorbs, the same in the shade as
under the lamp, so one threshold can serve a whole frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.morphology import running_maximum

Frame = NDArray[np.uint8]

WORK_SIDE = 320
"""Longer side, in pixels, of the frame that is worked on: what a Zero can afford, and
eight times what the network sees of a digit that fills half of it."""

SMALL_SIDE = 160
"""Frames smaller than this are enlarged: thresholds cut a stroke between pixels."""

THUMB_SIDE = 40
"""Longer side of the thumbnail on which the paper is looked for."""

PAPER_WINDOW = 9
"""Window, in thumbnail pixels, of the closing that wipes ink off the paper: strokes up
to a fifth of the frame wide vanish, shadows wider than that stay."""

SURROUNDINGS = 6
"""Radius of a stroke's surroundings, in pixels of a thumbnail of 160."""

DOUBT = 0.4
"""Lightness, -1..1, within which the other answer is looked at too."""

PATCHY = 0.3
"""Share of a frame that is half as bright as its brightest, or more, and is not, from which
neither is surely the ground."""

STEADY = 8
"""Grey value added to a ground that is divided by: black has noise and no shares."""

DARKEST_PAPER = 24
"""Grey value below which nothing is divided by: it would only amplify noise."""


@dataclass(frozen=True)
class Ink:
    """The ink of a frame, on the frame's working size.

    ``amount`` : uint8 (h, w), 255 = all light absorbed; ``noise`` : standard deviation of
    ``amount`` on bare paper; ``scale`` : working pixels per frame pixel; ``light`` : True
    where the writing was lighter than its ground (chalk).
    """

    amount: Frame
    noise: float
    scale: float
    light: bool
    paper: Frame

    @cached_property
    def darkest(self) -> float:
        """The darkest ink, 0..255, but for a speck or two."""
        return float(np.percentile(self.amount[::2, ::2], 99.5))


def to_work_size(frame: Frame, side: int = WORK_SIDE) -> tuple[Image.Image, float]:
    """Reduce by a whole factor to about `side`, or enlarge a small frame.

    Returns (image, working pixels per pixel).
    """
    image = Image.fromarray(frame)
    longest = max(image.size)
    if longest < SMALL_SIDE:
        scale = min(4.0, SMALL_SIDE / longest)
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        return image.resize(size, Image.Resampling.BICUBIC), scale
    factor = max(1, round(longest / side))
    return (image.reduce(factor) if factor > 1 else image), 1.0 / factor


def polarities(image: Image.Image) -> tuple[bool, ...]:
    """Is the writing light on dark? The likely answer, and where in doubt the other too.

    In doubt is what stands out both ways, and a frame of which either side is a good part:
    a page on a dark table, a board beside a window.
    """
    lightness = _lightness(image)
    likely = lightness > 0
    thumb = np.asarray(image.resize(_thumb_size(image.size, THUMB_SIDE), Image.Resampling.BOX))
    dark = np.count_nonzero(thumb < int(thumb.max()) // 2) / thumb.size
    sure = abs(lightness) >= DOUBT and not PATCHY < dark < 1 - PATCHY
    return (likely,) if sure else (likely, not likely)


def is_light_on_dark(image: Image.Image) -> bool:
    """Whether what stands out from its surroundings is lighter than they are."""
    return _lightness(image) > 0


def _lightness(image: Image.Image) -> float:
    """How surely what stands out from its surroundings is lighter than they are, -1..1.

    Strokes are few and far from their ground, the ground's own texture is not: the sign
    of the third moment of what differs from a blur tells the side they are on. The
    difference is taken as a share of the ground, as ink takes its share of the light; else
    the bright side of a page's edge would outweigh the writing. Ground so dark that no ink
    could be seen on it has light writing.
    """
    small = image.resize(_thumb_size(image.size, 4 * THUMB_SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.float32)
    if float(np.median(grey)) <= DARKEST_PAPER:
        return 1.0
    ground = np.asarray(small.filter(ImageFilter.BoxBlur(SURROUNDINGS)), dtype=np.float32)
    detail = (grey - ground) / (ground + STEADY)
    # The outermost ring is where page edges and vignettes live.
    ring = max(1, min(detail.shape) // 16)
    cubes = detail[ring:-ring, ring:-ring] ** 3
    return float(cubes.sum() / (np.abs(cubes).sum() + 1e-6))


def find_ink(image: Image.Image, scale: float, light: bool) -> Ink:
    """Divide a working-size frame by its paper."""
    if light:
        image = image.point([255 - value for value in range(256)])
    paper = _paper(image)
    grey = np.asarray(image, dtype=np.int32)
    ground = np.maximum(np.asarray(paper, dtype=np.int32), DARKEST_PAPER)
    amount = np.clip(255 - (grey * 255) // ground, 0, 255).astype(np.uint8)
    return Ink(amount, _noise(amount), scale, light, np.asarray(paper))


def _thumb_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    ratio = longest / max(size)
    return max(3, round(size[0] * ratio)), max(3, round(size[1] * ratio))


def _paper(image: Image.Image) -> Image.Image:
    """The paper under the ink: a grey closing (Serra 1982) on a thumbnail, enlarged."""
    thumb = np.asarray(image.resize(_thumb_size(image.size, THUMB_SIDE), Image.Resampling.BOX))
    brightest = _windowed_maximum(np.pad(thumb, PAPER_WINDOW - 1, mode="edge"))
    closed = 255 - _windowed_maximum(255 - brightest)
    smooth = Image.fromarray(closed).filter(ImageFilter.BoxBlur(1))
    return smooth.resize(image.size, Image.Resampling.BILINEAR)


def _windowed_maximum(thumb: Frame) -> Frame:
    return running_maximum(running_maximum(thumb, PAPER_WINDOW).T, PAPER_WINDOW).T


def _noise(amount: Frame) -> float:
    """Robust standard deviation of the paper's grain.

    Half of a page is bare, so the median of the differences of neighbours two apart is
    grain and not stroke; 0.6745 makes a median a standard deviation, sqrt(2) undoes the
    difference of two.
    """
    values = amount.astype(np.int16)
    step = np.abs(values[:, 2:] - values[:, :-2])
    # Whole-valued differences make the plain median 0 or 1; the mean of the lower part
    # is the same estimate without the steps.
    limit = max(2, int(np.median(step)) * 2 + 1)
    calm = step[step <= limit]
    return float(max(0.5, calm.mean() * 1.2533 / np.sqrt(2.0))) if calm.size else 0.5
