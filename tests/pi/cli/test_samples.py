"""`zerodigit samples`, `label`, `history`: what they print, and what they refuse."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from core.classes import NO_DIGIT
from pi.cli import label, main
from pi.control.server import ControlServer
from pi.retraining import night_log
from pi.samples.store import Sample, SampleStore
from tools.evaluate.photographs import read_index


@pytest.fixture
def folder(tmp_path, monkeypatch):
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[samples]\nfolder = "{tmp_path / "state"}"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(settings))
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path / "run"))
    return tmp_path


@pytest.fixture
def store(folder):
    with SampleStore(folder / "state" / "samples.db") as opened:
        for number in range(6):
            image = bytes([number * 40]) * 392 + bytes(392)
            given = {"label": {1: 7, 2: 2, 3: NO_DIGIT}.get(number)}
            given |= {"trusted": number % 2 == 0}
            opened.add(Sample(image, number, 0.5, time=1e9, **given))
        yield opened


def out(capsys, *arguments, code=0):
    assert main(list(arguments)) == code
    said = capsys.readouterr()
    return said.err if code else said.out


def test_list(store, capsys):
    lines = out(capsys, "samples").splitlines()
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
def test_filters(store, capsys, flags, ids):
    lines = out(capsys, "samples", *flags).splitlines()[:-1]
    assert [line.split()[0] for line in lines] == ids


def test_pictures_have_fourteen_lines_each(store, capsys):
    assert len(out(capsys, "samples", "--pictures", "--last", "1").splitlines()) == 1 + 14 + 1


def test_export_and_import_there_and_back(store, folder, capsys, tmp_path):
    target = folder / "mine"
    assert out(capsys, "samples", "export", str(target)) == f"6 samples written to {target}\n"
    # What tools.evaluate photos reads of it: the digits with a label.
    assert [each.digit for each in read_index(target, "photo_single")] == [7, 2]
    with Image.open(target / "000002.png") as picture:
        assert picture.getpixel((0, 0)) == 255 - 40
    assert "6 were there already" in out(capsys, "samples", "import", str(target))
    before = store.select()
    assert out(capsys, "samples", "delete", "--all") == "6 samples deleted\n"
    assert out(capsys, "samples", "import", str(target)).startswith("6 samples taken in")
    for was, now in zip(before, store.select(), strict=True):
        assert (was.image, was.guess, was.label) == (now.image, now.guess, now.label)
        assert (was.time, was.trusted) == (now.time, now.trusted)
    assert "holds an index.tsv" in out(capsys, "samples", "export", str(target), code=7)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("../x.png\t7", "not in the folder"),
        ("a.png\t12", "the label is a digit"),
        ("a.png\t7", "a.png"),
    ],
)
def test_a_folder_that_cannot_be_taken_in(store, folder, capsys, row, complaint):
    (folder / "index.tsv").write_text(f"file\tlabel\n{row}\n")
    assert complaint in out(capsys, "samples", "import", str(folder), code=3)
    assert store.counts()["all"] == 6


@pytest.mark.parametrize("time", ["1764380000000", "-1", "nan", "4294967296", "2026-11-23"])
def test_a_time_that_is_none_is_not_taken_in(store, folder, capsys, time):
    Image.new("L", (28, 28)).save(folder / "a.png")
    (folder / "index.tsv").write_text(f"file\tlabel\ttime\na.png\t7\t{time}\n")
    said = out(capsys, "samples", "import", str(folder), code=3)
    assert f"index.tsv:2: the time is seconds since 1970, not {time!r}" in said


def test_a_time_that_no_calendar_has_is_shown_as_unknown(store, capsys):
    store.add(Sample(bytes(784), 7, 0.5, time=1764380000000.0, trusted=True))
    assert out(capsys, "samples").splitlines()[-2].split() == ["7", "?", "read", "7", "(0.50)"]


@pytest.mark.parametrize(
    "command", [["label", "{}", "7"], ["samples", "delete", "{}"]], ids=["label", "delete"]
)
@pytest.mark.parametrize("number", ["99999999999999999999", "0", "x"])
def test_numbers_that_no_sample_has(store, capsys, command, number):
    said = out(capsys, *[each.format(number) for each in command], code=2)
    assert f"the number of a sample is 1 or more, as in the list, not '{number}'" in said
    assert said.count("\n") == 1


def test_delete(store, capsys):
    assert out(capsys, "samples", "delete", "1", "3") == "2 samples deleted\n"
    assert [each.id for each in store.select()] == [2, 4, 5, 6]
    assert "which ones" in out(capsys, "samples", "delete", code=2)


def test_delete_all_takes_what_was_set_aside_too(store, capsys):
    for number, suffix in ((1, ""), (1, "-wal"), (1, "-shm"), (3, ""), (3, "-wal")):
        path = store.path.with_name(f"{store.path.name}.damaged{number}{suffix}")
        path.write_bytes(b"pictures")
    assert out(capsys, "samples", "delete", "1") == "1 samples deleted\n"
    assert len(list(store.path.parent.glob("*.damaged*"))) == 5
    assert out(capsys, "samples", "delete", "--all") == (
        "5 samples deleted\n2 damaged files deleted that were set aside\n"
    )
    assert list(store.path.parent.glob("*.damaged*")) == []
    assert store.counts()["all"] == 0
    assert out(capsys, "samples", "delete", "--all") == "0 samples deleted\n"


def test_delete_all_says_what_it_cannot_take(store, capsys):
    path = store.path.with_name(f"{store.path.name}.damaged1")
    path.mkdir()
    assert main(["samples", "delete", "--all"]) == 7
    said = capsys.readouterr()
    assert said.out == "6 samples deleted\n"
    assert f"{path}: cannot be removed" in said.err
    assert store.counts()["all"] == 0


def test_label_one(store, capsys):
    out(capsys, "label", "1", "8")
    assert (store.get(1).label, store.get(1).origin) == (8, "label")
    out(capsys, "label", "1", "none")
    assert store.get(1).label == NO_DIGIT
    out(capsys, "label", "1", "forget")
    assert store.get(1).label is None
    assert "a label is 0 to 9" in out(capsys, "label", "1", "12", code=2)
    assert "what is it" in out(capsys, "label", "1", code=2)
    assert "no sample 99" in out(capsys, "label", "99", "1", code=7)


@pytest.mark.parametrize(
    ("shown", "said"),
    [(1, "the 1 shown last: labelled 7\n"), (None, "what it was unsure of last: labelled 7\n")],
)
def test_label_the_last(folder, capsys, shown, said):
    (folder / "run").mkdir()
    requests = []

    def take(request):
        requests.append(request["label"])
        return {"shown": shown}

    server = ControlServer(folder / "run" / "control", {"label": take}).start()
    try:
        assert out(capsys, "label", "--last", "7") == said
    finally:
        server.close()
    assert requests == [7]


def test_the_walk(store):
    # Newest first: sample 6 is a 9; 5 right; undo it; 5 is no digit; 1 deleted.
    keys = iter("9\nuxnd")
    said = io.StringIO()
    assert label.walk(store, lambda: next(keys), said) == 2
    assert store.get(6).label == 9
    assert store.get(5).label == NO_DIGIT
    assert [each.id for each in store.select()] == [2, 3, 4, 5, 6]
    assert "undone" in said.getvalue()
    assert "no such key" in said.getvalue()
    assert "2 labelled, 0 left" in said.getvalue()


def test_the_walk_passes_over_what_others_delete(store):
    keys = iter("98un")
    gone = {"8": 5, "u": 6, "7": 1}

    def key():
        pressed = next(keys)
        store.delete([gone.get(pressed, 0)])
        return pressed

    said = io.StringIO()
    # 6 is a 9; 5 goes before its 8; undoing 6 finds it gone; 1 is no digit, shown at once.
    assert label.walk(store, key, said) == 1
    assert "sample 5 is gone" in said.getvalue()
    assert "sample 6 is gone" in said.getvalue()
    assert "1 labelled, 0 left" in said.getvalue()
    assert store.get(1).label == NO_DIGIT


def test_the_walk_passes_over_what_is_gone_before_it_is_shown(store):
    keys = iter("95")

    def key():
        store.delete([5])
        return next(keys)

    said = io.StringIO()
    assert label.walk(store, key, said) == 2
    assert "sample 5 is gone" in said.getvalue()
    assert [each.id for each in store.labelled()] == [1, 2, 3, 4, 6]


def test_the_walk_ends_with_its_input(store, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO("s5"))
    out(capsys, "label")
    assert store.get(5).label == 5
    assert store.get(6).label is None


def test_history(folder, capsys):
    assert "no night yet" in out(capsys, "history")
    night = {
        "at": "2026-11-24T03:10:00+00:00", "outcome": "discarded", "why": "it would forget",
        "digits": 12, "before": 4, "after": 1, "exam_before": 3, "exam_after": 5,
        "exam_count": 1000, "confused": [[7, 1, 3], [4, 10, 1]],
    }  # fmt: skip
    (folder / "state").mkdir()
    night_log.append(folder / "state" / "history.jsonl", night)
    night_log.append(
        folder / "state" / "history.jsonl", night | {"outcome": "promoted", "version": "0004"}
    )
    first, second = out(capsys, "history").splitlines()
    assert first == (
        "2026-11-24 03:10  discarded: 12 digits, 4 errors before, 1 after (it would forget)"
    )
    assert second.endswith("promoted: 12 digits, 4 errors before, 1 after, version 0004")
    details = out(capsys, "history", "--details")
    assert "before: 7 read as 1 3x, 4 read as no digit 1x" in details
    assert json.loads(out(capsys, "history", "--json").splitlines()[0]) == night
    picture = folder / "out.png"
    out(capsys, "history", "--plot", str(picture))
    with Image.open(picture) as drawn:
        # Before: four of four errors high; after, in red and green.
        colours = {drawn.getpixel((x, 275)) for x in range(drawn.width)}
    assert {(227, 181, 75), (192, 86, 63), (44, 122, 87)} <= colours
