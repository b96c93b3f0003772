"""MNIST's test digits, read as if they were photographs."""

from __future__ import annotations

import numpy as np

from core import modelfile
from core.network import Network


def seven_sayer(path, threshold=0.5):
    """A model file that is 90 % sure of a 7, whatever it sees."""
    network = Network.from_spec("784-11", seed=0)
    weights, bias = network.parameters()
    weights.value[...] = 0
    bias.value[...] = np.log(0.01)
    bias.value[7] = np.log(0.9)
    modelfile.save(path, network, {"threshold": threshold})
    return path


def bars(count):
    """MNIST-like pictures: upright bars in different places, the last one empty."""
    images = np.zeros((count, 28, 28), np.uint8)
    for number in range(count - 1):
        images[number, 4:24, 10 + number : 13 + number] = 255
    return images


def test_mnist_goes_through_the_path_that_predict_ships(tmp_path, evaluate, write_mnist):
    write_mnist(tmp_path, bars(4), np.array([7, 1, 7, 7], np.uint8))
    model = seven_sayer(tmp_path / "model.npz")
    code, out, err = evaluate("mnist", "--data", tmp_path, "--model", model)
    assert (code, err) == (0, "")
    # Right, wrong, right, and nothing to see; the network alone calls that a 7 as well.
    assert out[-1] == "mnist 0.5000 (n=4)"
    # Of four guesses, 0.9 sure, two are right, and the empty page is surely no digit: wrong.
    assert out[-2] == "expected calibration error 0.4250 (guesses alone 0.2333)"
    assert out[-3] == "network alone, digits as MNIST cut them: 0.7500"
    # With its own threshold above its confidence, all of it is unread.
    seven_sayer(model, threshold=0.95)
    _, out, _ = evaluate("mnist", "--data", tmp_path, "--model", model)
    assert out[-1] == "mnist 0.0000 (n=4)"


def test_mnist_that_is_not_there(monkeypatch, tmp_path, evaluate, reader):
    monkeypatch.setenv("ZERODIGIT_MNIST", str(tmp_path))
    code, _, err = evaluate("mnist")
    assert code == 3
    assert err == (
        "evaluate: error: no MNIST here; fetch it with: python -m tools.fetch_mnist\n"
    )
