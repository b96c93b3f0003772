"""A registry that this user may not read is called so, not absent or damaged."""

from __future__ import annotations

import os

import pytest

from core.errors import StorageError
from pi.models.access import check_weights


@pytest.fixture
def close(monkeypatch):
    """A function that takes the right to read a path; root would have it whatever the mode."""

    def close(path):
        access = os.access
        monkeypatch.setattr(
            os, "access", lambda asked, mode: asked != path and access(asked, mode)
        )

    return close


def test_what_is_not_there_is_no_error(tmp_path):
    check_weights(tmp_path / "none" / "weights")


def test_what_may_be_read_is_no_error(three):
    check_weights(three.folder)


def test_nobody_is_told_to_open_what_a_link_leads_to(three, close, tmp_path):
    pointer = three.folder / "current"
    pointer.unlink()
    pointer.symlink_to(__file__)
    close(pointer)
    check_weights(three.folder)


@pytest.mark.parametrize(
    ("part", "remedy"),
    [("..", "usermod -aG zerodigit"), (".", "usermod -aG"), ("current", "sudo chmod 660")],
)
def test_what_may_not_be_read_has_a_remedy(three, close, part, remedy):
    path = {"..": three.folder.parent, ".": three.folder}.get(part, three.folder / part)
    close(path)
    with pytest.raises(StorageError, match=remedy) as raised:
        check_weights(three.folder)
    assert str(raised.value).startswith(f"{path}: you may not")
