"""Quantisation: an integer network is made from a trained one.

Weights get a scale for each output channel, so that the channel's largest weight is 127. The
activations of a layer get one scale, from their range over some pictures. `calibrate` measures
the ranges when a model is saved; `quantise` does the rest when it is loaded, by arithmetic that
gives the same result on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from core.errors import SpecError
from core.integer.network import LOGIT, IntegerNetwork
from core.integer.step import Step
from core.nn.layer import Array, Layer
from core.nn.layers import BatchNorm, Conv2D, Dense, Flatten, ReLU, Softmax
from core.nn.sequential import Sequential

Float64 = NDArray[np.float64]

_SHIFT = 23
"""Shift of hidden steps: 256 << 23 is the end of int32, so factors are as exact as can be."""

_LAST_SHIFT = 16
"""Shift of the last step: logits are limited to +-128 units."""

_LEAST_FACTOR = 256
"""Factors are at least this, so that rounding changes them by at most 0.2 %; the weights of
a channel that would need a smaller one are negligible."""

_INT32 = (1 << 31) - 1

QUANTILE = 0.9999
"""The range of a layer ends at this quantile of its activations above 0."""

_LEAST_RANGE, _MOST_RANGE = 1e-6, 1e6
"""Ranges are limited to these: beyond them no trained layer goes, and factors would not fit."""


def calibrate(
    network: Sequential, images: ArrayLike, batch_size: int = 100
) -> list[float] | None:
    """The range of the activations of each hidden layer of `network` for these inputs.

    images : (n, ...) as of `Sequential`; some hundreds that are like those to come. Returns
    None if the network has no integer form; it is run in float32 then.
    """
    folded = network.folded()
    try:
        _parts(folded.layers)
    except SpecError:
        return None
    images = np.asarray(images)
    batch_size = folded.at_once(batch_size)
    values: dict[int, list[Array]] = {}
    for start in range(0, len(images), batch_size):
        y = folded.as_batch(images[start : start + batch_size])
        for number, layer in enumerate(folded.layers):
            y = layer.forward(y)
            if isinstance(layer, ReLU):
                values.setdefault(number, []).append(y[y > 0])
    ranges = []
    for number in sorted(values):
        positive = np.concatenate(values[number])
        end = float(np.quantile(positive, QUANTILE)) if positive.size else 1.0
        ranges.append(min(max(end, _LEAST_RANGE), _MOST_RANGE))
    return ranges


def quantise(
    network: Sequential, ranges: Sequence[float], products: DTypeLike | None = None
) -> IntegerNetwork:
    """The integer form of `network`; ranges : from `calibrate`, one for each hidden layer.

    products : as of `IntegerNetwork`. Raises SpecError if the network has no integer form,
    or the ranges are not its own.
    """
    check(network, ranges)
    parts = _parts(network.folded().layers)
    # Inputs of 0 .. 1 and activations of 0 .. r all become 0 .. 255.
    scales = [1 / 255, *(r / 255 for r in ranges)]
    steps = [_hidden(part, *pair) for part, pair in zip(parts, pairwise(scales), strict=False)]
    steps.append(_last(parts[-1], scales[-1]))
    return IntegerNetwork(steps, network.input_shape, products)


def check(network: Sequential, ranges: Sequence[float]) -> None:
    """Raise SpecError if the network has no integer form, or the ranges are not its own."""
    hidden = len(_parts(network.layers)) - 1
    if len(ranges) != hidden or not all(_LEAST_RANGE <= r <= _MOST_RANGE for r in ranges):
        raise SpecError(f"{hidden} hidden layers need as many ranges, not {ranges!r:.80}")


def _parts(all_layers: Sequence[Layer]) -> list[Conv2D | Dense]:
    """The layers with weights; SpecError unless ReLUs and a final Softmax are between them.

    BatchNorms are allowed: they are folded into the layers before them.
    """
    layers = [layer for layer in all_layers if not isinstance(layer, Flatten | BatchNorm)]
    parts = [layer for layer in layers[::2] if isinstance(layer, Conv2D | Dense)]
    between: list[Layer] = layers[1::2]
    if (
        len(parts) != len(between)
        or 2 * len(parts) != len(layers)
        or not all(isinstance(layer, ReLU) for layer in between[:-1])
        or not isinstance(between[-1], Softmax)
    ):
        raise SpecError("only Dense and Conv2D with ReLU, and a Softmax, go in whole numbers")
    return parts


def _hidden(part: Conv2D | Dense, before: float, after: float) -> Step:
    """A step whose outputs of 0 .. 255 stand for 0 .. 255 * after."""
    # Half a unit is added to the sums, so that the shift rounds.
    weights, scale, factor = _weights(part, before, after, _SHIFT)
    offset = _offset(part, scale) + np.rint((1 << _SHIFT) / 2 / factor)
    return _step(part, weights, offset, np.zeros_like(factor), factor, _SHIFT)


def _last(part: Conv2D | Dense, before: float) -> Step:
    """The step whose outputs are the logits."""
    weights, scale, factor = _weights(part, before, 1 / LOGIT, _LAST_SHIFT)
    offset = _offset(part, scale) + np.rint((1 << _LAST_SHIFT) / 2 / factor)
    return _step(part, weights, offset, -np.floor(_INT32 / factor), factor, _LAST_SHIFT)


def _weights(
    part: Conv2D | Dense, before: float, after: float, shift: int
) -> tuple[NDArray[np.int8], Float64, Float64]:
    """Weights, scale of the sums (float per unit), and factor from sums to outputs << shift."""
    exact = part.weights.value.astype(np.float64)
    least = _LEAST_FACTOR * after / (before * (1 << shift))
    scale = np.maximum(np.abs(exact).max(axis=0) / 127, least)
    factor = np.minimum(np.rint(before * scale / after * (1 << shift)), _INT32)
    return np.rint(exact / scale).astype(np.int8), before * scale, factor


def _offset(part: Conv2D | Dense, scale: Float64) -> Float64:
    bias = part.offsets.value.astype(np.float64) if part.bias else np.zeros_like(scale)
    # Half of int32 is left for the sum: 255 * 127 * 33,000 inputs.
    return np.clip(np.rint(bias / scale), -(1 << 30), 1 << 30)


def _step(
    part: Conv2D | Dense,
    weights: NDArray[np.int8],
    offset: Float64,
    low: Float64,
    factor: Float64,
    shift: int,
) -> Step:
    kernel, stride, padding = 0, 1, 0
    if isinstance(part, Conv2D):
        kernel, stride, padding = part.kernel, part.stride, part.padding
    return Step(
        weights=weights,
        offset=offset.astype(np.int32),
        low=low.astype(np.int32),
        high=np.floor(_INT32 / factor).astype(np.int32),
        factor=factor.astype(np.int32),
        shift=shift,
        input_shape=part.input_shape,
        output_shape=part.output_shape,
        kernel=kernel,
        stride=stride,
        padding=padding,
    )
