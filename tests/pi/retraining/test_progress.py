"""How far a night is, as others see it."""

from __future__ import annotations

import json
import os

import pytest

from pi.retraining import progress


def test_progress_is_there_while_it_is_at_work(tmp_path):
    night = progress.Progress(tmp_path)
    assert progress.at_work(tmp_path) is None
    night.report("looking", 0.0)
    state = progress.at_work(tmp_path)
    assert (state["pid"], state["stage"], state["share"]) == (os.getpid(), "looking", 0.0)
    night.report("learning", 0.5)
    assert progress.at_work(tmp_path)["share"] == 0.5
    night.close()
    assert progress.at_work(tmp_path) is None


def test_progress_is_said_in_words_with_each_stage_and_now_and_then(tmp_path):
    said = []
    now = 0.0
    night = progress.Progress(tmp_path, said.append, monotonic=lambda: now)
    for stage, share in [("looking", 0.0), ("learning", 0.25), ("learning", 0.5)]:
        night.report(stage, share)
        now += progress.SAY_EVERY_S
    night.report("learning", 0.51)
    night.report("learning", 0.52)
    assert said == [
        "looking, 0 % done",
        "learning, 25 % done, some 30 min left",
        "learning, 50 % done, some 20 min left",
        "learning, 51 % done, some 29 min left",
    ]


def test_what_was_done_before_says_nothing_about_the_time_left(tmp_path):
    now = 0.0
    night = progress.Progress(tmp_path, monotonic=lambda: now)
    left = []
    for share in (0.0, 0.2, 0.6, 0.61, 0.625):
        night.report("learning", share)
        left.append(progress.at_work(tmp_path)["left_s"])
        now += 10
    # The last 0.025 took 20 s, so the 0.375 that are left take 300.
    assert left == [None, None, None, None, 300]


def test_progress_of_a_process_that_died_is_none(tmp_path):
    night = progress.Progress(tmp_path)
    night.report("learning", 0.5)
    path = progress.path_of(tmp_path)
    path.write_text(path.read_text().replace(str(os.getpid()), "4000000"))
    assert progress.at_work(tmp_path) is None


def test_progress_of_somebody_else_is_seen(tmp_path, monkeypatch):
    """The service may look at no process of another user."""
    progress.Progress(tmp_path).report("learning", 0.5)
    assert progress.path_of(tmp_path).stat().st_mode & 0o777 == 0o644

    def refuse(pid, number):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    state = progress.at_work(tmp_path)
    assert state is not None
    assert state["share"] == 0.5


def test_a_link_that_a_member_of_the_group_has_laid_is_not_followed(tmp_path):
    """The night may be root's, and the run folder is the group's."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"somebody else's")
    path = progress.path_of(tmp_path)
    path.parent.mkdir()
    for name in (progress.PROGRESS, f"retraining.{os.getpid()}"):
        (path.parent / name).symlink_to(victim)
    assert progress.at_work(tmp_path) is None
    progress.Progress(tmp_path).report("learning", 0.5)
    assert victim.read_bytes() == b"somebody else's"
    assert not path.is_symlink()
    assert progress.at_work(tmp_path)["share"] == 0.5


def good():
    return {"pid": os.getpid(), "stage": "learning", "share": 0.5, "left_s": 60}


@pytest.mark.parametrize(
    "change",
    [
        {"pid": None},
        {"pid": str(os.getpid())},
        {"pid": True},
        {"pid": 0},
        {"pid": -1},
        {"pid": 1e300},
        {"pid": 10**30},
        {"stage": None},
        {"stage": ["learning"]},
        {"stage": ""},
        {"stage": "\r\t\n"},
        {"share": "0.5"},
        {"share": None},
        {"share": -0.1},
        {"share": 1.1},
        {"share": True},
        {"left_s": "60"},
        {"left_s": -1},
        {"left_s": 1e300},
        {"left_s": [60]},
    ],
)
def test_a_state_that_somebody_made_up_is_none(tmp_path, change):
    path = progress.path_of(tmp_path)
    path.parent.mkdir()
    path.write_text(json.dumps(good()))
    assert progress.at_work(tmp_path) == good()
    path.write_text(json.dumps(good() | change))
    assert progress.at_work(tmp_path) is None


def test_nothing_else_is_taken_from_it_and_its_words_can_be_printed(tmp_path):
    path = progress.path_of(tmp_path)
    path.parent.mkdir()
    path.write_text(json.dumps(good() | {"stage": "\x1b[2Jlook\ning" * 9, "more": [1]}))
    state = progress.at_work(tmp_path)
    assert set(state) == set(good())
    assert state["stage"] == (r"\x1b[2Jlook ing" * 9)[:40]
    path.write_text(json.dumps({name: good()[name] for name in ("pid", "stage", "share")}))
    assert progress.in_words(progress.at_work(tmp_path)) == "learning, 50 % done"


@pytest.mark.parametrize(
    "plant",
    [
        os.mkfifo,
        os.mkdir,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.write_text("["),
        lambda path: path.write_text("[]"),
        lambda path: path.write_text("[" * 4000),
        lambda path: path.write_text(" " * 5000),
        lambda path: path.write_text('{"pid": NaN}'),
        lambda path: path.write_bytes(b"\xff"),
        lambda path: path.write_text('{"pid": ' + "9" * 4000 + "}"),
    ],
)
def test_what_somebody_laid_there_is_no_night_and_ends_none(tmp_path, plant):
    path = progress.path_of(tmp_path)
    path.parent.mkdir()
    plant(path)
    assert progress.at_work(tmp_path) is None
    night = progress.Progress(tmp_path)
    night.report("learning", 0.5)
    night.close()
    assert progress.at_work(tmp_path) is None
