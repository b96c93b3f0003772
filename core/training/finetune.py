"""Fine-tuning: a network learns a few new images without forgetting the old ones.

Only the head is trained, from the first Dense layer on; the body, the convolutions before it,
stays as it is. So each image goes through the body once, whatever the number of epochs.
Afterwards the new head is blended with the old one: weights on the line between the two read
both the old and the new images (Wortsman et al., "Robust fine-tuning of zero-shot models",
2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import SpecError
from core.files.resumable import Cache, uncached
from core.nn.layer import Array
from core.nn.layers import Dense
from core.nn.sequential import Sequential

Net = TypeVar("Net", bound=Sequential)

BATCH = 32
"""Images that go through the body at a time: one piece of the cache."""


@dataclass(frozen=True)
class BodyAndHead:
    """A network cut before its first Dense layer; ``body`` is None if that comes first."""

    body: Sequential | None
    head: Sequential

    def features(self, images: NDArray[np.generic], cache: Cache = uncached) -> Array:
        """The head's inputs, float32 (n, k), for images (n, 28, 28), uint8 or 0..1."""
        width = int(np.prod(self.head.input_shape))
        found: Array = np.empty((len(images), width), np.float32)
        for start in range(0, len(images), BATCH):
            part = slice(start, start + BATCH)
            cache(found[part], partial(self._features, images[part]))
        return found

    def _features(self, images: NDArray[np.generic]) -> Array:
        if self.body is None:
            pixels = np.asarray(images, np.float32)
            scale = 255 if images.dtype == np.uint8 else 1
            return pixels.reshape(len(pixels), -1) / np.float32(scale)
        outputs = self.body.forward(images)
        return outputs.reshape(len(outputs), -1)


def cut(network: Sequential) -> BodyAndHead:
    """Copies of body and head of a folded network. Raises SpecError without a Dense layer."""
    config = network.config()
    layers = config["layers"]
    first = next((i for i, each in enumerate(network.layers) if isinstance(each, Dense)), None)
    if first is None:
        raise SpecError("this network has no Dense layer, so there is no head to teach")
    body = None
    width = list(network.input_shape)
    if first:
        body = Sequential.from_config({**config, "layers": layers[:first]})
        width = list(body.output_shape)
    head = Sequential.from_config({"input_shape": width, "layers": layers[first:]})
    _copy(network, body, head)
    return BodyAndHead(body, head)


def hidden_layers(head: Sequential) -> int:
    """Number of Dense layers of a head before its last one."""
    return sum(isinstance(each, Dense) for each in head.layers) - 1


def joined(network: Net, head: Sequential) -> Net:
    """A copy of the network with another head, whose weights are copied."""
    new = type(network).from_config(network.config(), values=network.values)
    count = len(head.arrays())
    for theirs, ours in zip(head.arrays(), new.arrays()[-count:], strict=True):
        ours.value[...] = theirs.value
    return new


def blended(old: Net, new: Net, share: float) -> Net:
    """A network between two of the same layers: `share` 0 is the old one, 1 the new one."""
    between = type(old).from_config(old.config(), values=old.values)
    between.values += np.float32(share) * (new.values - old.values)
    return between


def _copy(network: Sequential, body: Sequential | None, head: Sequential) -> None:
    copies = [*([] if body is None else body.arrays()), *head.arrays()]
    for ours, theirs in zip(copies, network.arrays(), strict=True):
        ours.value[...] = theirs.value
