"""Maximum-weight independent set: the best set of candidates of which no two overlap.

Exact; the groups are small. The candidates on a sheet overlap in groups of a few (a digit at
three thresholds, its stem, the digit with its neighbour), and each group is searched alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Rivals = Mapping[int, set[int]]
"""The graph: for each node the nodes that cannot be chosen together with it. Symmetric."""

LARGEST_EXACT = 24
"""Groups of more nodes than this are not searched exactly: the heaviest node is taken first,
until the rest is small enough."""


def best_set(rivals: Rivals, weights: NDArray[np.floating]) -> list[int]:
    """The nodes, in ascending order, that weigh the most together and are no rivals.

    ``weights`` : indexed by node, above 0. Exact but for groups of more than LARGEST_EXACT.
    """
    chosen: list[int] = []
    for group in _connected(set(rivals), rivals):
        chosen += _search(_undominated(group, rivals, weights), rivals, weights)
    return sorted(chosen)


def _connected(nodes: set[int], rivals: Rivals) -> list[set[int]]:
    """The connected components of the graph that ``nodes`` induce."""
    groups, left = [], set(nodes)
    while left:
        group, border = set[int](), {left.pop()}
        while border:
            group |= border
            border = {rival for node in border for rival in rivals[node]} & left
            left -= border
        groups.append(group)
    return groups


def _undominated(group: set[int], rivals: Rivals, weights: NDArray[np.floating]) -> set[int]:
    """The group without nodes that some rival can always replace.

    Such a rival weighs no less, and all its own rivals are rivals of the node too.
    """
    kept = set(group)
    for node in sorted(group, key=lambda index: weights[index]):
        around = (rivals[node] & kept) | {node}
        if any(
            weights[other] >= weights[node] and rivals[other] & kept <= around
            for other in around - {node}
        ):
            kept.remove(node)
    return kept


def _search(group: set[int], rivals: Rivals, weights: NDArray[np.floating]) -> list[int]:
    """The best set of a group: branch on its busiest node, and search each remaining part."""
    if not group:
        return []
    busiest = max(group, key=lambda index: (len(rivals[index] & group), weights[index]))
    if not rivals[busiest] & group:
        return list(group)
    if len(group) > LARGEST_EXACT:
        best = max(group, key=lambda index: weights[index])
        return [best, *_search(group - {best} - rivals[best], rivals, weights)]
    branches = []
    for chosen in ([busiest], []):
        rest = group - {busiest} - (rivals[busiest] if chosen else set())
        for part in _connected(rest, rivals):
            chosen = chosen + _search(part, rivals, weights)
        branches.append(chosen)
    return max(branches, key=lambda branch: float(weights[branch].sum()))
