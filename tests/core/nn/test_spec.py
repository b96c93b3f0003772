"""Networks in one line: what they become, and what is refused."""

from __future__ import annotations

import pytest

from core.errors import SpecError
from core.nn import spec


def described(*arguments, **options):
    layers, shape = spec.parse(*arguments, **options)
    return shape, [repr(layer) for layer in layers]


def test_a_dense_network():
    assert described("784-200-10", "sigmoid") == (
        (784,),
        ["Dense(units=200, bias=True)", "Sigmoid()", "Dense(units=10, bias=True)", "Softmax()"],
    )


def test_any_number_of_hidden_layers():
    assert described("4-3", output="sigmoid") == (
        (4,),
        ["Dense(units=3, bias=True)", "Sigmoid()"],
    )
    assert len(spec.parse("9-8-7-6-5-4")[0]) == 2 * 5


def test_a_convolutional_network_with_batch_norm():
    shape, layers = described("28x28-c16k5s2-c8k3p0-64-11", "relu", batch_norm=True)
    assert shape == (28, 28, 1)
    assert layers == [
        "Conv2D(channels=16, kernel=5, stride=2, padding=2, bias=False)",
        "BatchNorm(momentum=0.9, epsilon=1e-05)",
        "ReLU()",
        "Conv2D(channels=8, kernel=3, stride=1, padding=0, bias=False)",
        "BatchNorm(momentum=0.9, epsilon=1e-05)",
        "ReLU()",
        "Flatten()",
        "Dense(units=64, bias=False)",
        "BatchNorm(momentum=0.9, epsilon=1e-05)",
        "ReLU()",
        "Dense(units=11, bias=True)",
        "Softmax()",
    ]


def test_a_picture_of_several_channels():
    assert spec.parse("8x9x3-c4k3-2")[1] == (8, 9, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "give inputs and outputs"),
        ("784", "give inputs and outputs"),
        ("a-10", "the input 'a' must be like 784 or 28x28"),
        ("28x-10", "the input '28x' must be"),
        ("784-x-10", "part 2, 'x', is neither"),
        ("784--10", "part 2, '', is neither"),
        ("784-c8k3-10", "part 2, 'c8k3', is a convolution and needs a picture"),
        ("28x28-64-c8k3-10", "part 3, 'c8k3', is a convolution and needs a picture"),
        ("28x28-c8k3", "part 2, 'c8k3', must be the number of outputs"),
        ("28x28-c8-10", "part 2, 'c8', is neither"),
        ("784-²-10", "is neither"),
        ("784-0-10", "units must be a whole number >= 1"),
        ("1" * 5000 + "-10", "give inputs and outputs"),
    ],
)
def test_what_cannot_be_read_is_named(text, message):
    with pytest.raises(SpecError, match=message) as caught:
        spec.parse(text)
    assert "\n" not in str(caught.value)


def test_unknown_functions_are_refused():
    with pytest.raises(SpecError, match="no activation 'swish'; there are sigmoid"):
        spec.parse("4-3", "swish")
    with pytest.raises(SpecError, match="no output 'relu'; there are softmax"):
        spec.parse("4-3", output="relu")
