"""``zerodigit backup`` and ``restore`` as commands, to and from pipes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pi.backup import archive
from pi.cli import main
from pi.samples.store import Sample, SampleStore


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A function that makes a machine's folder, settings file and samples the ones in use."""

    def use(name):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        path = folder / "mine.toml"
        if not path.exists():
            path.write_text(f'[samples]\nfolder = "state"\n[camera]\nnumber = {len(name)}\n')
        monkeypatch.setenv("ZERODIGIT_CONFIG", str(path))
        return folder

    return use


def test_there_and_back_by_pipes(machine, tmp_path):
    old = machine("old")
    with SampleStore(old / "state/samples.db") as store:
        store.add(Sample(bytes(784), label=7))
    command = [sys.executable, "-m", "pi.cli"]
    packed = subprocess.run([*command, "backup", "-"], capture_output=True, check=True)
    assert packed.stderr.endswith(b"MB written to -\n")
    assert len(archive.unpack(packed.stdout).samples) == 1
    new = machine("newer")
    done = subprocess.run(
        [*command, "restore", "-"], input=packed.stdout, capture_output=True, check=True
    )
    assert b"1 samples taken in, 0 were there already" in done.stdout
    assert (new / "mine.toml").read_bytes() == (old / "mine.toml").read_bytes()
    with SampleStore(new / "state/samples.db") as store:
        assert [each.label for each in store.labelled()] == [7]


def test_to_a_file(machine, tmp_path, capsys):
    machine("old")
    path = tmp_path / "zero.zip"
    assert main(["backup", str(path)]) == 0
    assert capsys.readouterr().out == f"0.0 MB written to {path}\n"
    assert main(["restore", str(path)]) == 0
    assert "weights shipped read" in capsys.readouterr().out
