"""`zerodigit label`: one sample, the last one shown, or a walk through the unlabelled ones."""

from __future__ import annotations

import io

import pytest

from core.classes import NO_DIGIT
from pi.cli import label
from pi.control.server import ControlServer


def test_label_one(store, out):
    out("label", "1", "8")
    assert (store.get(1).label, store.get(1).origin) == (8, "label")
    out("label", "1", "none")
    assert store.get(1).label == NO_DIGIT
    out("label", "1", "forget")
    assert store.get(1).label is None
    assert "a label is 0 to 9" in out("label", "1", "12", code=2)
    assert "what is it" in out("label", "1", code=2)
    assert "no sample 99" in out("label", "99", "1", code=7)


@pytest.mark.parametrize(
    ("shown", "said"),
    [(1, "the 1 shown last: labelled 7\n"), (None, "what it was unsure of last: labelled 7\n")],
)
def test_label_the_last(folder, shown, said, out):
    (folder / "run").mkdir()
    requests = []

    def take(request):
        requests.append(request["label"])
        return {"shown": shown}

    server = ControlServer(folder / "run" / "control", {"label": take}).start()
    try:
        assert out("label", "--last", "7") == said
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


def test_the_walk_ends_with_its_input(store, monkeypatch, out):
    monkeypatch.setattr("sys.stdin", io.StringIO("s5"))
    out("label")
    assert store.get(5).label == 5
    assert store.get(6).label is None
