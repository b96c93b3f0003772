from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ServiceError, StorageError
from pi.control.server import ControlServer
from pi.system.instance_lock import InstanceLock


def test_one_at_a_time(tmp_path):
    with InstanceLock(tmp_path / "run"):
        with pytest.raises(ServiceError, match=f"runs already as process {os.getpid()} "):
            InstanceLock(tmp_path / "run")
        assert (tmp_path / "run" / "lock").read_text() == f"{os.getpid()}\n"
    with InstanceLock(tmp_path / "run"):
        pass


def test_it_goes_with_its_process(tmp_path):
    """By whatever death; and what it left in the file misleads nobody."""
    code = (
        "import os, sys; from pathlib import Path;"
        "from pi.system.instance_lock import InstanceLock;"
        "lock = InstanceLock(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code, tmp_path], cwd=root).returncode == -9
    assert (tmp_path / "lock").read_text().strip().isdigit()
    InstanceLock(tmp_path).close()


def test_closing_twice(tmp_path):
    lock = InstanceLock(tmp_path)
    lock.close()
    lock.close()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"file/run/lock: cannot be made .*run_folder=DIR"):
        InstanceLock(tmp_path / "file" / "run")


def test_only_its_user_may_open_it(tmp_path):
    """Whoever may open it may hold it, and nothing would ever start."""
    (tmp_path / "lock").touch(0o644)
    with InstanceLock(tmp_path) as lock:
        assert stat.S_IMODE(lock.path.stat().st_mode) == 0o600


def lay_link(path, victim):
    path.symlink_to(victim)


def lay_hard_link(path, victim):
    path.hardlink_to(victim)


def lay_fifo(path, victim):
    os.mkfifo(path)


def lay_folder(path, victim):
    (path / "full").mkdir(parents=True)


def lay_file(path, victim):
    path.write_text("[" * 1000)


@pytest.mark.parametrize("name", ["lock", "control", "night", ".lgd-nfy0"])
@pytest.mark.parametrize("lay", [lay_link, lay_hard_link, lay_fifo, lay_folder, lay_file])
def test_what_was_laid_in_its_folder_keeps_it_from_nothing(tmp_path, name, lay):
    victim = tmp_path / "victim"
    victim.write_text("as it was")
    run = tmp_path / "run"
    run.mkdir()
    lay(run / name, victim)
    with InstanceLock(run):
        server = ControlServer(run / "control", {})
        assert stat.S_ISSOCK((run / "control").lstat().st_mode)
        server.close()
        assert (run / "lock").read_text() == f"{os.getpid()}\n"
        assert stat.S_IMODE((run / "night").lstat().st_mode) == 0o770
        assert not (run / ".lgd-nfy0").exists()
    assert victim.read_text() == "as it was"


@pytest.mark.parametrize("name", ["lock", "control", "night"])
@pytest.mark.parametrize("lay", [lay_link, lay_fifo, lay_folder])
def test_what_lies_in_a_folder_of_another_is_told(tmp_path, name, lay):
    if (name, lay) == ("night", lay_folder):
        pytest.skip("that is what shall be there")
    run = tmp_path / "run"
    run.mkdir()
    # As /tmp: whoever may write there may lay something again.
    run.chmod(0o777)
    lay(run / name, tmp_path / "victim")
    with pytest.raises(StorageError, match=f"{name}: is in the way, in a folder that others"):
        InstanceLock(run)
    assert os.path.lexists(run / name)
    assert not (tmp_path / "victim").exists()


def test_folder_is_its_users(tmp_path):
    before = os.umask(0)
    try:
        InstanceLock(tmp_path / "new" / "run").close()
    finally:
        os.umask(before)
    modes = [
        oct(stat.S_IMODE((tmp_path / name).stat().st_mode))
        for name in ("new", "new/run", "new/run/night", "new/run/lock")
    ]
    assert modes == ["0o700", "0o750", "0o770", "0o600"]
