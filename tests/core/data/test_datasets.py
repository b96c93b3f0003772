"""Reading IDX and CSV: what is right is read, what is wrong is said in one line."""

from __future__ import annotations

import gzip
import os
import re
import struct
import tracemalloc

import numpy as np
import pytest

from core.data import datasets
from core.errors import DatasetError

COUNT = 5


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)


@pytest.fixture
def labels():
    return np.array([5, 0, 4, 1, 9], dtype=np.uint8)


def idx(values):
    header = struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape)
    return header + values.tobytes()


def csv(images, labels):
    rows = np.column_stack([labels, images.reshape(len(images), -1)])
    return "".join(",".join(map(str, row)) + "\n" for row in rows)


@pytest.fixture
def folder(tmp_path, images, labels):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    return tmp_path


def says(path, *parts):
    """An expectation of one DatasetError line that names `path` and then each part."""
    text = ".*".join(re.escape(str(part)) for part in (path, *parts))
    return pytest.raises(DatasetError, match=rf"^{text}[^\n]*\Z")


def test_plain_idx_is_memory_mapped(folder, images, labels):
    data = datasets.load(folder)
    assert isinstance(data.images, np.memmap)
    assert len(data) == COUNT
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)
    assert data.images.dtype == data.labels.dtype == np.uint8


def test_a_batch_is_a_copy_in_memory(folder, images, labels):
    data = datasets.load(folder)
    x, y = data.batch(np.array([3, 1]))
    assert type(x) is type(y) is np.ndarray
    assert x.flags.writeable
    np.testing.assert_array_equal(x, images[[3, 1]])
    np.testing.assert_array_equal(y, [1, 0])


@pytest.mark.parametrize("name", ["images-idx3-ubyte.gz", "images.idx3-ubyte.gz"])
def test_gzip_idx_is_found_and_unpacked(tmp_path, images, labels, name):
    (tmp_path / f"t10k-{name}").write_bytes(gzip.compress(idx(images)))
    labels_name = name.replace("images", "labels").replace("idx3", "idx1")
    (tmp_path / f"t10k-{labels_name}").write_bytes(gzip.compress(idx(labels)))
    data = datasets.load(tmp_path, "test")
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: text,
        lambda text: text + "\n\n",
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace(",", ", "),
        lambda text: "\ufeff" + text,
        lambda text: "label," + ",".join(f"pixel{i}" for i in range(784)) + "\n" + text,
        lambda text: '"label",' + ",".join(map(str, range(784))) + "\n" + text,
    ],
    ids=["plain", "blank end", "CRLF", "no end", "spaces", "BOM", "headings", "numbered"],
)
def test_csv_in_its_usual_dress(tmp_path, images, labels, dress):
    path = tmp_path / "digits.csv"
    path.write_bytes(dress(csv(images, labels)).encode())
    data = datasets.load(path)
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


def test_csv_is_found_in_a_folder_and_unpacked(tmp_path, images, labels):
    (tmp_path / "mnist_test.csv.gz").write_bytes(gzip.compress(csv(images, labels).encode()))
    np.testing.assert_array_equal(datasets.load(tmp_path, "test").images, images)


def test_csv_takes_the_memory_of_its_images(tmp_path):
    rows = 500
    path = tmp_path / "many.csv"
    path.write_text(("7" + ",255" * 784 + "\n") * rows)
    tracemalloc.start()
    data = datasets.load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(data) == rows
    # bytearray grows by an eighth and moves; a list of strings would take some 60 times it.
    assert peak < 3 * rows * 785


def test_missing_file_names_the_remedy(tmp_path):
    with says(tmp_path / "none", "python -m tools.fetch_mnist"):
        datasets.load(tmp_path / "none")
    with says(tmp_path, "train-images-idx3-ubyte", "python -m tools.fetch_mnist"):
        datasets.load(tmp_path)
    with says(tmp_path / "none", "python -m tools.fetch_mnist"):
        datasets.read_idx(tmp_path / "none")


def test_missing_labels(folder):
    (folder / "train-labels-idx1-ubyte").unlink()
    with says(folder / "train-labels-idx1-ubyte", "labels", "missing"):
        datasets.load(folder)


def test_the_labels_file_named_instead_of_the_images(folder):
    with says(folder / "train-labels-idx1-ubyte", "name the images file"):
        datasets.load(folder / "train-labels-idx1-ubyte")


def test_idx_of_any_other_length_is_refused(tmp_path):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    whole = idx(values)
    path = tmp_path / "images-idx3"
    for length in (*range(len(whole)), len(whole) + 1, len(whole) + 2):
        path.write_bytes((whole + b"xx")[:length])
        with says(path):
            datasets.read_idx(path)
    path.write_bytes(whole)
    np.testing.assert_array_equal(datasets.read_idx(path), values)


def test_truncated_idx_says_how_much_is_there(folder, images):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(idx(images)[:-1])
    with says(path, "5x28x28 = 3920 bytes, 3919 are there", "fetch_mnist"):
        datasets.load(folder)


@pytest.mark.parametrize("change", [-1, 1])
def test_gzip_of_another_length_inside(tmp_path, images, change):
    path = tmp_path / "images-idx3.gz"
    whole = idx(images) + b"x"
    path.write_bytes(gzip.compress(whole[: len(whole) - 1 + change]))
    with says(path, "promises 5x28x28", "fewer" if change < 0 else "more"):
        datasets.read_idx(path)


def test_torn_gzip(tmp_path, images):
    path = tmp_path / "images-idx3.gz"
    whole = gzip.compress(idx(images))
    for length in (5, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with says(path, "torn gzip"):
            datasets.read_idx(path)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    path.write_bytes(damaged)
    with says(path, "torn gzip"):
        datasets.read_idx(path)


def test_gzip_that_promises_more_than_it_can_hold(tmp_path):
    path = tmp_path / "images-idx3.gz"
    header = struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1)
    path.write_bytes(gzip.compress(header))
    with says(path, "promises"):
        datasets.read_idx(path)


@pytest.mark.parametrize(
    "start", [b"\x89PNG", b"\0\0\x0d\x03", b"\0\1\x08\x03", b"\0\0\x08\0", b"\0\0\x08\x09"]
)
def test_wrong_magic(folder, images, start):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(start + idx(images)[4:])
    with says(path, "not an IDX file", start.hex(" ")):
        datasets.load(folder)


def test_empty_files(folder):
    for name in ("train-images-idx3-ubyte", "empty.csv", "empty-images-idx3.gz"):
        (folder / name).write_bytes(b"")
        (folder / "empty-labels-idx1.gz").touch()
        with says(folder / name, "empty"):
            datasets.load(folder / name)


def test_no_items(tmp_path):
    path = tmp_path / "images-idx3"
    path.write_bytes(idx(np.zeros((0, 28, 28), np.uint8)))
    with says(path, "no items"):
        datasets.read_idx(path)


def test_counts_differ(folder, labels):
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels[:4]))
    with says(folder / "train-images-idx3-ubyte", "5 images", "4 labels"):
        datasets.load(folder)


def test_images_of_another_size(folder):
    path = folder / "train-images-idx3-ubyte"
    for shape in ((COUNT, 20, 20), (COUNT, 784)):
        path.write_bytes(idx(np.zeros(shape, np.uint8)))
        with says(path, "x".join(map(str, shape)), "28x28"):
            datasets.load(folder)


def test_label_too_large(folder, labels):
    path = folder / "train-labels-idx1-ubyte"
    labels[3] = 10
    path.write_bytes(idx(labels))
    with says(path, "label 10 at item 3", "9"):
        datasets.load(folder)
    assert datasets.load(folder, largest_label=10).labels[3] == 10


def test_a_folder_is_no_idx_file(tmp_path):
    with says(tmp_path, "directory"):
        datasets.read_idx(tmp_path)


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
    tmp_path, images, labels, row, column, value, place, text
):
    path = tmp_path / "digits.csv"
    path.write_text(edited(csv(images, labels), row, column, value), encoding="utf-8")
    with says(f"{path}:{place}: ", text):
        datasets.load(path)


def test_csv_with_a_hole(tmp_path, images, labels):
    path = tmp_path / "digits.csv"
    path.write_text(csv(images, labels).replace("\n", "\n\n", 1))
    with says(f"{path}:2:1: ", "empty line"):
        datasets.load(path)


@pytest.mark.parametrize(("text", "says_what"), [("label,a\n", "no rows"), ("\n\n", "no rows")])
def test_csv_without_rows(tmp_path, text, says_what):
    path = tmp_path / "digits.csv"
    path.write_text(text)
    with says(path, says_what):
        datasets.load(path)


def test_csv_that_is_something_else(tmp_path, rng):
    path = tmp_path / "digits.csv"
    path.write_bytes(b"\0" * 200_000)
    with says(f"{path}:1:1: ", "line without end"):
        datasets.load(path)
    path.write_bytes(b"1," + rng.integers(128, 255, 999, np.uint8).tobytes())
    with says(f"{path}:1:2: ", "not a whole number"):
        datasets.load(path)


def test_csv_torn_in_the_last_row(tmp_path, images, labels):
    path = tmp_path / "digits.csv"
    text = csv(images, labels)
    cut = text.rindex(",", 0, len(text) - 200)
    path.write_text(text[:cut])
    with says(f"{path}:5:", "columns, expected the label and 784 values"):
        datasets.load(path)


@pytest.mark.slow
def test_the_whole_of_mnist(mnist):
    train, test = datasets.load(mnist, "train"), datasets.load(mnist, "test")
    assert (len(train), len(test)) == (60_000, 10_000)
    # Counts of each digit as published, e.g. 5,421 fives in the training set.
    assert np.bincount(train.labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert train.images[:1000].mean() == pytest.approx(33, abs=2)


MEGABYTE = 1_000_000
ROW = b"7" + b",0" * 784 + b"\n"


def packed(start, repeated, times, end=b""):
    """A gzip file of many members, its middle repeated."""
    middle = gzip.compress(repeated, 9)
    return gzip.compress(start, 9) + middle * times + gzip.compress(end, 9)


def header(*shape):
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape)


ZEROS = bytes(MEGABYTE)

HOSTILE = {
    "idx.gz": lambda: packed(header(1_000_000, 28, 28), ZEROS, 784),
    "within.gz": lambda: packed(header(100_000, 28, 28), ZEROS, 70),
    "longer.gz": lambda: packed(header(10, 28, 28), ZEROS, 900),
    "promise.gz": lambda: packed(header(2**32 - 1, 2**32 - 1, 28, 28), b"", 1),
    "one_member.gz": lambda: gzip.compress(header(600_000, 28, 28) + ZEROS * 470, 1)[:MEGABYTE],
    "members.gz": lambda: packed(header(1, 28, 28), b"", 45_000),
    "name.gz": lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 900_000,
    "flags.gz": lambda: b"\x1f\x8b\x08\xff" + b"\xff" * 900_000,
    "blanks.csv.gz": lambda: packed(ROW, b"\n" * MEGABYTE, 900),
    "endless.csv.gz": lambda: packed(b"", ZEROS, 900),
    "commas.csv.gz": lambda: packed(b"", b"," * MEGABYTE, 900),
    "commas.csv": lambda: b"," * MEGABYTE,
    "digits.csv": lambda: b"9" * MEGABYTE,
    "lines_of_digits.csv": lambda: (b"9" * 60_000 + b"\n") * 16,
    "columns.csv": lambda: b"1," * 32_000 + b"1\n",
    "heading.csv": lambda: b"label" + b",x" * 30_000 + b"\n" + b"\n" * 900_000,
    "underscores.csv": lambda: ROW.replace(b"7,0", b"7,1_0"),
    "signs.csv": lambda: ROW.replace(b"7,0", b"7,+1"),
    "returns.csv": lambda: b"1\r" * 400_000,
    "idx": lambda: header(1 << 30, 28, 28) + ZEROS[:99],
    "dimensions": lambda: header(*[2**32 - 1] * 4) + ZEROS[:99],
}

# Rows up to the bound, which take seconds.
LONG = {
    "rows.csv.gz": lambda: packed(b"", ROW * 600, 500),
    "spaces.csv.gz": lambda: packed(b"", ROW.replace(b",", b", ") * 400, 400),
    "zeros.csv.gz": lambda: packed(b"", ROW.replace(b",", b",00") * 400, 330),
}

READ = """
from core.data import datasets
def read(path):
    (datasets.read_csv if ".csv" in path else datasets.read_idx)(path)
"""


def small(folder):
    """A file of one row."""
    (folder / "small.csv.gz").write_bytes(gzip.compress(ROW))
    return folder / "small.csv.gz"


def within_bounds(path, peak, seconds, said):
    assert peak < 96 * MEGABYTE
    assert seconds < 10
    assert said is not None
    assert said.startswith(str(path))
    assert len(said.splitlines()) == 1


@pytest.fixture(scope="module")
def costs(tmp_path_factory, costs_of):
    folder = tmp_path_factory.mktemp("hostile")
    return costs_of(folder, small(folder), HOSTILE, READ)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_hostile_megabyte_costs(costs, name):
    within_bounds(*costs[name])


@pytest.mark.slow
def test_what_a_megabyte_of_rows_costs(tmp_path, costs_of):
    for cost in costs_of(tmp_path, small(tmp_path), LONG, READ).values():
        within_bounds(*cost)


def test_what_is_no_regular_file_is_refused_at_once(tmp_path):
    for name in ("a.csv", "a.csv.gz", "images-idx3", "labels-idx1"):
        os.mkfifo(tmp_path / name)
    for name in ("a.csv", "a.csv.gz", "images-idx3"):
        with says(tmp_path / name, "cannot be read: is not a regular file"):
            datasets.load(tmp_path / name)
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    with says(tmp_path / "zero.csv", "cannot be read: is not a regular file"):
        datasets.load(tmp_path / "zero.csv")


def test_a_data_set_behind_a_link_is_read(tmp_path, images, labels):
    (tmp_path / "a.csv").write_text(csv(images, labels))
    (tmp_path / "b.csv").symlink_to("a.csv")
    np.testing.assert_array_equal(datasets.load(tmp_path / "b.csv").images, images)


def test_fields_with_leading_zeros(tmp_path, images, labels):
    text = re.sub(r"\b(\d\d?)\b", r"0\1", csv(images, labels))
    (tmp_path / "a.csv").write_text(text)
    np.testing.assert_array_equal(datasets.load(tmp_path / "a.csv").images, images)
