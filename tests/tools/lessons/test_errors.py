from __future__ import annotations

import numpy as np
import pytest

from tools.lessons import errors, signals


def test_splitting_loses_and_invents_no_error(page):
    found = errors.run(page)
    output = signals.network().forward(signals.INPUT[np.newaxis])[0]
    error = errors.TARGET - output
    assert found["split"].sum() == pytest.approx(error.sum())
    # The first output has weights 0.4, 0.6, 0.2: a third of its error is the first node's.
    share = 0.4 / 1.2 * error[0] + 0.1 / 1.4 * error[1] + 0.9 / 1.9 * error[2]
    assert found["split"][0] == pytest.approx(share)
    assert found["weighted"][0] == pytest.approx(
        0.4 * error[0] + 0.1 * error[1] + 0.9 * error[2]
    )


def test_calculus_agrees_with_a_nudge_of_the_hidden_node(page):
    """dE/d(hidden), measured: the lesson's third line is minus that."""
    hidden = signals.run(page)["hidden"]
    for node in range(3):
        seen = []
        for nudge in (1e-5, -1e-5):
            moved = hidden.copy()
            moved[node] += nudge
            output = 1 / (1 + np.exp(-signals.HIDDEN_OUTPUT @ moved))
            seen.append(0.5 * np.sum((errors.TARGET - output) ** 2))
        slope = (seen[0] - seen[1]) / 2e-5
        assert errors.run(page)["slope"][node] == pytest.approx(-slope, abs=1e-9)


def test_the_gradient_is_what_finite_differences_measure(page):
    found = errors.run(page)
    assert len(found["gradient"]) == 18
    assert np.abs(found["gradient"] - found["measured"]).max() < 1e-9
    assert np.abs(found["gradient"]).min() > 1e-3
