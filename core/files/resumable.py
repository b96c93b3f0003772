"""Long work cut into pieces, each of which a cache can keep, so that the work can be resumed.

The work calls its cache once for each piece, in the same order every time. What the cache
keeps, and where, is the caller's choice: :func:`uncached` keeps nothing, the appliance keeps
pieces on its card (``pi.retraining.resume_cache``). A cache may raise to stop the work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Cache(Protocol):
    """Fills arrays piece by piece: from what it has kept, or else by computing them."""

    def __call__(
        self,
        out: NDArray[Any],
        make: Callable[[], NDArray[Any]],
        rng: np.random.Generator | None = None,
    ) -> None:
        """Fill ``out`` with the piece that ``make`` computes, or computed in an earlier run.

        rng : the generator that ``make`` draws from; it is left in the state that it has after
        drawing, also where the piece was kept.
        """


def uncached(
    out: NDArray[Any], make: Callable[[], NDArray[Any]], rng: np.random.Generator | None = None
) -> None:
    """The :class:`Cache` that keeps nothing: every piece is computed."""
    out[...] = make()
