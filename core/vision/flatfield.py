"""Flat-field correction: a grey frame becomes ink, the share of light that a pen absorbed.

A camera sees paper times lamp times shadow. Dividing by the estimated paper leaves the share
of light that the ink absorbs, the same in the shade as under the lamp, so that one threshold
can serve a whole frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from core.vision import Frame
from core.vision.histogram import GREYS, counted, low_and_high, mean, paired, quantile
from core.vision.morphology import running_maximum

WORK_SIDE = 320
"""Working size: frames are reduced to about this longer side, in pixels. It is what a Pi Zero
can afford, and eight times the 20 pixels that the network sees of a digit half as large."""

SMALL_SIDE = 160
"""Frames of a smaller longer side are enlarged to it, so that strokes are some pixels wide."""

THUMB_SIDE = 40
"""Longer side, in pixels, of the thumbnail on which the paper is estimated."""

PAPER_WINDOW = 9
"""Window, in thumbnail pixels, of the closing that removes the ink from the paper: strokes up
to a fifth of the frame wide vanish, wider shadows stay."""

BEYOND = 2
"""The paper is extrapolated past the frame by this many thumbnail pixels."""

EIGHT = 8
"""Factor from the thumbnail to a frame of the usual working size of 320 pixels."""

GROUND_RADIUS = 6
"""Radius of the blur that estimates the ground, in pixels of a thumbnail of 160."""

SURE_LIGHTNESS = 0.4
"""Below this absolute lightness, 0..1, both polarities are tried."""

PATCHY = 0.3
"""Both polarities are tried where more than this share of the frame is dark (less than half as
bright as its brightest pixel) and more than this share is not."""

CUBES = (GREYS - 128.0) ** 3
"""Weights of a histogram of details (128 = as the ground) for its third moment."""

STEADY = 8
"""Added to the ground, a grey value, before dividing by it: limits the noise of black."""

DARKEST_PAPER = 24
"""Paper darker than this grey value is taken for it: dividing by less amplifies noise."""


@dataclass(frozen=True)
class Ink:
    """The ink of a frame, in its working size (h, w).

    ``amount`` : uint8 (h, w), 255 = all light absorbed. ``noise`` : standard deviation of
    ``amount`` on bare paper. ``scale`` : working pixels per frame pixel. ``light`` : True
    where the writing is lighter than its ground (chalk); the frame was inverted then.
    ``paper`` : uint8 (h, w), estimated paper, after inverting.
    """

    amount: Frame
    noise: float
    scale: float
    light: bool
    paper: Frame

    @cached_property
    def darkest(self) -> float:
        """Darkness, 0..255, of the darkest ink: the 99.5th percentile, to leave out specks."""
        return float(quantile(counted(self.amount[::2]), 0.995))


def to_work_size(frame: Frame, side: int = WORK_SIDE) -> tuple[Image.Image, float]:
    """Reduce a frame by a whole factor to about ``side``, or enlarge a small one.

    Returns the image, and working pixels per frame pixel.
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
    """Whether the writing is light on dark: the likely answer, and in doubt the other too.

    In doubt are frames where details stand out both ways, and frames of which a good part is
    dark and a good part light: a page on a dark table, a board beside a window.
    """
    small = _reduced(image, 4 * THUMB_SIDE)
    lightness = _lightness(small)
    likely = lightness > 0
    counts = _reduced(small, THUMB_SIDE).histogram()
    brightest = max(grey for grey, count in enumerate(counts) if count)
    dark = sum(counts[: brightest // 2]) / sum(counts)
    sure = abs(lightness) >= SURE_LIGHTNESS and not PATCHY < dark < 1 - PATCHY
    return (likely,) if sure else (likely, not likely)


def _lightness(small: Image.Image) -> float:
    """Skewness of the details, -1..1: above 0 the writing is lighter than its ground.

    Strokes are few and far from their ground, the ground's own texture is not, so the third
    moment of the differences from a blur has the sign of the strokes. Differences are relative
    to the ground, as ink absorbs a share of the light; otherwise the bright side of a page's
    edge would outweigh the writing. On ground too dark for ink to be seen the writing is light.
    """
    if quantile(np.array(small.histogram(), np.int32), 0.5) <= DARKEST_PAPER:
        return 1.0
    ground = small.filter(ImageFilter.BoxBlur(GROUND_RADIUS))
    detail = _detail().take(paired(np.asarray(ground), np.asarray(small)))
    # Without the outermost ring, where page edges and vignettes are.
    ring = max(1, min(detail.shape) // 16)
    weight = counted(detail[ring:-ring, ring:-ring]) * CUBES
    return float(weight.sum() / (np.abs(weight).sum() + 1e-6))


@cache
def _detail() -> Frame:
    """Table of details, uint8 (65536,), by 256 ground + grey.

    128 + 127 (grey - ground) / ground, where the difference is limited to the ground.
    """
    ground = GREYS[:, None]
    share = 127.0 * (GREYS - ground) / (ground + STEADY)
    return (np.rint(np.clip(share, -127, 127)) + 128).astype(np.uint8).ravel()


@cache
def _absorbed() -> Frame:
    """Table of ink, uint8 (65536,), by 256 ground + grey: 255 (1 - grey / ground), or 0."""
    ground = np.maximum(GREYS[:, None], DARKEST_PAPER)
    return np.clip(255 - GREYS * 255 // ground, 0, 255).astype(np.uint8).ravel()


def absorbed(paper: Frame, grey: Frame) -> Frame:
    """The ink of grey values on paper, uint8 (h, w) each: the share of light absorbed."""
    amount: Frame = _absorbed().take(paired(paper, grey))
    return amount


def find_ink(image: Image.Image, scale: float, light: bool) -> Ink:
    """The ink of a frame in working size. ``scale`` : as in `Ink`; ``light`` : invert first."""
    if light:
        image = image.point([255 - value for value in range(256)])
    amount, paper = dark_ink(image)
    return Ink(amount, noise_of(amount), scale, light, paper)


def dark_ink(image: Image.Image) -> tuple[Frame, Frame]:
    """The ink of dark writing and the paper under it, uint8 (h, w) each."""
    both = _paper(image)
    grey, paper = low_and_high(both)
    grey[...] = np.asarray(image)
    amount: Frame = _absorbed().take(both)
    return amount, paper


def _reduced(image: Image.Image, longest: int) -> Image.Image:
    factor = max(1, round(max(image.size) / longest))
    return image.reduce(factor) if factor > 1 else image


def _paper(image: Image.Image) -> NDArray[np.uint16]:
    """The paper under the ink: a grey closing (Serra 1982) of a thumbnail, enlarged.

    uint16 (h, w) with the paper in the upper bytes; the lower bytes are arbitrary.
    """
    factor = max(1, round(max(image.size) / THUMB_SIDE))
    thumb = np.asarray(image.reduce(factor))
    bare = closed(thumb, PAPER_WINDOW)
    # Light that falls towards the border goes on falling. Without extrapolation the enlarged
    # paper would be too bright there, and the border would be ink.
    beyond = np.pad(bare.astype(np.int16), BEYOND, mode="reflect", reflect_type="odd")
    going_on = np.clip(beyond, 0, 255).astype(np.uint8)
    smooth = Image.fromarray(going_on).filter(ImageFilter.BoxBlur(1))
    if factor == EIGHT and image.width % 2 == 0:
        return _eight_times(np.asarray(smooth), *image.size)
    box = (BEYOND, BEYOND, BEYOND + image.width / factor, BEYOND + image.height / factor)
    large = np.asarray(smooth.resize(image.size, Image.Resampling.BILINEAR, box=box))
    return paired(large, large)


def _eight_times(thumb: Frame, width: int, height: int) -> NDArray[np.uint16]:
    """Pillow's bilinear enlargement by eight, from BEYOND on, at a third of its cost.

    The weights of both neighbours are whole sixteenths then. Down the frame two pixels at a
    time are added, as halves of a uint32. The result is 256 times the grey values.
    """
    tall = thumb.astype(np.uint16)
    share = np.arange(1, 16, 2, dtype=np.uint16)
    # a (16 - k) + b k is 16 a + (b - a) k, modulo 2**16 also where b < a.
    wide = (tall[:, 1:] - tall[:, :-1])[:, :, None] * share
    wide += (16 * tall[:, :-1] + 8)[:, :, None]
    wide >>= 4
    first = 8 * BEYOND - 4
    across = wide.reshape(len(thumb), -1)[:, first : first + width]
    pairs = np.ascontiguousarray(across).view(np.uint32)
    down = (pairs[1:] - pairs[:-1])[:, None] * (16 * share.astype(np.uint32))[:, None]
    down += (256 * pairs[:-1] + (128 << 16 | 128))[:, None]
    return down.reshape(-1, pairs.shape[1])[first : first + height].view(np.uint16)


def closed(thumb: Frame, window: int) -> Frame:
    """The grey closing of a thumbnail, uint8 (h, w), over squares of ``window`` pixels."""
    brightest = _windowed_maximum(np.pad(thumb, window - 1, mode="edge"), window)
    return 255 - _windowed_maximum(255 - brightest, window)


def _windowed_maximum(thumb: Frame, window: int) -> Frame:
    return running_maximum(running_maximum(thumb, window).T, window).T


def noise_of(amount: Frame) -> float:
    """Standard deviation of the paper's grain: a robust estimate from ink, uint8 (h, w).

    Half of a page is bare, so the median of the differences of neighbours two apart is
    grain and not stroke; 0.6745 makes a median a standard deviation, sqrt(2) undoes the
    difference of two.
    """
    rows = Image.fromarray(amount)
    width, height = rows.size
    left, right = rows.crop((0, 0, width - 2, height)), rows.crop((2, 0, width, height))
    counts = np.array(ImageChops.difference(left, right).histogram(), np.int32)
    # Whole-valued differences make the plain median 0 or 1; the mean of the lower part
    # is the same estimate without the steps.
    median = quantile(counts, 0.5)
    # The median's fraction of a grey value, or the limit would change in steps of two.
    within = (int(counts.sum()) / 2 - int(counts[:median].sum())) / max(1, int(counts[median]))
    counts[max(2, round(2 * (median + within))) + 1 :] = 0
    return float(max(0.5, mean(counts) * 1.2533 / np.sqrt(2.0)))
