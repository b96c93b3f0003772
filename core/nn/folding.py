"""Batch normalisation folded away: for inference it is part of the layer before it."""

from __future__ import annotations

from itertools import chain

from core.network import Network
from core.nn.layer import Array, Layer
from core.nn.layers import BatchNorm, Conv2D, Dense, from_config


def fold(network: Network) -> Network:
    """A copy of `network` without the BatchNorms that follow a Dense or Conv2D.

    Such a layer scales and shifts each output of the one before by constants once training
    is over, so its scale goes into the weights and its shift into the bias.
    """
    layers: list[Layer] = []
    values: list[list[Array]] = []
    for layer in network.layers:
        before = layers[-1] if layers else None
        if isinstance(layer, BatchNorm) and isinstance(before, Dense | Conv2D):
            scale, shift = layer.scale_and_shift()
            weights, *bias = values[-1]
            layers[-1] = from_config(before.config() | {"bias": True})
            values[-1] = [weights * scale, sum((b * scale for b in bias), start=shift)]
        else:
            layers.append(from_config(layer.config()))
            values.append([parameter.value for parameter in layer.parameters()])
    folded = Network(layers, network.input_shape, dtype=network.dtype)
    for parameter, value in zip(folded.arrays(), chain.from_iterable(values), strict=True):
        parameter.value[...] = value
    return folded
