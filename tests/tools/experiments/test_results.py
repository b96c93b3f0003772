from __future__ import annotations

import pytest

from core.errors import DatasetError, StorageError
from tools.experiments.results import Results
from tools.experiments.run import Outcome, Run

ONE = Outcome(Run(hidden=(500, 20), rate=0.025, epochs=2, rotation=10.0), (0.9, 0.95), 12.3)
TWO = Outcome(Run(epochs=1, images=100, seed=3), (0.1235,), 0.1)


def test_what_is_added_is_there_again(tmp_path):
    path = tmp_path / "results.csv"
    with Results(path) as results:
        assert results.outcomes == {}
        results.add(ONE)
    with Results(path) as results:
        assert results.outcomes == {ONE.run: ONE}
        results.add(TWO)
    with Results(path) as results:
        assert results.outcomes == {ONE.run: ONE, TWO.run: TWO}
    lines = path.read_text().splitlines()
    assert lines[0].startswith("hidden,rate,epochs,rotation")
    assert lines[1] == "500-20,0.025,2,10.0,60000,0,0.9500,0.9000 0.9500,12.3"


def test_a_row_is_in_the_file_at_once(tmp_path):
    with Results(tmp_path / "results.csv") as results:
        results.add(ONE)
        assert (tmp_path / "results.csv").read_text().count("\n") == 2


@pytest.mark.parametrize("cut", range(1, 57, 11))
def test_a_torn_row_is_taken_away(tmp_path, cut):
    path = tmp_path / "results.csv"
    with Results(path) as results:
        results.add(ONE)
        results.add(TWO)
    path.write_bytes(path.read_bytes()[:-cut])
    with Results(path) as results:
        assert TWO.run not in results.outcomes
        results.add(TWO)
    with Results(path) as results:
        assert set(results.outcomes) >= {TWO.run}
        assert set(results.outcomes) <= {ONE.run, TWO.run}


def test_a_torn_heading_is_written_anew(tmp_path):
    path = tmp_path / "results.csv"
    path.write_text("hidden,ra")
    with Results(path) as results:
        results.add(ONE)
    with Results(path) as results:
        assert results.outcomes == {ONE.run: ONE}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("200,0.1", "2 columns"),
        ("200,fast,1,0.0,100,0,0.5,0.5,1", "fast"),
        ("200,0.1,2,0.0,100,0,0.5,0.5,1", "1 accuracies for 2 epochs"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path, row, complaint):
    path = tmp_path / "results.csv"
    with Results(path) as results:
        results.add(ONE)
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(DatasetError, match=rf"results\.csv:3: .*{complaint}"):
        Results(path)


@pytest.mark.parametrize("content", [b"a,b,c\n1,2,3\n", b"\xff\xfe\x00\n"])
def test_another_file_is_left_alone(tmp_path, content):
    path = tmp_path / "precious"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match="not a results file"):
        Results(path)
    assert path.read_bytes() == content


def test_two_programs_cannot_write_to_it(tmp_path):
    path = tmp_path / "results.csv"
    with Results(path), pytest.raises(StorageError, match="other experiments"):
        Results(path)
    Results(path).__exit__(None, None, None)


def test_a_file_that_cannot_be_is_one_line(tmp_path):
    with pytest.raises(StorageError, match="name another file"):
        Results(tmp_path / "none" / "results.csv")
