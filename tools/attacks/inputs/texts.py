"""Data sets, settings, and log files that are hostile: endless, deep, compressed, malformed."""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from tools.attacks.inputs import HONEST, LARGEST

LARGE = 800_000_000
"""Bytes that something compressed has."""

DATA = (
    ("train", "--data", "{input}", "--out", "{folder}/out.npz", "--epochs", "1", "--network",
     "784-10", "--validation", "0"),
)  # fmt: skip
SETTINGS = (("config", "--show", "--config", "{input}"), ("status", "--config", "{input}"))
LOGS = (
    ("logs", "--file", "{input}"),
    ("logs", "--file", "{input}", "--digit", "7", "--lines", "0"),
    ("logs", "--file", "{input}", "--json", "--only", "shown"),
)


def make_data(folder: Path) -> None:
    """CSV and IDX files, and compressed ones."""
    from core.data import datasets

    here = Path(datasets.__file__).parent
    (folder / f"{HONEST}.csv").write_bytes((here / "mnist_test_10.csv").read_bytes() * 20)
    _write(folder, _data(), ".csv")


def make_settings(folder: Path) -> None:
    """TOML files."""
    (folder / f"{HONEST}.toml").write_text("[camera]\nrotate = 180\n")
    _write(folder, _settings(), ".toml")


def make_logs(folder: Path) -> None:
    """Log files."""
    line = b"<6>shown digit=7 confidence=0.98 ms=46 frames=3\n"
    (folder / f"{HONEST}.log").write_bytes(line * 2000)
    _write(folder, _logs(), ".log")


def _write(folder: Path, inputs: Iterator[tuple[str, bytes]], suffix: str) -> None:
    for name, data in inputs:
        (folder / (name if "." in name else f"{name}{suffix}")).write_bytes(data[:LARGEST])
    os.mkfifo(folder / f"pipe{suffix}")
    (folder / f"folder{suffix}").mkdir()
    (folder / f"endless{suffix}").symlink_to("/dev/zero")


def _data() -> Iterator[tuple[str, bytes]]:
    row = b"7," + b",".join([b"0"] * 784) + b"\n"
    yield "no end", b"7," + b"0," * 450_000
    yield "long value", b"7," + b"9" * 900_000 + b"\n"
    yield "too many", b"7," + b"0," * 30_000 + b"0\n"
    yield "short rows", b"7,0\n" * 200_000
    yield "blank lines", b"\n" * 900_000
    yield "only commas", b"," * 50_000 + b"\n"
    yield "negative", row.replace(b"0", b"-1")
    yield "signs", row.replace(b",0", b",+0" + "٣".encode())
    yield "zeros", bytes(900_000)
    yield "noise", os.urandom(900_000)
    yield "carriage returns", b"\r" * 900_000
    yield "headings", b'"label"' + b",x" * 20_000 + b"\n" + row
    yield "large label", row.replace(b"7", b"99999999999999999999", 1)
    yield "rows.csv.gz", gzip.compress(row * (LARGE // len(row)))
    yield "zeros.csv.gz", gzip.compress(bytes(LARGE))[:LARGEST]
    yield "spaces.csv.gz", gzip.compress(b" " * LARGE)[:LARGEST]
    yield "lines.csv.gz", gzip.compress(b"\n" * LARGE)[:LARGEST]
    yield "members.csv.gz", gzip.compress(b"") * 40_000
    yield "name.csv.gz", b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 900_000
    shapes = {
        "promised": (2**32 - 1, 28, 28),
        "many": (LARGE // 784, 28, 28),
        "wide": (1, 2**31, 2**31),
    }
    for name, shape in shapes.items():
        header = struct.pack(">HBB3I", 0, 8, 3, *shape)
        yield f"{name}-images-idx3-ubyte", header + bytes(800_000)
        yield (
            f"{name}-labels-idx1-ubyte",
            struct.pack(">HBBI", 0, 8, 1, shape[0]) + bytes(90_000),
        )
    header = struct.pack(">HBB3I", 0, 8, 3, LARGE // 784, 28, 28)
    yield "zip-images-idx3-ubyte.gz", gzip.compress(header + bytes(LARGE // 784 * 784))
    labels = struct.pack(">HBBI", 0, 8, 1, LARGE // 784)
    yield "zip-labels-idx1-ubyte.gz", gzip.compress(labels + bytes(LARGE // 784))


def _settings() -> Iterator[tuple[str, bytes]]:
    yield "deep list", b"[camera]\nsize = " + b"[" * 400_000
    yield "deep list, closed", b"[camera]\nsize = " + b"[" * 900 + b"]" * 900
    yield "deep table", b"a = " + b"{a=" * 200_000
    yield "dotted", b"a" + b".a" * 100_000 + b" = 1\n"
    yield "dotted section", b"[" + b"a." * 100_000 + b"a]\n"
    yield "dotted, less", b"[camera]\nsize" + b".a" * 20_000 + b" = 1\n"
    yield "long number", b"[camera]\nrotate = " + b"9" * 900_000 + b"\n"
    yield "long hexadecimal", b"[camera]\nrotate = 0x" + b"f" * 900_000 + b"\n"
    yield "long float", b"[camera]\nrate = 1" + b"0" * 900_000 + b".0\n"
    yield "infinite", b"[camera]\nrate = inf\n"
    yield "not a number", b"[recogniser]\nsure = nan\n"
    yield "long key", b"[camera]\n" + b"rotat" * 150_000 + b" = 1\n"
    yield "long section", b"[" + b"camera" * 150_000 + b"]\n"
    yield "long choice", b'[camera]\ntype = "' + b"picamera2" * 100_000 + b'"\n'
    yield "many keys", b"[camera]\n" + b"".join(b"k%d = 1\n" % n for n in range(70_000))
    yield "many sections", b"".join(b"[s%d]\n" % n for n in range(90_000))
    yield "many pins", b"[display]\ntype = [" + b'"leds", ' * 100_000 + b"]\n"
    yield "numbers", b"[camera]\nsize = [" + b"1, " * 300_000 + b"]\n"
    yield "controls", b'[camera]\ntype = "\\u001b]0;x\\u0007\\u001b[2J"\n'
    yield "controls in a key", b'[camera]\n"\\u001b[2J\\r\\n" = 1\n'
    yield "noise", os.urandom(900_000)
    yield "zeros", bytes(900_000)
    yield "surrogate", b'[camera]\npath = "\\ud800"\n'
    yield "zero in a path", b'[samples]\nfolder = "a\\u0000b"\n[camera]\npath = "\\u0000"\n'
    yield "user", b'[samples]\nfolder = "~nobody-of-that-name/x"\n'
    yield "dates", b"[camera]\nrate = 1979-05-27T07:32:00Z\n"
    yield "quotes", b'[camera]\npath = """' + b'"' * 900_000


def _logs() -> Iterator[tuple[str, bytes]]:
    yield "one line", b"shown digit=7 " + b"x" * 900_000
    yield "fields", b"shown digit=7" + b" a=1" * 220_000 + b"\n"
    yield "equal signs", b"shown " + b"=" * 900_000 + b"\n"
    yield "spaces", b"shown" + b" " * 900_000 + b"x\n"
    yield "quotes", b"shown a='" + b"'\"" * 440_000 + b"\n"
    yield "backslashes", b"shown a=" + b"\\" * 900_000 + b"\n"
    yield "priorities", b"<" * 900_000
    yield "digits", b"<6>shown digit=" + b"7" * 900_000 + b"\n"
    yield "short lines", b"\n" * 900_000
    yield "many lines", b"shown digit=7\n" * 60_000
    yield "zeros", bytes(900_000)
    yield "noise", os.urandom(900_000)
    yield "controls", b"shown digit=7 \x1b]0;x\x07\x1b[2J\r\x9b2J\n" * 20_000
    yield ("letters of three bytes", b"shown digit=7 " + "\u2028\u0085".encode() * 150_000)
    yield "carriage returns", b"shown digit=7\r" * 60_000
    yield "words", b"shown " + b"word " * 180_000 + b"digit=7\n"
    yield "numbers", b"shown digit=7 a=" + b"9" * 5000 + b" b=1e999 c=nan\n"
    yield "JSON", b'{"MESSAGE": ' + b"[" * 900_000
    yield (
        "traceback",
        b"Traceback (most recent call last):\n" + b'  File "x", line 1\n' * 40_000,
    )
    yield "times", b"2026-12-01T00:00:00+0000 " * 36_000 + b"\n"
    yield "letters", b"shown digit=\xff\xfe\xc0\x80" * 60_000
