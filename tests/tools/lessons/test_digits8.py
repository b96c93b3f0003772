from __future__ import annotations

import sys

import numpy as np
import pytest

from tools.lessons import digits8
from tools.plotting.optional import MissingExtraError


def test_the_split_is_the_primers():
    pytest.importorskip("sklearn")
    train_x, test_x, train_y, test_y = digits8.primers_split()
    assert train_x.shape == (1437, 64)
    assert test_x.shape == (360, 64)
    assert (len(train_y), len(test_y)) == (1437, 360)
    assert test_y[0] == 6


def test_in_short_both_learn(page):
    pytest.importorskip("sklearn")
    ours, theirs = digits8.run(page)
    assert len(ours) == len(theirs) == 2
    assert min(ours) > 0.85
    assert min(theirs) > 0.85
    assert "Sample prediction: 6. Actual digit: 6." in page.stream.getvalue()


def test_without_scikit_learn_it_is_one_line(page, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match="sklearn is not installed"):
        digits8.run(page)


@pytest.mark.slow
def test_the_median_of_ten_seeds_is_what_the_primer_prints(page):
    pytest.importorskip("sklearn")
    page.short = False
    ours, theirs = digits8.run(page)
    assert len(ours) == len(theirs) == 10
    assert np.median(ours) >= 0.9722
