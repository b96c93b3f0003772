"""Rows of digits on one sheet, with a reader whose answers are known."""

from __future__ import annotations

import re

import pytest

from tools.evaluate.measures import rows
from tools.evaluate.measures.rows import matching


@pytest.fixture
def sheets(folder):
    """Two photographs, the second one light, and two sheets, one of them with doubts."""
    return folder(
        (20, "7", "photo_single", "ada", ""),
        (230, "2", "photo_single", "ada", ""),
        (20, "12/345", "photo_multi", "bo", ""),
        (20, "12/3?", "photo_multi", "bo", ""),
    )


@pytest.mark.parametrize(
    ("truth", "read", "exact"),
    [
        (["12", "3"], ["12", "3"], 2),
        (["12", "3"], ["3"], 1),
        (["12", "3"], ["3", "12"], 1),
        (["12", "3"], ["7", "12", "3"], 2),
        (["12", "3"], ["1", "2"], 0),
        (["5", "5"], ["5"], 1),
        (["5"], [], 0),
    ],
)
def test_matching_rows(truth, read, exact):
    assert matching(truth, read) == exact


def test_rows_of_photographs(evaluate, reader, sheets, monkeypatch, tmp_path):
    """The sheet whose label has a question mark is left out; a row too many counts."""
    monkeypatch.setattr(
        rows, "read_rows", lambda reader, frame: [["1", "2"], ["3"], ["3", "4", "5"]]
    )
    code, out, _ = evaluate("rows", sheets)
    assert code == 0
    assert out[0] == "2: 12 / 345 read 12 / 3 / 345"
    assert out[-2].startswith("sheets read exactly: 0 of 1; ")
    assert out[-1] == "rows 0.6667 (n=3, sheets=1)"
    monkeypatch.setattr(rows, "read_rows", lambda reader, frame: [])
    _, out, _ = evaluate("rows", sheets, "--sheet", tmp_path / "out.png")
    assert out[0] == "2: 12 / 345 read nothing"
    assert out[-1] == "rows 0.0000 (n=2, sheets=1)"
    assert (tmp_path / "out.png").exists()


def test_rows_without_a_certain_label(evaluate, reader, folder):
    path = folder((20, "12/3?", "photo_multi", "bo", ""))
    code, out, err = evaluate("rows", path)
    assert (code, out) == (3, [])
    assert err == f"evaluate: error: {path}: no label there is rows of digits\n"


def test_drawn_rows(evaluate, reader, monkeypatch):
    monkeypatch.setattr(rows, "read_rows", lambda reader, frame: [])
    code, out, _ = evaluate("rows", "--generated", 3)
    assert code == 0
    assert len(out) == 5
    assert re.fullmatch(r"rows 0\.0000 \(n=[3-9], sheets=3\)", out[-1])
