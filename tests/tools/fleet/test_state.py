"""What a class night has come to, in a folder: whole after each step, and gone on with."""

from __future__ import annotations

import json
import os
import stat

import pytest

from core.errors import StorageError
from pi.samples import crops
from tools.fleet.state import State, make_folder


@pytest.fixture
def folder(tmp_path):
    make_folder(tmp_path / "class")
    return tmp_path / "class"


def test_nobody_else_may_look(folder, sample):
    state = State(folder)
    state.begin(False)
    state.keep("pi@zero", crops.pack([sample(1, 7)]), 1)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "crops").stat().st_mode) == 0o700


def test_the_next_process_goes_on(folder, sample):
    state = State(folder)
    assert not state.begin(False)
    state.keep("pi@zero", crops.pack([sample(1, 7), sample(2, 3)]), 2)
    state = State(folder)
    assert state.begin(False)
    assert state.run.collected == {"pi@zero": 2}
    assert state.kept(["pi@zero", "pi@other"])["pi@zero"][1].tolist() == [7, 3]
    assert state.kept(["pi@other"]) == {}
    assert not state.begin(True)
    assert state.run.collected == {}


def test_damaged_crops_are_collected_again(folder, sample):
    state = State(folder)
    state.keep("a", crops.pack([sample(1, 7)]), 1)
    [path] = (folder / "crops").iterdir()
    path.write_bytes(path.read_bytes()[:-1])
    assert state.kept(["a"]) == {}
    assert state.run.collected == {}


def test_weights_are_those_of_their_plan(folder):
    state = State(folder)
    state.night.mkdir()
    state.keep_weights(b"weights", "plan", {"a": [2, 1]})
    state.decide("a", {"outcome": "promoted"})
    assert not state.night.exists()
    state = State(folder)
    assert (state.made("plan"), state.made("other")) == (b"weights", None)
    # The same weights again: what was decided stays.
    state.keep_weights(b"weights", "plan 2", {})
    assert list(state.run.decided) == ["a"]
    state.keep_weights(b"others", "plan 3", {})
    assert state.run.decided == {}
    state.weights.write_bytes(b"other")
    assert state.made("plan 3") is None


def test_after_its_end_no_handwriting_is_left(folder, sample):
    state = State(folder)
    state.begin(False)
    state.keep("a", crops.pack([sample(1, 7)]), 1)
    state.keep_weights(b"weights", "plan", {})
    state.decide("a", {"outcome": "promoted"})
    state.end()
    assert sorted(os.listdir(folder)) == ["class.npz", "run.json"]
    state = State(folder)
    assert not state.begin(False)
    assert (state.run.collected, list(state.run.decided)) == ({}, ["a"])


@pytest.mark.parametrize("text", ["", "[]", '{"began": 3}', '{"unknown": 1}', "{" * 100])
def test_a_record_that_makes_no_sense_is_none(folder, text):
    (folder / "run.json").write_text(text)
    assert State(folder).run.began == ""


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"):
        make_folder(tmp_path / "file" / "class")


def test_the_record_is_json_for_people(folder):
    State(folder).begin(False)
    assert json.loads((folder / "run.json").read_text())["ended"] is False
