"""What is missing on a machine, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.emulator import host


def test_missing_packages_are_named_once_with_what_they_need():
    there = {"mke2fs", "cpio"}
    commands = {
        "mke2fs": "e2fsprogs", "debugfs": "e2fsprogs", "lsattr": "e2fsprogs",
        "arm-linux-gnueabi-gcc": "gcc-arm-linux-gnueabi", "cpio": "cpio",
    }  # fmt: skip
    found = host.missing(commands, lambda name: name if name in there else None)
    assert found == ["e2fsprogs", "gcc-arm-linux-gnueabi", "libc6-dev-armel-cross"]


def test_who_is_not_root_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(host.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(host.shutil, "which", lambda name: "/x" if name == "apt-get" else None)
    monkeypatch.setenv("PATH", "/usr/bin")
    with pytest.raises(host.Unavailable, match="install qemu-system-arm e2fsprogs"):
        host.provide(host.RUNNING, tmp_path / "log", print)


def test_a_command_that_fails_is_named_with_its_last_words(tmp_path):
    with pytest.raises(host.CommandFailed, match=r"sh failed \(3\): .*\n?.*not today"):
        host.call(["sh", "-c", "echo not today; exit 3"], tmp_path / "log")
    assert "not today" in (tmp_path / "log").read_text()


def test_the_cache_is_outside_the_checkout():
    assert host.cache_folder({"HOME": "/home/x"}) == Path("/home/x/.cache/zerodigit/emulator")
    assert host.cache_folder({"XDG_CACHE_HOME": "/c", "HOME": "/h"}) == Path(
        "/c/zerodigit/emulator"
    )
