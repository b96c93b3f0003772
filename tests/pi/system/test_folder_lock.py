"""The lock of a folder: within a process as between processes."""

from __future__ import annotations

from contextlib import ExitStack

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
    first, waits = ExitStack(), []
    first.enter_context(locked(tmp_path))

    def sleep(seconds):
        waits.append(seconds)
        first.close()

    with locked(tmp_path, sleep=sleep):
        assert waits == [0.05]


def test_it_does_not_wait_for_ever(tmp_path):
    waits = []
    with locked(tmp_path):
        held = pytest.raises(ServiceError, match="somebody else has been changing it for 10 s")
        with held, locked(tmp_path, sleep=waits.append):
            pytest.fail("there are two at a time")
    assert sum(waits) == pytest.approx(10)


@pytest.mark.parametrize("target", ["elsewhere", "nowhere", "file"])
def test_a_link_is_not_followed(tmp_path, target):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(StorageError, match="link: is a link, not a folder: remove it"):
        hold(tmp_path / "link")
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        hold(tmp_path / "file" / "folder")
