"""The table of what is installed: what the doctor finds where it is so, and where it is not."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

import pytest

from pi.diagnostics import installed_tree
from pi.diagnostics.finding import FAIL, OK
from pi.diagnostics.installed_tree import TREE, check

CHECKOUT = Path(__file__).parents[3]


def me(name):
    return os.geteuid(), os.getegid()


@pytest.fixture
def root(tmp_path, monkeypatch):
    """All that is in the table, below a folder, for this user."""
    before = os.umask(0)
    monkeypatch.chdir(tmp_path)
    for entry in TREE:
        path = Path(entry.path.strip("/"))
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        if entry.kind == "folder":
            path.mkdir(exist_ok=True)
        elif entry.kind == "link":
            path.symlink_to("somewhere")
        elif entry.kind == "socket":
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
        else:
            path.touch()
        os.chown(path, *me(""), follow_symlinks=False)
        if entry.kind != "link":
            path.chmod(entry.mode)
    os.umask(before)
    return tmp_path


def found(root, home="/nonexistent"):
    return check(root, me, lambda name: home)


def test_all_as_it_should_be(root):
    finding = found(root)
    assert (finding.level, finding.remedy) == (OK, "")


def test_where_nothing_is_installed_nothing_is_said(tmp_path):
    assert found(tmp_path) is None


@pytest.mark.parametrize("entry", [each for each in TREE if each.kind != "link"])
def test_another_mode(root, entry):
    path = root / entry.path.strip("/")
    path.chmod(entry.mode ^ 0o002)
    finding = found(root)
    assert finding.level == FAIL
    assert f"{entry.path} has mode {entry.mode ^ 2:o}, not {entry.mode:o}" in finding.said
    assert f"sudo chmod {entry.mode:o} {entry.path}" in finding.remedy


@pytest.mark.parametrize("entry", TREE)
def test_missing(root, entry):
    path = root / entry.path.strip("/")
    path.rename(root / "elsewhere")
    finding = found(root)
    if entry.path == "/opt/zerodigit" or entry.path.endswith("current"):
        assert finding is None
    elif entry.needed:
        assert f"{entry.path} is missing" in finding.said
        assert "install again" in finding.remedy
    else:
        assert finding.level == OK


def test_another_kind(root):
    (root / "var/lib/zerodigit/weights").rmdir()
    (root / "var/lib/zerodigit/weights").symlink_to("/etc")
    assert "/var/lib/zerodigit/weights is no folder" in found(root).said


def test_settings_that_are_kept_elsewhere(root):
    (root / "etc/zerodigit/zerodigit.toml").unlink()
    (root / "etc/zerodigit/zerodigit.toml").symlink_to("/home/pi/dotfiles/zerodigit.toml")
    assert found(root).level == OK


def test_another_owner(root):
    others = {"root": me(""), "zerodigit": (os.geteuid() + 1, os.getegid())}
    finding = check(root, others.__getitem__, lambda name: "/")
    here = f"{os.geteuid()}:{os.getegid()}"
    said = f"/var/lib/zerodigit belongs to {here}, not zerodigit:zerodigit"
    assert finding.said.startswith(said)
    assert finding.said.endswith("; and 5 more")
    assert "sudo chown -h zerodigit:zerodigit /var/lib/zerodigit;" in finding.remedy


def test_program_that_others_may_write(root):
    deep = root / "opt/zerodigit/releases/1/pi"
    deep.mkdir(parents=True)
    (deep / "loop.py").touch()
    (deep / "loop.py").chmod(0o664)
    finding = found(root)
    said = "/opt/zerodigit/releases/1/pi/loop.py may be written by others than root"
    assert finding.said == said
    assert "sudo chmod -R go-w /opt/zerodigit" in finding.remedy


def test_home_in_the_folder_that_the_group_writes(root):
    finding = found(root, "/var/lib/zerodigit")
    assert finding.said.startswith("the home of the user zerodigit is /var/lib/zerodigit")
    assert "sudo usermod --home /nonexistent zerodigit" in finding.remedy


def test_no_such_user(root):
    def nobody(name):
        raise KeyError(name)

    assert found(root).level == OK
    assert check(root, nobody).said == "there is no user or group zerodigit"


def test_folders_are_made_as_the_table_says():
    """By systemd, which reads other files than this one."""
    modes = {entry.path: entry.mode for entry in TREE}
    rules = (CHECKOUT / "systemd/zerodigit.tmpfiles").read_text()
    made = re.findall(r"^d (\S+) +(\d+) zerodigit zerodigit", rules, re.MULTILINE)
    assert len(made) == 3
    assert all(modes[path] == int(mode, 8) for path, mode in made)
    unit = (CHECKOUT / "systemd/zerodigit.service").read_text()
    assert f"RuntimeDirectoryMode=0{modes['/run/zerodigit']:o}\n" in unit
    assert f"StateDirectoryMode={modes[installed_tree.STATE]:o}\n" in unit
