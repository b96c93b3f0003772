"""The command line of `tools/classroom`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools.fleet.cli import main


def test_wrong_usage(capsys, tmp_path):
    for arguments, why in (([], "no host"), (["a b"], "'a b' is no host")):
        assert main([*arguments, "--state", str(tmp_path / "state")]) == 3
        assert why in capsys.readouterr().err
    for arguments in (["one", "--dry-run", "--collect-only"], ["--fast"]):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 2
    assert not (tmp_path / "state").exists()


def test_help_needs_no_numpy():
    program = "import sys; sys.modules['numpy'] = None; from tools.fleet import cli; cli.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: tools/classroom ")
    assert "no Zero gets another's digits" in done.stdout
