"""ExemplarMemory: the nearest labelled example, in the network's feature space, if it is near.

The activations before the last layer, of the crop and of each example, are compared by their
cosine. A crop is read as its nearest example was labelled if the two are alike enough
(LEAST_LIKENESS), and if no reference, a digit of another class that is known to be one, is more
like it: so an example keeps what is nearer to it than to anything else, and no more. This is
the nearest-neighbour rule (Cover and Hart, 1967) with a limit; nothing is trained, so it holds
as soon as an example is there, and not a moment longer.

All of it is in whole numbers, and gives the same bits on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.exemplars.units import ONE, unit_vectors
from core.integer.network import IntegerNetwork, softmax

MOST_EXAMPLES = 512
"""Examples of a memory, and vectors of all their views, at most."""

LEAST_LIKENESS = 0.80
"""Cosine of crop and example, at least."""

TRUST = 0.98
"""Probability of the label of an example that a crop resembles."""

_BLOCK = 256
"""References that are compared at a time, so that their wide form stays small."""


@dataclass(frozen=True)
class Vectors:
    """Unit vectors, uint8 (n, k), and the class of each, uint8 (n,)."""

    units: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True)
class Recollection:
    """The example by which a crop is read.

    example : its number, as the maker of the memory gave it. label : its class, NO_DIGIT too.
    likeness : cosine of crop and example, LEAST_LIKENESS to 1.
    """

    example: int
    label: int
    likeness: float


class ExemplarMemory:
    """Examples and references, as ``network`` sees them.

    Parameters
    ----------
    network : whose features the vectors are.
    examples : at most MOST_EXAMPLES vectors. Of two that are alike, the first holds.
    numbers : of each vector of ``examples``, the number of its example.
    references : digits that are known; an example of another class must be nearer than they.
    least : cosine of crop and example, at least; a measure asks for others than LEAST_LIKENESS.
    """

    def __init__(
        self,
        network: IntegerNetwork,
        examples: Vectors,
        numbers: Sequence[int],
        references: Vectors,
        least: float = LEAST_LIKENESS,
    ) -> None:
        if not len(examples.units) == len(examples.labels) == len(numbers) <= MOST_EXAMPLES:
            raise ValueError(
                f"{len(examples.units)} vectors of {len(examples.labels)} labels and "
                f"{len(numbers)} numbers; at most {MOST_EXAMPLES} of each, and as many"
            )
        self.network = network
        self.examples, self.references = examples, references
        self.numbers = list(numbers)
        self._least = round(least * ONE)
        self._rows = examples.units.astype(np.int32)
        self._products = np.empty(len(self._rows), np.int32)

    def __len__(self) -> int:
        """How many examples there are, each counted once."""
        return len(set(self.numbers))

    def of(self, network: IntegerNetwork) -> ExemplarMemory:
        """The same memory of a network with the same body (`IntegerNetwork.has_body_of`)."""
        least = self._least / ONE
        return ExemplarMemory(network, self.examples, self.numbers, self.references, least)

    def predict_proba(
        self, x: ArrayLike
    ) -> tuple[NDArray[np.float32], list[Recollection | None]]:
        """Probabilities as of the network, and for each crop by which example they are.

        What resembles an example has TRUST for its label, and the rest for the other classes
        in the network's proportions; not where the network is as sure of the label by itself.
        """
        features, logits = self.network.embed(x)
        probabilities = softmax(logits)
        recalled = self.recall(unit_vectors(features), probabilities)
        for found, row in zip(recalled, probabilities, strict=True):
            if found is not None:
                row *= np.float32(1 - TRUST) / (np.float32(1) - row[found.label])
                row[found.label] = TRUST
        return probabilities, recalled

    def recall(
        self, units: NDArray[np.uint8], probabilities: NDArray[np.float32]
    ) -> list[Recollection | None]:
        """For each crop the example by which it is read; None where the network reads it.

        units : of the crops, uint8 (n, k). probabilities : the network's, (n, classes).
        """
        return [
            self._recall(unit.astype(np.int32), row)
            for unit, row in zip(units, probabilities, strict=True)
        ]

    def _recall(
        self, wide: NDArray[np.int32], probabilities: NDArray[np.float32]
    ) -> Recollection | None:
        """The example by which a crop is read; None if none is near, or the network as sure."""
        if not len(self._rows):
            return None
        np.einsum("ij,j->i", self._rows, wide, out=self._products)
        nearest = int(self._products.argmax())
        product, label = int(self._products[nearest]), int(self.examples.labels[nearest])
        known = label < len(probabilities) and probabilities[label] < TRUST
        if not known or product < self._least or self._contested(wide, label, product):
            return None
        return Recollection(self.numbers[nearest], label, min(1.0, product / ONE))

    def _contested(self, wide: NDArray[np.int32], label: int, product: int) -> bool:
        """Whether a reference of another class is nearer than so much."""
        units, labels = self.references.units, self.references.labels
        for start in range(0, len(units), _BLOCK):
            part = slice(start, start + _BLOCK)
            products = np.einsum("ij,j->i", units[part].astype(np.int32), wide)
            if bool(((products > product) & (labels[part] != label)).any()):
                return True
        return False
