from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ServiceError, StorageError
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
