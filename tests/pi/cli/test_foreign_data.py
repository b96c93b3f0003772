"""Every reader of data that are somebody else's, on data that hypothesis generates.

Whatever is in a file, a database or an answer, a command gives a documented exit code and at
most a line a file, prints no traceback and no control character, and writes nothing.
`ZERODIGIT_EXAMPLES=10000 python -m pytest tests/pi/cli/test_foreign_data.py` tries so many of
each kind instead of 300. What fails is reduced to the least that fails.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import logging
import os
import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core import pretrained, training
from core.data import datasets
from core.data.replay import INCLUDED
from core.files import container
from core.network import Network
from pi import config
from pi.cli import main
from pi.config import schema
from pi.control.client import ask
from pi.control.server import ControlServer
from pi.samples.store import Sample, SampleStore

if importlib.util.find_spec("hypothesis") is None:
    pytest.skip("hypothesis is of the extra dev, which tools/test has", allow_module_level=True)
import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

COUNT = int(os.environ.get("ZERODIGIT_EXAMPLES", "300"))

NIGHT = {
    "time": 1e9, "outcome": "promoted", "why": "x", "digits": 5, "before": 1, "after": 0,
    "exam_before": 1, "exam_after": 1, "exam_count": 100, "version": "0001", "seconds": 3.0,
    "confused": [[1, 2, 3]], "share": 0.5,
}  # fmt: skip
STATUS = {
    "running_since": "2026-11-23T20:00:00+01:00", "uptime_s": 9.0, "frames": 5, "ms": 9.0,
    "camera": {"type": "files", "state": "ok", "trouble": None, "troubles": 0}, "rate": 4.5,
    "display": {"type": ["leds"], "shows": "digit 7"}, "frames_read": 6, "readings": [
        {"ago_s": 9, "digit": 7, "confidence": 0.9, "ms": 4, "frames": 4, "shown_s": None},
    ], "memory_kb": 3, "memory_peak_kb": 4, "available_kb": None, "throttled": [],
    "temperature_c": 41.2, "throttled_before": ["x"], "samples": None,
    "weights": {"file": "/w", "scores": {"a": 0.9}}, "retraining": None,
    "last_night": NIGHT, "next_night": "x",
}  # fmt: skip
LOG = "<6>shown digit=7 confidence=0.97 ms=41 frames=4\n<4>left out: x\n<6>unsure ms=3\n"
ROWS = [[f"{n}.png", n, "3", "9", "x"] for n in "012"]
HEAD = ["file", "label", "guess", "time", "origin"]

ODD = [
    b"\0",
    b"\x1b[2J",
    b"\xff\xfe",
    b"\xc2\x9b",
    b'"',
    b"[" * 99,
    b"\r",
    b"9" * 5000,
    b"-",
    b",",
]
ODD += [struct.pack("<I", each) for each in (1, 2**31 - 1, 2**32 - 1)]
BYTES = st.binary(max_size=30) | st.sampled_from(ODD)
WORDS = st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)
WORDS |= st.sampled_from(
    ["\x1b[2J", "\x9b31m", "\u202e", "nan", "1e999", "9" * 5000, "\0", '"']
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda child: st.lists(child, max_size=4) | st.dictionaries(WORDS, child, max_size=4),
    max_leaves=8,
)


def changed(known: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of its values replaced by any of JSON, or left out."""
    there = {name: st.just(value) | JSON for name, value in known.items()}
    return st.dictionaries(st.sampled_from([*known]), JSON, max_size=2).map(
        lambda odd: known | odd
    ) | st.fixed_dictionaries({}, optional=there)


@st.composite
def damaged(draw: Any, *intact: bytes) -> bytes:
    """The bytes with some cut off, changed, left out or put in, mostly near their beginning."""
    content = bytearray(draw(st.sampled_from(intact)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, 100) | st.integers(0, len(content)))
        content[at : at + draw(st.sampled_from((0, 1, 4, 50, 1 << 30)))] = draw(BYTES)
    return bytes(content)


@st.composite
def table(draw: Any, rows: list[list[str]]) -> bytes:
    """Rows of a table with other cells here and there, in one of the forms that people have."""
    rows = [list(row) for row in rows]
    for _ in range(draw(st.integers(0, 4))):
        row = rows[draw(st.integers(0, len(rows) - 1))]
        at = draw(st.integers(0, 3) | st.integers(0, len(row)))
        row[at : at + draw(st.integers(0, 2))] = draw(st.lists(WORDS, max_size=2))
    separator = draw(st.sampled_from("\t,; |"))
    end = draw(st.sampled_from(["\n", "\r\n", "\r", "\n\n", ""]))
    quote = draw(st.sampled_from(["", '"', "'"]))
    text = end.join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)
    code = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(code, "replace")


def line(words: st.SearchStrategy[str], *more: st.SearchStrategy[str]) -> Any:
    return st.tuples(words, *more).map("".join)


SETTINGS = st.lists(
    line(st.just("["), st.sampled_from([*schema.sections()]) | WORDS, st.just("]"))
    | line(
        st.sampled_from(["type", "size", "path", "right", "most", "crop", "folder", "sure"])
        | WORDS,
        st.just(" = "),
        JSON.map(json.dumps) | WORDS,
    ),
    max_size=6,
).map("\n".join)


def pictures() -> list[bytes]:
    """A small picture in each format and mode that Pillow writes."""
    grey = Image.fromarray(np.tile(np.arange(40, dtype=np.uint8) * 6, (30, 1)))
    found = []
    for kind in ("PNG", "JPEG", "GIF", "BMP", "PPM", "TIFF", "WEBP"):
        for mode in ("L", "RGB", "1", "P", "RGBA", "CMYK", "F", "I", "LA"):
            file = io.BytesIO()
            try:
                grey.convert(mode).save(file, kind)
            except (OSError, ValueError):  # not this mode in this format
                continue
            found.append(file.getvalue())
    return found


def arrays() -> list[bytes]:
    """A data set as Keras has it, and what is in it."""
    images, labels = np.zeros((3, 28, 28), np.uint8), np.arange(3, dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, x_train=images, y_train=labels)
    return [file.getvalue()]


def npy(header: str | None = None) -> bytes:
    """A small frame as numpy saves it, with another header if one is given."""
    file = io.BytesIO()
    np.save(file, np.full((24, 32), 200, np.uint8))
    if header is None:
        return file.getvalue()
    text = header.encode("latin-1", "replace")[:60_000] + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text + bytes(768)


HEADERS = st.builds(
    "{{'descr': {}, 'fortran_order': {}, 'shape': {}}}".format,
    st.sampled_from(["'|u1'", "'|O'", "'<f8'", "[('a', '|u1')]", "()", "9"]) | WORDS,
    st.booleans() | JSON,
    st.tuples(st.integers(), st.integers()) | st.sampled_from([(24, 32), (0, 9)]) | JSON,
).map(npy)


def model(content: bytes) -> bytes:
    """A damaged model file with the right checksum again."""
    content = content[: -container.DIGEST_LENGTH]
    return content + container.digest(content)


def database() -> bytes:
    """A sample store with two samples, of which one has a label."""
    path = Path("intact.db")
    with SampleStore(path) as store:
        store.add(Sample(bytes(784), 3, 0.5, time=1e9))
        store.add(Sample(bytes(784), 3, 0.5, time=1e9, label=4, origin="label"))
    return path.read_bytes()


def backup() -> bytes:
    """A backup of the sample store above."""
    Path("samples.db").write_bytes(database())
    assert main(["backup", "intact.zip"]) == 0
    return Path("intact.zip").read_bytes()


def checkpoint() -> bytes:
    """A training that was stopped after its first batch."""
    Path("a.csv").write_bytes("\n".join(map(",".join, DIGITS)).encode())
    path = Path("m.npz.checkpoint")
    network = Network.from_spec("784-2-10", activation="relu", seed=0)
    options = {"epochs": 1, "validation": None, "stop": lambda: True}
    training.fit(network, datasets.load("a.csv"), seed=0, checkpoint=path, **options)
    return path.read_bytes()


@dataclass
class Kind:
    """A file's name, what may be in it, the command that reads it, and its exit codes."""

    name: str
    contents: Callable[[], st.SearchStrategy[bytes | str]]
    command: str
    codes: tuple[int, ...]


DIGITS = [row.split(",") for row in INCLUDED.read_text().splitlines()[:3]]
TRAIN = "train --epochs 1 --network 784-2-10 --out /dev/null --data"
KINDS = {
    "picture": Kind("a.png", lambda: damaged(*pictures()), "predict a.png", (0, 3)),
    "frame": Kind(
        "a.npy", lambda: damaged(npy()) | HEADERS, "demo --camera files --path a.npy", (0, 3, 5)
    ),
    "table": Kind(
        "a.csv",
        lambda: damaged(INCLUDED.read_bytes()[:9000]) | table(DIGITS),
        f"{TRAIN} a.csv",
        (0, 2, 3),
    ),
    "packed table": Kind(
        "a.csv.gz",
        lambda: damaged(gzip.compress(INCLUDED.read_bytes()[:9000])),
        f"{TRAIN} a.csv.gz",
        (0, 2, 3),
    ),
    "arrays": Kind("mnist.npz", lambda: damaged(*arrays()), f"{TRAIN} mnist.npz", (0, 2, 3)),
    "settings": Kind(
        "a.toml",
        lambda: damaged(config.template().encode()) | SETTINGS,
        "config --show --config a.toml",
        (0, 2),
    ),
    "index": Kind(
        "index.tsv",
        lambda: (
            damaged("\n".join(map("\t".join, [HEAD, *ROWS])).encode()) | table([HEAD, *ROWS])
        ),
        "samples import .",
        (0, 3),
    ),
    "history": Kind(
        "night/history.jsonl",
        lambda: damaged(json.dumps(NIGHT).encode()) | changed(NIGHT).map(json.dumps),
        "history --details",
        (0,),
    ),
    "log": Kind(
        "a.log",
        lambda: damaged(LOG.encode()) | st.lists(WORDS).map("\n".join),
        "logs --file a.log",
        (0,),
    ),
    "pointer": Kind(
        "weights/current", lambda: damaged(b"0002 0001 shipped\n") | WORDS, "weights", (0,)
    ),
    "model": Kind(
        "a.npz",
        lambda: damaged(data := pretrained.PATH.read_bytes()) | damaged(data).map(model),
        "weights install a.npz",
        (0, 4),
    ),
    "checkpoint": Kind(
        "m.npz.checkpoint",
        lambda: damaged(data := checkpoint()) | damaged(data).map(model),
        "train --resume --epochs 1 --validation 0 --network 784-2-10 --data a.csv --out m.npz",
        (0, 2, 4),
    ),
    "backup": Kind("b.zip", lambda: damaged(backup()), "restore b.zip", (0, 3, 7)),
    "samples": Kind("samples.db", lambda: damaged(database()), "samples", (0, 7)),
}


@pytest.fixture
def here(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, with the pictures that the index names."""
    for name in "012":
        Image.new("L", (28, 28), 255).save(alone / f"{name}.png")
    for name in ("night", "weights"):
        (alone / name).mkdir()
    monkeypatch.chdir(alone)
    # A command of an earlier test has left handlers whose streams are closed.
    root = logging.getLogger()
    ours = [each for each in root.handlers if hasattr(each, "reset")]
    monkeypatch.setattr(root, "handlers", ours)
    return alone


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder for what hypothesis keeps, which is otherwise the working folder."""
    hypothesis.configuration.set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))


def tried(count: int) -> Any:
    """The same examples in each run, none kept."""
    return settings(
        max_examples=count, derandomize=True, database=None, deadline=None,
        phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def check(said: Any) -> None:
    """Nothing that steers a terminal, no traceback, a line at most."""
    # pytest keeps log records until a test ends, and an error in one keeps all that was read.
    for handler in logging.getLogger().handlers:
        getattr(handler, "reset", int)()
    for text in said:
        assert "Traceback" not in text
        assert all(letter == "\n" or letter.isprintable() for letter in text), text
    # A log may have no line to print, and says so; of a pointer that is none the log tells.
    odd = said.err.count("left out: ") + said.err.count("is damaged; version")
    assert said.err.count("\n") <= 1 + odd


few_and_many = pytest.mark.parametrize(
    "count", [12, pytest.param(COUNT, marks=pytest.mark.slow)]
)


@few_and_many
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_in_a_file_is_read_or_told_in_a_line(kind, count, here, capsys):
    @tried(count)
    @given(KINDS[kind].contents())
    def told(content):
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        (here / KINDS[kind].name).write_bytes(data)
        before = sorted(os.listdir(here))
        code = main(KINDS[kind].command.split())
        said = capsys.readouterr()
        assert code in KINDS[kind].codes, said.err
        check(said)
        if code:
            assert sorted(os.listdir(here)) == before

    told()


@few_and_many
def test_whatever_a_row_of_the_samples_holds(count, here, capsys):
    intact = database()
    values = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | BYTES | WORDS
    names = ["crop", "crop_width", "guess", "confidence", "probabilities", "model", "time"]
    names += ["trusted", "label", "origin", "image"]

    @tried(count)
    @given(st.sampled_from(names), values | values.map(str), st.sampled_from(["", " --json"]))
    def told(name, value, how):
        (here / "samples.db").write_bytes(intact)
        with closing(sqlite3.connect(here / "samples.db")) as connection, connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            try:
                connection.execute(f"UPDATE OR IGNORE samples SET {name} = ?", (value,))
            except (UnicodeError, OverflowError):  # SQLite takes no lone surrogates
                return
        assert main(["samples", "--pictures", *how.split()]) in (0, 7)
        check(capsys.readouterr())

    told()


@few_and_many
def test_whatever_a_service_is_asked(count, here):
    server = ControlServer(here / "control", {"echo": lambda request: request}).start()

    @tried(count)
    @given(damaged(b'{"do": "echo", "x": [1]}\n') | changed({"do": "echo"}).map(json.dumps))
    def told(asked):
        line, answer = asked.encode() + b"\n" if isinstance(asked, str) else asked, b""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(here / "control"))
            # It hangs up on what is too long.
            with suppress(BrokenPipeError), client.makefile("rb") as answered:
                client.sendall(line)
                client.shutdown(socket.SHUT_WR)
                answer = answered.readline()
        assert not answer or isinstance(json.loads(answer)["ok"], bool)

    try:
        told()
        assert ask(here / "control", {"do": "echo"}) == {"do": "echo"}
    finally:
        server.close()


@few_and_many
def test_whatever_a_service_answers(count, here, capsys):
    answers: dict[str, Any] = {}
    server = ControlServer(here / "control", {"status": lambda request: answers}).start()

    @tried(count)
    @given(changed(STATUS))
    def told(answer):
        answers.clear()
        answers.update(answer)
        assert main(["status"]) in (0, 1)
        check(capsys.readouterr())

    try:
        told()
    finally:
        server.close()


def test_of_thirty_one_pictures_all_good_ones_are_read(here, capsys):
    good = {f"good {n}.png": content for n, content in enumerate(pictures()[:16])}
    bad = {
        "empty.png": b"",
        "text.png": b"no picture",
        "cut.png": pictures()[0][:50],
        "page.png": b"<html>",
        "model.png": pretrained.PATH.read_bytes()[:1000],
        "avif.png": b"\0\0\0\x1cftypavif" + bytes(99),
        "dds.png": b"DDS |" + bytes(199),
        "blp.png": b"BLP2" + bytes(199),
        "x\x1b[2J\n\udcff.png": b"\x1b[2J",
    }
    for name, content in (good | bad).items():
        (here / name).write_bytes(content)
    Image.new("L", (1, 1)).save(here / "tiny.png")
    (here / "loop.png").symlink_to("loop.png")
    (here / "device.png").symlink_to("/dev/zero")
    names = [*bad, *good, "tiny.png", "loop.png", "device.png", ".", "absent.png", "l" * 300]
    assert len(names) == 31
    assert main(["predict", *names]) == 3
    said = capsys.readouterr()
    assert [line.partition(":")[0] for line in said.out.splitlines()] == list(good)
    assert said.err.count("\n") == 31 - len(good)
    assert all(line.startswith("zerodigit: error: ") for line in said.err.splitlines())
