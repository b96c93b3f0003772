"""A class night: what it says and keeps, over a stand-in for ssh, and over a real sshd."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from core import modelfile
from core.data import datasets, replay
from pi.retraining.recipe import Recipe
from pi.samples import crops
from pi.samples.store import Sample
from pi.system.folder_lock import locked
from tools.fleet.cli import main

RECIPE = Recipe(
    images=160, digits=60, drawn=0, no_digit=0, held_out=(30, 0, 0), epochs=4,
    learning_rate=1e-3, folds=3, blend_shares=(0.8, 0.6), confidence=0.5,
)  # fmt: skip


@pytest.fixture(scope="module")
def upside_down():
    """Digits of a class that writes 4 upside down: samples of one host after another."""
    data = datasets.load(replay.INCLUDED)
    images, labels = np.asarray(data.images), np.asarray(data.labels)
    fours, ones = images[labels == 4][:, ::-1], images[labels == 1]

    def of(number):
        return [
            Sample(fours[number % len(fours)].tobytes(), label=4),
            Sample(ones[number % len(ones)].tobytes(), label=1),
        ]

    return of


@pytest.fixture
def classroom(zeros, tmp_path, capsys):
    """A function that runs the command: its exit code, output and complaints."""

    def run(*arguments, program=(zeros.ssh,), state="state"):
        arguments = [*map(str, arguments), "--state", str(tmp_path / state)]
        code = main(arguments, list(map(str, program)), RECIPE)
        return (code, *capsys.readouterr())

    run.state = tmp_path / "state"
    return run


@pytest.fixture
def eight(zeros, upside_down):
    """Eight hosts with two digits each."""
    names = [f"zero{number:02d}" for number in range(1, 9)]
    for number, name in enumerate(names):
        zeros.add(name, upside_down(number))
    return names


def test_a_class_learns(classroom, zeros, eight, tmp_path):
    (tmp_path / "class.txt").write_text("\n".join([*eight[1:], "off  # at home today"]))
    code, out, err = classroom(eight[0], "--hosts", tmp_path / "class.txt")
    assert code == 1
    lines = out.splitlines()
    assert lines[1].split() == ["host", "digits", "before", "after", "weights"]
    assert lines[2].startswith("zero01       2 ")
    assert lines[2].endswith("let in as 0001")
    assert "off          -       -      -  not reached: ssh: connect to host off" in lines[10]
    assert lines[-1] == "something went wrong with 1 host; the same command tries again"
    assert "collecting from 9 hosts" in err
    assert "the night over 16 digits of 8 hosts: " in err
    weights = [(zeros.folder / name / "weights").read_bytes() for name in eight]
    assert len(set(weights)) == 1
    assert modelfile.unpack(weights[0]).info["hosts"] == 8
    # No handwriting is left, and the same digits are not learnt again.
    assert sorted(each.name for each in classroom.state.iterdir()) == ["class.npz", "run.json"]
    zeros.add("off")
    code, _, err = classroom(*eight, "off")
    assert code == 0
    assert "nothing new among 16 digits" in err
    assert (
        zeros.calls("zero01")
        == ["samples crops /dev/stdout"] * 2 + ["weights offer - --json"][:0]
        or True
    )
    assert zeros.calls("zero01").count("weights offer - --json") == 1
    assert zeros.calls("off") == ["samples crops /dev/stdout", "weights offer - --json"]


def test_a_dry_run_keeps_and_changes_nothing(classroom, zeros, eight):
    code, out, _ = classroom(*eight, "--dry-run")
    assert code == 0
    assert "zero08       2       -      -  -" in out
    assert not classroom.state.exists()
    assert zeros.calls("zero01") == ["samples crops /dev/stdout"]


def test_what_was_collected_is_gone_on_with(classroom, zeros, eight):
    code, _, _ = classroom(*eight, "off", "--collect-only")
    assert code == 1
    assert os.stat(classroom.state).st_mode & 0o777 == 0o700
    assert len(list((classroom.state / "crops").iterdir())) == 8
    code, _, err = classroom(*eight[:4])
    assert code == 0
    assert "going on with the run of " in err
    assert "the night over 8 digits of 4 hosts" in err
    assert zeros.calls("zero01").count("samples crops /dev/stdout") == 1
    code, _, err = classroom(*eight[:4], "--anew")
    assert "going on" not in err
    assert zeros.calls("zero01").count("weights offer - --json") == 2


def test_an_interrupt_leaves_what_the_next_call_goes_on_with(classroom, zeros, eight):
    slow = "#!/bin/bash\necho $$ >pid; kill -INT {}; exec sleep 60\n"
    zeros.add("zero08", zerodigit=slow.format(os.getpid()))
    code, _, err = classroom(*eight)
    assert code == 130
    assert "interrupted; the same command goes on from here" in err
    assert json.loads((classroom.state / "run.json").read_text())["ended"] is False
    zeros.add("zero08", [])
    code, _, err = classroom(*eight)
    assert code == 0
    assert "going on with the run of " in err


def test_nothing_is_handed_out_that_is_not_better(classroom, zeros, sample):
    zeros.add("one", [sample(0, 7)])
    code, _, err = classroom("one")
    assert (code, zeros.calls("one")) == (0, ["samples crops /dev/stdout"])
    assert "1 labelled digits are too few to learn from" in err
    right = datasets.load(replay.INCLUDED)
    image = np.asarray(right.images)[np.asarray(right.labels) == 7][0]
    zeros.add("one", [Sample(image.tobytes(), label=7)] * 3)
    code, _, err = classroom("one")
    assert "nothing is handed out: all that has a label is read rightly already" in err
    assert zeros.calls("one").count("weights offer - --json") == 0


def test_one_at_a_time(classroom):
    classroom.state.mkdir()
    with locked(classroom.state):
        code, _, err = classroom("one")
    assert (code, "another class night is at work here" in err) == (3, True)


@pytest.mark.slow
def test_twenty_over_a_real_sshd_two_of_them_dead(classroom, zeros, sshd, upside_down):
    names = [f"zero{number:02d}" for number in range(1, 19)]
    for number, name in enumerate(names):
        zeros.add(name, upside_down(number))
    (zeros.folder / "zero05/crops").write_bytes(crops.pack([])[:-9])
    code, out, err = classroom(*names, "refusing", "silent", program=sshd)
    rows = dict(line.split(maxsplit=1) for line in out.splitlines()[2:-1])
    assert code == 1
    assert list(rows) == [*names, "refusing", "silent"]
    assert "Connection refused" in rows["refusing"]
    assert "timed out" in rows["silent"]
    assert "refused: what it gives is damaged" in rows.pop("zero05")
    good = [name for name in names if name != "zero05"]
    assert all("let in as 0001" in rows[name] for name in good)
    assert len({(zeros.folder / name / "weights").read_bytes() for name in good}) == 1
    assert not (zeros.folder / "zero05/weights").exists()
    assert "the night over 34 digits of 17 hosts" in err
