"""README.md and the pages it leads to: links lead somewhere, commands and options exist."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tools.acceptance.checks import catalogue
from tools.lessons import LESSONS

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    "README.md", "core/README.md", "pi/README.md", "tools/README.md", ".github/CONTRIBUTING.md",
    "pi/CHANGES.md", "core/data/README.md", "tools/pictures/lessons/README.md",
)  # fmt: skip

README_BYTES = 10_000
"""README.md may have as many: a stranger reads it in five minutes."""

CHANGES = (
    "the crop rule", "the vote over frames", "what a label does at once", "what a night learns",
    "when it is let in",
    "a pin's default", "a display", "a camera", "a layer", "a setting", "a command", "a lesson",
    "a log line",
)  # fmt: skip
"""What .github/CONTRIBUTING.md names the file of."""

PREFIX = re.compile(r"^(?:\$ |sudo |[A-Z_]+=\S+ |zerodigit/|/opt/zerodigit/current/)*")
COMMAND = re.compile(
    r"zerodigit(?: [a-z]+)?(?= |$)|python -m tools\.evaluate [a-z]+|python -m tools\.[a-z_]+"
    r"|tools/(?:demo|test|install|uninstall|deploy|emulate|classroom)(?= |$)"
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
    pages = "".join(text_of(ROOT / name) for name in PAGES)
    pictures = [path.name for path in (ROOT / "tools/pictures").glob("[!.]*.*g")]
    assert pictures
    assert [name for name in pictures if f"pictures/{name})" not in pages] == []


def test_every_lesson_is_named():
    page = text_of(ROOT / "tools/README.md")
    assert [name for name in LESSONS if f"`{name}`" not in page] == []


def test_readme_leads_to_every_page():
    links = set(re.findall(r"\]\(([^)#\s]+)", text_of(ROOT / "README.md")))
    assert set(PAGES) - {"README.md"} <= links


def test_readme_is_short():
    assert len(text_of(ROOT / "README.md").encode()) <= README_BYTES


def test_contributing_names_the_files_of_each_change():
    page = text_of(ROOT / ".github/CONTRIBUTING.md")
    _, _, table = page.partition("| to change | open |\n|---|---|\n")
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()]
    # A change may be explained in parentheses.
    assert tuple(change.partition(" (")[0] for change, _ in rows) == CHANGES
    for change, files in rows:
        named = re.findall(r"`([^`]+)`", files)
        assert 1 <= len(named) <= 2, change
        assert [name for name in named if not (ROOT / name).is_file()] == [], change


def test_files_that_a_page_names_exist(page):
    """Paths between backticks: of modules, tests and data, from the checkout's root."""
    named = re.findall(r"`((?:core|pi|tools|tests|systemd)/[\w./]+)`", prose(page))
    made = {name for name in named if "yours" in name}
    assert [name for name in set(named) - made if not (ROOT / name).exists()] == []


def test_modules_that_a_page_runs_exist(page):
    modules = set(re.findall(r"python3? -m (tools\.[a-z_.]*[a-z_])", text_of(page)))
    assert [name for name in modules if importlib.util.find_spec(name) is None] == []


def test_checks_that_a_page_names_exist(page):
    """Of the emulated Pi; ValueError names the one that does not."""
    words = re.findall(r"`tools/emulate test ([a-z ]+)`", text_of(page))
    assert [word for word in words if not catalogue.chosen(word.split(), False)] == []


def test_python_examples_import_what_is_there(page):
    for block in re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                for alias in node.names:
                    if not hasattr(module, alias.name):
                        importlib.import_module(f"{node.module}.{alias.name}")


def test_commands_are_found():
    assert {"zerodigit predict", "tools/demo", "python -m tools.lessons"} <= set(COMMANDS)
    assert "--explain" in COMMANDS["zerodigit predict"]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_commands_have_the_options_that_the_pages_give_them(command):
    words = command.split()
    program = {"zerodigit": [sys.executable, "-m", "pi.cli"], "python": [sys.executable]}.get(
        words[0], ["bash", words[0]]
    )
    done = subprocess.run(
        [*program, *words[1:], "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = set(re.findall(r"--[a-z][a-z-]*", done.stdout))
    assert COMMANDS[command] - told == set()
