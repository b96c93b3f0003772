"""Whether what a crop looks like is what was written there.

The network reads a crop, and anything straight that is cut out and enlarged is a 1 to it.
The judge is a second, small network that has the crop's eleven outputs and the evidence
which cutting out threw away (``evidence``), and says how likely the reading is right, how
likely it is another digit, and how likely no digit was written there. It chooses between
candidates, and how likely the chosen one is right is the confidence that is reported.

It learns from simulated frames, with digits and without (``tools.train_base``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.classes import CLASSES, DIGITS
from core.errors import ModelFormatError
from core.network import Network
from core.reading.overlap import Overlaps
from core.vision import features
from core.vision.digitise import Digit

INPUTS = len(features.NAMES) + 2 * CLASSES + 3 + DIGITS + 3
"""The evidence; what the crop looks like, alone and with others in its place; its quality,
how many those others are, and how good a digit it is only a piece of; which digit it is read
as, how likely that is, how likely the runner-up, and the margin between them."""

WRONG, RIGHT, NOTHING = range(3)
"""Its answers: the digit that it looks like is not the one that was written, or it is, or no
digit was."""

LEAST = 3e-4
"""Shares below this are as good as none: logarithms end here."""


class Judge:
    """Says how likely each reading is right.

    network : INPUTS inputs, three outputs (wrong, right, nothing), softmax. Raises
    ModelFormatError if it has others.
    """

    def __init__(self, network: Network) -> None:
        if network.input_shape != (INPUTS,) or network.output_shape != (3,):
            raise ModelFormatError(
                f"a judge has {INPUTS} inputs and 3 outputs, not "
                f"{network.input_shape} and {network.output_shape}"
            )
        self.network = network

    def verdicts(
        self, candidates: Sequence[Digit], shares: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How likely each candidate is WRONG, RIGHT and NOTHING: float32 (n, 3).

        ``shares`` : float32 (n, 11), of the network for each candidate's crop.
        """
        return self.network.predict_proba(inputs(candidates, shares))

    def confidences(
        self, candidates: Sequence[Digit], shares: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """How likely it is, 0..1, that each candidate is the digit that it looks like."""
        return self.verdicts(candidates, shares)[:, RIGHT]


def inputs(candidates: Sequence[Digit], shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the judge goes by: float32 (n, INPUTS). Raises ValueError without evidence."""
    facts = [candidate.features for candidate in candidates]
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    places = Overlaps([candidate.box for candidate in candidates])
    merged = places.merged(shares, quality)
    return np.concatenate(
        [
            np.array(facts, dtype=np.float32),
            _surprise(shares),
            _surprise(merged),
            quality[:, None],
            np.log(places.alike.sum(axis=1, keepdims=True)),
            places.objections(merged, quality)[:, None],
            _margin(merged[:, :DIGITS]),
        ],
        axis=1,
        dtype=np.float32,
    )


def _margin(merged: NDArray[np.float32]) -> NDArray[np.float32]:
    """Which digit leads, by how much: doubt between two is hard to see in eleven shares."""
    order = np.sort(merged, axis=1)
    first, second = order[:, -1:], order[:, -2:-1]
    leads = np.eye(DIGITS, dtype=np.float32)[merged.argmax(axis=1)]
    return np.concatenate(
        [leads, _surprise(first), _surprise(second), 2 * (first - second)], axis=1
    )


def _surprise(shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithms, brought to -2..2."""
    return np.asarray(np.log(np.maximum(shares, LEAST)) / 2 + 2, dtype=np.float32)
