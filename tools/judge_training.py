"""The last part of ``tools.train_base``: the judge learns behind the finished network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from core import training
from core.judge import INPUTS
from core.network import Network
from core.reader import Classifier
from tools.chunks import ProgressLine
from tools.trials import Trials

SPEC = f"{INPUTS}-96-2"
"""7 k multiply-adds a candidate, beside the network's 656 k."""

CHUNKS, HELD_OUT = 240, 12
"""Chunks of 100 frames to learn from, and to choose the epoch by."""

EPOCHS = 20
LEARNING_RATE = 3e-3


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
    """A judge for `network` (as it will be used, eleven outputs), and how its training went.

    ``progress`` is told after every batch.
    """
    sets = []
    for chunks, first in ((CHUNKS, seed), (HELD_OUT, held_out_seed)):
        count = max(1, round(chunks * scale))
        trials = Trials(folder, mnist, first)
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
        seed=seed,
        progress=progress,
    )
    return judge, history
