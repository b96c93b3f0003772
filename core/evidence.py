"""What a crop no longer shows of a candidate, as numbers for the judge.

Cut out and enlarged, the edge of a page, a line of squared paper and the shade beside a
thumb are all a 1. In the frame they differ from writing: in how dark they are beside what
else is there, how sharp their edges are, how evenly they are inked, what goes on beyond
them and how many more there are of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.flatfield import Frame
from core.morphology import thicken
from core.proposals import Proposal, cut_out

NAMES = (
    "size", "aspect", "fill", "away_x", "away_y", "sides", "cut", "pixels",
    "level", "depth", "core", "darkest", "uneven", "dent", "soft", "halo", "beside",
    "stroke", "stroke_in_frame", "bulk", "thin", "lean",
    "paper", "paper_change", "light", "grain",
    "share", "covered", "things", "rival", "unruled", "pieces",
)  # fmt: skip
"""In the order of the vector; each is worked out where its neighbours are."""

ROOM = 6
"""Working pixels around its box that are a candidate's surroundings."""

FURTHEST = 4.0
"""Evidence is cut off here: what is further out is no surer."""


def gather(proposal: Proposal, frame: Frame) -> NDArray[np.float32]:
    """The evidence on a proposal: float32 (len(NAMES),), each within -4..4.

    ``frame`` : uint8 (h, w), the one it was found in.
    """
    amount, mask = cut_out(proposal, ROOM)
    inked = mask > 0
    around = thicken(mask, 3)[3:-3, 3:-3] > 0
    values = [
        *_place(proposal, frame, inked),
        *_ink(proposal, amount, inked, around),
        *_stroke(proposal, inked),
        *_paper(proposal),
        *_company(proposal),
    ]
    return np.clip(np.array(values, dtype=np.float32), -FURTHEST, FURTHEST)


def _place(proposal: Proposal, frame: Frame, inked: NDArray[np.bool_]) -> list[float]:
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


def _ink(
    proposal: Proposal,
    amount: Frame,
    inked: NDArray[np.bool_],
    around: NDArray[np.bool_],
) -> list[float]:
    inside = amount[inked].astype(np.float32)
    low, core = (float(value) for value in np.percentile(inside, (10, 75)))
    core = max(1.0, core)
    halo = amount[around & ~inked]
    beyond = amount[~around]
    soft = np.count_nonzero((amount > 0.25 * core) & (amount < 0.75 * core) & around)
    return [
        np.log(proposal.level / (proposal.ink.noise + 1)) - 2,
        np.log(proposal.level / 32),
        core / 128 - 1,
        np.log(core / max(1.0, proposal.ink.darkest)),
        float(inside.std()) / max(1.0, float(inside.mean())),
        low / core,
        np.log((soft + 1) / max(1, _outline(inked))),
        float(halo.mean()) / core if halo.size else 0.0,
        np.log(float((beyond >= proposal.level).mean()) + 0.003) / 2 + 1 if beyond.size else -2,
    ]


def _stroke(proposal: Proposal, inked: NDArray[np.bool_]) -> list[float]:
    left, top, right, bottom = proposal.box
    size = max(right - left, bottom - top)
    area = int(np.count_nonzero(inked))
    # An outline counted in pixel edges is 4/pi times its length, averaged over directions.
    width = 2.0 * (4.0 / np.pi) * area / max(1, _outline(inked))
    interior = inked[1:-1, 1:-1] & inked[:-2, 1:-1] & inked[2:, 1:-1]
    interior &= inked[1:-1, :-2] & inked[1:-1, 2:]
    rows, columns = np.nonzero(inked)
    x, y = columns - columns.mean(), rows - rows.mean()
    xx, yy, xy = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    spread = float(np.hypot(xx - yy, 2 * xy))
    return [
        np.log(10 * width / size),
        np.log(40 * width / min(proposal.ink.amount.shape)),
        np.count_nonzero(interior) / area,
        # Of a straight bar the variance across is nothing beside that along it.
        np.log((xx + yy - spread + 0.1) / (xx + yy + spread + 0.1)) / 2 + 1,
        (yy - xx) / (spread + 0.1),
    ]


def _paper(proposal: Proposal) -> list[float]:
    left, top, right, bottom = proposal.box
    paper = proposal.ink.paper[top:bottom:2, left:right:2]
    return [
        float(paper.mean()) / 128 - 1,
        np.log((int(paper.max()) + 8) / (int(paper.min()) + 8)),
        float(proposal.ink.light),
        np.log(proposal.ink.noise),
    ]


def _company(proposal: Proposal) -> list[float]:
    components = proposal.components
    extent = np.maximum(components.right - components.left, components.bottom - components.top)
    others = np.ones(len(components), dtype=bool)
    others[proposal.members] = False
    left, top, right, bottom = proposal.box
    size = max(right - left, bottom - top)
    everything = int(components.area.sum())
    things = int(np.count_nonzero(others & (extent > 0.3 * size)))
    rival = float(components.area[others].max(initial=0)) / proposal.area
    return [
        proposal.area / everything,
        np.log(everything / (components.shape[0] * components.shape[1]) + 0.001) / 3 + 1,
        np.log1p(things),
        np.log(rival + 0.01),
        float(proposal.view),
        np.log(len(proposal.members)),
    ]


def _outline(inked: NDArray[np.bool_]) -> int:
    """Length of the outline, in pixel edges."""
    across = int(np.count_nonzero(inked[:, 1:] != inked[:, :-1]))
    return across + int(np.count_nonzero(inked[1:] != inked[:-1]))
