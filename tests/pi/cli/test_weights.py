"""``zerodigit weights``: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from types import SimpleNamespace

import pytest

from core import modelfile, pretrained
from core.errors import ServiceError
from core.network import Network
from pi.cli import main
from pi.cli.weights import taken_up
from pi.control.server import ControlServer
from pi.system.folder_lock import locked


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs it on a folder of its own: code, output, complaints."""
    path = tmp_path / "mine.toml"
    path.write_text(f'[samples]\nfolder = "{tmp_path}"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(path))
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path / "run"))

    def run(*arguments):
        code = main(["weights", *map(str, arguments)])
        return (code, *capsys.readouterr())

    run.folder = tmp_path / "weights"
    run.settings = path
    return run


def test_list_of_what_came_along(run):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert out.startswith("* shipped  ")
    assert "validation_accuracy 0." in out


LEARNT = {"digits": 30, "before": 3, "after": 1}
COUNTED = {"read_before": 27, "read_after": 30, "at": "2026-12-02T03:41:07+01:00"}


@pytest.mark.parametrize(
    ("learnt", "said"),
    [
        (
            LEARNT | COUNTED,
            "2026-12-02 03:41  learnt from 30 labelled digits: 27 read before, 30",
        ),
        (LEARNT | COUNTED | {"clock_trusted": False}, "2026-12-02 03:41?  learnt from 30 lab"),
        # As nights before 0.2.0 wrote it, or somebody else.
        (LEARNT, "learnt from 30 labelled digits: 3 errors before, 1 after"),
        (LEARNT | {"read_before": "27"}, "learnt from 30 labelled digits: 3 errors before, 1"),
        (LEARNT | {"at": "\x1b[31m"}, "at an odd time  learnt from 30"),
        (LEARNT | {"at": 5}, "at an odd time  learnt from 30"),
        ({"digits": 30}, "exam_accuracy 0.9330"),
        ([], "exam_accuracy 0.9330"),
    ],
)
def test_of_what_a_night_made_it_says_what_that_learnt(run, tmp_path, learnt, said):
    model = pretrained.load()
    info = {"exam_accuracy": 0.933, "learnt": learnt}
    modelfile.save(tmp_path / "night.npz", model.network, info, model.judge, model.ranges)
    run("install", tmp_path / "night.npz")
    _, line = run()[1].splitlines()
    assert said in line
    assert ("exam_accuracy" in line) == ("exam_accuracy" in said)
    assert line.isprintable()


def test_there_and_back(run, tmp_path):
    good = tmp_path / "good.npz"
    good.write_bytes(pretrained.PATH.read_bytes())
    assert run("install", good)[1] == "version 0001 reads from now on\n"
    listed = json.loads(run("list", "--json")[1])
    assert json.loads(run("--json")[1]) == json.loads(run("--json", "list")[1]) == listed
    keys = ["version", "current", "set_aside", "file", "problem", "stored", "info"]
    assert list(listed[1]) == keys
    assert run("--json", "rollback")[0] == 2
    assert [(each["version"], each["current"]) for each in listed] == [
        ("shipped", False),
        ("0001", True),
    ]
    assert listed[1]["info"]["validation_accuracy"] > 0.9
    assert run("rollback")[1] == "version shipped reads from now on\n"
    assert run("promote", 1)[1] == "version 0001 reads from now on\n"
    assert run("reset")[1] == "version shipped reads from now on\n"
    out = tmp_path / "out.npz"
    assert run("export", "--version", 1, out)[1] == f"version 0001 copied to {out}\n"
    assert out.read_bytes() == good.read_bytes()


def test_export_through_a_link_and_into_a_device(run, tmp_path):
    (tmp_path / "link.npz").symlink_to("out.npz")
    assert run("export", tmp_path / "link.npz")[0] == 0
    assert (tmp_path / "link.npz").is_symlink()
    assert (tmp_path / "out.npz").read_bytes() == pretrained.PATH.read_bytes()
    assert run("export", "/dev/null")[0] == 0
    assert not os.path.isfile("/dev/null")


def test_by_a_pipe(run, monkeypatch):
    data = io.BytesIO(pretrained.PATH.read_bytes())
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=data))
    assert run("install", "-")[0] == 0
    assert (run.folder / "0001.npz").read_bytes() == pretrained.PATH.read_bytes()


@pytest.fixture
def piped(monkeypatch):
    """A function that has bytes come in by a pipe."""

    def piped(data):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=data))

    return piped


def test_a_pipe_that_brings_too_much_is_not_read_to_its_end(run, piped):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, most=-1):
            assert most > 0
            self.given += most
            return bytes(most)

    source = Endless()
    piped(source)
    code, out, err = run("install", "-")
    assert (code, out) == (4, "")
    assert err == "zerodigit: error: standard input: is larger than 32 MiB; not installed\n"
    assert source.given <= (32 << 20) + 1


def test_an_empty_standard_input_is_said(run, piped):
    with open(os.devnull, "rb") as file:
        piped(file)
        assert "standard input: is empty; not installed" in run("install", "-")[2]


def test_by_a_fifo_and_by_the_name_of_standard_input(run, tmp_path):
    data = pretrained.PATH.read_bytes()
    os.mkfifo(tmp_path / "fifo")
    out, into = os.pipe()
    for name, end in ((tmp_path / "fifo", tmp_path / "fifo"), (f"/dev/fd/{out}", into)):

        def write(end=end):
            with open(end, "wb") as file:
                file.write(data)

        writer = threading.Thread(target=write)
        writer.start()
        assert run("install", name)[0] == 0
        writer.join()
    os.close(out)
    assert (run.folder / "0001.npz").read_bytes() == data


def test_a_device_and_a_large_file_are_refused(run, tmp_path):
    code, _, err = run("install", "/dev/zero")
    assert (code, err) == (
        4,
        "zerodigit: error: /dev/zero: cannot be read (is not a regular file); not installed\n",
    )
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 1 << 40)
    assert "is larger than 32 MiB; not installed" in run("install", tmp_path / "large")[2]


def test_a_model_that_does_not_fit_is_not_installed(run, tmp_path):
    modelfile.save(tmp_path / "other.npz", Network.from_spec("100-10"), {})
    code, out, err = run("install", tmp_path / "other.npz")
    assert (code, out) == (4, "")
    assert "other.npz: a network that reads digits has 28x28 inputs, not (100,); not" in err
    assert not run.folder.exists()


def test_what_was_set_aside_is_listed_as_such(run):
    run.folder.mkdir()
    (run.folder / "0003.npz.damaged").write_bytes(b"")
    (run.folder / "0004.npz.damaged").write_bytes(pretrained.PATH.read_bytes())
    out = run("list")[1]
    assert f"  0003     set aside: {run.folder}/0003.npz.damaged: is empty\n" in out
    assert "  0004     set aside: it did not read when it was loaded; the log says why\n" in out
    listed = json.loads(run("list", "--json")[1])
    assert json.loads(run("--json")[1]) == json.loads(run("--json", "list")[1]) == listed
    keys = ["version", "current", "set_aside", "file", "problem", "stored", "info"]
    assert list(listed[1]) == keys
    assert run("--json", "rollback")[0] == 2
    assert [each["set_aside"] for each in listed] == [False, True, True]


def test_a_file_of_any_time_is_listed(run):
    run("install", pretrained.PATH)
    os.utime(run.folder / "0001.npz", (1e15, 1e15))
    code, out, _ = run("list")
    assert code == 0
    assert "* 0001     " in out


# What the running service says


class Answers:
    """Answers of a service, the last one for ever, and a clock that runs while they wait."""

    def __init__(self, *answers):
        self.answers, self.now = list(answers), 0.0

    def __call__(self):
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    def sleep(self, seconds):
        self.now += seconds

    def of(self, name, registry):
        return taken_up(name, registry, self, lambda: self.now, self.sleep)


REGISTRY = SimpleNamespace(order=lambda: ["0004", "0003"])


def test_it_reads_when_the_service_says_so_or_none_runs():
    assert Answers(None).of("0004", REGISTRY) == "version 0004 reads from now on"
    answers = Answers({"version": "0003"}, {"version": "0003"}, {"version": "0004"})
    assert answers.of("0004", REGISTRY) == "version 0004 reads from now on"
    assert answers.now == 1.0


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("0005", {"version": "0004"}, "version 0005 does not read: the running service could"),
        (
            "0004",
            {"version": "0003"},
            "0004 is chosen, but the running service reads with 0003",
        ),
        (
            "0004",
            {"version": "", "file": "/x.npz"},
            "the running service reads with /x.npz still",
        ),
        ("0004", {}, "the running service reads with none yet still"),
        ("0004", ServiceError("no answer"), "0004 is chosen, and whether it reads: no answer"),
    ],
)
def test_what_the_service_does_not_take_up_is_an_error(name, answer, said):
    answers = Answers(answer)
    with pytest.raises(ServiceError, match=said):
        answers.of(name, REGISTRY)
    assert answers.now <= 30.5


def test_a_running_service_is_asked(run, tmp_path, monkeypatch):
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path))
    weights = {"version": "0001", "file": "0001.npz", "scores": {}}
    server = ControlServer(tmp_path / "control", {"status": lambda _: {"weights": weights}})
    server.start()
    try:
        assert run("install", pretrained.PATH) == (0, "version 0001 reads from now on\n", "")
    finally:
        server.close()


@pytest.mark.parametrize("answer", [{}, {"weights": 5}, {"weights": "x"}, {"weights": [1]}])
def test_a_service_that_answers_strangely_is_told(run, tmp_path, monkeypatch, answer):
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path))
    server = ControlServer(tmp_path / "control", {"status": lambda _: answer}).start()
    try:
        code, _, err = run("reset")
    finally:
        server.close()
    assert code == 1
    assert "version shipped is chosen, and whether it reads: the service answers in an" in err
    assert err.count("\n") == 1


def test_damage_is_listed(run, tmp_path):
    run("install", pretrained.PATH)
    (run.folder / "0001.npz").write_bytes(b"PK\x03\x04")
    code, out, _ = run("list")
    assert code == 0
    assert "* 0001     damaged: " in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["install", "README.md.none"], 4, "README.md.none: cannot be read"),
        (["install", __file__], 4, "not a zerodigit file (no zip archive); not installed"),
        (["rollback"], 4, "there is nothing to go back to"),
        (["promote", "7"], 4, "there is no version 7; there are shipped"),
        (["export", "/nonexistent/x.npz"], 7, "/nonexistent/x.npz: cannot be written"),
        (["forget"], 2, "invalid choice: 'forget'"),
    ],
)
def test_refusals_are_one_line_and_a_code(run, arguments, code, said):
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert said in err
    assert len(err.splitlines()) == 1


def test_settings_that_name_a_file_are_pointed_at(run):
    run.settings.write_text(run.settings.read_text() + '[service]\nweights = "mine.npz"\n')
    code, _, err = run("list")
    assert code == 0
    assert "the settings name a file, and that one reads" in err
    assert run("reset")[1] == "version shipped is chosen\n"


def test_who_may_not_look_is_told_so(run, monkeypatch):
    run.folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    code, _, err = run("list")
    assert code == 7
    assert "sudo usermod -aG zerodigit $USER" in err


def test_what_is_offered_and_reads_already(run, piped):
    assert run("offer", pretrained.PATH)[1].endswith(
        "nothing new: these weights read already, as version shipped\n"
    )
    piped(io.BytesIO(pretrained.PATH.read_bytes()))
    code, out, _ = run("offer", "-", "--json")
    assert (code, json.loads(out)["outcome"]) == (0, "nothing new")


def test_what_is_offered_and_is_no_model(run, tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"hello")
    code, out, err = run("offer", tmp_path / "bad.npz")
    assert (code, out) == (4, "")
    assert "bad.npz: is not a zerodigit file (no zip archive); not installed" in err
    assert "cannot be read" in run("offer", tmp_path / "none.npz")[2]


def test_an_offer_while_a_night_is_at_work(run, tmp_path):
    with locked(tmp_path / "night"):
        code, _, err = run("offer", pretrained.PATH)
    assert (code, err.count("a night is at work already")) == (1, 1)


@pytest.mark.slow
def test_what_is_offered_and_let_in(run, tmp_path):
    model = pretrained.load()
    other = modelfile.pack(model.network, {}, model.judge, model.ranges, model.place_judge)
    (tmp_path / "class.npz").write_bytes(other)
    code, out, err = run("offer", tmp_path / "class.npz")
    assert code == 0
    assert "let in as version 0001, weights from elsewhere" in out
    assert out.endswith("version 0001 reads from now on\n")
    assert "judging, " in err
    assert (run.folder / "0001.npz").read_bytes() == other
