from __future__ import annotations

import json

from tools.bench import report
from tools.bench.measures import Result
from tools.bench.timing import Race

RACE = Race(100, {"zerodigit": [1.0, 1.1, 0.9, 1.0], "scikit-learn": [2.0, 2.2, 1.8, 2.1]})


def test_the_table_says_what_was_missed_and_what_was_skipped():
    lines = report.table(
        [
            Result("train_sklearn", (1.0, 1.2, 1.1), "so many samples"),
            Result("train_seeds", (25.0,)),
            Result("train_torch", skipped="torch cannot be installed: no network"),
        ]
    ).splitlines()
    assert "1.1" in lines[1]
    assert "1 .. 1.2" in lines[1]
    assert lines[1].endswith("x   MISSED")
    assert lines[2] == "  so many samples"
    assert "MISSED" not in lines[3]
    assert lines[4].endswith("skipped: torch cannot be installed: no network")


def test_surroundings_are_named():
    about = report.surroundings()
    assert all(about[name] for name in ("date", "board", "processor", "numpy", "blas"))


def test_json_holds_everything(tmp_path):
    path = tmp_path / "out.json"
    report.write_json(path, {"numpy": "2"}, [Result("memory", (40.0,))], {"dense": RACE})
    told = json.loads(path.read_text())
    assert told["about"] == {"numpy": "2"}
    assert told["measures"]["memory"]["value"] == 40.0
    assert told["races"]["dense"]["seconds"]["zerodigit"] == [1.0, 1.1, 0.9, 1.0]
