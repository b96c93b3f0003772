"""The command, to its end and to its exit codes."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import DatasetError, StorageError
from tools.fetch_mnist import __main__ as command
from tools.fetch_mnist.files import MNIST
from tools.fetch_mnist.sources import FetchError

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FetchError("no way"), 1),
        (DatasetError("torn"), 3),
        (StorageError("full"), 7),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(tmp_path, monkeypatch, capsys, error, code):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr(command, "fetch", fail)
    assert command.main(["--to", str(tmp_path)]) == code
    assert capsys.readouterr().err.startswith("fetch_mnist: ")


def test_wrong_usage_and_help(capsys):
    for arguments, code in ((["--nonsense"], 2), (["--help"], 0)):
        with pytest.raises(SystemExit) as caught:
            command.main(arguments)
        assert caught.value.code == code
    assert "exit codes:" in capsys.readouterr().out


def test_command_end_to_end(tmp_path, mirror, held):
    """The real files' digests stand: what a loopback server makes up is refused."""
    environment = {**os.environ, "ZERODIGIT_MNIST_MIRROR": mirror.url, "no_proxy": "127.0.0.1"}
    mirror.answers = {f"/{file.name}.gz": gzip.compress(b"made up") for file in MNIST}
    done = subprocess.run(
        [sys.executable, "-m", "tools.fetch_mnist", "--to", str(tmp_path)],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 3
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "only 7 of 47040016 bytes" in done.stderr
    assert held(tmp_path) == {}
