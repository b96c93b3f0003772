from __future__ import annotations

import pytest

from tools.lessons import predictor


def test_ends_within_a_thousandth_of_the_truth(page):
    assert predictor.run(page) == pytest.approx(0.6214, rel=0.001)


def test_every_step_is_shown_and_halves_the_error(page):
    predictor.run(page)
    rows = [line.split() for line in page.stream.getvalue().splitlines() if "." in line]
    steps = {row[0]: float(row[3]) for row in rows if len(row) == 4 and row[0].isdigit()}
    assert list(steps) == [str(number) for number in range(1, predictor.STEPS + 1)]
    errors = list(steps.values())
    assert errors[0] == pytest.approx(12.14, abs=0.01)
    assert errors[1:4] == pytest.approx([e / 2 for e in errors[:3]], abs=0.01)
