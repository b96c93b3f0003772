"""The reference digits that ship."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.errors import ModelFormatError
from core.exemplars import references


def test_every_class_has_as_many_and_the_crops_are_those_that_were_measured():
    images, labels = references.load()
    assert np.bincount(labels).tolist() == [references.COUNT // 10] * 10
    digest = hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert digest[:16] == "be1bcd2b8fa1aff7"


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    broken = tmp_path / "references.npz"
    broken.write_bytes(b"PK")
    monkeypatch.setattr(references, "PATH", broken)
    with pytest.raises(ModelFormatError, match="install again"):
        references.load()
    np.savez(broken, images=np.zeros((1, 28, 28), np.uint8), labels=np.zeros(1, np.uint8))
    with pytest.raises(ModelFormatError, match="shapes"):
        references.load()
