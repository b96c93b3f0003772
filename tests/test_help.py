"""The help of every command: the commands that it names exist and take what they are given."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pi import cli

ROOT = Path(__file__).resolve().parent.parent

MODULES = [
    *sorted(f"tools.{path.parent.name}" for path in ROOT.glob("tools/*/__main__.py")),
    *("tools.digests", "tools.train_base.calibrate", "tools.train_base.curves"),
]
SCRIPTS = ("tools/demo", "tools/deploy", "tools/install", "tools/test", "tools/uninstall")
COMMANDS = cli.COMMANDS

PROGRAM = r"(?:zerodigit|python -m tools\.[a-z_.]*[a-z]|tools/[a-z]+(?![\w./]))"
# What may stand before it on a line: another user, settings of the environment.
BEFORE = r"(?:sudo (?:-u \w+ )?|[A-Z_]+=\S+ )*"
# On a line of its own, up to the remark after two spaces; or between backticks.
ON_A_LINE = re.compile(rf"^ +{BEFORE}({PROGRAM}(?: \S+)*)", re.MULTILINE)
IN_BACKTICKS = re.compile(rf"`{BEFORE}({PROGRAM}(?: [^`]*)?)`")
# The rest of a shell's line belongs to another program.
END = re.compile(r" (?:\||2?>).*| \(.*", re.DOTALL)


# Programs are run here that others import, too, as the curves of tools.train_base.
pytestmark = pytest.mark.filterwarnings("ignore:.* found in sys.modules:RuntimeWarning")


class Parsed(Exception):
    """Raised in place of doing what the arguments ask for."""


@pytest.fixture(autouse=True)
def width(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def run(module, arguments, monkeypatch):
    """Run a module of the tools; what it says on stdout and on stderr."""
    with (
        monkeypatch.context() as patch,
        contextlib.redirect_stdout(io.StringIO()) as out,
        contextlib.redirect_stderr(io.StringIO()) as error,
        contextlib.suppress(SystemExit, Parsed),
    ):
        patch.setattr(sys, "argv", [module, *arguments])
        runpy.run_module(module, run_name="__main__")
    return out.getvalue(), error.getvalue()


def helps_of_commands(monkeypatch):
    """The help of each command of zerodigit by its name, and of what it can do."""

    def ask(*arguments):
        text = run("pi.cli", [*arguments, "--help"], monkeypatch)[0]
        found[" ".join(["zerodigit", *arguments])] = text
        return text

    found = {}
    ask()
    for command in COMMANDS:
        verbs = ask(command).partition("what to do:")[2]
        for verb in re.findall(r"^    ([a-z]+)  ", verbs, re.MULTILINE):
            ask(command, verb)
    return found


def helps_of_tools(monkeypatch):
    found = {
        f"python -m {module}": run(module, ["--help"], monkeypatch)[0] for module in MODULES
    }
    for name, module in (("emulate", "tools.acceptance.cli"), ("classroom", "tools.fleet.cli")):
        found[f"tools/{name}"] = run(module, ["--help"], monkeypatch)[0]
    for name in SCRIPTS:
        done = subprocess.run(
            ["bash", name, "--help"], cwd=ROOT, capture_output=True, text=True
        )
        found[name] = done.stdout
    return found


def named(text):
    """The commands that a help names, each as a line of a shell."""
    text = re.sub(r" *\\\n *", " ", text.partition("\n\n")[2])
    text = re.sub(r"[\[\]]", "", text)
    for command in ON_A_LINE.findall(text):
        yield END.sub("", command)
    for command in IN_BACKTICKS.findall(text):
        words = command.replace("COMMAND", "demo").split()
        # Without arguments the program is meant, not what it would do.
        alone = len(words) == (3 if words[0] == "python" else 2)
        yield " ".join(words + ["--help"] * alone)


def complaint(command, texts, monkeypatch):
    """Why the command cannot be given so, or None."""
    program, *arguments = shlex.split(command)
    if program == "zerodigit":
        return refusal("pi.cli", arguments, monkeypatch)
    if program == "python":
        return refusal(arguments[1], arguments[2:], monkeypatch)
    options = [each for each in arguments if each.startswith("--")]
    unknown = [each for each in options if each not in texts.get(program, "")]
    return "; ".join(unknown) if (ROOT / program).is_file() else "is not there"


def refusal(module, arguments, monkeypatch):
    """What a module has against the arguments; nothing is done."""
    if importlib.util.find_spec(module) is None:
        return "is not there"
    parse_args = argparse.ArgumentParser.parse_args

    def parse(parser, given=None, namespace=None):
        parse_args(parser, given, namespace)
        raise Parsed

    with monkeypatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", parse)
        return run(module, arguments, monkeypatch)[1]


def test_help_fits_a_terminal_of_80_columns(monkeypatch):
    wide = [
        (name, line)
        for name, text in helps_of_commands(monkeypatch).items()
        for line in text.splitlines()
        if len(line) > 80
    ]
    assert wide == []


def test_help_of_a_command_has_examples_and_its_exit_codes(monkeypatch):
    for command in COMMANDS:
        text = run("pi.cli", [command, "--help"], monkeypatch)[0]
        assert f"\nexamples:\n  zerodigit {command}" in text
        codes = re.findall(r"^  (\d+) +\S", text.partition("exit codes:\n")[2], re.MULTILINE)
        assert {"0", "2", "130"} <= set(codes), command
        assert codes == sorted(codes, key=int), command


def test_every_sub_command_says_what_it_is_for(monkeypatch):
    helps = helps_of_commands(monkeypatch)
    verbs = {name: text for name, text in helps.items() if name.count(" ") == 2}
    assert len(verbs) >= 10
    bare = [
        name for name, text in verbs.items() if re.match(r"usage:[^\n]*\n( .*\n)*\n\w+:", text)
    ]
    assert bare == []


def test_every_command_that_a_help_names_exists(monkeypatch):
    texts = helps_of_commands(monkeypatch) | helps_of_tools(monkeypatch)
    assert len(COMMANDS) >= 15
    assert min(map(len, texts.values())) > 50
    commands = {command: name for name, text in texts.items() for command in named(text)}
    assert len(commands) > 80
    assert {"zerodigit status", "python -m tools.bench --on-device"} <= set(commands)
    wrong = {
        f"{command} (in the help of {name})": reason
        for command, name in commands.items()
        if (reason := complaint(command, texts, monkeypatch))
    }
    assert wrong == {}


@pytest.mark.parametrize("command", ["samples", "look", "config", "weights"])
def test_help_tells_what_json_has(command, monkeypatch):
    text = run("pi.cli", [command, "--help"], monkeypatch)[0]
    assert re.search(r"^--json prints an? (object|list)", text, re.MULTILINE)
