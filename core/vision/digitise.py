"""From a grey frame to candidate digits, best first.

    frame -> working size -> ink (``flatfield``) -> masks at a few thresholds
          -> components (``components``) -> grouped fragments -> 28x28 (``crop``)

No single threshold serves a hairline on squared paper and a marker under a lamp, so
each of a few levels proposes what it sees; the network says what each crop looks like
and the judge (``judge``) whether it was written there, by the evidence gathered here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.errors import ImageError
from core.vision.components import find_components
from core.vision.crop import crop_digit
from core.vision.features import extract
from core.vision.flatfield import WORK_SIDE, Frame, Ink, find_ink, polarities, to_work_size
from core.vision.histogram import Counts, counted
from core.vision.proposals import Box, Proposal, cut_out, distinct, overlap, propose
from core.vision.ruled_lines import remove

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
    found = _Search(frame, limit, smallest, side, weigh)
    digits = list(found.all())
    if trace is not None:
        _record(trace, frame, found.looks)
    return digits


def seek_digits(
    frame: Frame, *, weigh: bool = False, trace: dict[str, Any] | None = None
) -> Iterator[Digit]:
    """First the candidate that looks best at the strictest threshold, then all the others.

    Each is looked for only when it is asked for: where the first one is plain, the others
    need not be. All of them are those of :func:`find_digits`, but for the order.
    """
    found = _Search(frame, limit=8, smallest=SMALLEST, side=WORK_SIDE, weigh=weigh)
    return found.one_by_one(trace)


class _Search:
    """A frame, and what was found in it so far."""

    def __init__(
        self, frame: Frame, limit: int, smallest: float, side: int, weigh: bool
    ) -> None:
        if frame.ndim != 2 or frame.dtype != np.uint8 or min(frame.shape) < 8:
            raise ImageError(
                f"a frame must be uint8 of at least 8x8 pixels, not {frame.dtype} {frame.shape}"
            )
        self.looks: list[_Look] = []
        self._frame = frame
        self._limit = limit
        self._smallest = smallest
        self._side = side
        self._weigh = weigh
        self._scale = 1.0
        self._proposals: list[Proposal] = []

    def one_by_one(self, trace: dict[str, Any] | None) -> Iterator[Digit]:
        """The best of what the first threshold that shows anything shows, and the others."""
        # Not kept by the search, which it refers to: a cycle would hold all it has made of the
        # frame until the garbage collector comes by.
        steps = self._propose()
        first = min(next(filter(None, steps), []), key=_worst_last, default=None)
        if trace is not None:
            self._best(steps)
            _record(trace, self._frame, self.looks)
        if first is not None:
            yield from self._cropped([first])
            yield from self._cropped([each for each in self._best(steps) if each is not first])

    def all(self) -> Iterator[Digit]:
        """All candidates, best first."""
        return self._cropped(self._best(self._propose()))

    def _propose(self) -> Iterator[list[Proposal]]:
        """What each threshold shows, one after the other."""
        image, self._scale = to_work_size(self._frame, self._side)
        for light in polarities(image):
            look = _Look.at(image, self._scale, light)
            self.looks.append(look)
            for view, level, mask in look.masks():
                components = find_components(mask)
                found = propose(look.ink, components, level, view, self._smallest, self._limit)
                self._proposals += found
                yield found

    def _best(self, steps: Iterator[list[Proposal]]) -> list[Proposal]:
        for _ in steps:
            pass
        return distinct(sorted(self._proposals, key=_worst_last), self._limit)

    def _cropped(self, proposals: list[Proposal]) -> Iterator[Digit]:
        for proposal in proposals:
            image28 = crop_digit(*cut_out(proposal))
            if image28 is not None:
                box = _in_frame(proposal.box, self._frame, self._scale)
                evidence = extract(proposal, self._frame) if self._weigh else None
                yield Digit(image28, box, proposal.quality, evidence)


def _worst_last(proposal: Proposal) -> float:
    return -proposal.quality


@dataclass(frozen=True)
class _Look:
    """A frame taken for dark writing on light, or for light on dark, and its thresholds.

    ``view`` : the ink, smoothed; ``plain`` : 1 if it is without printed lines, else 0.
    """

    ink: Ink
    view: Frame
    plain: int
    levels: list[int]

    @classmethod
    def at(cls, image: Image.Image, scale: float, light: bool) -> _Look:
        ink = find_ink(image, scale, light)
        smooth = np.asarray(Image.fromarray(ink.amount).filter(ImageFilter.BoxBlur(1)))
        # Where the paper is printed with lines, they are left out.
        plain = remove(smooth, _floor(ink.noise))
        view = smooth if plain is None else plain
        return cls(ink, view, int(plain is not None), _levels(view, ink.noise))

    def masks(self) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
        """(0 or 1 as ``plain``, level, bool (h, w)), the strictest first."""
        for level in self.levels:
            yield self.plain, level, self.view >= level


def _record(trace: dict[str, Any], frame: Frame, looks: list[_Look]) -> None:
    ink = looks[0].ink
    trace["frame"] = frame
    trace["paper"] = 255 - ink.paper if ink.light else ink.paper
    trace["ink"] = ink.amount
    masks = [(look, *mask) for look in looks for mask in look.masks()]
    for number, (look, view, level, mask) in enumerate(masks, 1):
        said = f"threshold {number}: ink from {level}"
        said += ", as light writing" if look.ink.light else ""
        trace[said + (", printed lines left out" if view else "")] = mask


def _floor(noise: float) -> int:
    """Least ink that is not the paper's grain; smoothing 3x3 has halved the noise, or more."""
    return max(FAINTEST, round(NOISE_SIGMAS * noise / 2))


def _levels(smooth: Frame, noise: float) -> list[int]:
    """Thresholds to try: Otsu's on the inked pixels, and two more sensitive ones."""
    floor = _floor(noise)
    counts = counted(smooth)
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


def _otsu(counts: Counts) -> int:
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


__all__ = ["Box", "Digit", "find_digits", "overlap", "seek_digits"]
