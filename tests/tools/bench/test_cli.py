from __future__ import annotations

import json

import numpy as np
import pytest

from tools.bench import cli, device, emulated, memory, pictures, reference, training
from tools.bench.measures import Result
from tools.emulator import host
from tools.emulator.machine.console import ConsoleError

SAID = [Result("frame_digit", (20.0,)), Result("network", (7.0,))]


@pytest.fixture
def few(monkeypatch):
    """A workstation's bench of a second: small arrays, short races."""
    monkeypatch.setattr(training, "SAMPLES", 32)
    monkeypatch.setattr(training, "SEED_SAMPLES", 16)
    monkeypatch.setattr(pictures, "FRAMES", 1)
    monkeypatch.setattr(memory, "training", lambda mnist: Result("memory", (50.0,)))


def run(*arguments):
    return cli.main([*map(str, arguments)])


def test_a_missed_floor_is_exit_code_1(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(device, "measure", lambda rounds: SAID[:rounds])
    assert run("--on-device", "--rounds", 1) == 0
    assert run("--on-device", "--rounds", 2, "--json", tmp_path / "out.json") == 1
    assert "MISSED" in capsys.readouterr().out
    assert run("--on-device", "--rounds", 2, "--no-floors") == 0
    told = json.loads((tmp_path / "out.json").read_text())
    assert told["measures"]["network"]["missed"] is True
    assert told["about"]["numpy"] == np.__version__


def test_without_rivals_the_rest_is_measured(few, small_mnist, capsys, tmp_path):
    out = tmp_path / "out.json", tmp_path / "out.png"
    code = run(
        "--data", small_mnist, "--rounds", 2, "--without", "sklearn", "--without", "scipy",
        "--without", "torch", "--json", out[0], "--plot", out[1], "--rivals", tmp_path / "none",
    )  # fmt: skip
    shown = capsys.readouterr().out
    told = json.loads(out[0].read_text())["measures"]
    assert code == int(any(each.get("missed") for each in told.values()))
    for key in ("train_sklearn", "train_torch", "digitise_scipy"):
        assert told[key]["skipped"] == "not asked for"
    for key in ("train_seeds", "train_products"):
        assert len(told[key]["values"]) == 2
    assert "skipped: not asked for" in shown
    assert out[1].stat().st_size > 1000
    assert not (tmp_path / "none").exists()


def test_without_mnist_there_is_nothing_to_train(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("tools.fetch_mnist.files.find_mnist", lambda: None)
    assert run("--rounds", 1) == 3
    assert "tools.fetch_mnist" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--accept"], ["--nonsense"]])
def test_wrong_usage_is_exit_code_2(arguments):
    with pytest.raises(SystemExit) as stop:
        run(*arguments)
    assert stop.value.code == 2


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (host.Unavailable("no\nroot"), 77, "SKIPPED: no root"),
        (ConsoleError("no answer"), 1, "the emulated Pi: no answer"),
    ],
)
def test_an_emulated_pi_that_fails_is_one_line(monkeypatch, capsys, error, code, said):
    def fails(folder, say):
        raise error

    monkeypatch.setattr(host, "provide", lambda what, log, say: None)
    monkeypatch.setattr(emulated, "instructions", fails)
    assert run("--emulated") == code
    streams = capsys.readouterr()
    assert said in streams.out + streams.err


def test_times_are_accepted_and_compared(monkeypatch, capsys, tmp_path):
    path = tmp_path / "reference.json"
    times = {"network": 4.0}
    monkeypatch.setattr(host, "provide", lambda what, log, say: None)
    monkeypatch.setattr(reference, "PATH", path)
    read = reference.read
    monkeypatch.setattr(reference, "read", lambda: read(path))
    write = reference.write
    monkeypatch.setattr(reference, "write", lambda results, about: write(results, about, path))

    def instructions(folder, say):
        return [Result(key, (ms,)) for key, ms in times.items()], {"board": "emulated Zero"}

    monkeypatch.setattr(emulated, "instructions", instructions)
    assert run("--emulated", "--accept") == 0
    assert json.loads(path.read_text())["about"] == {"board": "emulated Zero"}
    assert run("--emulated") == 0
    assert capsys.readouterr().out.startswith("board emulated Zero\n")
    times["network"] = 4.5
    assert run("--emulated") == 1
    assert "4.50 ms, 4.00 was accepted" in capsys.readouterr().out
