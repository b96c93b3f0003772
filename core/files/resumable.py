"""Long work in pieces, so that whoever asked for it can keep each, and stop between two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Resumable(Protocol):
    """Sees to every piece of a work whose pieces come in the same order each time."""

    def __call__(
        self,
        out: NDArray[Any],
        make: Callable[[], NDArray[Any]],
        rng: np.random.Generator | None = None,
    ) -> None:
        """Fill ``out`` with what ``make`` gives, or gave when it was called before.

        rng : what ``make`` draws from; afterwards it is as if it had been drawn from now.
        """


def at_once(
    out: NDArray[Any],
    make: Callable[[], NDArray[Any]],
    rng: np.random.Generator | None = None,
) -> None:
    """Make each piece when it is asked for."""
    out[...] = make()
