"""Every reader of files that are somebody else's, on files damaged at random.

Whatever is in a file, a command gives a documented exit code and at most a line a file, prints
no traceback and no control character, and writes nothing. `ZERODIGIT_DAMAGED=10000 python -m
pytest tests/pi/cli/test_damaged_files.py` tries so many of each kind instead of 300.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import pretrained
from core.data.replay import INCLUDED
from core.files import container
from pi import config
from pi.cli import main

COUNT = int(os.environ.get("ZERODIGIT_DAMAGED", "300"))

NIGHT = {
    "time": 1e9, "outcome": "promoted", "why": "x", "digits": 5, "before": 1, "after": 0,
    "exam_before": 1, "exam_after": 1, "exam_count": 100, "version": "0001", "seconds": 3.0,
    "confused": [[1, 2, 3]], "share": 0.5,
}  # fmt: skip
LOG = "<6>shown digit=7 confidence=0.97 ms=41 frames=4\n<4>left out: x\n<6>unsure ms=3\n"
ROWS = "".join(f"{n}.png\t{n}\t3\t9\tx\n" for n in "012")
INDEX = f"file\tlabel\tguess\ttime\torigin\n{ROWS}"
ODD = b"\0\x1b\x7f\xff\"'[,="


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes with some cut off, changed, left out, put in, or set to what parsers heed."""
    content = bytearray(data)
    at = rng.randrange(len(content) + 1)
    match rng.randrange(6):
        case 0:
            del content[at:]
        case 1:
            for _ in range(rng.choice((1, 3, 20))):
                content[rng.randrange(len(content))] = rng.randrange(256)
        case 2:
            del content[at : at + rng.randrange(1, 50)]
        case 3:
            content[at:at] = rng.randbytes(rng.randrange(1, 30))
        case 4:
            at = rng.randrange(min(200, len(content)))
            content[at : at + 4] = struct.pack("<I", rng.choice((0, 1, 2**31 - 1, 2**32 - 1)))
        case _:
            for _ in range(3):
                content[rng.randrange(min(100, len(content)))] = rng.choice(ODD)
    return bytes(content)


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


def with_its_checksum(data: bytes, rng: random.Random) -> bytes:
    """A damaged model file that mostly has the right checksum again."""
    data = damaged(data, rng)
    content = data[: -container.DIGEST_LENGTH]
    return content + container.digest(content) if rng.random() < 0.7 else data


@dataclass
class Kind:
    """A file's name, intact contents, the command that reads it, its exit codes, its damage."""

    name: str
    contents: Callable[[], list[bytes]]
    command: str
    codes: tuple[int, ...]
    damage: Callable[[bytes, random.Random], bytes] = damaged


TRAIN = "train --epochs 1 --network 784-2-10 --out /dev/null --data"
KINDS = {
    "picture": Kind("a.png", pictures, "predict a.png", (0, 3)),
    "frame": Kind("a.npy", lambda: [npy()], "demo --camera files --path a.npy", (0, 3, 5)),
    "table": Kind("a.csv", lambda: [INCLUDED.read_bytes()[:9000]], f"{TRAIN} a.csv", (0, 2, 3)),
    "packed table": Kind(
        "a.csv.gz",
        lambda: [gzip.compress(INCLUDED.read_bytes()[:9000])],
        f"{TRAIN} a.csv.gz",
        (0, 2, 3),
    ),
    "arrays": Kind("mnist.npz", arrays, f"{TRAIN} mnist.npz", (0, 2, 3)),
    "settings": Kind(
        "a.toml", lambda: [config.template().encode()], "config --show --config a.toml", (0, 2)
    ),
    "index": Kind("index.tsv", lambda: [INDEX.encode()], "samples import .", (0, 3)),
    "history": Kind(
        "night/history.jsonl",
        lambda: [json.dumps(NIGHT).encode() + b"\n"],
        "history --details",
        (0,),
    ),
    "log": Kind("a.log", lambda: [LOG.encode()], "logs --file a.log", (0,)),
    "model": Kind(
        "a.npz",
        lambda: [pretrained.PATH.read_bytes()],
        "weights install a.npz",
        (0, 4),
        with_its_checksum,
    ),
}


def npy() -> bytes:
    file = io.BytesIO()
    np.save(file, np.full((24, 32), 200, np.uint8))
    return file.getvalue()


@pytest.fixture
def here(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder, with the pictures that the index names."""
    for name in "012":
        Image.new("L", (28, 28), 255).save(alone / f"{name}.png")
    (alone / "night").mkdir()
    monkeypatch.chdir(alone)
    return alone


@pytest.mark.parametrize("count", [12, pytest.param(COUNT, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_told_in_a_line(kind, count, here, capsys):
    given, rng = KINDS[kind], random.Random(f"{kind} {count}")
    intact = given.contents()
    path = here / given.name
    for _ in range(count):
        path.write_bytes(given.damage(rng.choice(intact), rng))
        before = sorted(os.listdir(here))
        code = main(given.command.split())
        said = capsys.readouterr()
        assert code in given.codes, said.err
        for text in said:
            assert "Traceback" not in text
            assert all(letter == "\n" or letter.isprintable() for letter in text), text
        # A log may have no line to print, and says so.
        assert said.err.count("\n") <= 1 + said.err.count("left out: ")
        if code:
            assert sorted(os.listdir(here)) == before


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
    os.mkfifo(here / "fifo.png")
    names = [*bad, *good, "tiny.png", "loop.png", "fifo.png", ".", "absent.png", "l" * 300]
    assert len(names) == 31
    assert main(["predict", *names]) == 3
    said = capsys.readouterr()
    assert [line.partition(":")[0] for line in said.out.splitlines()] == list(good)
    assert said.err.count("\n") == 31 - len(good)
    assert all(line.startswith("zerodigit: error: ") for line in said.err.splitlines())
