"""`zerodigit label`: one sample, the last one shown, or a walk through the unlabelled ones."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core.classes import NO_DIGIT
from core.errors import ServiceError
from pi.cli import label
from pi.control.server import ControlServer
from pi.retraining import night_log


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


def test_suspects(folder, store, out, monkeypatch):
    assert "doubts no label" in out("label", "--suspects")
    path = folder / "state" / "night" / night_log.FILE
    path.parent.mkdir()
    # 2 is labelled 7, 4 no digit; 3 has another label by now, 1 none, and 99 is gone.
    doubted = [[2, 7, 1], [4, 10, 3], [3, 5, 2], [1, 0, 6], [99, 1, 7]]
    night_log.append(path, {"outcome": "discarded", "suspects": doubted})
    monkeypatch.setattr("sys.stdin", io.StringIO("q"))
    assert out("label").endswith("may be wrong: 2; `zerodigit label --suspects`\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("1s"))
    said = out("label", "--suspects")
    assert "labelled 7; a night that learnt so still reads 1\n" in said
    assert "labelled no digit; a night that learnt so still reads 3\n" in said
    assert "(2 of 2)" in said
    assert [store.get(number).label for number in (2, 3, 4)] == [1, 2, NO_DIGIT]


class LabelService:
    """A service that takes a label for ``shown``, and says of its ticket what ``states`` do."""

    def __init__(self, shown, *states):
        self.shown, self.states = shown, list(states)
        self.requests = []

    def label(self, request):
        self.requests.append(request["label"])
        return {"shown": self.shown, "ticket": 99}

    def ticket(self, request):
        assert request["ticket"] == 99
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        if state is None:
            raise ServiceError("there is no such ticket")
        return dict(zip(("state", "sample", "why"), state, strict=True))


WAITS = ("waiting", None, None)
LOCKED = ("waiting", None, "another process holds the samples")
STORED = ("stored", 41, None)


@pytest.fixture
def served(folder):
    """A function that has a LabelService answer in the run folder."""
    (folder / "run").mkdir()
    servers = []

    def serve(service):
        verbs = {"label": service.label, "ticket": service.ticket}
        service.server = ControlServer(folder / "run" / "control", verbs).start()
        servers.append(service.server)
        return service

    yield serve
    for each in servers:
        each.close()


@pytest.fixture
def last(folder, capsys):
    """A function that labels the last one by a virtual clock: the exit code, what was said, the
    pauses."""

    def call(digit, meanwhile=lambda: None):
        pauses = []

        def sleep(seconds):
            pauses.append(seconds)
            meanwhile()

        path = folder / "run" / "control"
        code = label.label_last(path, digit, -1.0, lambda: sum(pauses), sleep)
        said = capsys.readouterr()
        return code, said.out + said.err, pauses

    return call


def test_label_the_last(served, out, monkeypatch):
    monkeypatch.setattr(label, "process_age_s", lambda: 0.0)
    service = served(LabelService(1, STORED))
    assert out("label", "--last", "7") == "the 1 shown last: labelled 7, stored as sample 41\n"
    assert out("label", "--last", "none").endswith("labelled no digit, stored as sample 41\n")
    assert service.requests == [7, NO_DIGIT]


def test_the_last_is_labelled_when_it_is_on_the_card(served, last):
    served(LabelService(None, WAITS, LOCKED, STORED))
    code, said, pauses = last(7)
    assert code == 0
    assert said == "what it was unsure of last: labelled 7, stored as sample 41\n"
    assert pauses == [0.05, 0.2, 0.2]


@pytest.mark.parametrize(
    ("state", "why"), [(WAITS, "it is being written"), (LOCKED, "another process holds")]
)
def test_the_last_is_not_called_labelled_before(served, last, state, why):
    served(LabelService(1, state))
    code, said, pauses = last(7)
    assert code == 8
    assert said.startswith(f"zerodigit: the 1 shown last: not yet on the card ({why}")
    assert "tried again until it is; see `zerodigit status`" in said
    assert sum(pauses) == pytest.approx(3.25), "the second before the request counts"


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (("lost", None, "64 labels wait"), "the 1 shown last: not labelled: 64 labels wait"),
        (None, "it is not known whether it is labelled: .* there is no such ticket"),
    ],
)
def test_the_last_is_lost_or_nobody_knows(served, last, state, error):
    served(LabelService(1, WAITS, state))
    with pytest.raises(ServiceError, match=error):
        last(7)


def test_a_service_that_ends_meanwhile_leaves_it_unknown(served, last):
    server = served(LabelService(1, STORED)).server
    with pytest.raises(ServiceError, match=r"not known whether it is labelled.* not running"):
        last(7, meanwhile=server.close)


def test_a_label_that_is_not_answered_is_unknown_too(folder, last):
    (folder / "run").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / "run" / "control"))
        listener.listen()

        def drop():
            client, _ = listener.accept()
            client.recv(100)
            client.close()

        thread = threading.Thread(target=drop)
        thread.start()
        with pytest.raises(ServiceError, match=r"not known whether it is labelled.* broke off"):
            last(7)
        thread.join()


def test_the_walk_ends_with_its_input(store, monkeypatch, out):
    monkeypatch.setattr("sys.stdin", io.StringIO("s5"))
    assert "1 labelled, 2 left" in out("label")
    assert store.get(5).label == 5
    assert store.get(6).label is None


def test_keys_that_are_no_text(store, folder):
    command = [sys.executable, "-m", "pi.cli", "label"]
    keys = b"\xff\0\xc3s5"
    done = subprocess.run(
        command, input=keys, capture_output=True, cwd=Path(__file__).parents[3]
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.count(b"no such key") == 3
    assert store.get(5).label == 5
