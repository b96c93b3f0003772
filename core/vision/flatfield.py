"""From grey frame to ink: what a pen took away from the paper's light.

A camera sees paper times lamp times shadow. Dividing by the paper (flat-field
correction) leaves the share of light that the ink absorbs, the same in the shade as
under the lamp, so one threshold can serve a whole frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from core.vision.histogram import GREYS, counted, low_and_high, mean, paired, quantile
from core.vision.morphology import running_maximum

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

BEYOND = 2
"""Thumbnail pixels by which the paper is continued past the frame."""

EIGHT = 8
"""How much larger a frame of the working size is than its thumbnail."""

SURROUNDINGS = 6
"""Radius of a stroke's surroundings, in pixels of a thumbnail of 160."""

DOUBT = 0.4
"""Lightness, -1..1, within which the other answer is looked at too."""

PATCHY = 0.3
"""Share of a frame that is half as bright as its brightest, or more, and is not, from which
neither is surely the ground."""

CUBES = (GREYS - 128.0) ** 3

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
        return float(quantile(counted(self.amount[::2]), 0.995))


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
    small = _reduced(image, 4 * THUMB_SIDE)
    lightness = _lightness(small)
    likely = lightness > 0
    counts = _reduced(small, THUMB_SIDE).histogram()
    brightest = max(grey for grey, count in enumerate(counts) if count)
    dark = sum(counts[: brightest // 2]) / sum(counts)
    sure = abs(lightness) >= DOUBT and not PATCHY < dark < 1 - PATCHY
    return (likely,) if sure else (likely, not likely)


def is_light_on_dark(image: Image.Image) -> bool:
    """Whether what stands out from its surroundings is lighter than they are."""
    return _lightness(_reduced(image, 4 * THUMB_SIDE)) > 0


def _lightness(small: Image.Image) -> float:
    """How surely what stands out from its surroundings is lighter than they are, -1..1.

    Strokes are few and far from their ground, the ground's own texture is not: the sign
    of the third moment of what differs from a blur tells the side they are on. The
    difference is taken as a share of the ground, as ink takes its share of the light; else
    the bright side of a page's edge would outweigh the writing. Ground so dark that no ink
    could be seen on it has light writing.
    """
    if quantile(np.array(small.histogram(), np.int32), 0.5) <= DARKEST_PAPER:
        return 1.0
    ground = small.filter(ImageFilter.BoxBlur(SURROUNDINGS))
    detail = _detail().take(paired(np.asarray(ground), np.asarray(small)))
    # The outermost ring is where page edges and vignettes live.
    ring = max(1, min(detail.shape) // 16)
    weight = counted(detail[ring:-ring, ring:-ring]) * CUBES
    return float(weight.sum() / (np.abs(weight).sum() + 1e-6))


@cache
def _detail() -> Frame:
    """128 and 127 times the share of a ground by which a grey differs from it, to +-1."""
    ground = GREYS[:, None]
    share = 127.0 * (GREYS - ground) / (ground + STEADY)
    return (np.rint(np.clip(share, -127, 127)) + 128).astype(np.uint8).ravel()


@cache
def _absorbed() -> Frame:
    """The ink, 0..255, that turns a ground into a grey."""
    ground = np.maximum(GREYS[:, None], DARKEST_PAPER)
    return np.clip(255 - GREYS * 255 // ground, 0, 255).astype(np.uint8).ravel()


def find_ink(image: Image.Image, scale: float, light: bool) -> Ink:
    """Divide a working-size frame by its paper."""
    if light:
        image = image.point([255 - value for value in range(256)])
    both = _paper(image)
    grey, paper = low_and_high(both)
    grey[...] = np.asarray(image)
    amount = _absorbed().take(both)
    return Ink(amount, _noise(amount), scale, light, paper)


def _reduced(image: Image.Image, longest: int) -> Image.Image:
    factor = max(1, round(max(image.size) / longest))
    return image.reduce(factor) if factor > 1 else image


def _paper(image: Image.Image) -> NDArray[np.uint16]:
    """The paper under the ink: a grey closing (Serra 1982) on a thumbnail, enlarged.

    In the upper bytes; the lower ones are anything.
    """
    factor = max(1, round(max(image.size) / THUMB_SIDE))
    thumb = np.asarray(image.reduce(factor))
    brightest = _windowed_maximum(np.pad(thumb, PAPER_WINDOW - 1, mode="edge"))
    closed = 255 - _windowed_maximum(255 - brightest)
    # Light that falls towards the border goes on falling: a thumbnail that ended there would
    # be enlarged to paper that is too bright, and the border be ink.
    beyond = np.pad(closed.astype(np.int16), BEYOND, mode="reflect", reflect_type="odd")
    going_on = np.clip(beyond, 0, 255).astype(np.uint8)
    smooth = Image.fromarray(going_on).filter(ImageFilter.BoxBlur(1))
    if factor == EIGHT and image.width % 2 == 0:
        return _eight_times(np.asarray(smooth), *image.size)
    box = (BEYOND, BEYOND, BEYOND + image.width / factor, BEYOND + image.height / factor)
    large = np.asarray(smooth.resize(image.size, Image.Resampling.BILINEAR, box=box))
    return paired(large, large)


def _eight_times(thumb: Frame, width: int, height: int) -> NDArray[np.uint16]:
    """The same as Pillow's enlargement from BEYOND on, at a third of its cost.

    Eight times is what a working size of 320 asks for, and then both neighbours' shares are
    whole sixteenths. Two pixels at a time go through the sums down the frame, as halves of a
    uint32; they are left 256 times as large.
    """
    tall = thumb.astype(np.uint16)
    share = np.arange(1, 16, 2, dtype=np.uint16)
    # a (16 - k) + b k is 16 a + (b - a) k, where a difference below 0 comes right in the end.
    wide = (tall[:, 1:] - tall[:, :-1])[:, :, None] * share
    wide += (16 * tall[:, :-1] + 8)[:, :, None]
    wide >>= 4
    first = 8 * BEYOND - 4
    across = wide.reshape(len(thumb), -1)[:, first : first + width]
    pairs = np.ascontiguousarray(across).view(np.uint32)
    down = (pairs[1:] - pairs[:-1])[:, None] * (16 * share.astype(np.uint32))[:, None]
    down += (256 * pairs[:-1] + (128 << 16 | 128))[:, None]
    return down.reshape(-1, pairs.shape[1])[first : first + height].view(np.uint16)


def _windowed_maximum(thumb: Frame) -> Frame:
    return running_maximum(running_maximum(thumb, PAPER_WINDOW).T, PAPER_WINDOW).T


def _noise(amount: Frame) -> float:
    """Robust standard deviation of the paper's grain.

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
    # Where in its grey value the median lies, or the limit would go in leaps of two.
    within = (int(counts.sum()) / 2 - int(counts[:median].sum())) / max(1, int(counts[median]))
    counts[max(2, round(2 * (median + within))) + 1 :] = 0
    return float(max(0.5, mean(counts) * 1.2533 / np.sqrt(2.0)))
