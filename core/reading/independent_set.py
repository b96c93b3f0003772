"""Of things that get in each other's way, those that are worth the most together.

In the language of graphs: an independent set of the greatest weight. Candidates for the
digits on a sheet come in small knots (a digit at three thresholds, its stem, the digit with
its neighbour), so an exact search is quick once the groups are taken apart.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Rivals = Mapping[int, set[int]]
"""For each thing those that cannot be taken together with it; the other way round, too."""

HARDEST = 24
"""Things in each other's way beyond which the best set is not searched for exactly."""


def best_set(rivals: Rivals, worth: NDArray[np.floating]) -> list[int]:
    """The things, no two of them rivals, whose ``worth`` (indexed by thing, > 0) is greatest.

    In ascending order. Exact, but for knots of more than HARDEST things, in which the worthiest
    is taken first until the rest is small enough.
    """
    chosen: list[int] = []
    for group in _connected(set(rivals), rivals):
        chosen += _search(_undominated(group, rivals, worth), rivals, worth)
    return sorted(chosen)


def _connected(members: set[int], rivals: Rivals) -> list[set[int]]:
    """Groups that have no rival in another group."""
    groups, left = [], set(members)
    while left:
        group, border = set[int](), {left.pop()}
        while border:
            group |= border
            border = {rival for one in border for rival in rivals[one]} & left
            left -= border
        groups.append(group)
    return groups


def _undominated(group: set[int], rivals: Rivals, worth: NDArray[np.floating]) -> set[int]:
    """Without those that a rival could always replace: worth no less, in nobody else's way."""
    kept = set(group)
    for one in sorted(group, key=lambda index: worth[index]):
        around = (rivals[one] & kept) | {one}
        if any(
            worth[other] >= worth[one] and rivals[other] & kept <= around
            for other in around - {one}
        ):
            kept.remove(one)
    return kept


def _search(group: set[int], rivals: Rivals, worth: NDArray[np.floating]) -> list[int]:
    """Take the busiest or leave it, and settle what then falls apart."""
    if not group:
        return []
    busiest = max(group, key=lambda index: (len(rivals[index] & group), worth[index]))
    if not rivals[busiest] & group:
        return list(group)
    if len(group) > HARDEST:
        best = max(group, key=lambda index: worth[index])
        return [best, *_search(group - {best} - rivals[best], rivals, worth)]
    ways = []
    for sure in ([busiest], []):
        rest = group - {busiest} - (rivals[busiest] if sure else set())
        for part in _connected(rest, rivals):
            sure = sure + _search(part, rivals, worth)
        ways.append(sure)
    return max(ways, key=lambda way: float(worth[way].sum()))
