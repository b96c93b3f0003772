"""Parses networks written in one line: ``784-200-10``, ``28x28-c16k5s2-c32k3s2-64-11``.

The parts are separated by dashes:

    784            the first: a number of inputs
    28x28, 28x28x3 the first: a picture of height x width (x channels)
    c16k5s2p1      a convolution of 16 channels, kernel 5, stride 2 (1 if not given),
                   padding 1 (half the kernel, rounded down, if not given)
    200            a dense layer; the last part is the output and must be one of these

An activation follows every hidden layer, and with batch_norm a BatchNorm stands between.
"""

from __future__ import annotations

import re

from core.errors import SpecError
from core.nn.layer import Layer, Shape
from core.nn.layers import BatchNorm, Conv2D, Dense, Flatten, ReLU, Sigmoid, Softmax, Tanh

ACTIVATIONS: dict[str, type[Layer]] = {"sigmoid": Sigmoid, "relu": ReLU, "tanh": Tanh}
OUTPUTS: dict[str, type[Layer]] = {"softmax": Softmax, "sigmoid": Sigmoid}

_CONVOLUTION = re.compile(r"c(\d+)k(\d+)(?:s(\d+))?(?:p(\d+))?")
_LONGEST = 200
"""Longer specifications are refused."""


def parse(
    spec: str, activation: str = "relu", output: str = "softmax", batch_norm: bool = False
) -> tuple[list[Layer], Shape]:
    """The layers and the input shape that `spec` describes; SpecError names what is wrong."""
    if activation not in ACTIVATIONS:
        raise SpecError(f"no activation {activation!r}; there are {', '.join(ACTIVATIONS)}")
    if output not in OUTPUTS:
        raise SpecError(f"no output {output!r}; there are {', '.join(OUTPUTS)}")
    first, *parts = spec.strip().split("-") if len(spec) <= _LONGEST else [spec[:_LONGEST]]
    if not parts:
        raise SpecError(f"network {spec!r:.80}: give inputs and outputs, as in 784-200-10")

    input_shape = _input_shape(spec, first)
    flat = len(input_shape) == 1
    layers: list[Layer] = []
    for position, part in enumerate(parts, start=2):
        last = position == len(parts) + 1
        convolution = _CONVOLUTION.fullmatch(part)
        if convolution and not flat and not last:
            layers.append(_convolution(convolution, bias=not batch_norm))
        elif part.isdecimal():
            if not flat:
                layers.append(Flatten())
                flat = True
            layers.append(Dense(int(part), bias=last or not batch_norm))
        else:
            remedy = _remedy(part, last)
            raise SpecError(f"network {spec!r}: part {position}, {part!r}, {remedy}")
        if not last:
            if batch_norm:
                layers.append(BatchNorm())
            layers.append(ACTIVATIONS[activation]())
    layers.append(OUTPUTS[output]())
    return layers, input_shape


def _input_shape(spec: str, part: str) -> Shape:
    if not re.fullmatch(r"\d+(x\d+(x\d+)?)?", part):
        raise SpecError(f"network {spec!r}: the input {part!r} must be like 784 or 28x28")
    shape = tuple(int(side) for side in part.split("x"))
    return (*shape, 1) if len(shape) == 2 else shape


def _convolution(match: re.Match[str], bias: bool) -> Conv2D:
    channels, kernel, stride, padding = match.groups()
    return Conv2D(
        int(channels),
        int(kernel),
        int(stride or 1),
        int(kernel) // 2 if padding is None else int(padding),
        bias=bias,
    )


def _remedy(part: str, last: bool) -> str:
    if last:
        return "must be the number of outputs"
    if _CONVOLUTION.fullmatch(part):
        return "is a convolution and needs a picture before it, as in 28x28-c8k5-10"
    return "is neither a number of units nor a convolution like c16k5s2"
