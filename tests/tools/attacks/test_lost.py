from __future__ import annotations

import contextlib
import random
import sqlite3
from collections import Counter

from tools.attacks import lost


def test_labels_are_counted_as_they_are_in_the_file(tmp_path):
    path = tmp_path / "samples.db"
    assert lost.labels_after(path) == Counter()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE samples (id INTEGER PRIMARY KEY, label)")
        connection.executemany(
            "INSERT INTO samples (label) VALUES (?)", [(1,), (None,), (7,), (7,)]
        )
    assert lost.labels_after(path) == Counter({7: 2, 1: 1})
    assert lost.labels_after(path, 3) == Counter({7: 1})


def test_a_kill_is_counted_if_the_label_was_acknowledged(appliance, capsys):
    row = lost.kills(appliance, 1, random.Random(1))
    assert row.what == "1 kills at random: labels lost"
    assert row.result in ("0 of 1", "1 of 1")


def test_a_label_is_found_after_the_obstacle_is_gone(appliance, capsys):
    rows = lost.obstructed(appliance, contextlib.nullcontext(), "nothing", 0.01)
    assert [row.held for row in rows][:1] == [True]
    assert rows[0].result == "0 of 1"
    assert "nothing: label 1, exit code 0" in capsys.readouterr().err
