"""The model that a night would let in: packed, read back, and held against the rule again."""

from __future__ import annotations

from dataclasses import replace
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
from pi.models.loaded import scores
from pi.retraining import gate
from pi.retraining.cross_validation import Blend, FineTuneResult, Predictions, arrays
from pi.samples.store import Sample

CALIBRATION = 300
"""Images that ranges are measured with: each takes 30 kB while it is done."""

BATCH = 32
"""Images at a time: their buffers are what a Zero has to hold."""


def make(
    old: Model,
    result: FineTuneResult,
    blend: Blend,
    samples: list[Sample],
    night: dict[str, Any],
) -> bytes:
    """The model file of the old model with the blend as its network, read back and checked.

    It is bytes, so that nobody can change it between the check and the installation. All else
    that the model says stays, but for its scores. The ranges of its whole numbers stay, too, up
    to the head; the head's are measured.

    night : its figures, some of which the file holds.

    Raises ModelFormatError if a weight is not finite, or what is read does not pass the gate.
    """
    scored = scores(old.info)
    kept = {name: value for name, value in old.info.items() if name not in scored}
    learnt = {name: night[name] for name in ("digits", "before", "after")}
    accuracy = 1 - night["exam_after"] / night["exam_count"]
    info = {**kept, "learnt": learnt, "base": night.get("base", ""), "exam_accuracy": accuracy}
    ranges = None
    if old.ranges is not None:
        ranges = _ranges(old.ranges, blend.network, result, samples)
    data = modelfile.pack(blend.network, info, old.judge, ranges, old.place_judge)
    packed, in_service = Reader.of(modelfile.unpack(data)).network, Reader.of(old).network
    check(packed, in_service, result, blend, samples)
    return data


def check(
    packed: Classifier,
    in_service: Classifier,
    result: FineTuneResult,
    blend: Blend,
    samples: list[Sample],
) -> None:
    """Raise ModelFormatError if the packed blend, read back, does not pass the gate."""
    images, replayed = arrays(samples)[0], result.replay
    after, before = (
        Predictions.of(
            _probabilities(network, images),
            _probabilities(network, replayed.held_out),
            replayed.labels,
            result.confidence,
        )
        for network in (packed, in_service)
    )
    before = replace(before, owner=result.before.owner)
    why = gate.complaint(before, after, blend.cross_validated, samples, blend.after.owner)
    if why:
        raise ModelFormatError(f"read back from its file {why}")


def _ranges(
    old: list[float], network: Network, result: FineTuneResult, samples: list[Sample]
) -> list[float] | None:
    """The old ranges up to the head, and those of the head measured."""
    images = np.concatenate([result.replay.training, arrays(samples)[0]])
    step = -(-len(images) // CALIBRATION)
    measured = quantise.calibrate(network, images[::step], BATCH)
    body = len(old) - finetune.hidden_layers(finetune.cut(network).head)
    return None if measured is None else [*old[:body], *measured[body:]]


def _probabilities(network: Classifier, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Of each class, (n, classes), a batch at a time; n may be 0."""
    starts = range(0, len(images) or 1, BATCH)
    return np.concatenate([network.predict_proba(images[at : at + BATCH]) for at in starts])
