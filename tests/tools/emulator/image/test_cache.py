"""What is built once is never half-made, and built again when its recipe is another."""

from __future__ import annotations

import os
import time

import pytest

from tools.emulator import host
from tools.emulator.image import cache, recipe


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

    first = cache.folder("a", make, quiet, cache=tmp_path)
    second = cache.folder("a", make, quiet, cache=tmp_path)
    assert first == second
    assert len(built) == 1
    assert (first / "kernel").read_bytes() == b"k"


def test_anew_builds_it_again(tmp_path):
    built = []
    cache.folder("a", built.append, quiet, cache=tmp_path)
    cache.folder("a", built.append, quiet, cache=tmp_path, anew=True)
    assert len(built) == 2


def test_what_a_broken_build_leaves_is_not_used_and_is_swept(tmp_path):
    def breaks(folder):
        (folder / "kernel").write_bytes(b"half")
        raise host.CommandFailed("mke2fs failed")

    with pytest.raises(host.CommandFailed):
        cache.folder("a", breaks, quiet, cache=tmp_path)
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "a.part" / "kernel").exists()
    made = cache.folder("a", lambda folder: None, quiet, cache=tmp_path)
    assert list(made.iterdir()) == []
    assert list(tmp_path.glob("*.part")) == []


def test_images_that_nobody_used_for_long_are_swept(tmp_path):
    old, young = tmp_path / "old", tmp_path / "young"
    for each in (old, young):
        each.mkdir()
    os.utime(old, (time.time() - 15 * 86400,) * 2)
    cache.folder("a", lambda folder: None, quiet, cache=tmp_path)
    assert not old.exists()
    assert young.exists()
