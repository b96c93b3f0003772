"""What the tests of commands share: folders of their own, six samples, a way to run one."""

from __future__ import annotations

import pytest

from core.classes import NO_DIGIT
from pi.cli import main
from pi.samples.store import Sample, SampleStore


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """No settings but the built-in ones, with a folder for samples and weights, and one to run
    in, that are empty and our own."""
    settings = tmp_path / "zerodigit.toml"
    settings.write_text(f'[samples]\nfolder = "{tmp_path}"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(settings))
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path))
    return tmp_path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose ``state`` the settings name, and whose ``run`` the environment names."""
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[samples]\nfolder = "{tmp_path / "state"}"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(settings))
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path / "run"))
    for name in ("INVOCATION_ID", "TRIGGER_UNIT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def store(folder):
    """Samples 1 to 6, read as 0 to 5: the second is a 7, the third right, the fourth none."""
    with SampleStore(folder / "state" / "samples.db") as opened:
        for number in range(6):
            image = bytes([number * 40]) * 392 + bytes(392)
            given = {"label": {1: 7, 2: 2, 3: NO_DIGIT}.get(number)}
            given |= {"trusted": number % 2 == 0}
            opened.add(Sample(image, number, 0.5, time=1e9, **given))
        yield opened


@pytest.fixture
def out(capsys):
    """A function that runs a command: its output, or its complaints if it has a code."""

    def out(*arguments, code=0):
        assert main(list(arguments)) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return out
