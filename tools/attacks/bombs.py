"""Hostile inputs of up to 1 MB for every reader: what each costs beyond an honest one.

Pictures, models, data sets, settings, samples to import, state folders and logs are given to
the real commands; requests to the running service. Measured are the peak memory above the same
command with an honest input, the processor time, and the end: a clear answer of one line, never
a traceback.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tools.attacks.appliance import Appliance
from tools.attacks.inputs import HONEST, models, pictures, samples, texts
from tools.attacks.inputs.requests import requests
from tools.attacks.process import Process
from tools.attacks.table import Row

ABOVE_MB, LONGEST_S, FRAMES = 96.0, 10.0, 0.9

PATIENCE_S = 20.0
"""A command that takes longer than these seconds hangs."""

FLOOD, FLOOD_S = 2000, 60.0
"""So many hostile requests, for at most so long, while frames are counted."""


@dataclass(frozen=True)
class Reader:
    """What reads a kind of input: how they are made, and the commands that are given one."""

    name: str
    make: Callable[[Path], None]
    commands: Sequence[Sequence[str]]
    stdin: bool = False


READERS = (
    Reader("pictures", pictures.make, pictures.COMMANDS),
    Reader("folder camera", pictures.make_folders, (pictures.CAMERA,)),
    Reader("models", models.make, models.COMMANDS),
    Reader("models from standard input", models.make, (models.STDIN,), stdin=True),
    Reader("data", texts.make_data, texts.DATA),
    Reader("settings", texts.make_settings, texts.SETTINGS),
    Reader("samples to import", samples.make_imports, samples.IMPORT),
    Reader("state folders", samples.make_states, samples.STATE),
    Reader("logs", texts.make_logs, texts.LOGS),
)


@dataclass(frozen=True)
class Cost:
    """What a command took: peak memory (MB), processor time (s), and its exit code.

    problem : a traceback, a signal, more than one line of error, or a hang; empty if none.
    """

    memory_mb: float
    seconds: float
    code: int
    problem: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which readers, and which inputs."""
    names = ", ".join([*(each.name for each in READERS), "requests"])
    parser.add_argument("--only", default="", metavar="TEXT", help=f"readers: {names}")
    parser.add_argument(
        "--input", default="", metavar="TEXT", help="inputs with it in their name"
    )


def measure(arguments: argparse.Namespace) -> list[Row]:
    """All readers, in folders that are removed afterwards."""
    rows = []
    for reader in READERS:
        if arguments.only in reader.name:
            with tempfile.TemporaryDirectory() as folder:
                rows.append(_row(reader, Path(folder), arguments.input))
    if arguments.only in "requests":
        with tempfile.TemporaryDirectory() as folder:
            rows += _requests(Path(folder))
    return rows


def _row(reader: Reader, folder: Path, only: str) -> Row:
    inputs, scratch = folder / "inputs", folder / "scratch"
    inputs.mkdir()

    # In a process of its own, so that this one stays small: a command would begin as large.
    def make() -> int:
        reader.make(inputs)
        return 0

    made = Process(make, folder / "made")
    if made.end(600.0) != 0:
        raise RuntimeError(made.said)
    hostile = [path for path in sorted(inputs.iterdir()) if path.stem != HONEST]
    honest = next(path for path in inputs.iterdir() if path.stem == HONEST)
    hostile = [path for path in hostile if only in path.name]
    above: dict[str, float] = {}
    seconds: dict[str, float] = {}
    problems = []
    for command in reader.commands:
        usual = _cost(reader, command, honest, honest, scratch)
        if usual.problem or (usual.code and command[0] != "status"):
            problems.append(f"honest: {usual.problem or usual.code}")
            print(f"{reader.name}, {HONEST}: {problems[-1]}", file=sys.stderr, flush=True)
        for path in hostile:
            cost = _cost(reader, command, path, honest, scratch)
            name = path.name
            above[name] = max(above.get(name, 0.0), cost.memory_mb - usual.memory_mb)
            seconds[name] = max(seconds.get(name, 0.0), cost.seconds)
            if cost.problem:
                problems.append(f"{name}: {cost.problem}")
            if cost.problem or cost.seconds > LONGEST_S or above[name] > ABOVE_MB:
                tell = f"{reader.name}, {name}, {command[0]}: {above[name]:.0f} MB above"
                print(
                    f"{tell}, {cost.seconds:.1f} s {cost.problem}", file=sys.stderr, flush=True
                )
    most, longest = max(above, key=above.__getitem__), max(seconds, key=seconds.__getitem__)
    held = above[most] <= ABOVE_MB and seconds[longest] <= LONGEST_S and not problems
    result = (
        f"{above[most]:.0f} MB ({most}), {seconds[longest]:.1f} s ({longest}), {len(problems)}"
    )
    goal = f"{ABOVE_MB:g} MB, {LONGEST_S:g} s, 0 not a line"
    return Row(f"{reader.name}: {len(hostile)} bombs", goal, result, held)


def _cost(
    reader: Reader, command: Sequence[str], path: Path, honest: Path, scratch: Path
) -> Cost:
    """Run a command with this input, in a folder made anew."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    settings = scratch / "none.toml"
    settings.write_text(f'[samples]\nfolder = "{scratch}/state"\n')
    filled = [part.format(input=path, folder=scratch) for part in command]
    if any("seven.png" in part for part in filled):
        _picture(scratch / "seven.png")
    environ = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(scratch),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "OPENBLAS_NUM_THREADS": "1",
        "GPIOZERO_PIN_FACTORY": "mock",
        "ZERODIGIT_CONFIG": str(settings),
        "ZERODIGIT_RUN": str(scratch / "run"),
    }
    with (
        open(scratch / "out", "wb") as out,
        open(scratch / "error", "wb") as error,
        _stdin(path if reader.stdin else None) as stdin,
    ):
        process = subprocess.Popen(
            [sys.executable, "-m", "pi.cli", *filled],
            stdin=stdin, stdout=out, stderr=error, env=environ,
        )  # fmt: skip
        until = time.monotonic() + PATIENCE_S
        hung = False
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if not hung and time.monotonic() > until:
                hung = True
                process.kill()
            time.sleep(0.01)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = (scratch / "error").read_text(errors="replace")
    spent = usage.ru_utime + usage.ru_stime
    problem = "it hangs" if hung else problem_of(process.returncode, said, filled[0])
    spent = PATIENCE_S if hung else spent
    return Cost(usage.ru_maxrss / 1024, spent, process.returncode, problem)


def problem_of(code: int, said: str, command: str) -> str:
    """What is wrong with a command's end, by its exit code and stderr; empty if nothing is."""
    lines = said.strip().splitlines()
    if "Traceback" in said:
        return f"a traceback: {lines[-1]}"
    if code < 0:
        return f"killed by signal {-code}"
    if "\x1b" in said or "\x07" in said:
        return "controls of a terminal in its error"
    # The service logs what it does; another command says one line of why it does nothing.
    if command != "run" and code and len(lines) != 1:
        return f"{len(lines)} lines of error: {' '.join(lines)[:200]}"
    if command == "run" and code:
        return f"it ended with {code}: {lines[-1] if lines else ''}"
    if any(len(line) > 2000 for line in lines):
        return "a line of thousands of letters"
    return ""


def _picture(path: Path) -> None:
    """Beside the inputs there is always a picture that can be read: made once, then copied."""
    kept = Path(tempfile.gettempdir(), f"zerodigit-seven-{os.getpid()}.png")
    if not kept.exists():
        code = (
            "import sys, numpy; from PIL import Image;"
            "from core.synthesis.scene import Style, sample_scene;"
            "rng = numpy.random.default_rng(18);"
            "Image.fromarray(sample_scene(rng, digit=7, style=Style()).frame).save(sys.argv[1])"
        )
        subprocess.run([sys.executable, "-c", code, str(kept)], check=True)
    shutil.copy(kept, path)


@contextmanager
def _stdin(path: Path | None) -> Iterator[int]:
    """The input as standard input; a pipe that nobody writes is not opened."""
    if path is None or path.is_fifo() or path.is_dir():
        path = Path(os.devnull)
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)


def _requests(folder: Path) -> list[Row]:
    """Memory of the service after each request, and frames while it is flooded."""
    appliance = Appliance(folder)
    appliance.state.mkdir()
    appliance.start()
    try:
        appliance.show(3)
        appliance.until_frames(50)
        given = list(requests().values())
        before = appliance.status()
        quiet = [_rate(appliance, 5.0, lambda: time.sleep(0.1)) for _ in range(2)]
        sent = 0

        def flood() -> None:
            nonlocal sent
            _send(appliance, given[sent % len(given)])
            sent += 1

        until = time.monotonic() + FLOOD_S
        busy = []
        while sent < FLOOD and time.monotonic() < until:
            busy.append(_rate(appliance, 5.0, flood))
        quiet.append(_rate(appliance, 5.0, lambda: time.sleep(0.1)))
        after = appliance.status()
        log = appliance.log
    finally:
        appliance.stop()
    grown = (after["memory_peak_kb"] - before["memory_peak_kb"]) / 1024
    ratio = sum(busy) / len(busy) / (sum(quiet) / len(quiet))
    tracebacks = log.count("Traceback")
    return [
        Row(f"requests: {len(given)} hostile", f"{ABOVE_MB:g} MB, 0 tracebacks",
            f"{grown:.0f} MB, {tracebacks}", grown <= ABOVE_MB and not tracebacks),
        Row(f"requests: frames a second, {sent} hostile to none", f">= {FRAMES:g}",
            f"{ratio:.2f}", ratio >= FRAMES),
    ]  # fmt: skip


def _rate(appliance: Appliance, seconds: float, meanwhile: Callable[[], None]) -> float:
    """Frames a second while something else goes on."""
    began, frames = time.monotonic(), appliance.status()["frames"]
    while time.monotonic() < began + seconds:
        meanwhile()
    return (appliance.status()["frames"] - frames) / (time.monotonic() - began)


def _send(appliance: Appliance, request: bytes) -> None:
    """Send a request and go away without waiting for the answer."""
    from pi.control.client import SOCKET

    with closing(socket.socket(socket.AF_UNIX)) as client, suppress(OSError):
        client.setblocking(False)
        client.connect(str(appliance.run / SOCKET))
        client.send(request)
