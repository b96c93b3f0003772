"""The recipe of the shipped weights: the network, the pool and the phases of the training.

What was tried and left out is in ``LOG.md`` beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.data.augment import Augmenter

SPEC = "28x28-c16k5s2-c36k3s2-c52k3s2-64-11"
"""656 k multiply-adds: what a Zero computes in a few milliseconds of integers."""

DOUBT = 0.1
"""A digit is reported only if the judge's probability of "no digit" is at most this. Chosen by
``tools.evaluate threshold``, with each source of photographs left out in turn; RARER was chosen
on held-out digits and simulated sheets."""

POOL = {
    "mnist": 110, "damaged": 50, "written": 75, "drawn": 80, "nothing": 80, "spoiled": 20,
}  # fmt: skip
"""Chunks of each kind, 500 frames a chunk: 110 are MNIST's 55,000 once."""

HELD_OUT = {
    "mnist": 0, "damaged": 0, "written": 0, "drawn": 8, "nothing": 4, "spoiled": 0,
}  # fmt: skip
"""Chunks by which the best epoch is chosen; their seed is HELD_OUT_SEED plus the training's."""

HELD_OUT_SEED = 1_000_000

RARER = 2.5
"""Subtracted from the bias of NO_DIGIT after the training: the natural logarithm of how much
rarer it is before a camera than in the pool, where it is a third of all crops (prior shift:
Saerens, Latinne and Decaestecker 2002)."""


@dataclass(frozen=True)
class Phase:
    """A part of the training. ``epochs`` and ``warm_up`` count epochs; ``mnist_again`` is how
    many further copies of MNIST's digits are added to those in the pool."""

    name: str
    epochs: int
    learning_rate: float
    warm_up: float
    mnist_again: int
    augmenter: Augmenter


PHASES = (
    Phase("everything that a crop may be", 22, 2e-3, 1.0, 0, Augmenter(
        rotation=10, scale=0.12, stretch=0.10, shear=0.14, shift=1.7, elastic=0.6, width=0.5,
        breaks=0.02, lines=0.02, specks=0.03, neighbours=0.03, blur=0.03, noise=0.02,
        contrast=0.2,
    )),
    # Hard changes teach what does not matter, but are not what is met: the end is gentle.
    Phase("what a crop usually is", 8, 5e-4, 0.0, 4, Augmenter(
        rotation=7, scale=0.08, stretch=0.06, shear=0.10, shift=1.2, elastic=0.45, width=0.35,
        lines=0.01, specks=0.01, contrast=0.1,
    )),
)  # fmt: skip
