"""The model that a night would let in: made, saved, and proved to read as it was judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import modelfile
from core.errors import ModelFormatError
from core.integer import quantise
from core.modelfile import Model
from core.network import Network
from core.reading.reader import Classifier, Reader
from core.training import finetune
from pi.retraining import cross_validation
from pi.samples.store import Sample

CALIBRATION = 300
"""Pictures that ranges are measured with: each takes 30 kB while it is done."""

LOST = 0.05
"""Share of the owner's digits that may be read otherwise in whole numbers."""

BATCH = 32
"""Pictures at a time: their buffers are what a Zero has to hold."""


def make(
    path: Path,
    old: Model,
    learnt: cross_validation.FineTuneResult,
    trial: int,
    samples: list[Sample],
    night: dict[str, Any],
) -> None:
    """Save the old model with the network of a trial as it will read, and compare.

    Raises ModelFormatError if a weight is not finite, or what reads from the file is not as
    good as what was judged.
    """
    new = _with_network(old, learnt.networks[trial], learnt, samples, night)
    modelfile.save(path, new.network, new.info, new.judge, new.ranges)
    compare(path, old, learnt, trial, samples)


def _with_network(
    model: Model,
    network: Network,
    learnt: cross_validation.FineTuneResult,
    samples: list[Sample],
    night: dict[str, Any],
) -> Model:
    """The model with another network; all else that it says stays, save what it scored.

    The ranges of its whole numbers stay, too, up to the head, and the head's are measured.
    """
    kept = {
        name: value
        for name, value in model.info.items()
        if not name.endswith(("accuracy", "score", "crops"))
    }
    came = {"digits": night["digits"], "before": night["before"], "after": night["after"]}
    exam = 1 - night["exam_after"] / night["exam_count"]
    info = {**kept, "learnt": came, "base": night.get("base", ""), "exam_accuracy": exam}
    ranges = None
    if model.ranges is not None and learnt.known is not None:
        images = np.concatenate([learnt.known.reminders, cross_validation.arrays(samples)[0]])
        step = -(-len(images) // CALIBRATION)
        ranges = quantise.calibrate(network, images[::step], BATCH)
        before = len(model.ranges) - finetune.hidden_layers(finetune.cut(network).head)
        ranges = None if ranges is None else [*model.ranges[:before], *ranges[before:]]
    return modelfile.Model(network, info, model.judge, ranges)


def compare(
    path: Path,
    old: Model,
    learnt: cross_validation.FineTuneResult,
    trial: int,
    samples: list[Sample],
) -> None:
    """Raise ModelFormatError unless what reads from the file is as good as what was judged.

    In whole numbers a share is another one in the second decimal, so of the owner's digits
    LOST may go; but none that somebody had called right.
    """
    reads = Reader.from_file(path).network
    images, labels = cross_validation.arrays(samples)
    right = cross_validation.called(_shares(reads, images), learnt.sure) == labels
    judged = np.array(learnt.trials[trial].final) == labels
    if (judged & ~right).sum() > max(1, LOST * len(samples)):
        raise ModelFormatError(
            f"read back from its file it has only {right.sum()} of {len(samples)} digits "
            f"right, and {judged.sum()} before it was saved"
        )
    was_right = np.array(learnt.before) == labels
    confirmed = np.array([each.confirmed for each in samples])
    unlearnt = np.flatnonzero(confirmed & was_right & ~right)
    if len(unlearnt):
        raise ModelFormatError(
            "read back from its file it would unlearn what was called right: "
            f"sample {samples[unlearnt[0]].id}"
        )
    if learnt.known is not None:
        asked, truth = learnt.known.asked, learnt.known.truth
        new, before = (_shares(network, asked) for network in (reads, Reader.of(old).network))
        for sure in (0.0, learnt.sure):
            errors, errors_before = (
                cross_validation.errors(shares, truth, sure) for shares in (new, before)
            )
            if errors > errors_before:
                raise ModelFormatError(
                    f"read back from its file it would forget: {errors} digits not read from "
                    f"{sure} on, and {errors_before} before"
                )


def _shares(network: Classifier, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Of each class, for as many pictures as there are."""
    parts = range(0, len(images), BATCH)
    return np.concatenate([network.predict_proba(images[at : at + BATCH]) for at in parts])
