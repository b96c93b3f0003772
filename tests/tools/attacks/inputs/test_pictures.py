from __future__ import annotations

import pytest

from core.vision.imagefile import load_frame
from tools.attacks.inputs import HONEST, LARGEST, pictures


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """As many bombs, but small ones: the real ones take long to make."""
    monkeypatch.setattr(pictures, "SIDE", 20)
    monkeypatch.setattr(pictures, "LARGE", 200)


def test_one_picture_is_as_it_should_be_and_there_are_enough_others(tmp_path):
    pictures.make(tmp_path)
    assert load_frame(tmp_path / f"{HONEST}.png").shape
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert len(sizes) > 40
    assert max(sizes.values()) <= LARGEST


def test_each_picture_has_a_good_one_beside_it(tmp_path):
    pictures.make_folders(tmp_path)
    folders = list(tmp_path.iterdir())
    assert all((folder / "b.png").is_file() for folder in folders)
    assert {"pipe.png", "link.png", "objects.npy"} <= {folder.name for folder in folders}
