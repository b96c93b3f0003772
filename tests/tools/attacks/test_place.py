from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from tools.attacks import place
from tools.attacks.place import RUN, STATE, Folder, Place


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A place whose folders are whoever's who runs the test."""
    monkeypatch.setattr(
        place,
        "folders",
        lambda: [
            Folder(STATE, 0o2770, os.getuid(), os.getgid()),
            Folder(f"{STATE}/weights", 0o2770, os.getuid(), os.getgid()),
            Folder(RUN, 0o750, os.getuid(), os.getgid()),
        ],
    )
    made = Place(tmp_path)
    made.make()
    return made


def test_folders_modes_and_owners_are_the_units_and_the_tmpfiles():
    found = {each.path: each for each in place.folders()}
    assert found.keys() >= {STATE, RUN, f"{STATE}/weights", f"{STATE}/night"}
    text = (place.CHECKOUT / "systemd/zerodigit.tmpfiles").read_text()
    assert f"{found[STATE].mode:o} zerodigit zerodigit" in text
    assert found[RUN].mode == int(place.unit("zerodigit.service")["RuntimeDirectoryMode"][0], 8)
    assert found[STATE].uid == place.SERVICE.uid


def test_the_environment_is_the_units_with_paths_of_the_place(tmp_path):
    given = Place(tmp_path).mapped({"LG_WD": RUN, "OTHER": "/runner", "HOME": f"{STATE}/x"})
    assert given == {
        "LG_WD": f"{tmp_path}/root{RUN}",
        "OTHER": "/runner",
        "HOME": f"{tmp_path}/root{STATE}/x",
    }
    assert place.environ("zerodigit.service")["LG_WD"] == RUN
    assert place.environ("zerodigit.service")["HOME"]


def test_the_command_is_the_installed_one_for_this_release(tmp_path):
    script = tmp_path / "zerodigit"
    script.write_text(place.command_text(sys.executable, place.CHECKOUT))
    first, _, rest = script.read_text().partition("\n")
    assert first.startswith(f"#!{sys.executable}")
    done = subprocess.run(
        [sys.executable, script, "--version"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.startswith("zerodigit "), done.stderr + rest


def test_what_was_kept_is_put_back_with_its_modes(mine):
    (mine.state / "samples.db").write_text("kept")
    (mine.state / "samples.db").chmod(0o640)
    (mine.run / "lock").symlink_to("nowhere")
    os.mkfifo(mine.run / "pipe")
    mine.keep("used")
    (mine.state / "samples.db").write_text("another")
    (mine.state / "weights").rmdir()
    (mine.run / "lock").unlink()
    mine.put_back("used")
    assert (mine.state / "samples.db").read_text() == "kept"
    assert stat.S_IMODE((mine.state / "samples.db").stat().st_mode) == 0o640
    assert stat.S_IMODE(mine.state.stat().st_mode) == 0o2770
    assert os.readlink(mine.run / "lock") == "nowhere"
    assert mine.names() == [f"{RUN}/lock", f"{STATE}/samples.db", f"{STATE}/weights"]
