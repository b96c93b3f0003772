"""README.md and the pages it leads to: links lead somewhere, commands and options exist."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tools.lessons import LESSONS

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "pi/README.md", "core/data/README.md", "tools/pictures/lessons/README.md")

PREFIX = re.compile(r"^(?:\$ |sudo |[A-Z_]+=\S+ |zerodigit/|/opt/zerodigit/current/)*")
COMMAND = re.compile(
    r"zerodigit(?: [a-z]+)?(?= |$)|python -m tools\.evaluate [a-z]+|python -m tools\.[a-z_]+"
    r"|tools/(?:demo|test|install|uninstall|deploy|emulate)(?= |$)"
)
OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")


@pytest.fixture(params=PAGES)
def page(request):
    return ROOT / request.param


def text_of(path):
    return path.read_text(encoding="utf-8")


def prose(path):
    """A page without its blocks of code."""
    return re.sub(r"```.*?```", "", text_of(path), flags=re.DOTALL)


def anchors(path):
    """The names that a page's headings have as links."""
    heads = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def commands():
    """The programs that the pages name, in blocks and between backticks, with their options."""
    found = defaultdict(set)
    for path in (ROOT / name for name in PAGES):
        blocks = "".join(re.findall(r"```\n(.*?)```", text_of(path), re.DOTALL))
        for line in [*re.findall(r"`([^`\n]+)`", prose(path)), *blocks.splitlines()]:
            line = PREFIX.sub("", re.sub(r"\s#\s.*", "", line.strip()))
            if command := COMMAND.match(line):
                found[command[0]] |= set(OPTION.findall(line))
    return found


COMMANDS = commands()


def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        where, _, anchor = target.partition("#")
        path = page.parent / where if where else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def test_pictures_are_described(page):
    assert "![](" not in text_of(page)


def test_every_picture_is_shown():
    pages = text_of(ROOT / "README.md") + text_of(ROOT / "pi/README.md")
    pictures = [path.name for path in (ROOT / "tools/pictures").glob("*.png")]
    assert pictures
    assert [name for name in pictures if f"pictures/{name})" not in pages] == []


def test_every_lesson_is_named():
    assert [name for name in LESSONS if f"`{name}`" not in text_of(ROOT / "README.md")] == []


def test_commands_are_found():
    assert {"zerodigit predict", "tools/demo", "python -m tools.lessons"} <= set(COMMANDS)
    assert "--explain" in COMMANDS["zerodigit predict"]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_commands_have_the_options_that_the_pages_give_them(command):
    words = command.split()
    program = {
        "zerodigit": [sys.executable, "-m", "pi.cli"],
        "python": [sys.executable],
    }.get(words[0], ["bash", words[0]])
    done = subprocess.run(
        [*program, *words[1:], "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = set(re.findall(r"--[a-z][a-z-]*", done.stdout))
    assert COMMANDS[command] - told == set()
