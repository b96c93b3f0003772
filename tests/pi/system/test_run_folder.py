"""The run folder where there is none of the service's: nobody else may have made it."""

from __future__ import annotations

import os

import pytest

from core.errors import ServiceError
from pi.system import run_folder

ME = os.geteuid()


def test_in_the_users_own_folder_of_the_session(tmp_path):
    (tmp_path / "session").mkdir(mode=0o700)
    environ = {"XDG_RUNTIME_DIR": str(tmp_path / "session")}
    assert run_folder.of_user(ME, environ, tmp_path) == tmp_path / "session" / "zerodigit"


@pytest.mark.parametrize("session", ["", "/", "nowhere", "/tmp"])
def test_without_one_in_the_folder_of_all(tmp_path, session):
    environ = {"XDG_RUNTIME_DIR": session}
    wanted = tmp_path / f"zerodigit-{ME}" / "zerodigit"
    for _ in range(2):
        # There as if it were not there.
        assert run_folder.of_user(ME, environ, tmp_path) == wanted
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)


def link(path):
    path.symlink_to(path.parent)


def file(path):
    path.touch()


def shared(path):
    path.mkdir()
    path.chmod(0o770)


@pytest.mark.parametrize("inner", ["", "zerodigit"])
@pytest.mark.parametrize(
    ("lay", "why"),
    [(link, "is a link"), (file, "is no folder"), (shared, "may be written by others")],
)
def test_what_others_may_have_made_is_refused(tmp_path, inner, lay, why):
    base = tmp_path / f"zerodigit-{ME}"
    if inner:
        base.mkdir(mode=0o700)
    lay(base / inner)
    with pytest.raises(ServiceError, match=f"{why}, so it is not used: remove it, or choose"):
        run_folder.of_user(ME, {}, tmp_path)


def test_anothers_is_refused(tmp_path):
    (tmp_path / f"zerodigit-{ME + 1}").mkdir()
    with pytest.raises(ServiceError, match="belongs to another user"):
        run_folder.of_user(ME + 1, {}, tmp_path)


def test_who_is_quicker_makes_no_folder_of_ours(tmp_path):
    """Between the look and the making: a link that leads nowhere is there by now."""
    (tmp_path / "run").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        run_folder.prepare(tmp_path / "run")
