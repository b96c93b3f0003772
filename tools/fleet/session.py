"""A class night as the command line asks for it, with what is said meanwhile."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from core import modelfile, pretrained
from pi.cli.errors import FAILED, OK
from pi.cli.streams import say
from pi.devices.terminal import Terminal
from pi.retraining.progress import SAY_EVERY_S, WRITE_EVERY_S, Progress
from pi.retraining.recipe import Recipe
from pi.system.folder_lock import locked
from tools.fleet import hosts, night, report, ssh
from tools.fleet.classroom import Class, Shown
from tools.fleet.state import State, make_folder


def hold(arguments: argparse.Namespace, program: Sequence[str], recipe: Recipe | None) -> int:
    """Hold it; the exit code: OK, or FAILED if something went wrong with a host.

    Raises ConfigError for hosts that make no sense, ServiceError if another class night is at
    work in the folder, StorageError, ModelFormatError, DivergedError.
    """
    names = hosts.names(arguments.host, arguments.hosts)
    with Terminal(sys.stderr) as terminal:
        shown = _shown(terminal)
        ask = partial(ssh.ask, program=program)
        if arguments.dry_run:
            with tempfile.TemporaryDirectory() as folder:
                return _say(_collected(Class(names, State(Path(folder)), ask, shown)), {})
        busy = f"{arguments.state}: another class night is at work here"
        make_folder(arguments.state)
        with locked(arguments.state, busy):
            state = State(arguments.state)
            if state.begin(arguments.anew):
                terminal.line(f"going on with the run of {state.run.began}")
            group = _collected(Class(names, state, ask, shown))
            if arguments.collect_only:
                return _say(group, {})
            return _learn(group, arguments.model, recipe or night.RECIPE, terminal)


def _shown(terminal: Terminal) -> Shown:
    """The terminal, on which several threads write."""
    lock = threading.Lock()

    def line(text: str) -> None:
        with lock:
            terminal.line(text)

    def status(words: str) -> None:
        with lock:
            if terminal.live:
                terminal.draw([words[: terminal.size()[0] - 1]])

    return Shown(line, status)


def _collected(group: Class) -> Class:
    group.shown.line(f"collecting from {len(group.hosts)} hosts")
    group.collect()
    return group


def _learn(group: Class, path: Path | None, recipe: Recipe, terminal: Terminal) -> int:
    """Hold the night, unless the same was held already, and hand out what came of it."""
    state, model = group.state, modelfile.load(path or pretrained.PATH)
    samples = night.samples_of(model, state.kept(group.hosts))
    count = sum(map(len, samples.values()))
    recipe = night.recipe_for(count, recipe)
    known = night.known_digits()
    plan = night.plan_of(model, samples, recipe, known)
    data, errors = state.made(plan), state.run.errors
    if data is not None:
        terminal.line(f"nothing new among {count} digits: the weights of the last night")
    elif count < night.LEAST:
        terminal.line(f"{count} labelled digits are too few to learn from")
    else:
        if not len(known):
            terminal.line(
                "MNIST is not here: python -m tools.fetch_mnist, and less is forgotten"
            )
        with _progress(group, terminal) as report:
            folder = state.night / plan[:16]
            found = night.hold(model, samples, recipe, known, folder, report)
        data, errors, figures = found.data, found.errors, found.figures
        terminal.line(
            f"the night over {count} digits of {len(samples)} hosts: {figures['before']} read "
            f"wrongly before, {figures['after']} after, each by weights that had not seen it"
        )
        if data is None:
            terminal.line(f"nothing is handed out: {figures['why']}")
        else:
            state.keep_weights(data, plan, errors)
    if data is not None:
        group.shown.line(f"handing out {state.weights}")
        group.offer(data)
    code = _say(group, errors)
    state.end()
    return code


@contextmanager
def _progress(group: Class, terminal: Terminal) -> Iterator[night.Report]:
    """Shows how far a night is: on a terminal all the while, elsewhere now and then."""
    show = group.shown.status if terminal.live else group.shown.line
    often = WRITE_EVERY_S if terminal.live else SAY_EVERY_S
    progress = Progress(group.state.folder, show, often, time.monotonic)
    try:
        yield progress.report
    finally:
        progress.close()


def _say(group: Class, errors: Mapping[str, Sequence[int]]) -> int:
    """Print the table; FAILED if something went wrong with a host."""
    run = group.state.run
    print()
    for line in report.table(group.hosts, run.collected, errors, run.decided, group.failed):
        say(line)
    if group.failed:
        count = len(group.failed)
        what = "1 host" if count == 1 else f"{count} hosts"
        say(f"something went wrong with {what}; the same command tries again")
    return FAILED if group.failed else OK
