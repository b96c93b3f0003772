"""Collecting and handing out: what one host does wrong stops no other."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from core.files import archive
from pi.samples import crops
from tools.fleet import ssh
from tools.fleet.classroom import Class, Shown, outcome
from tools.fleet.state import State, make_folder


@pytest.fixture
def group(zeros, tmp_path):
    """A function that makes a class of these hosts, with what it said in ``lines``."""

    def make(*hosts):
        lines = []
        shown = Shown(lines.append)
        make_folder(tmp_path / "class")
        made = Class(
            hosts, State(tmp_path / "class"), partial(ssh.ask, program=[zeros.ssh]), shown
        )
        made.lines = lines
        return made

    return make


def test_all_are_asked_and_one_that_is_off_is_named(group, zeros, sample):
    zeros.add("one", [sample(1, 7), sample(2, 3)])
    zeros.add("two")
    found = group("one", "off", "two")
    found.collect()
    assert found.state.run.collected == {"one": 2, "two": 0}
    assert list(found.failed) == ["off"]
    assert "not reached: ssh: connect to host off: Connection refused" in found.failed["off"]
    assert sorted(found.lines)[-2:] == ["one: 2 labelled digits", "two: 0 labelled digits"]


def test_who_was_asked_is_not_asked_again(group, zeros):
    zeros.add("one")
    found = group("one", "two")
    found.collect()
    zeros.add("two")
    found.collect()
    assert (zeros.calls("one"), len(zeros.calls("two"))) == (["samples crops /dev/stdout"], 1)
    assert found.failed == {}


IMAGES = np.zeros((1, 28, 28), np.uint8)
ABOUT = {"format": crops.FORMAT, "preprocessing": 1}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"\x1b[2J hello", "no zip archive"),
        (bytes(crops.LARGEST + 1), "answers with more than"),
        (archive.pack({"format": "\x1b[31m"}, {}), r"'\x1b[31m'"),
        (
            archive.pack(ABOUT, {"../../etc/passwd": IMAGES, "labels": IMAGES[:, 0, 0]}),
            "other arrays",
        ),
        (archive.pack(ABOUT, {"images": IMAGES, "labels": IMAGES[:, 0, 0] + 77}), "no digit"),
        (
            archive.pack(ABOUT, {"images": IMAGES * np.nan, "labels": IMAGES[:, 0, 0]}),
            "float64",
        ),
    ],
)
def test_what_no_zero_gives_is_refused_by_name(group, zeros, data, why):
    (zeros.add("bad") / "crops").write_bytes(data)
    zeros.add("good")
    found = group("bad", "good")
    found.collect()
    assert list(found.failed) == ["bad"]
    assert why in found.failed["bad"]
    assert "refused" in found.failed["bad"]
    assert all(each.isprintable() for each in found.lines)
    assert found.state.run.collected == {"good": 0}
    found.offer(b"weights")
    assert zeros.calls("bad") == ["samples crops /dev/stdout"]
    assert (zeros.folder / "good/weights").read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("zerodigit", "why"),
    [
        ("#!/bin/bash\necho \"invalid choice: 'crops'\" >&2; exit 2", "its zerodigit is older"),
        (
            "#!/bin/bash\necho 'zerodigit: error: the card is full' >&2; exit 7",
            "the card is full",
        ),
    ],
)
def test_a_host_that_cannot(group, zeros, zerodigit, why):
    zeros.add("one", zerodigit=zerodigit)
    found = group("one")
    found.collect()
    found.offer(b"weights")
    assert why in found.failed["one"]


def test_each_gets_the_weights_and_decides(group, zeros):
    zeros.add("one")
    zeros.add("two", decision={"outcome": "discarded", "why": "it would\nforget \x1b[31m"})
    found = group("one", "two", "off")
    found.offer(bytes(300_000))
    assert (zeros.folder / "two/weights").read_bytes() == bytes(300_000)
    assert sorted(found.lines)[-2:] == [
        "one: let in as 0001",
        r"two: not let in: it would forget \x1b[31m",
    ]
    found.offer(bytes(300_000))
    assert zeros.calls("one") == ["weights offer - --json"]


@pytest.mark.parametrize("decision", [[], {}, {"outcome": 3}, {"outcome": "x", "before": 1}])
def test_a_decision_that_makes_no_sense(group, zeros, decision):
    zeros.add("one", decision=decision)
    found = group("one")
    found.offer(b"weights")
    assert found.failed == {"one": "refused: its answer makes no sense"}
    assert found.state.run.decided == {}


def test_one_that_others_overtook_has_not_decided(group, zeros):
    zeros.add("one", decision={"outcome": "interrupted", "why": "by now 0002 reads"})
    found = group("one")
    found.offer(b"weights")
    assert found.failed == {"one": "decides nothing: by now 0002 reads"}
    assert found.state.run.decided == {}


def test_decisions_in_words():
    assert outcome({"outcome": "promoted", "version": "0003"}) == "let in as 0003"
    night = {
        "outcome": "promoted",
        "version": "0003",
        "digits": 9,
        "read_before": 6,
        "read_after": 8,
    }
    assert outcome(night) == "let in as 0003: it reads 8 of its 9 instead of 6"
    assert outcome({"outcome": "nothing new", "why": "it reads"}) == "as it was: it reads"
    assert outcome({"outcome": "discarded", "why": "it forgets"}) == "not let in: it forgets"
