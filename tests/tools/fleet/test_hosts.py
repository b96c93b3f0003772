"""Names of hosts, from arguments and from a file."""

from __future__ import annotations

import pytest

from core.errors import ConfigError
from tools.fleet import hosts


def test_arguments_and_a_file_each_once(tmp_path):
    file = tmp_path / "class.txt"
    file.write_text("# room 12\n\npi@two   # by the window\n  three \none\n")
    assert hosts.names(["one", "pi@two"], file) == ["one", "pi@two", "three"]


@pytest.mark.parametrize(
    "name",
    ["-oProxyCommand=touch x", "", "a b", "a\nb", "a\x1b[31m", "\N{RIGHT-TO-LEFT OVERRIDE}a"],
)
def test_what_is_no_host(name):
    with pytest.raises(ConfigError, match="is no host") as error:
        hosts.names([name])
    assert str(error.value).isprintable()


def test_a_bad_line_of_a_file_is_named(tmp_path):
    file = tmp_path / "class.txt"
    file.write_text("one\n-v\n")
    with pytest.raises(ConfigError, match=f"{file}:2: '-v' is no host"):
        hosts.names([], file)


@pytest.mark.parametrize(("content", "why"), [(None, "No such file"), (b"\xff", "not UTF-8")])
def test_a_file_that_cannot_be_read(tmp_path, content, why):
    file = tmp_path / "class.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=why):
        hosts.names(["one"], file)


def test_none_and_too_many_and_too_long():
    for given, why in (
        ([], "no host: give some"),
        ([f"zero{n}" for n in range(hosts.MOST + 1)], "201 hosts, and at most 200"),
        (["a" * 201], "at most 200 characters"),
    ):
        with pytest.raises(ConfigError, match=why):
            hosts.names(given)
