"""The model file that a night would let in: packed, and read back to be judged."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import modelfile
from core.integer import quantise
from core.modelfile import Model
from core.network import Network
from core.reading.reader import Classifier, Reader
from core.training import finetune
from pi.models.loaded import scores
from pi.retraining.cross_validation import Blend, Classes, FineTuneResult, arrays, classes
from pi.retraining.gate import Predictions
from pi.samples.store import Sample

CALIBRATION = 300
"""Images that ranges are measured with: each takes 30 kB while it is done."""

BATCH = 32
"""Images at a time: their buffers are what a Zero has to hold."""


def pack(
    old: Model, result: FineTuneResult, samples: list[Sample], blend: Blend
) -> tuple[bytes, Predictions]:
    """The model file of the old model with the blend as its network, and what it predicts.

    All else that the model says stays, but for its scores. The ranges of its whole numbers
    stay, too, up to the head; the head's are measured.

    Raises ModelFormatError if a weight is not finite.
    """
    scored = scores(old.info)
    info = {name: value for name, value in old.info.items() if name not in scored}
    ranges = None
    if old.ranges is not None:
        ranges = _ranges(old.ranges, blend.network, result, samples)
    data = modelfile.pack(blend.network, info, old.judge, ranges, old.place_judge)
    held_out, sure = result.replay.held_out, result.confidence
    return data, predictions(modelfile.unpack(data), samples, held_out, sure)


def with_info(data: bytes, info: dict[str, Any]) -> bytes:
    """A packed model that says ``info``, too; its numbers stay bit by bit."""
    model = modelfile.unpack(data)
    said = {**model.info, **info}
    return modelfile.pack(model.network, said, model.judge, model.ranges, model.place_judge)


def predictions(
    model: Model, samples: list[Sample], held_out: NDArray[np.uint8], sure: float
) -> Predictions:
    """What a model predicts, as it reads: in whole numbers if it has ranges.

    held_out : images of the replay set, uint8 (n, 28, 28). sure : the recipe's confidence.
    """
    network = Reader.of(model).network
    owner = _probabilities(network, arrays(samples)[0])
    known = _ints(classes(_probabilities(network, held_out), sure))
    return Predictions(_ints(classes(owner, sure)), _ints(classes(owner, 0.0)), known)


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


def _ints(values: NDArray[np.intp]) -> Classes:
    return tuple(int(each) for each in values)
