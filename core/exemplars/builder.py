"""Makes a memory in steps of a few milliseconds, for a machine that has a camera to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.exemplars import references
from core.exemplars.memory import MOST_EXAMPLES, ExemplarMemory, Vectors
from core.exemplars.units import unit_vectors
from core.exemplars.views import VIEWS, views
from core.integer.network import IntegerNetwork

AT_ONCE = 8
"""Crops that a step computes at most: 40 ms of a Pi Zero."""


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled crop: its number, its class, and its image, uint8 (28, 28), ink = 255."""

    number: int
    label: int
    image: NDArray[np.uint8]


class MemoryBuilder:
    """Makes the memory of ``network``, and makes it anew when the examples change.

    Attributes
    ----------
    memory : of the last examples that were asked for and are done; None before the first.
    """

    def __init__(self, network: IntegerNetwork) -> None:
        self.memory: ExemplarMemory | None = None
        self._network = network
        self._begin()

    def _begin(self) -> None:
        self._references: Vectors | None = None
        self._piece: NDArray[np.uint8] | None = None
        self._done: list[NDArray[np.uint8]] = []
        # Vectors of the views of an example, by its number, label and content.
        self._known: dict[tuple[int, int, int], NDArray[np.uint8]] = {}
        self._pending: list[Example] = []
        self._wanted: list[tuple[int, int, int]] = []
        self._views = VIEWS
        self._asked = False

    def use(self, network: IntegerNetwork) -> bool:
        """Take another network; whether all that was computed holds for it.

        If not, the memory is gone, and `want` begins anew.
        """
        holds = network.has_body_of(self._network)
        self._network = network
        if not holds:
            self.memory = None
            self._begin()
        elif self.memory is not None:
            self.memory = self.memory.of(network)
        return holds

    def want(self, examples: Sequence[Example]) -> None:
        """Ask for a memory of these, at most MOST_EXAMPLES, the most useful first.

        Views are as many as MOST_EXAMPLES vectors have room for. What is computed already is
        not computed again.
        """
        examples = examples[:MOST_EXAMPLES]
        self._views = max(1, min(VIEWS, MOST_EXAMPLES // max(1, len(examples))))
        self._wanted, self._pending, self._asked = [], [], True
        kept: dict[tuple[int, int, int], NDArray[np.uint8]] = {}
        for each in examples:
            key = each.number, each.label, hash(each.image.tobytes())
            self._wanted.append(key)
            known = self._known.get(key)
            if known is None or len(known) < self._views:
                self._pending.append(each)
            else:
                kept[key] = known[: self._views]
        self._known = kept
        self._finish()

    def step(self) -> bool:
        """Compute at most AT_ONCE crops; whether there is more to do.

        Raises ModelFormatError if the references are damaged.
        """
        if self._references is None:
            self._refer()
        elif self._pending:
            one = self._pending.pop(0)
            key = one.number, one.label, hash(one.image.tobytes())
            self._known[key] = self._units(views(one.image, self._views))
            self._finish()
        return self._references is None or bool(self._pending)

    def _refer(self) -> None:
        done = sum(map(len, self._done))
        number, start = divmod(done, references.PIECE)
        if self._piece is None:
            self._piece = references.piece(number)
        self._done.append(self._units(self._piece[start : start + AT_ONCE]))
        done += len(self._done[-1])
        if done % references.PIECE == 0:
            self._piece = None
        if done == references.COUNT:
            self._references = Vectors(np.concatenate(self._done), references.labels())
            self._done = []
            self._finish()

    def _units(self, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return unit_vectors(self._network.embed(images)[0])

    def _finish(self) -> None:
        """The memory, if all that it needs is there; the last one stays until then."""
        if self._references is None or self._pending or not self._asked:
            return
        width = self._references.units.shape[1]
        rows = [self._known[key] for key in self._wanted]
        counts = [len(row) for row in rows]
        classes = np.array([label for _, label, _ in self._wanted], np.uint8)
        self.memory = ExemplarMemory(
            self._network,
            Vectors(
                np.concatenate([np.zeros((0, width), np.uint8), *rows]),
                np.repeat(classes, counts),
            ),
            [
                key[0]
                for key, count in zip(self._wanted, counts, strict=True)
                for _ in range(count)
            ],
            self._references,
        )


def memory_of(network: IntegerNetwork, examples: Sequence[Example]) -> ExemplarMemory:
    """The memory of these examples, made at once: see `MemoryBuilder.want`."""
    builder = MemoryBuilder(network)
    builder.want(examples)
    while builder.step():
        pass
    assert builder.memory is not None
    return builder.memory
