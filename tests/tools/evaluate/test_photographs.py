"""The index of a folder of photographs."""

from __future__ import annotations

import os
import re

import pytest

from core.errors import DatasetError
from tools.evaluate.photographs import Photograph, read_index

HEADING = "file\tlabel\tkind\tsource\tnote"


def test_labels_of_rows():
    def rows_of(label):
        return Photograph(None, label, "", "", "").rows

    assert rows_of("05221859") == ["05221859"]
    assert rows_of("12345/6879") == ["12345", "6879"]
    for doubtful in ("12/3?", "text + 01", "-", "", "12//3", "1 2"):
        assert rows_of(doubtful) is None
    assert Photograph(None, "12", "", "", "").digit is None
    assert Photograph(None, "4", "", "", "").digit == 4


@pytest.mark.parametrize("measure", ["photos", "nodigit"])
def test_a_missing_kind_names_those_there_are(folder, evaluate, reader, measure, four):
    path = folder(*four, (20, "x", "sketch", "", ""))
    code, out, err = evaluate(measure, path, "--kind", "painting")
    assert (code, out) == (3, [])
    assert err == (
        f"evaluate: error: {path}/index.tsv: no row of kind 'painting'; "
        "the kinds there are: photo_single, sketch\n"
    )


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (None, "index.tsv: cannot be read (*No such file*); give the folder that holds"),
        (b"\xff\xfe\x00", "index.tsv: cannot be read (*); give the folder"),
        (b"", "index.tsv:1: no column file, label, kind, source, note; it needs"),
        (b"file\tlabel\tkind\n", "index.tsv:1: no column source, note; it needs"),
        (
            HEADING.encode(),
            "index.tsv: no row of kind 'photo_single'; the kinds there are: none",
        ),
        (
            f"{HEADING}\na.png\t1\tphoto_single\ts\tn\nb.png\t2\n".encode(),
            "index.tsv:3: fewer columns than the heading",
        ),
        (
            f"{HEADING}\na.png\t12\tphoto_single\ts\tn\n".encode(),
            "index.tsv:2: label '12' is not a digit",
        ),
        (
            f"{HEADING}\na.png\t-\tphoto_single\ts\tn\n".encode(),
            "index.tsv:2: label '-' is not a digit",
        ),
        (
            # int() would take it.
            f"{HEADING}\na.png\t\u0664\tphoto_single\ts\tn\n".encode(),
            "index.tsv:2: label '\u0664' is not a digit",
        ),
    ],
)
def test_bad_indexes_are_one_line(tmp_path, evaluate, reader, index, message):
    if index is not None:
        (tmp_path / "index.tsv").write_bytes(index)
    code, out, err = evaluate("photos", tmp_path)
    assert (code, out) == (3, [])
    assert err.count("\n") == 1
    pattern = ".*".join(re.escape(part) for part in message.split("*"))
    assert re.search(f"^evaluate: error: {re.escape(str(tmp_path))}/{pattern}", err)


def test_quotes_are_plain_characters(folder):
    path = folder((20, "3", "photo_single", '"ada', 'a "note'))
    assert read_index(path, "photo_single") == [
        Photograph(path / "0.png", "3", "photo_single", '"ada', 'a "note')
    ]


def test_the_index_may_be_read_without_the_photographs(folder, four):
    path = folder(*four)
    for picture in path.glob("*.png"):
        picture.unlink()
    assert [photo.digit for photo in read_index(path, "photo_single")] == [7, 1, 2, 7]
    with pytest.raises(DatasetError):
        read_index(path, "none_photo")


@pytest.mark.parametrize(
    "rows",
    [
        "\n" * 900_000,
        "\t\t\t\t\n" * 180_000,
        "a" * 900_000,
        "\t" * 900_000,
        "a\t7\tphoto_single\tx\t" + "y" * 200_000,
        '"' * 900_000,
        "\0" * 900_000,
    ],
    ids=lambda rows: repr(rows[:6]),
)
def test_a_hostile_index_is_one_line(tmp_path, rows):
    (tmp_path / "index.tsv").write_text("file\tlabel\tkind\tsource\tnote\n" + rows)
    with pytest.raises(DatasetError) as caught:
        read_index(tmp_path, "photo_single")
    assert len(str(caught.value)) < 1000
    assert len(str(caught.value).splitlines()) == 1


def test_an_index_that_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "index.tsv")
    with pytest.raises(DatasetError, match="is not a regular file"):
        read_index(tmp_path, "photo_single")
