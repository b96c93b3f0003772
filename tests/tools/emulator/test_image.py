"""The cache of images: by recipe, and never half-made."""

from __future__ import annotations

import os
import time

import pytest

from tools.emulator import host, image, recipe


def quiet(text):
    pass


def test_digest_changes_with_any_part_of_the_recipe_and_with_their_order():
    digests = {recipe.digest(each) for each in ([b"a", b"b"], [b"b", b"a"], [b"ab"], [b"a"])}
    assert len(digests) == 4
    assert recipe.digest() == recipe.digest()


def test_an_image_is_built_once(tmp_path):
    built = []

    def make(folder):
        built.append(folder)
        (folder / "kernel").write_bytes(b"k")

    first = image.get(quiet, cache=tmp_path, make=make)
    second = image.get(quiet, cache=tmp_path, make=make)
    assert first == second
    assert len(built) == 1
    assert first.kernel.read_bytes() == b"k"


def test_anew_builds_it_again(tmp_path):
    built = []
    image.get(quiet, cache=tmp_path, make=built.append)
    image.get(quiet, cache=tmp_path, make=built.append, anew=True)
    assert len(built) == 2


def test_what_a_broken_build_leaves_is_not_used_and_is_swept(tmp_path):
    def breaks(folder):
        (folder / "kernel").write_bytes(b"half")
        raise host.CommandFailed("mke2fs failed")

    with pytest.raises(host.CommandFailed):
        image.get(quiet, cache=tmp_path, make=breaks)
    assert not (tmp_path / recipe.digest()).exists()
    made = image.get(quiet, cache=tmp_path, make=lambda folder: None)
    assert list(made.folder.iterdir()) == []
    assert list(tmp_path.glob("*.part")) == []


def test_images_that_nobody_used_for_long_are_swept(tmp_path):
    old, young = tmp_path / "old", tmp_path / "young"
    for each in (old, young):
        each.mkdir()
    os.utime(old, (time.time() - 15 * 86400,) * 2)
    image.get(quiet, cache=tmp_path, make=lambda folder: None)
    assert not old.exists()
    assert young.exists()
