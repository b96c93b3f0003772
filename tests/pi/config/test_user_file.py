"""The owner's settings file: begun once, never touched again, compared with the template."""

from __future__ import annotations

import time
import tomllib

import pytest

from core.errors import ConfigError
from pi import config
from pi.config import user_file

TEMPLATE = """\
# Head.

[camera]
# Of which kind.
type = "picamera2"

# Turned, and
# flipped.
rotate = 0
flip = "none"

[service]
# Weights.
weights = ""
"""


def test_begun_file_says_camera_and_display_and_leaves_all_else(tmp_path):
    path = tmp_path / "mine.toml"
    assert user_file.begin(path) == f"{path}: begun"
    said = tomllib.loads(path.read_text())
    assert {name: section for name, section in said.items() if section} == {
        "camera": {"type": "picamera2"},
        "display": {"type": ["seven_segment"]},
    }
    assert config.load([path]) == config.load()
    assert path.stat().st_mode & 0o777 == 0o644


def test_every_line_of_a_begun_file_may_be_taken_out_of_its_comment(tmp_path):
    path = tmp_path / "mine.toml"
    user_file.begin(path)
    keys = {line for line in config.template().splitlines() if line[:1].isalpha()}
    lines = path.read_text().splitlines()
    path.write_text("\n".join(each[2:] if each[2:] in keys else each for each in lines))
    assert config.load([path]) == config.load()
    assert set(config.load([path]).origins.values()) == {str(path)}


def test_begun_file_is_complete(tmp_path):
    path = tmp_path / "mine.toml"
    user_file.begin(path)
    before = path.stat().st_mtime_ns
    assert "stays as it is" in user_file.begin(path)
    assert path.stat().st_mtime_ns == before


MINE = b'[camera]\r\ntype="files" # by me\n\n#rotate=90'


def test_new_settings_are_told_and_no_byte_is_written(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(MINE)
    path.chmod(0o640)
    before = path.stat()
    said = user_file.begin(path, TEMPLATE)
    assert said.endswith("stays as it is; 2 settings are new: zerodigit config --new")
    new = user_file.new_settings(path, TEMPLATE)
    assert new == '[camera]\n# flip = "none"\n\n[service]\n# Weights.\n# weights = ""\n'
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (MINE, before.st_mtime_ns)
    assert path.stat().st_mode == before.st_mode
    path.write_bytes(MINE + b"\n" + new.encode())
    assert user_file.new_settings(path, TEMPLATE) == ""


def test_a_link_stays_and_leads_to_a_file_of_the_owner(tmp_path):
    """As of those who keep their settings in a repository."""
    mine = tmp_path / "dotfiles" / "mine.toml"
    mine.parent.mkdir()
    path = tmp_path / "etc.toml"
    path.symlink_to("dotfiles/mine.toml")
    assert user_file.begin(path) == f"{path}: begun"
    assert mine.stat().st_mode & 0o777 == 0o644
    mine.write_bytes(MINE)
    user_file.begin(path, TEMPLATE)
    assert path.is_symlink()
    assert mine.read_bytes() == MINE


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
def test_a_device_is_no_settings_file(path):
    with pytest.raises(ConfigError, match="is not a regular file"):
        user_file.begin(path)


def test_a_file_too_large_to_be_settings(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"#" * (user_file.LARGEST + 1))
    with pytest.raises(ConfigError, match="is larger than 256 kB"):
        user_file.begin(path)


def test_key_of_the_same_name_in_another_section_is_another(tmp_path):
    template = "[a]\nrate = 1\n[b]\nrate = 2\n"
    assert user_file.additions("[a]\nrate = 5\n", template) == "[b]\n# rate = 2\n"


def test_file_that_is_no_text_is_left_alone(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        user_file.begin(path)
    assert path.read_bytes() == b"\xff\xfe"


@pytest.mark.parametrize("line", [" ", "#", "# ", "[", "a", "a ", "=", "\t#", "[a] "])
def test_long_lines_take_no_longer_than_short_ones(line):
    began = time.perf_counter()
    user_file.mentioned(line * (user_file.LARGEST // len(line)))
    assert time.perf_counter() - began < 5
