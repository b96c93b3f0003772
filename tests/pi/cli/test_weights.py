"""``zerodigit weights``: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import sys
from types import SimpleNamespace

import pytest

from core import pretrained
from pi.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """A function that runs it on a folder of its own: code, output, complaints."""
    path = tmp_path / "mine.toml"
    path.write_text(f'[samples]\nfolder = "{tmp_path}"\n')
    monkeypatch.setenv("ZERODIGIT_CONFIG", str(path))

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


def test_there_and_back(run, tmp_path):
    good = tmp_path / "good.npz"
    good.write_bytes(pretrained.PATH.read_bytes())
    assert run("install", good)[1] == "version 0001 reads from now on\n"
    listed = json.loads(run("list", "--json")[1])
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


def test_who_may_not_look_is_told_so(run, monkeypatch):
    run.folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    code, _, err = run("list")
    assert code == 7
    assert "sudo usermod -aG zerodigit $USER" in err
