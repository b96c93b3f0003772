"""What a night learns: how many pictures of what, how often, and how much of it is taken."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Recipe:
    """How it is taught. Measured by ``python -m tools.evaluate owner``.

    images : of the owner's digits, each bent so often that there are about so many.
    most_copies : of one digit.
    digits, drawn, nothing : what it is reminded of: see :func:`core.data.replay.reminders`.
    exam : the same, of what it is asked.
    shares : of the new head in the blend, the most taught first.
    sure : a digit of the owner's is read from this confidence on; below it, it is UNSURE.
        About what a digit needed to be shown when it was chosen: at 0.6 a night saw nothing to
        learn in slanted digits that stayed dark, and of 279 errors of the drawn owners left 129
        where this left 52.
    """

    images: int = 600
    most_copies: int = 20
    digits: int = 1600
    drawn: int = 600
    nothing: int = 400
    exam: tuple[int, int, int] = (600, 300, 100)
    epochs: int = 10
    learning_rate: float = 2e-4
    folds: int = 5
    shares: tuple[float, ...] = (0.7, 0.55, 0.4)
    sure: float = 0.8

    def config(self) -> dict[str, Any]:
        """In a form that JSON can hold."""
        return {**asdict(self), "exam": list(self.exam), "shares": list(self.shares)}
