"""Samples as a folder of pictures with an index, and such a folder as samples."""

from __future__ import annotations

import errno
import os
import time
import tracemalloc
from contextlib import suppress
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw

from core.classes import NO_DIGIT
from core.errors import DatasetError, ImageError, StorageError
from pi.samples import import_export
from pi.samples.store import SampleStore


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
    assert store.add_new(found) == (0, 4, 0)


def test_a_folder_is_never_written_over(store, tmp_path):
    import_export.export([], tmp_path)
    with pytest.raises(StorageError, match=r"holds an index\.tsv already"):
        import_export.export([], tmp_path)


def test_a_card_that_fills_says_what_is_written(sample, tmp_path, monkeypatch):
    def full(self, file, kind):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    samples = [replace(sample(number), id=number) for number in (1, 2, 3)]
    first = iter(samples)

    def until_it_is_full():
        yield next(first)
        monkeypatch.setattr(Image.Image, "save", full)
        yield from first

    with pytest.raises(StorageError, match=r"No space left .* 1 pictures are written, without"):
        import_export.export(until_it_is_full(), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["000001.png"]


def test_a_sample_that_is_there_without_a_label_gets_it(store, sample):
    number = store.add(sample(1))
    assert store.add_new([sample(1, label=7), sample(2)]) == (1, 1, 0)
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
        ("../x.png 7", r"index\.tsv:2: '\.\./x\.png' is not in the folder"),
        ("out.png 7", r"index\.tsv:2: 'out\.png' is not in the folder"),
        ("loop.png 7", r"index\.tsv:2: 'loop\.png' is not in the folder"),
        ("a\0.png 7", r"index\.tsv:2: 'a\\x00\.png' is not in the folder"),
        (f"{'a' * 5000} 7", r"index\.tsv:2: 'a{80}' is not in the folder"),
        ("a.png \x1b[2J", r"not '\\x1b\[2J'"),
        ("a.png 7\na.png 8", r"index\.tsv:3: 'a\.png' is named a second time"),
        ("fifo 7", r"index\.tsv:2: .*fifo"),
        ("folder 7", r"index\.tsv:2: .*folder"),
        ("text.png 7", r"index\.tsv:2: .*text\.png"),
        ("a.png 12", 'the label is a digit, "-" or "[?]", not \'12\''),
        ("b.png 7", "b.png"),
    ],
)
def test_a_folder_that_cannot_be_imported(index, tmp_path, row, complaint):
    (tmp_path / "out.png").symlink_to("/dev/zero")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.png").write_text("text")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises((DatasetError, ImageError), match=complaint):
        import_export.read(index("file label", row))


def test_an_index_needs_its_columns(index, tmp_path):
    with pytest.raises(DatasetError, match=r"index\.tsv:1: needs the columns file and label"):
        import_export.read(index("file digit", "a.png 7"))
    with pytest.raises(DatasetError, match="cannot be read"):
        import_export.read(tmp_path / "none")


_BOMBS = {
    "blank": b"file\tlabel\n" + b"\n" * 1_000_000,
    "columns": b"file\tlabel" + b"\tx" * 250_000 + b"\n" + b"\t\n" * 150_000,
    "tabs": b"file\tlabel\n" + b"\t" * 1_000_000,
    "long": b"file\tlabel\n" + b"a" * 1_000_000,
    "twice": b"file\tlabel\n" + b"a.png\t7\n" * 120_000,
    "digits": b"file\tlabel\ttime\na.png\t7\t" + b"9" * 130_000,
    "no text": b"\xff" * 1_000_000,
    "large": b"file\tlabel\n" + b"\n" * (8 << 20),
}


@pytest.mark.parametrize("name", _BOMBS)
def test_an_index_of_a_megabyte_takes_little_memory_and_time(index, tmp_path, name):
    index()
    (tmp_path / "index.tsv").write_bytes(_BOMBS[name])
    tracemalloc.start()
    before = time.process_time()
    try:
        with suppress(DatasetError):
            assert import_export.read(tmp_path) == []
        assert tracemalloc.get_traced_memory()[1] < 48 << 20
        assert time.process_time() - before < 10
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("lay", [os.mkfifo, os.mkdir], ids=["fifo", "folder"])
def test_an_index_that_is_no_file(tmp_path, lay):
    lay(tmp_path / "index.tsv")
    with pytest.raises(DatasetError, match=r"index\.tsv: cannot be read \("):
        import_export.read(tmp_path)


def test_an_import_that_fails_stores_nothing(store, sample):
    def some():
        yield sample(1, label=7)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add_new(some())
    assert store.counts()["all"] == 0


def test_what_an_import_pushes_out_is_counted(path, sample):
    with SampleStore(path, most=10) as store:
        samples = [sample(number, label=5 if number < 3 else None) for number in range(14)]
        assert store.add_new(samples) == (14, 0, 4)
        assert store.add_new(samples[:3]) == (0, 3, 0)
        assert store.counts()["all"] == 10


@pytest.mark.parametrize("when", ["1764380000000", "-1", "nan", "4294967296", "2026-11-23"])
def test_a_time_that_is_none_is_not_imported(index, when):
    complaint = f"index.tsv:2: the time is seconds since 1970, not {when!r}"
    with pytest.raises(DatasetError) as raised:
        import_export.read(index("file label time", f"a.png 7 {when}"))
    assert complaint in str(raised.value)


def test_a_guess_is_a_digit(index):
    with pytest.raises(DatasetError, match="the guess is a digit, not '12'"):
        import_export.read(index("file label guess", "a.png 7 12"))


def test_crops_light_on_dark_are_taken_as_predict_reads_them(tmp_path, index):
    picture = Image.new("L", (28, 28))
    ImageDraw.Draw(picture).line([14, 4, 14, 23], fill=255, width=3)
    picture.save(tmp_path / "b.png")
    picture.point([255 - level for level in range(256)]).save(tmp_path / "c.png")
    for name in ("b.png", "c.png"):
        [sample] = import_export.read(index("file label", f"{name} 1"))
        assert sample.image == picture.tobytes()


def test_a_folder_per_digit(tmp_path):
    for digit in (7, 3):
        (tmp_path / str(digit)).mkdir()
        Image.new("L", (28, 28), digit).save(tmp_path / str(digit) / "a.png")
    found = import_export.read(tmp_path)
    assert [(each.label, each.image[0], each.origin) for each in found] == [
        (3, 3, "import"),
        (7, 7, "import"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("separator", ["\t", ";", ","])
@pytest.mark.parametrize("quote", ["", '"'])
def test_an_index_as_spreadsheets_save_it(tmp_path, index, encoding, separator, quote):
    index()
    rows = [("file", "label"), ("a.png", "7")]
    text = "\r\n".join(separator.join(quote + each + quote for each in row) for row in rows)
    (tmp_path / import_export.INDEX).write_bytes((text + "\r\n").encode(encoding))
    assert [each.label for each in import_export.read(tmp_path)] == [7]


def test_an_index_with_a_quote_that_is_not_closed(tmp_path, index):
    with pytest.raises(DatasetError, match=r"index\.tsv:[0-9]: cannot be read"):
        import_export.read(index("file label", '"a.png 7'))
