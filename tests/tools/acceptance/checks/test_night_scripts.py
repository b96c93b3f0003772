"""What the check of nights runs on the Pi, run here: an owner, a short night, what is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.acceptance.checks import night_scripts
from tools.acceptance.checks.nights import SAMPLES

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def run(tmp_path):
    """Runs a script as on a Pi whose state folder is ``state``; what it said."""
    settings = tmp_path / "settings.toml"
    settings.write_text(
        f'[samples]\nfolder = "{tmp_path}/state"\n[service]\nrun_folder = "{tmp_path}/run"\n'
    )
    environ = os.environ | {"ZERODIGIT_CONFIG": str(settings), "PYTHONPATH": str(ROOT)}
    (tmp_path / "state").mkdir()

    def run(code, **names):
        for name, value in {"STATE": tmp_path / "state", **names}.items():
            code = code.replace(name, str(value))
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environ,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_a_short_night_is_promoted_and_its_weights_have_a_digest(run, tmp_path):
    run(night_scripts.OWNER)
    assert json.loads(run(night_scripts.LEFT)) == [{}, 0.0]
    said = run(night_scripts.SHORT)
    assert "'outcome': 'promoted'" in said
    assert f"'digits': {SAMPLES}" in said
    (version,) = (tmp_path / "state/weights").glob("0*.npz")
    assert len(run(night_scripts.DIGEST, PATH=version).strip()) == 64


def test_what_a_stopped_night_leaves_is_told_as_the_night_tells_it(run, tmp_path):
    run(night_scripts.OWNER)
    stops = "stop=lambda: len(list(Path('STATE/night').glob('*.checkpoint'))) == 3,"
    code = night_scripts.SHORT.replace("report=", f"{stops} report=")
    assert "interrupted" in run("from pathlib import Path\n" + code)
    epochs, share = json.loads(run(night_scripts.LEFT))
    # The third has a checkpoint when it ends, or on a slow machine before.
    assert (epochs["fold1"], epochs["fold2"]) == (4, 4)
    assert len(epochs) in (3, 4)
    assert share == pytest.approx(0.2 + 0.8 * sum(epochs.values()) / 4 / 6)
