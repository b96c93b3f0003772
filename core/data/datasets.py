"""Data sets of labelled digits, in the forms that people have, as uint8, a batch at a time.

MNIST's IDX files (also EMNIST's and QMNIST's, packed or not, in the folders that Kaggle and
torchvision make), tables (``core.data.tables``), Keras' ``mnist.npz``, and folders of pictures
(``core.data.pictures``). Images are brought into one form (``core.data.upright``): uint8 with
ink = 255 and paper = 0. The network converts each batch.
"""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.data import pictures
from core.data.idx import read_idx
from core.data.streams import REMEDY, opened
from core.data.upright import SIDE, upright
from core.errors import DatasetError, ImageError
from core.files.foreign import absence

Split = Literal["train", "test"]

IDX_NAMES: dict[str, tuple[str, str]] = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Names of the files with images and labels, by split."""

DEEPEST = 2
"""Folders in a folder in which the files are looked for: torchvision's are in MNIST/raw."""

_MOST_FILES = 10_000  # in a folder and those in it that are looked at
_KERAS = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}

# As unpackers leave them: a dot where the original has a hyphen, packed or not; another name
# before it, as emnist-digits-train-images-idx3-ubyte.
_IMAGES = re.compile(r"(|.+-)(train|t10k|test)-images[-.]idx3-ubyte(\.gz)?", re.IGNORECASE)
_LABELS = re.compile(
    r"(|.+-)(train|t10k|test)-labels[-.]idx[12]-(ubyte|int)(\.gz)?", re.IGNORECASE
)
_TABLE = re.compile(r"mnist_(train|test)\.csv(\.gz)?", re.IGNORECASE)


@dataclass(frozen=True)
class Dataset:
    """Images and the digit each one shows.

    ``images`` is uint8 (n, 28, 28), ink = 255, and may be memory-mapped; ``labels`` is
    uint8 (n,). ``notes`` : what was done to bring the images into this form, in words.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def batch(
        self, indices: NDArray[np.integer[Any]]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Copies of the images, uint8 (b, 28, 28), and labels, uint8 (b,), at `indices`."""
        return np.ascontiguousarray(self.images[indices]), np.asarray(self.labels[indices])


def load(path: str | Path, split: Split = "train", *, largest_label: int = 9) -> Dataset:
    """Read a data set: a folder, an IDX images file, a table, or an .npz file.

    In a folder, and in folders up to DEEPEST below it, `split` chooses among the files; those
    with MNIST's own names come first, and last a folder of a name like ``training`` or ``test``
    with a folder of pictures for each digit. An IDX images file takes its labels from the file
    beside it whose name says ``labels-idx1`` for ``images-idx3``. Negatives and transposed
    images are put right. Raises DatasetError for everything that is wrong with the files.
    """
    path = Path(path)
    if os.path.isdir(path) and not pictures.per_digit(path):
        found = find(path, split)
        if found is None:
            raise DatasetError(
                f"{path}: neither {IDX_NAMES[split][0]}[.gz] nor mnist_{split}.csv there, nor "
                f"folders 0 to 9 with pictures; {REMEDY}"
            )
        path = found
    if os.path.isdir(path):
        return _of_pictures(pictures.per_digit(path))
    if why := absence(path):
        raise DatasetError(f"{path}: {why}; {REMEDY}")
    if is_table(path):
        data = read_csv(path, largest_label=largest_label)
        images, labels = data.images, data.labels
    elif path.suffix.lower() == ".npz":
        images, values = _read_npz(path, split)
        labels = _checked(images, values, path, path, largest_label)
    else:
        images, labels_path = read_idx(path), _labels_of(path)
        labels = _checked(images, read_idx(labels_path), path, labels_path, largest_label)
    images, notes = upright(images, labels)
    return Dataset(images, labels, notes)


def read_csv(path: str | Path, *, largest_label: int = 9) -> Dataset:
    """Read a table (see ``core.data.tables``) as it is. Raises DatasetError."""
    # Here: what reads tables takes memory that MNIST's own files do without.
    from core.data import tables

    images, labels = tables.read_csv(path, largest_label=largest_label)
    return Dataset(images.reshape(-1, SIDE, SIDE), labels)


def is_table(path: Path) -> bool:
    """Whether the name is that of a table."""
    return path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))


def _of_pictures(labelled: list[tuple[Path, int]]) -> Dataset:
    try:
        return Dataset(*pictures.load(labelled))
    except ImageError as error:
        raise DatasetError(str(error)) from None


def _checked(
    images: NDArray[Any], labels: NDArray[Any], path: Path, labels_path: Path, largest: int
) -> NDArray[np.uint8]:
    """The labels, if they are some and the images are some of 28x28. Raises DatasetError."""
    if images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8:
        shape = "x".join(map(str, images.shape))
        raise DatasetError(
            f"{path}: holds {shape} values of {images.dtype}, not images of {SIDE}x{SIDE} bytes"
        )
    if labels.ndim == 2 and np.issubdtype(labels.dtype, np.int32):
        # QMNIST: the class, and then who wrote it, when and where.
        labels = labels[:, 0]
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DatasetError(
            f"{labels_path}: holds {labels.ndim} dimensions of {labels.dtype}, not plain labels"
        )
    if len(images) != len(labels):
        raise DatasetError(
            f"{path}: {len(images)} images, but {len(labels)} labels in {labels_path.name}"
        )
    wrong = np.flatnonzero((labels < 0) | (labels > largest))
    if len(wrong):
        raise DatasetError(
            f"{labels_path}: label {labels[wrong[0]]} at item {wrong[0]}, "
            f"the largest allowed is {largest}"
        )
    return labels.astype(np.uint8, copy=False)


def _labels_of(path: Path) -> Path:
    """The file with the labels of an images file. Raises DatasetError if there is none."""
    usual = path.name.replace("images", "labels").replace("idx3", "idx1")
    if usual == path.name:
        raise DatasetError(
            f"{path}: name the images file (…images-idx3…), a .csv, an .npz or a folder"
        )
    beside = path.with_name(usual)
    if os.path.lexists(beside):
        return beside
    # Kaggle's archive unpacks each file into a folder of its name.
    in_its_own = path.parent.name == path.name
    name = _IMAGES.fullmatch(path.name)
    for each in _files(path.parent.parent, 1) if in_its_own else _files(path.parent, 0):
        found = _LABELS.fullmatch(each.name)
        if name and found and found[1] == name[1] and found[2] == name[2]:
            return each
    raise DatasetError(f"{beside}: the labels of {path.name} are missing; {REMEDY}")


def find(folder: Path, split: Split) -> Path | None:
    """The file of a split in a folder, or up to DEEPEST below it, or the folder there that has
    pictures of it, a folder per digit; None if there is none.

    Raises DatasetError if there are several data sets.
    """
    files = sorted(_files(folder, DEEPEST), key=lambda each: (len(each.parts), each.name))
    splits = ("train",) if split == "train" else ("t10k", "test")
    images = [
        each
        for each in files
        if (found := _IMAGES.fullmatch(each.name)) and found[2].lower() in splits
    ]
    plain = [each for each in images if _IMAGES.sub(r"\1", each.name) == ""] or images
    if len({_IMAGES.sub(r"\1", each.name) for each in plain}) > 1:
        raise _several(folder, plain, "files")
    tables = [
        each for each in files if (found := _TABLE.fullmatch(each.name)) and found[1] == split
    ]
    arrays = [each for each in files if each.name == "mnist.npz"]
    return next(iter((*plain, *tables, *arrays)), None) or _find_pictures(folder, split)


def _find_pictures(folder: Path, split: Split) -> Path | None:
    """The folder whose name has the split's in it, and that has a folder per digit."""
    level = [folder]
    for _ in range(DEEPEST):
        level = [each for above in level for each in _folders(above)]
        named = [each for each in level if split in each.name.lower()]
        if found := [each for each in named if pictures.per_digit(each)]:
            if len(found) > 1:
                raise _several(folder, found, "folders")
            return found[0]
    return None


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if os.path.isdir(each))
    except OSError as error:
        raise DatasetError(f"{folder}: cannot be listed ({error.strerror})") from error


def _several(folder: Path, found: list[Path], kind: str) -> DatasetError:
    names = ", ".join(each.name for each in found[:3])
    return DatasetError(f"{folder}: holds several data sets ({names}); name one of the {kind}")


def _files(folder: Path, deepest: int) -> list[Path]:
    """The files in a folder and those below it."""
    found: list[Path] = []

    def refuse(error: OSError) -> None:
        raise DatasetError(f"{error.filename}: cannot be listed ({error.strerror})") from error

    for where, below, names in os.walk(folder, onerror=refuse):
        if len(Path(where).relative_to(folder).parts) >= deepest:
            below.clear()
        found += [Path(where, name) for name in names]
        if len(found) > _MOST_FILES:
            break
    return found


def _read_npz(path: Path, split: Split) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Images and labels in Keras' file. Raises DatasetError for another archive."""
    arrays = []
    try:
        with opened(path) as stream, zipfile.ZipFile(stream.file) as archive:
            for name in _KERAS[split]:
                member = archive.getinfo(f"{name}.npy")
                stream.check_unpacked(path, member.file_size)
                with archive.open(member) as file:
                    arrays.append(np.lib.format.read_array(file, allow_pickle=False))
    except KeyError:
        raise DatasetError(
            f"{path}: holds no {' and '.join(_KERAS[split])}, as Keras' mnist.npz does"
        ) from None
    except DatasetError:
        raise
    except Exception as error:  # of zipfile, and of numpy's reader: TokenError and others, too
        raise DatasetError(f"{path}: cannot be read as an .npz file ({error})") from None
    return _as_bytes(arrays[0]), _as_labels(arrays[1])


def _as_bytes(images: NDArray[Any]) -> NDArray[Any]:
    """Images as programs save them, flat, with a dimension of one colour, or in numbers up to 1
    or 255, as uint8 (n, 28, 28); what cannot be that stays as it is."""
    if images.ndim in (2, 4) and len(images) and images.size == len(images) * SIDE * SIDE:
        images = images.reshape(-1, SIDE, SIDE)
    if not (images.size and images.dtype.kind in "buif" and images.min() >= 0):
        return images
    high, scale = images.max(), 255 if images.max() <= 1 else 1
    if images.dtype.kind == "f":
        return np.rint(images * float(scale)).astype(np.uint8) if high <= 255 else images
    return images.astype(np.uint8, copy=False) * np.uint8(scale) if high <= 255 else images


def _as_labels(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels from floats, or from a column for each class; others as they are."""
    if labels.dtype.kind not in "buif" or not labels.size:
        return labels
    if labels.ndim == 2 and labels.shape[1] > 1:
        ones = np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=1) == 1)
        return labels.argmax(axis=1) if ones else labels
    whole = labels.dtype.kind != "f" or np.all(
        (abs(labels) < 256) & (labels == np.rint(labels))
    )
    return labels.reshape(-1).astype(np.intp) if whole else labels
