"""The reference digits that ship."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from core.errors import ModelFormatError
from core.exemplars import references


def test_every_class_has_as_many_and_the_crops_are_those_that_were_measured():
    labels = references.labels()
    assert np.bincount(labels).tolist() == [references.COUNT // 10] * 10
    pieces = [references.piece(n) for n in range(references.COUNT // references.PIECE)]
    digest = hashlib.sha256(b"".join(each.tobytes() for each in [*pieces, labels]))
    assert digest.hexdigest()[:16] == "be1bcd2b8fa1aff7"


def test_a_damaged_file_is_named(tmp_path, monkeypatch):
    broken = tmp_path / "references.npz"
    monkeypatch.setattr(references, "PATH", broken)
    for content in (None, b"", b"PK", b"PK\3\4" + bytes(100)):
        if content is not None:
            broken.write_bytes(content)
        with pytest.raises(ModelFormatError, match="install again"):
            references.piece(0)
    np.savez(broken, images0=np.zeros((1, 28, 28), np.uint8))
    with pytest.raises(ModelFormatError, match="images0 is another"):
        references.piece(0)
    with pytest.raises(ModelFormatError, match="install again"):
        references.labels()
