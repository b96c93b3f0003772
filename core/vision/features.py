"""Features of a candidate that its 28x28 crop has lost. Input of the judge.

Cut out and enlarged, the edge of a page, a line of squared paper and the shade beside a thumb
are all a 1. In the frame they differ from writing: in contrast with the rest of the ink,
sharpness of edges, evenness of ink, surroundings, and how many more of them there are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.vision import Frame
from core.vision.histogram import counted, deviation, mean, quantile
from core.vision.morphology import outline, spread
from core.vision.proposals import Proposal, cut_out

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

MARGIN = 6
"""Surroundings of a candidate: this many working pixels on each side of its box."""

FURTHEST = 4.0
"""Features are cut off at this distance from 0: outliers must not outvote all others."""


def extract(proposal: Proposal, frame: Frame) -> NDArray[np.float32]:
    """The features of a proposal: float32 (len(NAMES),), each in -FURTHEST..FURTHEST.

    ``frame`` : uint8 (h, w), the frame that the proposal was found in.
    """
    amount, mask = cut_out(proposal, MARGIN)
    inked = mask > 0
    edges = outline(inked)
    values = [
        *_geometry(proposal, frame, inked),
        *_ink(proposal, amount, mask, edges),
        *_stroke(proposal, inked, edges),
        *_paper(proposal),
        *_other_ink(proposal),
    ]
    return np.clip(np.array(values, dtype=np.float32), -FURTHEST, FURTHEST)


def _geometry(proposal: Proposal, frame: Frame, inked: NDArray[np.bool_]) -> list[float]:
    height, width = proposal.ink.amount.shape
    left, top, right, bottom = proposal.box
    across, down = right - left, bottom - top
    # Ink on the frame's own edges: the writing may go on outside.
    cut = 0
    for at_edge, row in (
        (top <= 0, inked[0]),
        (bottom >= height, inked[-1]),
        (left <= 0, inked[:, 0]),
        (right >= width, inked[:, -1]),
    ):
        cut += int(np.count_nonzero(row)) if at_edge else 0
    return [
        np.log(max(across, down) / min(height, width)),
        np.log(across / down),
        proposal.area / (across * down),
        abs(left + right - width) / width,
        abs(top + bottom - height) / height,
        (left <= 0) + (top <= 0) + (right >= width) + (bottom >= height),
        4.0 * cut / max(across, down),
        # A tight crop has few pixels, and its digit fills them.
        np.log(min(frame.shape) / 240),
    ]


def _ink(proposal: Proposal, amount: Frame, mask: Frame, edges: int) -> list[float]:
    everywhere = counted(amount)
    inside = counted(amount, mask)
    around = counted(amount, spread(mask, 3))
    halo, beyond = around - inside, everywhere - around
    low, core = quantile(inside, 0.1), max(1, quantile(inside, 0.75))
    soft = int(around[core // 4 + 1 : (3 * core + 3) // 4].sum())
    bare = int(beyond.sum())
    marked = int(beyond[proposal.level :].sum())
    return [
        np.log(proposal.level / (proposal.ink.noise + 1)) - 2,
        np.log(proposal.level / 32),
        core / 128 - 1,
        np.log(core / max(1.0, proposal.ink.darkest)),
        deviation(inside) / max(1.0, mean(inside)),
        low / core,
        np.log((soft + 1) / max(1, edges)),
        mean(halo) / core,
        np.log(marked / bare + 0.003) / 2 + 1 if bare else -2,
    ]


def _stroke(proposal: Proposal, inked: NDArray[np.bool_], edges: int) -> list[float]:
    left, top, right, bottom = proposal.box
    size = max(right - left, bottom - top)
    area = int(np.count_nonzero(inked))
    # An outline counted in pixel edges is 4/pi times its length, averaged over directions.
    width = 2.0 * (4.0 / np.pi) * area / max(1, edges)
    bits = inked.view(np.uint8)
    interior = bits[:-2] & bits[1:-1] & bits[2:]
    interior = interior[:, 1:-1] & bits[1:-1, :-2] & bits[1:-1, 2:]
    xx, yy, xy = _moments(proposal)
    spread = float(np.hypot(xx - yy, 2 * xy))
    return [
        np.log(10 * width / size),
        np.log(40 * width / min(proposal.ink.amount.shape)),
        np.count_nonzero(interior.view(np.bool_)) / area,
        # The variance across over that along: close to 0 for a straight bar.
        np.log((xx + yy - spread + 0.1) / (xx + yy + spread + 0.1)) / 2 + 1,
        (yy - xx) / (spread + 0.1),
    ]


def _moments(proposal: Proposal) -> tuple[float, float, float]:
    """Variance across, variance down, and covariance of a proposal's pixels."""
    components = proposal.components
    chosen = np.zeros(len(components), dtype=np.bool_)
    chosen[proposal.members] = True
    inside = chosen[components.label]
    # A run of n pixels about its own middle has a variance of (n n - 1) / 12.
    length = (components.stop - components.start)[inside].astype(np.float64)
    x = (components.start + components.stop - 1)[inside] / 2.0
    y = components.row[inside].astype(np.float64)
    area = float(length.sum())
    x -= float((length * x).sum()) / area
    y -= float((length * y).sum()) / area
    across = float((length * (x * x + (length * length - 1) / 12)).sum()) / area
    down, both = float((length * y * y).sum()) / area, float((length * x * y).sum()) / area
    return across, down, both


def _paper(proposal: Proposal) -> list[float]:
    left, top, right, bottom = proposal.box
    paper = proposal.ink.paper[top:bottom:2, left:right:2]
    return [
        float(paper.mean()) / 128 - 1,
        np.log((int(paper.max()) + 8) / (int(paper.min()) + 8)),
        float(proposal.ink.light),
        np.log(proposal.ink.noise),
    ]


def _other_ink(proposal: Proposal) -> list[float]:
    components = proposal.components
    extent = np.maximum(components.right - components.left, components.bottom - components.top)
    others = np.ones(len(components), dtype=bool)
    others[proposal.members] = False
    left, top, right, bottom = proposal.box
    size = max(right - left, bottom - top)
    everything = int(components.area.sum())
    as_large = int(np.count_nonzero(others & (extent > 0.3 * size)))
    rival = float(components.area[others].max(initial=0)) / proposal.area
    return [
        proposal.area / everything,
        np.log(everything / (components.shape[0] * components.shape[1]) + 0.001) / 3 + 1,
        np.log1p(as_large),
        np.log(rival + 0.01),
        float(proposal.ruled),
        np.log(len(proposal.members)),
    ]
