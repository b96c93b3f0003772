"""The lock of a folder: between threads as between processes."""

from __future__ import annotations

import threading

import pytest

from core.errors import ServiceError, StorageError
from pi.system.folder_lock import locked


def hold(folder):
    with locked(folder, "somebody is at work"):
        return True


def test_it_is_held_by_one_and_released(tmp_path):
    folder = tmp_path / "new" / "folder"
    with locked(folder), pytest.raises(ServiceError, match="somebody is at work"):
        hold(folder)
    assert hold(folder)


def test_an_error_inside_releases_it_and_is_not_taken_for_its_own(tmp_path):
    with pytest.raises(BlockingIOError), locked(tmp_path, "busy"):
        raise BlockingIOError
    with locked(tmp_path, "busy"):
        pass


def test_without_a_text_it_waits(tmp_path):
    order = []

    def wait():
        with locked(tmp_path):
            order.append("second")

    with locked(tmp_path):
        thread = threading.Thread(target=wait)
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        hold(tmp_path / "file" / "folder")
