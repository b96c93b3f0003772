"""Root's commands in the folder of another user: what they make there is that user's, and what
root itself may not reach as that user stays as it was."""

from __future__ import annotations

import os
import signal
from datetime import datetime

import pytest

from core import pretrained
from pi.cli import build_parser, main, retrain
from pi.retraining import nightly
from pi.retraining.recipe import Recipe
from pi.retraining.schedule import ClockState
from pi.samples.store import Sample, SampleStore
from pi.service import loop
from pi.system.owner import as_owner

STRANGER = 4242


@pytest.fixture
def state(foreign, monkeypatch):
    """The folder ``state`` of STRANGER's, which the settings name, with two labelled samples;
    beside it a ``run``, where STRANGER may write too."""
    settings = foreign / "settings.toml"
    settings.write_text(f'[samples]\nfolder = "{foreign}/state"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(settings))
    monkeypatch.setenv("ZERODIGIT_RUN", str(foreign / "run"))
    (foreign / "run").mkdir()
    os.chown(foreign / "run", STRANGER, STRANGER)
    with as_owner(foreign / "state"), SampleStore(foreign / "state" / "samples.db") as store:
        for number in range(2):
            image = bytes([number * 40 + 1]) * 392 + bytes(392)
            store.add(Sample(image, number, 0.5, time=1e9, label=number))
    return foreign / "state"


def owners(folder):
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def test_what_root_makes_is_the_owners(state, capsys):
    given = state.parent / "given.npz"
    given.write_bytes(pretrained.PATH.read_bytes())
    given.chmod(0o600)
    for arguments in (
        ["weights", "install", given], ["weights", "reset"], ["weights", "rollback"],
        ["weights", "promote", "shipped"], ["weights"], ["label", 1, 7], ["samples"],
        ["samples", "export", state.parent / "out"], ["samples", "delete", 1],
        ["samples", "import", state.parent / "out"], ["history"],
        ["weights", "export", state.parent / "out.npz"],
    ):  # fmt: skip
        assert main(list(map(str, arguments))) == 0, capsys.readouterr()
    assert owners(state) == {STRANGER}
    assert owners(state.parent / "out") == {0}
    assert (state.parent / "out.npz").stat().st_uid == 0


def test_a_night_that_root_holds_is_the_owners(state, monkeypatch, capsys):
    monkeypatch.setattr(nightly, "MEMORY_KB", 0)
    args = build_parser().parse_args(["retrain"])
    clocks = ClockState(datetime(2026, 11, 24), False, 1e6, None, None)
    recipe = Recipe(images=40, digits=40, drawn=0, no_digit=0, held_out=(10, 0, 0), folds=2)
    assert retrain.run(args, lambda settings, folder: clocks, recipe) == 0
    assert (state / "night").is_dir()
    assert owners(state) == {STRANGER}
    assert main(["history", "--plot", str(state.parent / "out.png")]) == 0
    assert (state.parent / "out.png").stat().st_uid == 0


@pytest.mark.slow
@pytest.mark.parametrize("planted", ["weights/current", "weights", "samples.db", "night"])
def test_a_link_to_a_file_of_roots_is_not_followed(state, planted, capsys):
    (state.parent / "secret").mkdir(mode=0o700)
    victim = state.parent / "secret" / "victim"
    victim.write_text("as it was")
    victim.chmod(0o600)
    (state / planted).parent.mkdir(exist_ok=True)
    os.chown((state / planted).parent, STRANGER, STRANGER)
    (state / planted).unlink(missing_ok=True)
    (state / planted).symlink_to(victim)
    given = pretrained.PATH
    for arguments in (["weights", "install", given], ["retrain"], ["label", 1, 2]):
        main(list(map(str, arguments)))
    assert victim.read_text() == "as it was"
    assert victim.stat().st_uid == 0
    if planted == "weights/current":
        # By now what was installed or what the night made of it.
        assert "0001" in (state / planted).read_text().split()
    assert owners(state) - {0} == {STRANGER}


def test_the_service_of_root_works_as_the_owner(state, monkeypatch):
    seen = []
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)

    class Service:
        def __init__(self, load):
            load()

        def stop(self, reason):
            pass

        def run(self):
            seen.append(os.geteuid())

    monkeypatch.setattr(loop, "Service", Service)
    before = os.geteuid()
    assert main(["run", "--set", "camera.type=scene"]) == 0
    os.chown(state.parent / "run", 0, 0)
    assert main(["run", "--set", "camera.type=scene"]) == 0
    assert seen == [STRANGER, 0]
    assert os.geteuid() == before
