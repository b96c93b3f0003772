"""The model that a night would let in: made, saved, and proved to read as it was judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from core import finetune, modelfile, quantise
from core.errors import ModelFormatError
from core.modelfile import Model
from core.network import Network
from core.reader import Classifier, Reader
from pi import lesson
from pi.samples import Sample

CALIBRATION = 300
"""Pictures that ranges are measured with: each takes 30 kB while it is done."""

BATCH = 32
"""Pictures at a time: their buffers are what a Zero has to hold."""


def with_network(
    model: Model,
    network: Network,
    learnt: lesson.Lesson,
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
        images = np.concatenate([learnt.known.reminders, lesson.arrays(samples)[0]])
        step = -(-len(images) // CALIBRATION)
        ranges = quantise.calibrate(network, images[::step], BATCH)
        before = len(model.ranges) - finetune.hidden_layers(finetune.cut(network).head)
        ranges = None if ranges is None else [*model.ranges[:before], *ranges[before:]]
    return modelfile.Model(network, info, model.judge, ranges)


def save(path: Path, model: Model) -> None:
    """Write a model as it will read. Raises ModelFormatError if a weight is not finite."""
    modelfile.save(path, model.network, model.info, model.judge, model.ranges)


def compare(
    path: Path, old: Model, network: Network, learnt: lesson.Lesson, samples: list[Sample]
) -> None:
    """Raise ModelFormatError unless what reads from the file is as good as what was judged."""
    reads = Reader.from_file(path).network
    images, labels = lesson.arrays(samples)
    if _errors(reads, images, labels) > _errors(network, images, labels):
        raise ModelFormatError("read back from its file it makes more errors")
    if learnt.known is not None:
        asked, truth = learnt.known.asked, learnt.known.truth
        new = _errors(reads, asked, truth)
        before = _errors(Reader.of(old).network, asked, truth)
        if new > before:
            raise ModelFormatError(
                f"read back from its file it would forget: {new} errors, and it made {before}"
            )


def _errors(network: Classifier, images: Any, labels: Any) -> int:
    wrong = 0
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        called = network.predict_proba(images[part]).argmax(axis=1)
        wrong += int((called != labels[part]).sum())
    return wrong
