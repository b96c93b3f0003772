"""Finds candidate digits in a grey frame, best first.

    frame -> working size -> ink (``flatfield``) -> masks at up to three thresholds
          -> components (``components``) -> grouped fragments (``proposals``)
          -> 28x28 (``crop``) and, on request, the judge's features (``features``)

No single threshold serves a hairline on squared paper and a marker under a lamp, so the
components of every threshold become candidates. Which of them is a digit is decided later, by
the network and the judge (``core.reading``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from core.errors import ImageError
from core.vision import SMALLEST_SIDE, Frame
from core.vision.bands import edges_of, even_light
from core.vision.components import find_components
from core.vision.crop import crop_digit
from core.vision.features import NAMES, extract
from core.vision.flatfield import WORK_SIDE, Ink, find_ink, polarities, to_work_size
from core.vision.histogram import Counts, counted
from core.vision.places import LEAST_SCORE, LEVELS, Place, Places, View
from core.vision.proposals import (
    SMALLEST_PIXELS,
    Box,
    Proposal,
    cut_out,
    distinct,
    overlap,
    propose,
)
from core.vision.ruled_lines import remove

NOISE_SIGMAS = 6.0
"""The lowest threshold is at this many standard deviations of the paper's grain."""

FAINTEST = 6
"""The lowest threshold is never below this ink, 0..255: a very hard pencil leaves 12."""

MOST_PLACES = 2
"""Places of a frame that are looked at more closely."""

BUSY = 0.3
"""A frame may be a room if at least this share of its thumbnail is edges: a page is seldom, and
a room nearly always."""

MOST_COMPONENTS = 4
"""A frame is cluttered if more components than this are large enough for a digit. A page hardly
ever has so many, and a room nearly always."""

FURTHER = 0.5
"""A second place is looked at only if it scores so much more than the first must."""

PROMISING = -1.5
"""The whole of a room is looked at only if a place scores at least this. Where no place looks
like writing, a sheet is read there once in a thousand."""

AT_A_PLACE = 4
"""A place has at most this many candidates."""

SAME_PLACE = 0.3
"""Those groups of components are candidates of a place whose box has at least this intersection
over union with the place's."""

IN_THE_MIDDLE = [NAMES.index("away_x"), NAMES.index("away_y")]
"""Features that say nothing of a candidate at a place, which is in the middle of its view:
instead they are the place's score and how many others of its size there are."""

SMALLEST = 0.09
"""A candidate's longer side is at least this share of the frame's shorter side."""


@dataclass(frozen=True)
class Digit:
    """A candidate digit: its crop, its place in the frame and its quality.

    ``image`` : float32 (28, 28), paper 0, ink 1: input of the network. ``box`` : in pixels of
    the frame. ``quality`` : 0..1, from size, darkness, place and whether the frame cuts it.
    ``features`` : float32 (len(features.NAMES),), input of the judge; None unless requested.
    ``place`` : 0 if it was found in the whole frame, else the number of the place.
    ``cluttered`` : the frame is, and places were sought in it. ``room`` : it is surely a room,
    see `core.vision.places`.
    """

    image: NDArray[np.float32] = field(repr=False)
    box: Box
    quality: float
    features: NDArray[np.float32] | None = field(default=None, repr=False)
    place: int = 0
    cluttered: bool = False
    room: bool = False


def find_digits(
    frame: Frame,
    *,
    limit: int = 8,
    smallest: float = SMALLEST,
    side: int = WORK_SIDE,
    features: bool = False,
    trace: dict[str, Any] | None = None,
) -> list[Digit]:
    """Find the candidate digits of a grey frame.

    Parameters
    ----------
    frame : uint8 (h, w), 0 = black; dark writing on light or light on dark.
    limit : at most this many candidates.
    smallest : least longer side of a candidate, as a share of the frame's shorter side.
    side : a larger frame is reduced, by a whole factor, to about this longer side in pixels.
    features : extract the judge's features too.
    trace : a dict that receives the stages by name, for ``predict --explain``.

    Returns
    -------
    Candidates, best first; empty for an empty page. Two may be the same writing at two
    thresholds: their boxes overlap.

    Raises
    ------
    ImageError : the frame is not a two-dimensional uint8 array of at least 8x8 pixels.
    """
    search = _Search(frame, limit, smallest, side, features)
    digits = list(search.all())
    if trace is not None:
        _record(trace, frame, search.inked)
    return digits


def seek_digits(
    frame: Frame,
    *,
    features: bool = False,
    places: bool = False,
    least: float = LEAST_SCORE,
    most: int = MOST_COMPONENTS,
    trace: dict[str, Any] | None = None,
) -> Iterator[Digit]:
    """The candidates of :func:`find_digits`, made one at a time: the likeliest one first.

    First comes the best candidate of the strictest threshold that has any, then all others,
    best first. Each is computed only when the iterator is advanced, so a caller whom the first
    one satisfies saves the other thresholds.

    With ``places``, of a cluttered frame (a room, before which a sheet may be held up) those of
    the places that look like writing come before all of these, the likeliest place first; these
    only if a place is PROMISING, or the frame is not surely a room. ``least`` :
    the score of a place that is looked at, see `core.vision.places`; ``most`` : a frame is
    cluttered if it has more large components.
    """
    return chain.from_iterable(
        seek_looks(frame, features=features, places=places, least=least, most=most, trace=trace)
    )


def seek_looks(
    frame: Frame,
    *,
    features: bool = False,
    places: bool = False,
    least: float = LEAST_SCORE,
    most: int = MOST_COMPONENTS,
    trace: dict[str, Any] | None = None,
) -> Iterator[Iterator[Digit]]:
    """The candidates of :func:`seek_digits` look by look: those of each place, then those of
    the whole frame. What is left of a look when the next one is asked for is not computed."""
    search = _Search(frame, limit=8, smallest=SMALLEST, side=WORK_SIDE, features=features)
    return search.looks(trace, least if places else None, most)


@dataclass
class _Search:
    """One search through a frame: its proposals so far, threshold by threshold."""

    frame: Frame
    limit: int
    smallest: float
    side: int
    features: bool

    def __post_init__(self) -> None:
        frame = self.frame
        if frame.ndim != 2 or frame.dtype != np.uint8 or min(frame.shape) < SMALLEST_SIDE:
            raise ImageError(
                f"a frame must be uint8 of at least 8x8 pixels, not {frame.dtype} {frame.shape}"
            )
        image, self.scale = to_work_size(frame, self.side)
        edges = edges_of(image)
        self.image = even_light(image, edges) or image
        self.busy = edges.steep >= BUSY
        self.inked: list[_InkedFrame] = []
        self.proposals: list[Proposal] = []
        self.large = 0
        self.cluttered = self.room = False

    def looks(
        self, trace: dict[str, Any] | None, least: float | None, most: int
    ) -> Iterator[Iterator[Digit]]:
        """A look at each place that scores ``least`` (at none for None) of a room, or a frame
        with more than ``most`` large components, and one at the whole frame."""
        # Not an attribute: the generator refers to the search, and such a cycle would keep all
        # arrays of the frame in memory until the garbage collector runs.
        steps = self._propose()
        search = Places(self.image)
        self.room = least is not None and self.busy and search.is_room()
        first = None if self.room and trace is None else _best_of_next(steps)
        if trace is not None:
            self._best(steps)
            _record(trace, self.frame, self.inked)
        if least is not None and (self.room or self.large > most):
            self.cluttered = True
            places = search.best(MOST_PLACES, least)
            for number, place in enumerate(places, 1):
                if number == 1 or place.score >= least + FURTHER:
                    yield self._in_place(number, place, search.view(place.box))
            if self.room and not any(place.score >= PROMISING for place in places):
                return
        yield self._one_by_one(first, steps)

    def _one_by_one(
        self, first: Proposal | None, steps: Iterator[list[Proposal]]
    ) -> Iterator[Digit]:
        """The first candidate of the whole frame, then all others."""
        first = first or _best_of_next(steps)
        if first is not None:
            yield from self._cropped([first])
            yield from self._cropped([each for each in self._best(steps) if each is not first])

    def all(self) -> Iterator[Digit]:
        """All candidates, best first."""
        return self._cropped(self._best(self._propose()))

    def _propose(self) -> Iterator[list[Proposal]]:
        """The proposals of each threshold, the strictest first; kept in ``proposals``."""
        for light in polarities(self.image):
            inked = _InkedFrame.of(self.image, self.scale, light)
            self.inked.append(inked)
            for ruled, level, mask in inked.masks():
                components = find_components(mask)
                self.large = components.larger_than(SMALLEST_PIXELS)
                found = propose(inked.ink, components, level, ruled, self.smallest, self.limit)
                self.proposals += found
                yield found

    def _best(self, steps: Iterator[list[Proposal]]) -> list[Proposal]:
        """Take the remaining steps; all proposals, best first, without repetitions."""
        for _ in steps:
            pass
        return distinct(sorted(self.proposals, key=_worst_last), self.limit)

    def _in_place(self, number: int, place: Place, view: View) -> Iterator[Digit]:
        """The candidates of a place: the best at its own threshold, then those at all."""
        smooth = np.asarray(Image.fromarray(view.ink.amount).filter(ImageFilter.BoxBlur(1)))
        proposals: list[Proposal] = []
        for level in sorted(LEVELS, key=lambda level: (level != place.level, -level)):
            components = find_components(smooth >= level)
            proposals += [
                each
                for each in propose(view.ink, components, level, 0, SMALLEST, AT_A_PLACE)
                if overlap(view.outside(each.box), place.box) > SAME_PLACE
            ]
            if level == place.level:
                first = min(proposals, key=_worst_last, default=None)
                if first is not None:
                    yield from self._cropped([first], (number, place, view))
        best = distinct(sorted(proposals, key=_worst_last), AT_A_PLACE)
        others = [each for each in best if each is not first]
        yield from self._cropped(others, (number, place, view))

    def _cropped(
        self, proposals: list[Proposal], at: tuple[int, Place, View] | None = None
    ) -> Iterator[Digit]:
        """The candidates of proposals in the whole frame, or in the view of a place."""
        for proposal in proposals:
            image28 = crop_digit(*cut_out(proposal))
            if image28 is None:
                continue
            number, box, part = 0, proposal.box, self.frame
            if at is not None:
                number, place, view = at
                box, part = view.outside(box), view.part
            features = extract(proposal, part) if self.features else None
            if features is not None and at is not None:
                features[IN_THE_MIDDLE] = place.score / 4, np.log1p(place.alike)
            box = _in_frame(box, self.frame, self.scale)
            known = proposal.quality, features, number, self.cluttered, self.room
            yield Digit(image28, box, *known)


def _best_of_next(steps: Iterator[list[Proposal]]) -> Proposal | None:
    """The best proposal of the strictest threshold that has any; None if no threshold has."""
    return min(next(filter(None, steps), []), key=_worst_last, default=None)


def _worst_last(proposal: Proposal) -> float:
    """Sort key: best first."""
    return -proposal.quality


@dataclass(frozen=True)
class _InkedFrame:
    """The ink of a frame for one polarity, dark on light or light on dark, and its thresholds.

    ``smooth`` : uint8 (h, w), the ink smoothed 3x3, without printed lines where there are any;
    ``ruled`` : 1 if printed lines were removed, else 0. ``levels`` : highest first.
    """

    ink: Ink
    smooth: Frame
    ruled: int
    levels: list[int]

    @classmethod
    def of(cls, image: Image.Image, scale: float, light: bool) -> _InkedFrame:
        ink = find_ink(image, scale, light)
        smooth = np.asarray(Image.fromarray(ink.amount).filter(ImageFilter.BoxBlur(1)))
        floor = _floor(ink.noise)
        plain = remove(smooth, floor)
        if plain is None:
            return cls(ink, smooth, 0, _levels(smooth, floor))
        return cls(ink, plain, 1, _levels(plain, floor))

    def masks(self) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
        """(``ruled``, level, bool (h, w)) for each threshold, the strictest first."""
        for level in self.levels:
            yield self.ruled, level, self.smooth >= level


def _record(trace: dict[str, Any], frame: Frame, inked: list[_InkedFrame]) -> None:
    """Put the stages into ``trace``: frame, paper, ink, and a mask for each threshold."""
    ink = inked[0].ink
    trace["frame"] = frame
    trace["paper"] = 255 - ink.paper if ink.light else ink.paper
    trace["ink"] = ink.amount
    masks = [(each.ink.light, *mask) for each in inked for mask in each.masks()]
    for number, (light, ruled, level, mask) in enumerate(masks, 1):
        name = f"threshold {number}: ink from {level}"
        name += ", as light writing" if light else ""
        trace[name + (", printed lines left out" if ruled else "")] = mask


def _floor(noise: float) -> int:
    """Lowest threshold, 0..255: above the paper's grain, which smoothing 3x3 has halved."""
    return max(FAINTEST, round(NOISE_SIGMAS * noise / 2))


def _levels(smooth: Frame, floor: int) -> list[int]:
    """Thresholds to try, highest first: Otsu's on the inked pixels, then their geometric mean
    with the floor, then the floor; none on bare paper."""
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
    """The threshold that best splits a histogram in two: Otsu, "A threshold selection method
    from gray-level histograms", 1979."""
    # Products of two sums pass 2**31, which is where integers end on 32-bit ARM.
    weight = np.cumsum(counts, dtype=np.float64)
    mass = np.cumsum(counts * np.arange(256), dtype=np.float64)
    total, everything = weight[-1], mass[-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (everything * weight / total - mass) ** 2 / (weight * (total - weight))
    between[~np.isfinite(between)] = 0
    return int(np.argmax(between)) + 1


def _in_frame(box: Box, frame: Frame, scale: float) -> Box:
    """A box of the working size, in pixels of the frame; never empty."""
    height, width = frame.shape
    left, top = int(box.left / scale), int(box.top / scale)
    # In an enlarged frame both edges of a thin line can fall on one pixel.
    right, bottom = round(box.right / scale), round(box.bottom / scale)
    return Box(left, top, min(width, max(right, left + 1)), min(height, max(bottom, top + 1)))


__all__ = ["Box", "Digit", "find_digits", "overlap", "seek_digits", "seek_looks"]
