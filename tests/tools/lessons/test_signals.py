from __future__ import annotations

import numpy as np
import pytest

from tools.lessons import signals


def test_every_stage_by_hand(page):
    stages = signals.run(page)
    assert stages["hidden_sum"] == pytest.approx([0.78, 0.49, 0.57])
    assert stages["hidden"] == pytest.approx([0.68568, 0.62011, 0.63876], abs=1e-5)
    first = 0.4 * stages["hidden"][0] + 0.6 * stages["hidden"][1] + 0.2 * stages["hidden"][2]
    assert stages["output_sum"][0] == pytest.approx(first)


def test_core_gives_the_same_and_all_is_printed(page):
    stages = signals.run(page)
    assert stages["core"] == pytest.approx(stages["output"], rel=1e-12)
    shown = page.stream.getvalue()
    for stage in stages.values():
        for value in stage:
            assert f"{value:.4f}" in shown


def test_the_matrix_lies_on_its_side_in_core():
    first, second = signals.network().parameters()
    assert np.array_equal(first.value.T, signals.INPUT_HIDDEN)
    assert np.array_equal(second.value.T, signals.HIDDEN_OUTPUT)
