"""From a grey frame to candidate digits, best first.

    frame -> working size -> ink (``flatfield``) -> masks at a few thresholds
          -> components (``components``) -> grouped fragments -> 28x28 (``crop``)

No single threshold serves a hairline on squared paper and a marker under a lamp, so
each of a few levels proposes what it sees; the network says what each crop looks like
and the judge (``judge``) whether it was written there, by the evidence gathered here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.components import find_components
from core.crop import crop_digit
from core.errors import ImageError
from core.evidence import gather
from core.flatfield import WORK_SIDE, Frame, Ink, find_ink, polarities, to_work_size
from core.proposals import Box, Proposal, cut_out, distinct, overlap, propose
from core.rules import without_rules

NOISE_SIGMAS = 6.0
FAINTEST = 6
"""Least ink, of 255, that is looked at, whatever the noise: a very hard pencil leaves 12."""

SMALLEST = 0.09
"""A digit is at least this share of the frame's shorter side; less is a speck."""


@dataclass(frozen=True)
class Digit:
    """A candidate: what the network shall read, where it was, and how good it looks.

    ``image`` : float32 (28, 28), ink = 1. ``box`` : in pixels of the frame.
    ``quality`` : 0..1, from size, darkness, place and whether the frame cuts it.
    ``evidence`` : float32 (len(evidence.NAMES),), what the crop no longer shows.
    """

    image: NDArray[np.float32]
    box: Box
    quality: float
    evidence: NDArray[np.float32] | None = None


def find_digits(
    frame: Frame,
    *,
    limit: int = 8,
    smallest: float = SMALLEST,
    side: int = WORK_SIDE,
    weigh: bool = False,
    trace: dict[str, Any] | None = None,
) -> list[Digit]:
    """Find what may be digits in a grey frame.

    Parameters
    ----------
    frame : uint8 (h, w), 0 = black; dark writing on light or light on dark.
    limit : at most this many candidates.
    smallest : least size of a digit as a share of the frame's shorter side.
    side : longer side, in pixels, to which a larger frame is about reduced.
    weigh : gather the evidence that a judge goes by.
    trace : a dict that receives the stages by name, for ``predict --explain``.

    Returns
    -------
    Candidates, best first; empty for an empty page. Two may be the same writing seen at
    two thresholds: their boxes overlap.

    Raises
    ------
    ImageError : the frame is not a two-dimensional uint8 array of at least 8x8 pixels.
    """
    if frame.ndim != 2 or frame.dtype != np.uint8 or min(frame.shape) < 8:
        raise ImageError(
            f"a frame must be uint8 of at least 8x8 pixels, not {frame.dtype} {frame.shape}"
        )
    image, scale = to_work_size(frame, side)
    looks = [_Look.at(image, scale, light) for light in polarities(image)]
    proposals: list[Proposal] = []
    for look in looks:
        for view, level, mask in look.masks:
            proposals += propose(look.ink, find_components(mask), level, view, smallest, limit)
    proposals.sort(key=lambda proposal: -proposal.quality)
    digits = []
    for proposal in distinct(proposals)[:limit]:
        image28 = crop_digit(*cut_out(proposal))
        if image28 is not None:
            box = _in_frame(proposal.box, frame, scale)
            evidence = gather(proposal, frame) if weigh else None
            digits.append(Digit(image28, box, proposal.quality, evidence))
    if trace is not None:
        _record(trace, frame, looks)
    return digits


@dataclass(frozen=True)
class _Look:
    """A frame taken for dark writing on light, or for light on dark, and its masks.

    ``masks`` : (0 = all ink or 1 = without printed lines, level, bool (h, w)).
    """

    ink: Ink
    masks: list[tuple[int, int, NDArray[np.bool_]]]

    @classmethod
    def at(cls, image: Image.Image, scale: float, light: bool) -> _Look:
        ink = find_ink(image, scale, light)
        smooth = np.asarray(Image.fromarray(ink.amount).filter(ImageFilter.BoxBlur(1)))
        masks = [
            (number, level, view >= level)
            for number, view in enumerate(_views(smooth, ink.noise))
            for level in _levels(view, ink.noise)
        ]
        return cls(ink, masks)


def _record(trace: dict[str, Any], frame: Frame, looks: list[_Look]) -> None:
    ink = looks[0].ink
    trace["frame"] = frame
    trace["paper"] = 255 - ink.paper if ink.light else ink.paper
    trace["ink"] = ink.amount
    masks = [(look, *mask) for look in looks for mask in look.masks]
    for number, (look, view, level, mask) in enumerate(masks, 1):
        said = f"threshold {number}: ink from {level}"
        said += ", as light writing" if look.ink.light else ""
        trace[said + (", printed lines left out" if view else "")] = mask


def _views(smooth: Frame, noise: float) -> list[Frame]:
    """The ink, and where the paper is printed with lines, the ink without them."""
    plain = without_rules(smooth, _floor(noise))
    return [smooth] if plain is None else [smooth, plain]


def _floor(noise: float) -> int:
    """Least ink that is not the paper's grain; smoothing 3x3 has halved the noise, or more."""
    return max(FAINTEST, round(NOISE_SIGMAS * noise / 2))


def _levels(smooth: Frame, noise: float) -> list[int]:
    """Thresholds to try: Otsu's on the inked pixels, and two more sensitive ones."""
    floor = _floor(noise)
    counts = np.bincount(smooth.ravel(), minlength=256)
    counts[:floor] = 0
    inked = int(counts.sum())
    if inked == 0:
        return []
    high = _otsu(counts)
    middle = round((floor * high) ** 0.5)
    levels = [high]
    for level in (middle, floor):
        if level < 0.8 * levels[-1]:
            levels.append(level)
    return levels


def _otsu(counts: NDArray[np.intp]) -> int:
    """The threshold that best splits a histogram in two (Otsu 1979)."""
    # Products of two sums pass 2**31, which is where integers end on 32-bit ARM.
    weight = np.cumsum(counts, dtype=np.float64)
    mass = np.cumsum(counts * np.arange(256), dtype=np.float64)
    total, everything = weight[-1], mass[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (everything * weight / total - mass) ** 2 / (weight * (total - weight))
    between[~np.isfinite(between)] = 0
    return int(np.argmax(between)) + 1


def _in_frame(box: Box, frame: Frame, scale: float) -> Box:
    height, width = frame.shape
    left, top = int(box.left / scale), int(box.top / scale)
    # In an enlarged frame both edges of a thin line can fall on one pixel.
    right, bottom = round(box.right / scale), round(box.bottom / scale)
    return Box(left, top, min(width, max(right, left + 1)), min(height, max(bottom, top + 1)))


__all__ = ["Box", "Digit", "find_digits", "overlap"]
