from __future__ import annotations

import json
import os
import tomllib

import pytest

from pi import config
from pi.cli import main
from pi.config import schema


@pytest.fixture
def built_in(monkeypatch):
    monkeypatch.setenv("ZERODIGIT_CONFIG", os.devnull)


def test_the_settings_in_force(built_in, tmp_path, capsys):
    mine = tmp_path / "mine.toml"
    mine.write_text("[camera]\nrotate = 180\n")
    flags = ["--config", str(mine), "--set", "display.point=none"]
    assert main(["config", "--show", *flags]) == 0
    out = capsys.readouterr().out
    lines = {line.partition(" =")[0]: line for line in out.splitlines()}
    assert lines["rotate"].split() == ["rotate", "=", "180", "#", str(mine)]
    assert lines["point"].split() == ["point", "=", '"none"', "#", "command", "line"]
    assert lines["flip"].endswith("# built-in")
    # What is shown is itself a file that could be used.
    (tmp_path / "again.toml").write_text(out)
    again = config.load([tmp_path / "again.toml"])
    assert again == config.load([mine], {"display.point": "none"})


def test_the_template_is_the_template(capsys):
    assert main(["config", "--template"]) == 0
    assert tomllib.loads(capsys.readouterr().out)["camera"]["type"] == "picamera2"


def test_a_file_that_is_begun_has_most_settings_as_comments(tmp_path, capsys):
    path = tmp_path / "zerodigit.toml"
    assert main(["config", "--begin", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: begun\n"
    written = tomllib.loads(path.read_text())
    assert written["camera"] == {"type": "picamera2"}
    assert "# rotate = 0" in path.read_text()


def test_the_file_of_the_machine_is_begun_and_compared(tmp_path, monkeypatch, capsys):
    path = tmp_path / "etc.toml"
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(path))
    assert main(["config", "--new"]) == 2
    assert f"{path}: cannot be read (No such file" in capsys.readouterr().err
    assert main(["config", "--begin"]) == 0
    assert main(["config", "--new"]) == 0
    assert capsys.readouterr().out == f"{path}: begun\n# {path} mentions every setting\n"
    path.write_text("[camera]\nrotate = 180\n")
    assert main(["config", "--new"]) == 0
    new = capsys.readouterr().out
    assert "# rotate" not in new
    assert "# hour = 3" in new
    assert tomllib.loads(new)["camera"] == {}


def test_alone_it_shows_what_is_in_force(capsys):
    assert main(["config", "--show"]) == 0
    shown = capsys.readouterr().out
    assert main(["config"]) == 0
    assert capsys.readouterr().out == shown


def test_one_of_them_at_a_time(capsys):
    assert main(["config", "--show", "--template"]) == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_no_file_is_begun_on_standard_output(alone, out):
    assert "--template" in out("config", "--begin", "-", code=2)


def test_json_has_each_value_and_its_origin(alone, out):
    found = json.loads(out("config", "--json", "--set", "camera.lens_position=5"))
    assert found["camera"]["lens_position"] == {"value": 5.0, "origin": "command line"}
    assert found["camera"]["size"] == {"value": [320, 240], "origin": "built-in"}
    settings = {"value": str(alone), "origin": str(alone / "zerodigit.toml")}
    assert found["samples"]["folder"] == settings
    assert list(found) == list(schema.sections())
    assert "leave it out here" in out("config", "--json", "--template", code=2)
