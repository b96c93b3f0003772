"""The walk of `zerodigit label`: its order, its keys, and what it undoes."""

from __future__ import annotations

import io
import re

import pytest

from core.classes import NO_DIGIT
from pi.cli.label_walk import LabelWalk, by_worth
from pi.samples.store import Sample


@pytest.fixture
def walk(store):
    """A function that walks 6, 5 and 1 by keys, a text or a function: what was said, and how
    many got a label."""

    def walk(keys):
        said = io.StringIO()
        given = iter(keys) if isinstance(keys, str) else None
        key = keys if given is None else lambda: next(given, "")
        return LabelWalk(store, [6, 5, 1], said).run(key), said.getvalue()

    return walk


def test_what_it_was_less_sure_of_comes_first_and_of_that_the_newest():
    sure = {1: 0.2, 2: 0.9, 3: 0.69, 4: 0.7, 5: 0.0}
    samples = [Sample(bytes(784), 3, sure[number], id=number) for number in sure]
    assert by_worth(samples, 0.7) == [5, 3, 1, 4, 2]


def test_the_keys(store, walk):
    # 6 is a 9; 5 right; undo it; 5 is no digit; 1 deleted.
    labelled, said = walk("9\nuxnd")
    assert labelled == 2
    assert store.get(6).label == 9
    assert store.get(5).label == NO_DIGIT
    assert [each.id for each in store.select()] == [2, 3, 4, 5, 6]
    assert "its label is undone" in said
    assert "no such key" in said
    assert "2 labelled, 0 left" in said


def test_a_question_mark_explains_them(walk):
    assert "undo what was done last" in walk("?")[1]


def test_undo_takes_back_whatever_was_done_last(store, walk):
    before = store.get(6)
    labelled, said = walk("ds3uuuu")
    assert labelled == 0
    assert store.get(6) == before
    assert store.get(1).label is None
    assert re.findall(r"nothing to undo|it is back|is undone", said) == [
        "is undone", "it is back", "nothing to undo",
    ]  # fmt: skip


def test_what_is_deleted_comes_back_where_it_was(store, walk):
    _, said = walk("sdu7")
    assert store.get(5).label == 7
    assert said.count("read 4 (0.50)") == 2


def test_the_piece_of_photograph_is_shown_beside(store):
    crop = bytes(32 * 16) + b"\xff" * 32 * 16
    number = store.add(Sample(b"\xff" * 784, 3, 0.5, time=1e9, crop=crop, crop_width=32))
    said = io.StringIO()
    LabelWalk(store, [number], said).run(lambda: "q")
    pictures = [line for line in said.getvalue().splitlines() if line.startswith("  ")]
    # Ink is dark: the 28x28 is blank on the left, and below on the right is white.
    assert pictures[-3] == "  " + " " * 28 + "   " + "@" * 28


def test_it_passes_over_what_others_delete(store, walk):
    keys = iter("98un")
    gone = {"8": 5, "u": 6, "7": 1}

    def key():
        pressed = next(keys, "")
        store.delete([gone.get(pressed, 0)])
        return pressed

    # 6 is a 9; 5 goes before its 8; undoing 6 finds it gone; 1 is no digit, shown at once.
    labelled, said = walk(key)
    assert labelled == 1
    assert "sample 5 is gone" in said
    assert "sample 6 is gone" in said
    assert "1 labelled, 0 left" in said
    assert store.get(1).label == NO_DIGIT


def test_it_passes_over_what_is_gone_before_it_is_shown(store, walk):
    keys = iter("95")

    def key():
        store.delete([5])
        return next(keys, "")

    labelled, said = walk(key)
    assert labelled == 2
    assert "sample 5 is gone" in said
    assert [each.id for each in store.labelled()] == [1, 2, 3, 4, 6]
