from __future__ import annotations

import pytest

from tools.lessons import classifier


def test_the_first_step_by_hand(page):
    slopes = classifier.run(page)
    # E / x: the line 0.25 x should pass (3, 1.1), and says 0.75 there.
    assert slopes[1.0][1] == pytest.approx(0.25 + (1.1 - 0.75) / 3)
    assert slopes[0.1][1] == pytest.approx(0.25 + 0.1 * (1.1 - 0.75) / 3)


def test_rate_one_forgets_all_but_the_last_bug(page):
    slopes = classifier.run(page)
    for slope, (width, target) in zip(slopes[1.0][1:], classifier.examples(), strict=True):
        assert slope == pytest.approx(target / width)


def test_the_outlier_ruins_the_hasty_line_and_not_the_calm_one(page):
    slopes = classifier.run(page)
    before = {rate: classifier.right(values[-2]) for rate, values in slopes.items()}
    after = {rate: classifier.right(values[-1]) for rate, values in slopes.items()}
    assert before == {1.0: 9, 0.1: 10}
    assert after == {1.0: 5, 0.1: 10}
    assert "after the outlier 5 of 10" in page.stream.getvalue()


def test_the_two_are_drawn_side_by_side(page):
    classifier.run(page)
    assert [len(row) for row in page.rows] == [2]
