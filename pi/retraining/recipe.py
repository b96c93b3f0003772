"""What a night learns: how many images of what, how often, and how much of it is taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How a night trains. Measured by ``python -m tools.evaluate owner``.

    images : augmented copies of the owner's digits, about so many in all.
    most_copies : of one digit.
    digits, drawn, no_digit : size of the replay set: see :func:`core.data.replay.replay_set`.
    held_out : the same three of the held-out replay set, which nothing is trained on.
    blend_shares : of the new head in the blend with the old one, the largest first.
    confidence : a digit of the owner's counts as read from here on; below it, it is UNSURE.
        About what a digit needed to be shown when it was chosen: at 0.6 a night saw nothing to
        learn in slanted digits that stayed dark, and of 279 errors of the drawn owners left 129
        where this left 52.
    """

    images: int = 600
    most_copies: int = 20
    digits: int = 1600
    drawn: int = 600
    no_digit: int = 400
    held_out: tuple[int, int, int] = (600, 300, 100)
    epochs: int = 10
    learning_rate: float = 2e-4
    folds: int = 5
    blend_shares: tuple[float, ...] = (0.7, 0.55, 0.4)
    confidence: float = 0.8
