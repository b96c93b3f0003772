"""Readings counted."""

from __future__ import annotations

from tools.evaluate.tally import Tally


def test_a_tally_of_nothing_has_counted_nothing():
    tally = Tally()
    assert (tally.count, tally.unread, tally.failures) == (0, 0, [])
