"""``zerodigit restore``: what it says, and what it refuses."""

from __future__ import annotations

import pytest

from core.files import container
from pi.cli import main


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """The folder of a machine, whose settings file is the one in use."""
    path = tmp_path / "mine.toml"
    path.write_text('[samples]\nfolder = "state"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(path))
    return tmp_path


def test_what_cannot_be_read_is_named(machine, capsys):
    assert main(["restore", str(machine / "none.zip")]) == 3
    assert "none.zip: cannot be read (No such file" in capsys.readouterr().err
    (machine / "torn.zip").write_bytes(b"PK")
    assert main(["restore", str(machine / "torn.zip")]) == 3
    assert capsys.readouterr().err.endswith("; nothing was changed\n")


def test_settings_that_this_version_refuses_are_not_restored(machine, capsys):
    path = machine / "zero.zip"
    assert main(["backup", str(path)]) == 0
    packed = container.unwrap(path.read_bytes())
    members = packed[1] | {"settings.toml": b"[camera]\nrotat = 1\n"}
    path.write_bytes(container.wrap(packed[0], members.items()))
    before = (machine / "mine.toml").read_bytes()
    assert main(["restore", str(path)]) == 2
    assert "rotat is no setting" in capsys.readouterr().err
    assert (machine / "mine.toml").read_bytes() == before
