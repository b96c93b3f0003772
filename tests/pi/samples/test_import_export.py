"""Samples as a folder of pictures with an index, and such a folder as samples."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from core.classes import NO_DIGIT
from core.errors import DatasetError, ImageError, StorageError
from pi.samples import import_export


@pytest.fixture
def index(tmp_path):
    """A function that writes an index; the folder has a black picture of 28x28."""
    Image.new("L", (28, 28)).save(tmp_path / "a.png")

    def write(*rows):
        lines = [row.replace(" ", "\t") for row in rows]
        (tmp_path / import_export.INDEX).write_text("\n".join(lines) + "\n")
        return tmp_path

    return write


def test_there_and_back(store, sample, tmp_path):
    given = [
        sample(1, label=7, origin="wrong", model="0003", trusted=True),
        sample(2, label=2),
        sample(3, label=NO_DIGIT),
        sample(4),
    ]
    for each in given:
        store.add(each)
    assert import_export.export(store.select(), tmp_path / "out") == 4
    found = import_export.read(tmp_path / "out")
    for was, now in zip(given, found, strict=True):
        assert (now.image, now.guess, now.label) == (was.image, was.guess, was.label)
        assert (now.model, now.trusted, now.time) == (was.model, was.trusted, 2.0)
    assert [each.origin for each in found] == ["wrong", "import", "import", None]
    assert store.add_new(found) == (0, 4)


def test_a_folder_is_never_written_over(store, tmp_path):
    import_export.export([], tmp_path)
    with pytest.raises(StorageError, match=r"holds an index\.tsv already"):
        import_export.export([], tmp_path)


def test_a_sample_that_is_there_without_a_label_gets_it(store, sample):
    number = store.add(sample(1))
    assert store.add_new([sample(1, label=7), sample(2)]) == (1, 1)
    assert (store.get(number).label, store.get(number).origin) == (7, "import")


def test_from_a_photograph_the_digit_is_cropped(tmp_path, index):
    page = Image.new("L", (320, 240), 200)
    ImageDraw.Draw(page).line([(140, 60), (200, 60), (160, 180)], fill=30, width=8)
    page.save(tmp_path / "a.png")
    [found] = import_export.read(index("file label", "a.png 7"))
    assert (len(found.image), found.label, found.guess) == (784, 7, None)
    assert max(found.image) > 200
    Image.new("L", (320, 240), 200).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="nothing in it looks like a digit"):
        import_export.read(tmp_path)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("../x.png 7", r"index\.tsv:2: \.\./x\.png is not in the folder"),
        ("a.png 12", 'the label is a digit, "-" or "[?]", not \'12\''),
        ("b.png 7", "b.png"),
    ],
)
def test_a_folder_that_cannot_be_imported(index, row, complaint):
    with pytest.raises((DatasetError, ImageError), match=complaint):
        import_export.read(index("file label", row))


def test_an_index_needs_its_columns(index, tmp_path):
    with pytest.raises(DatasetError, match=r"index\.tsv:1: needs the columns file and label"):
        import_export.read(index("file digit", "a.png 7"))
    with pytest.raises(DatasetError, match="cannot be read"):
        import_export.read(tmp_path / "none")


@pytest.mark.parametrize("time", ["1764380000000", "-1", "nan", "4294967296", "2026-11-23"])
def test_a_time_that_is_none_is_not_imported(index, time):
    complaint = f"index.tsv:2: the time is seconds since 1970, not {time!r}"
    with pytest.raises(DatasetError) as raised:
        import_export.read(index("file label time", f"a.png 7 {time}"))
    assert complaint in str(raised.value)


def test_a_guess_is_a_digit(index):
    with pytest.raises(DatasetError, match="the guess is a digit, not '12'"):
        import_export.read(index("file label guess", "a.png 7 12"))
