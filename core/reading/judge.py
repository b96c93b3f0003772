"""The judge: a second, small network that says whether the network's reading is right.

The network reads crops, and anything straight that is cut out and enlarged is a 1 to it. The
judge's inputs are the network's outputs and features of the candidate that its crop has lost
(``core.vision.features``); its outputs are the probabilities that the reading is right, that
another digit was written, and that no digit was. It chooses between candidates, and the
probability that the chosen one is right is the confidence that is reported.

It is trained on simulated frames, with digits and without (``tools.train_base``).
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
"""The features; the class probabilities, alone and merged with those of the same writing; the
quality, the number of candidates of the same writing, and the objection of a digit that this
is a piece of; which digit leads (one-hot), its probability, the runner-up's, the margin."""

WRONG, RIGHT, NOTHING = range(3)
"""The judge's outputs: another digit was written than the network read, or that one, or no
digit."""

LEAST_PROBABILITY = 3e-4
"""Probabilities below this count as this much: their logarithms have no end."""


class Judge:
    """Judges the network's readings.

    network : INPUTS inputs, three outputs (WRONG, RIGHT, NOTHING), softmax. Raises
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
        self, candidates: Sequence[Digit], probabilities: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Probabilities that each reading is WRONG, RIGHT, or of NOTHING: float32 (n, 3).

        ``probabilities`` : float32 (n, 11), the network's for each candidate's crop.
        """
        return self.network.predict_proba(inputs(candidates, probabilities))

    def confidences(
        self, candidates: Sequence[Digit], probabilities: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Probability that each candidate's reading is right: float32 (n,)."""
        return self.verdicts(candidates, probabilities)[:, RIGHT]


def inputs(
    candidates: Sequence[Digit], probabilities: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The judge's inputs: float32 (n, INPUTS). Raises ValueError for one without features."""
    vectors = [candidate.features for candidate in candidates]
    quality = np.array([candidate.quality for candidate in candidates], dtype=np.float32)
    overlaps = Overlaps([candidate.box for candidate in candidates])
    merged = overlaps.merged(probabilities, quality)
    return np.concatenate(
        [
            np.array(vectors, dtype=np.float32),
            _logarithms(probabilities),
            _logarithms(merged),
            quality[:, None],
            np.log(overlaps.alike.sum(axis=1, keepdims=True)),
            overlaps.objections(merged, quality)[:, None],
            _margin(merged[:, :DIGITS]),
        ],
        axis=1,
        dtype=np.float32,
    )


def _margin(merged: NDArray[np.float32]) -> NDArray[np.float32]:
    """The leading digit, one-hot, and its lead over the runner-up: float32 (n, DIGITS + 3).

    Doubt between two digits is hard to see in eleven probabilities.
    """
    order = np.sort(merged, axis=1)
    first, second = order[:, -1:], order[:, -2:-1]
    leading = np.eye(DIGITS, dtype=np.float32)[merged.argmax(axis=1)]
    return np.concatenate(
        [leading, _logarithms(first), _logarithms(second), 2 * (first - second)], axis=1
    )


def _logarithms(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logarithms of probabilities, brought to -2..2."""
    bounded = np.maximum(probabilities, LEAST_PROBABILITY)
    return np.asarray(np.log(bounded) / 2 + 2, dtype=np.float32)
