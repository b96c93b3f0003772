"""Training of the judge, behind the finished network: the last part of ``train_base``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core import training
from core.network import Network
from core.reading.judge import INPUTS
from core.reading.reader import Classifier
from tools.train_base.judge_frames import JudgeFrames
from tools.train_base.parallel import ProgressLine

SPEC = f"{INPUTS}-128-32-3"
"""13 k multiply-adds a candidate, beside the network's 656 k."""


@dataclass(frozen=True)
class Recipe:
    """Chunks of 100 frames of sheets and of rooms, to learn from and to choose the epoch by."""

    chunks: tuple[int, int]
    held_out: tuple[int, int]
    epochs: int


WHOLE, PLACES = Recipe((640, 0), (40, 0), 12), Recipe((200, 90), (40, 16), 8)
"""Recipes of the judge of the whole frame, and of that of the places in a cluttered one."""

LEARNING_RATE = 3e-3

NOISE = 0.15
"""Standard deviation of the noise added to each input: without it so many weights overfit
the frames (Bishop, "Training with noise is equivalent to Tikhonov
regularization", 1995)."""


def train_judge(
    network: Classifier,
    folder: Path,
    mnist: Path,
    *,
    seed: int,
    held_out_seed: int,
    scale: float,
    recipe: Recipe = WHOLE,
    progress: Callable[[training.Progress], object] | None = None,
) -> tuple[Network, training.History]:
    """A judge for `network`, which has eleven outputs, and the history of its training.

    ``progress`` is called after every batch.
    """
    sets = []
    for chunks, first in ((recipe.chunks, seed), (recipe.held_out, held_out_seed)):
        parts = []
        for name, whole in zip(("frames", "rooms"), chunks, strict=True):
            if not whole:
                continue
            count = max(1, round(whole * scale))
            trials = JudgeFrames(folder, mnist, first, name == "rooms")
            trials.build(count, ProgressLine(f"{name} for the judge"))
            parts.append(trials.load(count, network))
        seen, right = zip(*parts, strict=True)
        sets.append((np.concatenate(seen), np.concatenate(right)))
    judge = Network.from_spec(SPEC, seed=seed)
    history = training.fit(
        judge,
        sets[0],
        epochs=recipe.epochs,
        batch_size=128,
        learning_rate=LEARNING_RATE,
        schedule="cosine",
        average=0.999,
        validation=sets[1],
        augment=_noisy,
        seed=seed,
        progress=progress,
    )
    return judge, history


def _noisy(x: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    noise = rng.standard_normal(x.shape, dtype=np.float32)
    noise *= np.float32(NOISE)
    noise += x
    return noise
