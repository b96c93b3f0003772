"""`zerodigit samples`: what it lists, exports, imports and deletes, and what it refuses."""

from __future__ import annotations

import base64
import io
import json
import os
import zipfile

import pytest
from PIL import Image

from core.classes import NO_DIGIT
from pi.cli import main
from pi.samples import crops
from pi.samples.store import Sample
from pi.system import own_folder
from tools.evaluate.photographs import read_index


def test_list(store, out):
    lines = out("samples").splitlines()
    assert len(lines) == 7
    assert lines[1].split()[0] == "2"
    assert "read 1 (0.50), is 7" in lines[1]
    assert "right" in lines[2]
    assert "is no digit" in lines[3]
    assert lines[-1] == "6 samples, 3 with a label, 2 of them read wrongly"


@pytest.mark.parametrize(
    ("flags", "ids"),
    [
        (["--digit", "7"], ["2"]),
        (["--wrong"], ["2", "4"]),
        (["--unlabelled", "--last", "2"], ["5", "6"]),
        (["--labelled", "--digit", "2"], ["3"]),
    ],
)
def test_filters(store, flags, ids, out):
    lines = out("samples", *flags).splitlines()[:-1]
    assert [line.split()[0] for line in lines] == ids


def test_pictures_have_fourteen_lines_each(store, out):
    assert len(out("samples", "--pictures", "--last", "1").splitlines()) == 1 + 14 + 1


def test_export_and_import_there_and_back(store, folder, tmp_path, out):
    target = folder / "mine"
    assert out("samples", "export", str(target)) == f"6 samples written to {target}\n"
    # What tools.evaluate photos reads of it: the digits with a label.
    assert [each.digit for each in read_index(target, "photo_single")] == [7, 2]
    with Image.open(target / "000002.png") as picture:
        assert picture.getpixel((0, 0)) == 255 - 40
    assert "6 were there already" in out("samples", "import", str(target))
    before = store.select()
    assert out("samples", "delete", "--all", "--yes") == "6 samples deleted\n"
    assert out("samples", "import", str(target)).startswith("6 samples taken in")
    for was, now in zip(before, store.select(), strict=True):
        assert (was.image, was.guess, was.label) == (now.image, now.guess, now.label)
        assert (was.time, was.trusted) == (now.time, now.trusted)
    assert "holds an index.tsv" in out("samples", "export", str(target), code=7)


def test_crops_of_those_with_a_label(store, folder, out):
    target = folder / "mine.npz"
    assert out("samples", "crops", str(target)) == f"3 labelled digits written to {target}\n"
    images, labels = crops.unpack(target.read_bytes())
    assert labels.tolist() == [7, 2, NO_DIGIT]
    assert images[0, 0, 0] == 40
    out("samples", "--digit", "7", "crops", str(target))
    assert crops.unpack(target.read_bytes())[1].tolist() == [7]


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_crops_into_a_pipe(store, name, capfdbinary):
    assert main(["samples", "crops", name]) == 0
    said = capfdbinary.readouterr()
    assert len(crops.unpack(said.out)[1]) == 3
    assert b"3 labelled digits" in said.err


def test_export_into_a_pipe_is_a_zip_of_the_folder(store, capfdbinary):
    assert main(["samples", "export", "-"]) == 0
    said = capfdbinary.readouterr()
    assert said.err == b"6 samples written to -\n"
    with zipfile.ZipFile(io.BytesIO(said.out)) as packed:
        names = packed.namelist()
        assert packed.read("samples/index.tsv").startswith(b"file\tlabel")
    assert len(names) == 7
    assert not os.path.exists("-")


def test_a_time_that_no_calendar_has_is_shown_as_unknown(store, out):
    store.add(Sample(bytes(784), 7, 0.5, time=1764380000000.0, trusted=True))
    assert out("samples").splitlines()[-2].split() == ["7", "?", "read", "7", "(0.50)"]


@pytest.mark.parametrize(
    "command", [["label", "{}", "7"], ["samples", "delete", "{}"]], ids=["label", "delete"]
)
@pytest.mark.parametrize("number", ["99999999999999999999", "0", "x"])
def test_numbers_that_no_sample_has(store, command, number, out):
    said = out(*[each.format(number) for each in command], code=2)
    assert f"the number of a sample is 1 or more, as in the list, not '{number}'" in said
    assert said.count("\n") == 1


def test_delete(store, out):
    assert out("samples", "delete", "1", "3") == "2 samples deleted\n"
    assert [each.id for each in store.select()] == [2, 4, 5, 6]
    assert "which ones" in out("samples", "delete", code=2)


def test_delete_all_asks_before(store, out, monkeypatch):
    assert "with --yes" in out("samples", "delete", "--all", code=2)

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for answer, left in (("", 6), ("\n", 6), ("n\n", 6), ("y\n", 0)):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        said = out("samples", "delete", "--all")
        assert "6 samples, 3 of them labelled, would be lost" in said
        assert store.counts()["all"] == left


def test_delete_all_takes_what_was_set_aside_too(store, out):
    for number, suffix in ((1, ""), (1, "-wal"), (1, "-shm"), (3, ""), (3, "-wal")):
        path = store.path.with_name(f"{store.path.name}.damaged{number}{suffix}")
        path.write_bytes(b"pictures")
    assert out("samples", "delete", "1") == "1 samples deleted\n"
    assert len(list(store.path.parent.glob("*.damaged*"))) == 5
    assert out("samples", "delete", "--all", "--yes") == (
        "5 samples deleted\n2 damaged files deleted that were set aside\n"
    )
    assert list(store.path.parent.glob("*.damaged*")) == []
    assert store.counts()["all"] == 0
    assert out("samples", "delete", "--all", "--yes") == "0 samples deleted\n"


def test_delete_all_says_what_it_cannot_take(store, capsys):
    path = store.path.with_name(f"{store.path.name}.damaged1")
    path.mkdir()
    assert main(["samples", "delete", "--all", "--yes"]) == 7
    said = capsys.readouterr()
    assert said.out == "6 samples deleted\n"
    assert f"{path}: cannot be removed" in said.err
    assert store.counts()["all"] == 0


def test_import_says_what_it_pushes_out(store, folder, out):
    out("samples", "export", str(folder / "mine"))
    out("samples", "delete", "--all", "--yes")
    with open(folder / "settings.toml", "a") as settings:
        settings.write("most = 10\n")
    for _ in range(9):
        store.add(Sample(bytes([9]) * 784, 7, time=1.0))
    assert out("samples", "import", str(folder / "mine")) == (
        "6 samples taken in, 0 were there already\n"
        "5 without a label deleted, the oldest: samples.most, samples.most_mb\n"
    )


def test_a_folder_that_cannot_be_imported(store, folder, out):
    (folder / "index.tsv").write_text("file\tlabel\na.png\t12\n")
    assert "the label is a digit" in out("samples", "import", str(folder), code=3)
    assert store.counts()["all"] == 6


def test_a_laptops_owner_is_told_where_the_samples_are(tmp_path, monkeypatch, capsys):
    """Where nothing names a folder, and there is no appliance."""
    own = tmp_path / "data" / "zerodigit"
    monkeypatch.setenv("ZERODIGIT_CONFIG", os.devnull)
    monkeypatch.setattr(own_folder, "of_user", lambda system, uid, environ: str(own))
    monkeypatch.setattr(os.path, "lexists", lambda path: False)
    assert main(["samples"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("0 samples, ")
    assert said.err == (
        f"zerodigit: samples and weights are in {own}: your own, for there is no "
        "/var/lib/zerodigit\n"
    )
    assert (own / "samples.db").is_file()


def test_json_is_an_object_a_line(store, out):
    found = [json.loads(line) for line in out("samples", "--json", "--labelled").splitlines()]
    assert [(each["guess"], each["label"]) for each in found] == [(1, 7), (2, 2), (3, 10)]
    keys = ["id", "time", "trusted", "guess", "confidence", "probabilities", "label", "origin"]
    assert list(found[0]) == [*keys, "model"]
    assert (found[0]["id"], found[0]["time"], found[0]["trusted"]) == (2, 1e9, False)
    (last,) = map(
        json.loads, out("samples", "--json", "--pictures", "--last", "1").splitlines()
    )
    assert base64.b64decode(last["image"]) == bytes([200]) * 392 + bytes(392)
    assert "leave it out here" in out("samples", "--json", "delete", "--all", code=2)


def test_a_path_that_ends_in_a_dash_is_a_file(store, out, folder, monkeypatch):
    monkeypatch.chdir(folder)
    for words in (["samples", "crops"], ["weights", "export"], ["samples", "export"]):
        assert "written to" in (said := out(*words, "./-")) or "copied to" in said
        os.rename("-", words[1] + words[0])
