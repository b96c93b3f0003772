from __future__ import annotations

import pytest

from pi.system.own_folder import of_user


@pytest.mark.parametrize(
    ("uid", "environ", "found"),
    [
        (1000, {"HOME": "/me"}, "/me/.local/share/zerodigit"),
        (1000, {"HOME": "/me", "XDG_DATA_HOME": "/data"}, "/data/zerodigit"),
        (1000, {"HOME": "/me", "XDG_DATA_HOME": "data"}, "/me/.local/share/zerodigit"),
        (1000, {"HOME": "/me", "XDG_DATA_HOME": ""}, "/me/.local/share/zerodigit"),
        (1000, {"HOME": "home"}, "/none/zerodigit"),
        (0, {"HOME": "/root"}, "/none/zerodigit"),
    ],
)
def test_without_the_machines_folder_a_user_has_one(uid, environ, found):
    assert of_user("/none/zerodigit", uid, environ) == found


def test_the_machines_folder_is_for_all(tmp_path):
    assert of_user(str(tmp_path), 1000, {"HOME": "/home/me"}) == str(tmp_path)
    (tmp_path / "link").symlink_to("gone")
    assert of_user(str(tmp_path / "link"), 1000, {"HOME": "/"}) == str(tmp_path / "link")
