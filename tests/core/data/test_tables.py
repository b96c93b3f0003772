"""Reading tables: what is right is read, what is wrong is said with its line and column."""

from __future__ import annotations

import gzip
import re
import tracemalloc

import numpy as np
import pytest

from core.data.datasets import load


def rows(text, change):
    """A table of which each line's fields were changed."""
    lines = [change(line.split(",")) for line in text.splitlines()]
    return "".join(",".join(line) + "\n" for line in lines)


def with_commas(text, separator):
    """Values up to 1, with decimal commas."""
    values = rows(text, lambda row: [row[0], *(f"{int(n) / 255:.6f}" for n in row[1:])])
    return values.replace(",", separator).replace(".", ",")


NAMES = ",".join(f"pixel{i}" for i in range(784))
NUMBERS = ",".join(map(str, range(784)))
FROM_1 = ",".join(map(str, range(1, 785)))

FORMS = {
    "plain": lambda text: text,
    "blank end": lambda text: text + "\n\n",
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "no end": lambda text: text.rstrip("\n"),
    "spaces": lambda text: text.replace(",", ", "),
    "odd spaces": lambda text: rows(
        text, lambda row: [f"\x1f{row[0]}", f"{row[1]}\xa0", f"\x1e{row[2]}", *row[3:]]
    ),
    "mark": lambda text: "\ufeff" + text,
    "semicolons": lambda text: text.replace(",", ";"),
    "tabs": lambda text: text.replace(",", "\t"),
    "bars": lambda text: text.replace(",", "|"),
    "wide": lambda text: rows(
        text, lambda row: [f"{row[0]:>3}", *(f"{n:>4}" for n in row[1:])]
    ).replace(",", " "),
    "wide, named": lambda text: f"label,{NAMES}\n{text}".replace(",", "   "),
    "wide, ending": lambda text: text.replace(",", "  ").replace("\n", "  \n"),
    "decimal commas": lambda text: with_commas(text, ";"),
    "decimal commas, tabs": lambda text: with_commas(text, "\t"),
    "decimal commas, wide": lambda text: with_commas(text, "  "),
    "decimal commas, quoted": lambda text: (
        '"' + with_commas(text, '","').replace("\n", '"\n"').removesuffix('"')
    ),
    "quoted": lambda text: rows(text, lambda row: [f'"{field}"' for field in row]),
    "trailing": lambda text: text.replace("\n", ",\n"),
    "real": lambda text: rows(text, lambda row: [f"{field}.0" for field in row]),
    "to 1": lambda text: rows(
        text, lambda row: [row[0], *(f"{int(n) / 255:.6f}" for n in row[1:])]
    ),
    "exponents": lambda text: rows(
        text, lambda row: [row[0], *(f"{int(n) / 255:.6e}" for n in row[1:])]
    ),
    "headings": lambda text: f"label,{NAMES}\n{text}",
    "class": lambda text: f"class,{NUMBERS}\n{text}",
    "numbered": lambda text: f'"label",{NUMBERS}\n{text}',
    "numbers": lambda text: f"0,{FROM_1}\n{text}",
    "label last": lambda text: rows(text, lambda row: [*row[1:], row[0]]),
    "label last, named": lambda text: f"{NAMES},class\n" + rows(
        text, lambda row: [*row[1:], row[0]]
    ),
    "index": lambda text: f",label,{NAMES}\n" + "".join(
        f"{number},{line}\n" for number, line in enumerate(text.splitlines())
    ),
    "index, unnamed": lambda text: "".join(
        f"{number},{line}\n" for number, line in enumerate(text.splitlines(), 1000)
    ),
}  # fmt: skip


@pytest.fixture
def cornered(images):
    """Images whose corners are paper, as those of digits are."""
    images[:, 0, 0] = images[:, -1, -1] = 0
    return images


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_forms_that_tables_have(tmp_path, cornered, labels, csv, form, encoding):
    path = tmp_path / "digits.csv"
    text = FORMS[form](csv(cornered, labels))
    path.write_bytes(text.encode(encoding))
    data = load(path)
    np.testing.assert_array_equal(data.images, cornered)
    np.testing.assert_array_equal(data.labels, labels)
    path.write_bytes(gzip.compress(text.encode(encoding)))
    np.testing.assert_array_equal(load(path).images, cornered)


def test_ones_and_noughts_are_ink_and_paper(tmp_path, cornered, labels, csv):
    path = tmp_path / "digits.csv"
    path.write_text(csv(cornered // 128, labels))
    np.testing.assert_array_equal(load(path).images, cornered // 128 * 255)


def test_a_later_line_in_another_form_is_refused(tmp_path, cornered, labels, csv, says):
    text = csv(cornered // 128, labels) * 30
    path = tmp_path / "digits.csv"
    path.write_text(text + csv(cornered, labels))
    with says(f"{path}:151:", "0 to 1, as those before it are"):
        load(path)


@pytest.mark.parametrize("more", [1, 20, 200])
@pytest.mark.parametrize("width", [785, 786])
def test_labels_that_are_no_digits_are_not_taken_for_paper(
    tmp_path, cornered, labels, csv, says, more, width
):
    """As of EMNIST's letters, or counted from 1: the last column of pixels holds noughts."""
    text = rows(csv(cornered, labels), lambda row: [str(int(row[0]) + more), *row[1:]])
    if width == 786:
        text = "".join(f"{number},{line}\n" for number, line in enumerate(text.splitlines()))
    path = tmp_path / "digits.csv"
    path.write_text(text)
    with says(f"{path}:", f":{width - 784}: label ", "the largest allowed is 9"):
        load(path)


def test_a_table_of_digits_to_be_read_has_no_labels(tmp_path, cornered, labels, csv, says):
    path = tmp_path / "digits.csv"
    path.write_text(rows(csv(cornered, labels), lambda row: row[1:]))
    with says(f"{path}:1:1: ", "no label", "give the one with the labels"):
        load(path)


@pytest.mark.parametrize("value", ["nan", "inf", "-0.5", "1e5", "1.5.5", "0x1", "1_0", "٣"])
def test_what_is_no_value_of_a_real_table(tmp_path, cornered, labels, csv, says, value):
    text = rows(csv(cornered, labels), lambda row: [f"{field}.0" for field in row])
    path = tmp_path / "digits.csv"
    path.write_text(edited(text, 3, 400, [value]), encoding="utf-8")
    with says(f"{path}:3:400: ", "is not a number from 0 to 255"):
        load(path)


def test_csv_takes_the_memory_of_its_images(tmp_path):
    rows = 500
    path = tmp_path / "many.csv"
    path.write_text(("7" + ",255" * 784 + "\n") * rows)
    tracemalloc.start()
    data = load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data) == rows
    # bytearray grows by an eighth and moves; a list of strings would take some 60 times it.
    assert peak < 3 * rows * 785


def edited(text, row, column, value):
    lines = [line.split(",") for line in text.splitlines()]
    lines[row - 1][column - 1 : column] = value
    return "\n".join(",".join(line) for line in lines) + "\n"


@pytest.mark.parametrize(
    ("row", "column", "value", "place", "text"),
    [
        (3, 400, ["256"], "3:400", "'256' is not a whole number from 0 to 255"),
        (3, 400, ["-1"], "3:400", "'-1'"),
        (2, 785, ["two"], "2:785", "'two'"),
        (2, 7, ["1.5"], "2:7", "'1.5'"),
        (2, 7, [""], "2:7", "''"),
        (2, 7, ["1_0"], "2:7", "'1_0'"),
        (2, 7, ["9" * 6000], "2:7", "'99999"),
        (2, 7, ["²"], "2:7", "not a whole number"),
        (1, 1, ["x"], "1:1", "'x'"),
        (4, 300, [], "4:785", "784 columns"),
        (4, 300, ["1", "2"], "4:786", "786 columns"),
        (5, 1, ["10"], "5:1", "label 10"),
    ],
)
def test_csv_says_file_line_and_column(
    tmp_path, images, labels, row, column, value, place, text, csv, says
):
    path = tmp_path / "digits.csv"
    path.write_text(edited(csv(images, labels), row, column, value), encoding="utf-8")
    with says(f"{path}:{place}: ", text):
        load(path)


def test_csv_with_a_hole(tmp_path, images, labels, csv, says):
    path = tmp_path / "digits.csv"
    path.write_text(csv(images, labels).replace("\n", "\n\n", 1))
    with says(f"{path}:2:1: ", "empty line"):
        load(path)


@pytest.mark.parametrize(("text", "says_what"), [("label,a\n", "no rows"), ("\n\n", "no rows")])
def test_csv_without_rows(tmp_path, text, says_what, says):
    path = tmp_path / "digits.csv"
    path.write_text(text)
    with says(path, says_what):
        load(path)


def test_csv_that_is_something_else(tmp_path, rng, says):
    path = tmp_path / "digits.csv"
    path.write_bytes(b"\0" * 200_000)
    with says(f"{path}:1:1: ", "line without end"):
        load(path)
    path.write_bytes(b"1," + rng.integers(128, 255, 999, np.uint8).tobytes())
    with says(f"{path}:1:3: ", "2 columns"):
        load(path)


def test_csv_torn_in_the_last_row(tmp_path, images, labels, csv, says):
    path = tmp_path / "digits.csv"
    text = csv(images, labels)
    cut = text.rindex(",", 0, len(text) - 200)
    path.write_text(text[:cut])
    with says(f"{path}:5:", "columns, expected the label and 784 values"):
        load(path)


def test_fields_with_leading_zeros(tmp_path, images, labels, csv):
    text = re.sub(r"\b(\d\d?)\b", r"0\1", csv(images, labels))
    (tmp_path / "a.csv").write_text(text)
    np.testing.assert_array_equal(load(tmp_path / "a.csv").images, images)
