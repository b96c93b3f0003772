"""Training of the judge, behind the finished network: the last part of ``train_base``."""

from __future__ import annotations

from collections.abc import Callable
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

CHUNKS, HELD_OUT = 640, 40
"""Chunks of 100 frames to learn from, and to choose the epoch by."""

EPOCHS = 12
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
    progress: Callable[[training.Progress], object] | None = None,
) -> tuple[Network, training.History]:
    """A judge for `network`, which has eleven outputs, and the history of its training.

    ``progress`` is called after every batch.
    """
    sets = []
    for chunks, first in ((CHUNKS, seed), (HELD_OUT, held_out_seed)):
        count = max(1, round(chunks * scale))
        trials = JudgeFrames(folder, mnist, first)
        trials.build(count, ProgressLine("frames for the judge"))
        sets.append(trials.load(count, network))
    judge = Network.from_spec(SPEC, seed=seed)
    history = training.fit(
        judge,
        sets[0],
        epochs=EPOCHS,
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
