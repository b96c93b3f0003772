from __future__ import annotations

import numpy as np
import pytest

from tools.evaluate.metrics import expected_calibration_error, wilson_interval


@pytest.mark.parametrize("labels", [[1], [1, 0, 1], [[1, 0]], []])
def test_a_label_for_each_row_is_needed(labels):
    with pytest.raises(ValueError, match="a label for each row"):
        expected_calibration_error([[0.75, 0.25]] * 2, labels)


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="a label for each row"):
        expected_calibration_error(np.zeros((0, 2)), [])


def test_calibration_error_by_hand():
    # Four times 0.75 sure and three times right: no gap. Twice 1.0 sure, once right: 0.5.
    table = [[0.75, 0.25]] * 4 + [[0.0, 1.0]] * 2
    labels = [0, 0, 0, 1, 1, 0]
    assert expected_calibration_error(table, labels, bins=10) == pytest.approx(0.5 * 2 / 6)


def test_wilson_interval_of_the_literature():
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson_interval(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


def test_wilson_interval_of_nothing_is_refused():
    with pytest.raises(ValueError, match="n >= 1"):
        wilson_interval(0, 0)
