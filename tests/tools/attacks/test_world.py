from __future__ import annotations

import os
from dataclasses import asdict

import pytest

from tools.attacks.process import myself
from tools.attacks.world import Harm, World, interpreter, libraries


def test_harm_is_counted_by_kind_and_added_up(capsys):
    harm, other = Harm(tries=3), Harm(tries=2, refused=1)
    assert not harm
    harm.note("hung", "root\nzerodigit samples")
    other.note("hung", "x")
    harm.add(asdict(other))
    assert (len(harm.hung), harm.tries, harm.refused) == (2, 5, 1)
    assert harm
    assert "HARM hung: root zerodigit samples\n" in capsys.readouterr().err


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_what_is_refused_is_known_from_what_is_done(world):
    assert world.do(lambda: None, myself())
    assert not world.do(lambda: os.mkdir("/proc/new"), myself())


def test_a_command_that_fails_by_a_bug_or_hangs_is_harm(world, capsys):
    assert world.run(myself(), "weights", "promote", what="x") == 2
    assert not world.harm
    world.run(myself(), "samples", what="x", seconds=0)
    assert len(world.harm.hung) == 1


def test_a_log_with_a_traceback_is_harm(world, capsys):
    world.look("x", "fine")
    assert not world.harm
    world.look("x", "Traceback (most recent call last)")
    assert world.harm.crashed


def test_the_libraries_are_found():
    assert any(os.path.isdir(f"{folder}/numpy") for folder in libraries())
    assert interpreter() is None or os.access(interpreter(), os.X_OK)
