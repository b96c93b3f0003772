"""`zerodigit doctor`: its lines, its JSON, its exit code."""

from __future__ import annotations

import json
import os

from pi.cli import main
from pi.diagnostics.finding import FAIL, OK, WARN


def test_the_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("ZERODIGIT_CONFIG", os.devnull)
    monkeypatch.setenv("ZERODIGIT_RUN", str(tmp_path))
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    flags = ["--set", "camera.type=scene", "--set", f"samples.folder={tmp_path}"]
    code = main(["doctor", *flags])
    lines = capsys.readouterr().out.splitlines()
    levels = [line.split()[0] for line in lines[:-1] if not line.lstrip().startswith("->")]
    assert set(levels) <= {OK, WARN, FAIL}
    expected = ", ".join(f"{levels.count(level)} {level}" for level in (OK, WARN, FAIL))
    assert lines[-1] == expected
    assert code == (1 if FAIL in levels else 0)

    assert main(["doctor", "--json", *flags]) == code
    found = json.loads(capsys.readouterr().out)
    assert [each["level"] for each in found] == levels
    assert set(found[0]) == {"name", "level", "said", "remedy"}
