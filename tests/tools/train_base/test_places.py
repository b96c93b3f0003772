"""The fit of places: by numbers that tell, and by drawn sheets."""

from __future__ import annotations

import numpy as np
import pytest

from core.synthesis.held import sample_held
from core.vision.places import WEIGHTS
from tools.train_base.places import examples, fit, main


def test_the_weight_of_what_tells_is_found():
    rng = np.random.default_rng(0)
    numbers = np.concatenate([rng.normal(3, 2, (4000, 2)), np.ones((4000, 1))], axis=1)
    odds = 2 * numbers[:, 0] - 6
    right = (rng.random(4000) < 1 / (1 + np.exp(-odds))).astype(float)
    assert fit(numbers, right) == pytest.approx([2, 0, -6], abs=0.4)


def test_a_sheet_s_writing_is_right_and_nothing_is_without_a_box():
    scene = sample_held(np.random.default_rng([41, 0]), digit=3, sheet=(0.8, 0.8))
    numbers, right = examples(scene.frame, scene.box)
    assert numbers.shape == (len(right), len(WEIGHTS))
    assert right.any()
    assert not examples(scene.frame, None)[1].any()


def test_the_weights_are_printed_by_name(capsys):
    assert main(["--sheets", "2", "--rooms", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == list(WEIGHTS)
