"""Reading IDX and CSV: what is right is read, what is wrong is said in one line."""

from __future__ import annotations

import gzip
import os
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.data import datasets
from core.errors import DatasetError


def test_plain_idx_is_memory_mapped(folder, images, labels):
    data = datasets.load(folder)
    assert isinstance(data.images, np.memmap)
    assert len(data) == len(labels)
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
def test_gzip_idx_is_found_and_unpacked(tmp_path, images, labels, name, idx):
    (tmp_path / f"t10k-{name}").write_bytes(gzip.compress(idx(images)))
    labels_name = name.replace("images", "labels").replace("idx3", "idx1")
    (tmp_path / f"t10k-{labels_name}").write_bytes(gzip.compress(idx(labels)))
    data = datasets.load(tmp_path, "test")
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


def test_csv_is_found_in_a_folder_and_unpacked(tmp_path, images, labels, csv):
    (tmp_path / "mnist_test.csv.gz").write_bytes(gzip.compress(csv(images, labels).encode()))
    np.testing.assert_array_equal(datasets.load(tmp_path, "test").images, images)


def test_missing_file_names_the_remedy(tmp_path, says):
    with says(tmp_path / "none", "python -m tools.fetch_mnist"):
        datasets.load(tmp_path / "none")
    with says(tmp_path, "train-images-idx3-ubyte", "python -m tools.fetch_mnist"):
        datasets.load(tmp_path)


def test_missing_labels(folder, says):
    (folder / "train-labels-idx1-ubyte").unlink()
    with says(folder / "train-labels-idx1-ubyte", "labels", "missing"):
        datasets.load(folder)


def test_the_labels_file_named_instead_of_the_images(folder, says):
    with says(folder / "train-labels-idx1-ubyte", "name the images file"):
        datasets.load(folder / "train-labels-idx1-ubyte")


def test_truncated_idx_says_how_much_is_there(folder, images, idx, says):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(idx(images)[:-1])
    with says(path, "5x28x28 = 3920 bytes, 3919 are there", "fetch_mnist"):
        datasets.load(folder)


@pytest.mark.parametrize(
    "start", [b"\x89PNG", b"\0\0\x0d\x03", b"\0\1\x08\x03", b"\0\0\x08\0", b"\0\0\x08\x09"]
)
def test_wrong_magic(folder, images, start, idx, says):
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(start + idx(images)[4:])
    what = "a PNG picture" if start == b"\x89PNG" else "not an IDX file"
    with says(path, what, start.hex(" ")):
        datasets.load(folder)


def test_empty_files(folder, says):
    for name in ("train-images-idx3-ubyte", "empty.csv", "empty-images-idx3.gz"):
        (folder / name).write_bytes(b"")
        (folder / "empty-labels-idx1.gz").touch()
        with says(folder / name, "empty"):
            datasets.load(folder / name)


def test_counts_differ(folder, labels, idx, says):
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels[:4]))
    with says(folder / "train-images-idx3-ubyte", "5 images", "4 labels"):
        datasets.load(folder)


def test_images_of_another_size(folder, idx, says):
    path = folder / "train-images-idx3-ubyte"
    for shape in ((5, 20, 20), (5, 784)):
        path.write_bytes(idx(np.zeros(shape, np.uint8)))
        with says(path, "x".join(map(str, shape)), "28x28"):
            datasets.load(folder)


def test_label_too_large(folder, labels, idx, says):
    path = folder / "train-labels-idx1-ubyte"
    labels[3] = 10
    path.write_bytes(idx(labels))
    with says(path, "label 10 at item 3", "9"):
        datasets.load(folder)
    assert datasets.load(folder, largest_label=10).labels[3] == 10


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


def test_what_is_no_regular_file_is_refused_at_once(tmp_path, says):
    for name in ("a.csv", "a.csv.gz", "images-idx3", "labels-idx1"):
        os.mkfifo(tmp_path / name)
    for name in ("a.csv", "a.csv.gz", "images-idx3"):
        with says(tmp_path / name, "cannot be read: is not a regular file"):
            datasets.load(tmp_path / name)
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    with says(tmp_path / "zero.csv", "cannot be read: is not a regular file"):
        datasets.load(tmp_path / "zero.csv")


def test_a_data_set_behind_a_link_is_read(tmp_path, images, labels, csv):
    (tmp_path / "a.csv").write_text(csv(images, labels))
    (tmp_path / "b.csv").symlink_to("a.csv")
    np.testing.assert_array_equal(datasets.load(tmp_path / "b.csv").images, images)


def renamed(folder, images, labels):
    (folder / "train-images-idx3-ubyte").rename(folder / images)
    (folder / "train-labels-idx1-ubyte").rename(folder / labels)


@pytest.mark.parametrize(
    ("images_name", "labels_name"),
    [
        ("train-images.idx3-ubyte", "train-labels-idx1-ubyte"),
        ("train-images-idx3-ubyte", "train-labels.idx1-ubyte"),
        ("emnist-digits-train-images-idx3-ubyte", "emnist-digits-train-labels-idx1-ubyte"),
        ("qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"),
    ],
)
def test_names_that_unpackers_and_other_sets_have(
    folder, images, labels, images_name, labels_name
):
    renamed(folder, images_name, labels_name)
    for path in (folder, folder / images_name):
        data = datasets.load(path)
        np.testing.assert_array_equal(data.images, images)
        np.testing.assert_array_equal(data.labels, labels)


@pytest.mark.parametrize("packed", ["images", "labels"])
def test_one_file_packed_and_the_other_not(folder, images, packed):
    path = next(folder.glob(f"*{packed}*"))
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    np.testing.assert_array_equal(datasets.load(folder).images, images)


def test_folders_that_kaggle_and_torchvision_make(folder, images, tmp_path):
    raw = tmp_path / "root" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    kaggle = tmp_path / "kaggle"
    for path in list(folder.glob("train-*")):
        (kaggle / path.name).mkdir(parents=True)
        (kaggle / path.name / path.name).write_bytes(path.read_bytes())
        path.rename(raw / path.name)
    for root in (tmp_path / "root", kaggle):
        np.testing.assert_array_equal(datasets.load(root).images, images)


def test_two_sets_in_a_folder(folder, idx, images, labels, says):
    renamed(folder, "emnist-digits-train-images-idx3-ubyte", "a-train-labels-idx1-ubyte")
    (folder / "qmnist-train-images-idx3-ubyte").write_bytes(idx(images))
    with says(folder, "several data sets", "name one of the files"):
        datasets.load(folder)


def test_labels_with_more_about_each(folder, idx, images, labels):
    about = np.zeros((len(labels), 8), np.int32)
    about[:, 0] = labels
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(about))
    np.testing.assert_array_equal(datasets.load(folder).labels, labels)


def test_labels_are_not_found_beside_another_set(folder, idx, images, says):
    """A folder above may hold labels of the same name."""
    (folder / "below").mkdir()
    (folder / "below" / "train-images-idx3-ubyte").write_bytes(idx(images))
    with says(folder / "below" / "train-labels-idx1-ubyte", "missing"):
        datasets.load(folder / "below")


def keras(path, **arrays):
    np.savez_compressed(path, **arrays)
    return path


def test_keras_file(tmp_path, images, labels):
    path = keras(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images[:2],
                 y_test=labels[:2].astype(np.int64))  # fmt: skip
    for where in (path, tmp_path):
        np.testing.assert_array_equal(datasets.load(where).images, images)
        np.testing.assert_array_equal(datasets.load(where, "test").labels, labels[:2])


@pytest.mark.parametrize(
    "change",
    [
        lambda x, y: (x[..., None], y[:, None]),
        lambda x, y: (x[:, None], y.astype(float)),
        lambda x, y: (x.reshape(-1, 784), np.eye(10)[y]),
        lambda x, y: ((x / 255).astype(np.float32), y.astype(np.uint64)),
        lambda x, y: (x.astype(np.float32), np.eye(10, dtype=bool)[y]),
        lambda x, y: (x.astype(np.int32), y),
    ],
)
def test_arrays_as_programs_save_them(tmp_path, images, labels, change):
    x, y = change(images, labels)
    data = datasets.load(keras(tmp_path / "mine.npz", x_train=x, y_train=y))
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"x_train": np.full((5, 28, 28), np.nan), "y_train": np.zeros(5)}, "float64, not im"),
        ({"x_train": np.full((5, 28, 28), 300), "y_train": np.zeros(5)}, ", not images"),
        ({"x_train": np.zeros((5, 28, 28)), "y_train": np.ones((5, 10))}, "2 dimensions"),
        ({"x_train": np.zeros((5, 28, 28)), "y_train": np.full(5, 1e300)}, "not plain"),
        ({"x": np.zeros(1)}, "holds no x_train and y_train"),
        (
            {"x_train": np.full((5, 28, 28), -0.5), "y_train": np.zeros(5, int)},
            "float64, not images",
        ),
        (
            {"x_train": np.zeros((5, 28, 28), "u1"), "y_train": np.full(5, 0.5)},
            "float64, not plain",
        ),
        ({"x_train": np.zeros((5, 28, 28), "u1"), "y_train": np.zeros(4, int)}, "but 4 labels"),
        ({"x_train": np.zeros((5, 28, 28), "u1"), "y_train": np.full(5, -1)}, "label -1"),
        ({"x_train": np.array([None]), "y_train": np.zeros(1)}, "cannot be read as an .npz"),
    ],
)
def test_other_archives(tmp_path, says, arrays, text):
    path = keras(tmp_path / "other.npz", **arrays)
    with says(path, text):
        datasets.load(path)


def test_an_archive_that_is_torn_or_unpacks_without_end(tmp_path, says, images):
    path = keras(tmp_path / "a.npz", x_train=images, y_train=np.zeros(5, int))
    whole = path.read_bytes()
    for length in (4, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with says(path):
            datasets.load(path)
    keras(path, x_train=np.zeros((100_000, 28, 28), np.uint8), y_train=np.zeros(5, int))
    with says(path, "promises"):
        datasets.load(path)


def test_negatives_and_exchanged_rows_are_put_right(folder, idx, digits):
    images, labels = digits
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(labels))
    for values, notes in ((images, 0), (255 - images, 1), (images.transpose(0, 2, 1), 1),
                          (255 - images.transpose(0, 2, 1), 2)):  # fmt: skip
        (folder / "train-images-idx3-ubyte").write_bytes(idx(np.ascontiguousarray(values)))
        data = datasets.load(folder)
        np.testing.assert_array_equal(data.images, images)
        assert len(data.notes) == notes
        assert data.batch(np.arange(3))[0].flags.c_contiguous


def test_a_folder_per_digit(tmp_path, digits):
    images, labels = digits
    order = np.argsort(labels, kind="stable")
    for number in order:
        path = tmp_path / str(labels[number]) / f"{number:03d}.png"
        path.parent.mkdir(exist_ok=True)
        # As scanned, and as MNIST has it.
        picture = 255 - images[number] if number % 2 else images[number]
        Image.fromarray(picture).save(path)
    (tmp_path / "1" / "Thumbs.db").write_bytes(b"no picture")
    data = datasets.load(tmp_path)
    np.testing.assert_array_equal(data.images, images[order])
    np.testing.assert_array_equal(data.labels, labels[order])


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training", "testing"),
        ("train", "test"),
        ("mnist_png/Training", "mnist_png/Testing"),
        ("MNIST - JPG - training", "MNIST - JPG - testing"),
    ],
)
def test_folders_of_pictures_beside_each_other(tmp_path, digits, train, test, says):
    images, labels = digits
    for number, label in enumerate(labels):
        path = tmp_path / (test if number % 4 else train) / str(label) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[number]).save(path)
    for split, name in (("train", train), ("test", test)):
        assert datasets.find(tmp_path, split) == tmp_path / name
        expected = datasets.load(tmp_path / name)
        np.testing.assert_array_equal(datasets.load(tmp_path, split).images, expected.images)
    (tmp_path / train).rename((tmp_path / train).with_name("digits"))
    assert datasets.find(tmp_path, "train") is None
    with says(tmp_path, "nor folders 0 to 9"):
        datasets.load(tmp_path)
    for name in ("trainingSet", "trainingSample"):
        (tmp_path / name / "0").mkdir(parents=True)
        (tmp_path / name / "0" / "a.png").touch()
    with says(tmp_path, "several data sets (trainingSample, trainingSet); name one of the fol"):
        datasets.load(tmp_path)


def test_a_folder_per_digit_with_a_torn_picture(tmp_path, says):
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "a.png").write_bytes(b"\x89PNG")
    with says(tmp_path / "3" / "a.png"):
        datasets.load(tmp_path)


def test_a_folder_that_may_not_be_read(shut):
    for path in (shut, shut / "file"):
        with pytest.raises(DatasetError, match=r"\(Permission denied\)"):
            datasets.load(path)


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': (",
        "{'descr': '|u1', 'shape': ('",
        "\0",
        "[" * 900,
        "9" * 5000,
        "__import__('x')",
    ],
)
def test_a_header_of_numpys_that_makes_no_sense(tmp_path, header):
    member = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w") as archive:
        for name in ("x_train", "y_train"):
            archive.writestr(f"{name}.npy", member)
    with pytest.raises(DatasetError, match=r"mnist\.npz: cannot be read as an \.npz file"):
        datasets.load(tmp_path / "mnist.npz")


@pytest.mark.parametrize("name", ["mnist.zip", "mnist_train.csv"])
def test_what_is_another_kind_of_file_is_named(tmp_path, says, name):
    path = tmp_path / name
    for content, kind in ((b"PK\3\4" + bytes(99), "a ZIP archive"), (b"<html>", "a web page")):
        path.write_bytes(content)
        with says(path, kind, "fetch MNIST with"):
            datasets.load(path)
