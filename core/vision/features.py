"""Features of a candidate that its 28x28 crop has lost. Input of the judge.

Cut out and enlarged, the edge of a page, a line of squared paper and the shade beside a thumb
are all a 1. In the frame they differ from writing: in contrast with the rest of the ink,
sharpness of edges, evenness of ink, surroundings, and how many more of them there are.
"""

from __future__ import annotations

from math import log, log1p, pi

import numpy as np
from numpy.typing import NDArray

from core.vision import Frame
from core.vision.histogram import deviation, mean, paired, quantile
from core.vision.morphology import outline, spread
from core.vision.proposals import MARGIN, Proposal, cut_out

NAMES = (
    "size", "aspect", "fill", "away_x", "away_y", "sides", "cut", "pixels",
    "level", "depth", "core", "darkest", "uneven", "dent", "soft", "halo", "beside",
    "stroke", "stroke_in_frame", "bulk", "thin", "lean",
    "paper", "paper_change", "light", "grain",
    "share", "covered", "others", "rival", "ruled", "pieces",
)  # fmt: skip
"""Names in the order of the vector, a line for each function below.

size: of the longer side, in the frame's shorter one; aspect; fill: inked part of the box;
away_x, away_y: from the middle; sides: of the frame that the box touches; cut: ink on them;
pixels: size of the frame. (Of a candidate in the view of a place, away_x and away_y say what
``core.vision.digitise`` knows of the place.)
level: threshold, over the grain; depth: threshold; core: darkness of the stroke; darkest: the
same over the darkest ink of the frame; uneven: spread of darkness; dent: lightest tenth; soft:
pixels of half darkness along the outline; halo: ink just outside; beside: inked part beyond.
stroke: stroke width in the box; stroke_in_frame: in the frame; bulk: part that is no edge;
thin: elongation; lean: upright or level.
paper: lightness; paper_change: within the box; light: writing lighter than its ground; grain.
share: of all ink; covered: inked part of the frame; others: components of about this size;
rival: the largest other component; ruled: printed lines were removed; pieces: components.
"""

FURTHEST = 4.0
"""Features are cut off at this distance from 0: outliers must not outvote all others."""


def extract(proposal: Proposal, frame: Frame) -> NDArray[np.float32]:
    """The features of a proposal: float32 (len(NAMES),), each in -FURTHEST..FURTHEST.

    ``frame`` : uint8 (h, w), the frame that the proposal was found in.
    """
    amount, mask = cut_out(proposal, MARGIN)
    edges = outline(mask)
    values = [
        *_geometry(proposal, frame, mask),
        *_ink(proposal, amount, mask, edges),
        *_stroke(proposal, mask, edges),
        *_paper(proposal),
        *_other_ink(proposal),
    ]
    bounded = [max(-FURTHEST, min(FURTHEST, value)) for value in values]
    return np.array(bounded, dtype=np.float32)


def _geometry(proposal: Proposal, frame: Frame, mask: Frame) -> list[float]:
    height, width = proposal.ink.amount.shape
    left, top, right, bottom = proposal.box
    across, down = right - left, bottom - top
    # Ink on the frame's own edges: the writing may go on outside.
    cut = 0
    for at_edge, row in (
        (top <= 0, mask[0]),
        (bottom >= height, mask[-1]),
        (left <= 0, mask[:, 0]),
        (right >= width, mask[:, -1]),
    ):
        cut += int(np.count_nonzero(row)) if at_edge else 0
    return [
        log(max(across, down) / min(height, width)),
        log(across / down),
        proposal.area / (across * down),
        abs(left + right - width) / width,
        abs(top + bottom - height) / height,
        (left <= 0) + (top <= 0) + (right >= width) + (bottom >= height),
        4.0 * cut / max(across, down),
        # A tight crop has few pixels, and its digit fills them.
        log(min(frame.shape) / 240),
    ]


def _ink(proposal: Proposal, amount: Frame, mask: Frame, edges: int) -> list[float]:
    # 0 beyond, 1 just outside, 2 on the ink.
    zone = (spread(mask, 3) & 1) + (mask & 1)
    counts = np.bincount(paired(zone, amount).ravel(), minlength=3 * 256)
    beyond, halo, inside = counts.reshape(3, 256)
    low, core = quantile(inside, 0.1), max(1, quantile(inside, 0.75))
    soft = int((halo + inside)[core // 4 + 1 : (3 * core + 3) // 4].sum())
    bare = int(beyond.sum())
    marked = int(beyond[proposal.level :].sum())
    return [
        log(proposal.level / (proposal.ink.noise + 1)) - 2,
        log(proposal.level / 32),
        core / 128 - 1,
        log(core / max(1.0, proposal.ink.darkest)),
        deviation(inside) / max(1.0, mean(inside)),
        low / core,
        log((soft + 1) / max(1, edges)),
        mean(halo) / core,
        log(marked / bare + 0.003) / 2 + 1 if bare else -2,
    ]


def _stroke(proposal: Proposal, mask: Frame, edges: int) -> list[float]:
    left, top, right, bottom = proposal.box
    size = max(right - left, bottom - top)
    # An outline counted in pixel edges is 4/pi times its length, averaged over directions.
    width = 2.0 * (4.0 / pi) * proposal.area / max(1, edges)
    interior = mask[:-2] & mask[1:-1] & mask[2:]
    interior = interior[:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    xx, yy, xy = _moments(proposal)
    spread = float(np.hypot(xx - yy, 2 * xy))
    return [
        log(10 * width / size),
        log(40 * width / min(proposal.ink.amount.shape)),
        np.count_nonzero(interior) / proposal.area,
        # The variance across over that along: close to 0 for a straight bar.
        log((xx + yy - spread + 0.1) / (xx + yy + spread + 0.1)) / 2 + 1,
        (yy - xx) / (spread + 0.1),
    ]


def _moments(proposal: Proposal) -> tuple[float, float, float]:
    """Variance across, variance down, and covariance of a proposal's pixels."""
    row, start, stop = proposal.components.runs(proposal.members)
    left, top, right, _ = proposal.box
    # Whole numbers: twice the middle of each run, from that of the box; its row; its length.
    x, y, length = start + stop - (left + right + 1), row - top, stop - start
    area, along = proposal.area, length * x
    # A run of n pixels about its own middle has a variance of (n n - 1) / 12.
    squares = _total(along * x) + _total(length * length * length - length) // 3
    across = area * squares - _total(along) ** 2
    down = area * _total(length * y * y) - _total(length * y) ** 2
    both = area * _total(along * y) - _total(along) * _total(length * y)
    return across / (2 * area) ** 2, down / area**2, both / (2 * area**2)


def _total(numbers: NDArray[np.intp]) -> int:
    # Floats hold the sum exactly; integers end at 2**31 on 32-bit ARM.
    return int(numbers.sum(dtype=np.float64))


def _paper(proposal: Proposal) -> list[float]:
    left, top, right, bottom = proposal.box
    paper = proposal.ink.paper[top:bottom:2, left:right:2]
    return [
        int(paper.sum()) / paper.size / 128 - 1,
        log((int(paper.max()) + 8) / (int(paper.min()) + 8)),
        float(proposal.ink.light),
        log(proposal.ink.noise),
    ]


def _other_ink(proposal: Proposal) -> list[float]:
    components = proposal.components
    others = np.ones(len(components), dtype=bool)
    others[proposal.members] = False
    left, top, right, bottom = proposal.box
    size = max(right - left, bottom - top)
    everything = int(components.area.sum())
    as_large = int(np.count_nonzero(others & (components.extent > 0.3 * size)))
    rival = float(components.area[others].max(initial=0)) / proposal.area
    return [
        proposal.area / everything,
        log(everything / (components.shape[0] * components.shape[1]) + 0.001) / 3 + 1,
        log1p(as_large),
        log(rival + 0.01),
        float(proposal.ruled),
        log(len(proposal.members)),
    ]
