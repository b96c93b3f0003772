from __future__ import annotations

import numpy as np
import pytest

from tools.lessons import and_gate


def test_the_primers_program_gives_these_four(page):
    outputs = and_gate.run(page)
    assert [f"{output:.4f}" for output in outputs] == ["0.0000", "0.0235", "0.0235", "0.9721"]


def test_they_are_shown_beside_the_four_of_the_primers_text(page):
    and_gate.run(page)
    rows = [line.split() for line in page.stream.getvalue().splitlines()]
    for row in (
        ["0", "0", "0.0000", "0.0146"],
        ["0", "1", "0.0235", "0.0661"],
        ["1", "0", "0.0235", "0.0661"],
        ["1", "1", "0.9721", "0.9338"],
    ):
        assert row in rows


def test_core_agrees_with_the_program_in_plain_numpy(page):
    inputs, targets = and_gate.INPUTS, and_gate.TARGETS
    weights = 2 * np.random.RandomState(1).random_sample((2, 1)) - 1
    bias = 0.0
    for _ in range(10_000):
        output = 1 / (1 + np.exp(-(inputs @ weights + bias)))
        change = (targets - output) * output * (1 - output)
        weights += 0.5 * inputs.T @ change
        bias += 0.5 * change.sum()
    expected = 1 / (1 + np.exp(-(inputs @ weights + bias)))
    assert and_gate.run(page) == pytest.approx(expected[:, 0].tolist(), rel=1e-9)


def test_the_proof_is_about_every_neuron():
    """log(p / (1 - p)) of the four outputs of any neuron add up as the lesson says."""
    a, b, bias = 3.0, -1.5, 0.4
    sums = np.array([bias, bias + b, bias + a, bias + a + b])
    outputs = 1 / (1 + np.exp(-sums))
    none, only_b, only_a, both = np.log(outputs / (1 - outputs))
    assert both == pytest.approx(only_a + only_b - none)
    none, only_b, only_a, both = np.log(and_gate.PRINTED / (1 - and_gate.PRINTED))
    assert abs(both - (only_a + only_b - none)) > 3
