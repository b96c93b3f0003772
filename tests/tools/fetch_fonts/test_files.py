"""The fonts: each from its own npm package, verified, and named where one is missing."""

from __future__ import annotations

import os
import tarfile

import pytest

from core.errors import DatasetError
from tools.fetch_fonts.files import FONTS, NAMES, default_folder, fetch_fonts, file_name
from tools.fetch_mnist.sources import FetchError


def test_each_font_is_of_a_fixed_version_of_its_own_package():
    assert len({font.sha256 for font in FONTS}) == len(FONTS) == len(NAMES)
    for name, font in zip(NAMES, FONTS, strict=True):
        assert font.package == f"@fontsource/{name}@5.3.0"
        assert font.member == f"files/{file_name(name)}"


def test_folder_is_taken_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("ZERODIGIT_FONTS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("ZERODIGIT_FONTS")
    assert default_folder().name == ".fonts"


def test_a_font_with_another_digest_is_not_left_in_place(tmp_path, monkeypatch):
    npm, packed = tmp_path / "npm", tmp_path / "packed"
    (tmp_path / "x").write_bytes(b"no font")
    with tarfile.open(packed, "w:gz") as archive:
        archive.add(tmp_path / "x", f"package/{FONTS[0].member}")
    npm.write_text(f'#!/bin/sh\necho "$2" >> {tmp_path}/asked\ncp {packed} font-1.tgz\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(DatasetError, match=f"{FONTS[0].name}: .*--source FOLDER"):
        fetch_fonts(tmp_path / "to", "npm")
    assert (tmp_path / "asked").read_text().split() == [FONTS[0].package]
    assert not (tmp_path / "to" / FONTS[0].name).exists()


def test_a_folder_without_them_is_named(tmp_path):
    with pytest.raises(FetchError, match=f"has neither {FONTS[0].name}"):
        fetch_fonts(tmp_path / "to", str(tmp_path))
