from __future__ import annotations

import numpy as np
import pytest

from core.errors import SpecError
from core.training.optimisers import SGD, Adam


def steps(optimiser, gradients, rate):
    values = np.array([1.0])
    optimiser.attach(1, values.dtype)
    seen = []
    for gradient in gradients:
        optimiser.step(values, np.array([gradient], np.float64), rate)
        seen.append(float(values[0]))
    return seen


def test_sgd_by_hand():
    assert steps(SGD(momentum=0), [2, 4], 0.25) == [0.5, -0.5]


def test_sgd_with_momentum_by_hand():
    # v = -0.5, w = 0.5; v = 0.5 * -0.5 - 1 = -1.25, w = -0.75
    assert steps(SGD(momentum=0.5), [2, 4], 0.25) == [0.5, -0.75]


def test_adam_is_its_paper():
    gradients, rate, b1, b2, epsilon = [2.0, -1.0, 0.5], 0.1, 0.9, 0.999, 1e-8
    w, m, v, expected = 1.0, 0.0, 0.0, []
    for t, g in enumerate(gradients, start=1):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        w -= rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + epsilon)
        expected.append(w)
    assert steps(Adam(), gradients, rate) == pytest.approx(expected, rel=1e-12)


def test_attaching_again_keeps_the_state_and_another_size_drops_it():
    optimiser = Adam()
    steps(optimiser, [1.0], 0.1)
    kept = optimiser.state["mean"]
    optimiser.attach(1, np.dtype(np.float64))
    assert optimiser.state["mean"] is kept
    assert optimiser.steps == 1
    optimiser.attach(2, np.dtype(np.float64))
    assert optimiser.steps == 0


@pytest.mark.parametrize("make", [lambda: SGD(momentum=1), lambda: Adam(beta1=-0.1)])
def test_impossible_settings_are_refused(make):
    with pytest.raises(SpecError):
        make()


def test_velocities_never_become_denormal_numbers():
    optimiser, values = SGD(momentum=0.9), np.ones(2, np.float32)
    optimiser.attach(2, values.dtype)
    for number in range(2000):
        optimiser.step(values, np.array([number == 0, 1], np.float32), 0.01)
        velocity = np.abs(optimiser.state["velocity"])
        assert velocity[0] == 0 or velocity[0] > np.finfo(np.float32).tiny
    assert velocity[0] == 0
    assert velocity[1] == pytest.approx(0.1)
