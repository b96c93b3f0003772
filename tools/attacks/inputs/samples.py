"""Folders of samples to import, and databases of samples, that somebody else has made."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tools.attacks import plants
from tools.attacks.inputs import HONEST, LARGEST

SIDE = 7000
"""Pixels of a side of a large picture."""

IMPORT = (("samples", "import", "{input}"),)
STATE = (
    ("samples", "--set", "samples.folder={input}"),
    ("samples", "--pictures", "--last", "5000", "--set", "samples.folder={input}"),
    ("samples", "--set", "samples.folder={input}", "export", "{folder}/exported"),
    ("label", "1", "7", "--set", "samples.folder={input}"),
    ("history", "--set", "samples.folder={input}"),
)


def make_imports(folder: Path) -> None:
    """Folders with an index.tsv."""
    from PIL import Image

    head = "file\tlabel\tkind\tsource\tnote\tguess\tmodel\ttime\torigin\n"
    row = "a.png\t7\tdigit\tmine\t\t7\tshipped\t1700000000\tright\n"
    indexes = {
        HONEST: head + row,
        "no columns": "\n" * 400_000,
        "one line": head.strip() + "\tx" * 400_000,
        "one field": head + "x" * 900_000 + "\t7\n",
        "deep file": head + "a/" * 400_000 + "a.png\t7\n",
        "outside": head + "../../../../../../etc/passwd\t7\n/dev/zero\t7\n",
        "device": head + "/dev/zero\t7\n",
        "pipe": head + "pipe.png\t7\n",
        "folder": head + ".\t7\n",
        "long label": head + "a.png\t" + "7" * 900_000 + "\n",
        "other digits": head + "a.png\t٣\na.png\t²\n",
        "long time": head + row.replace("1700000000", "9" * 900_000),
        "infinite time": head + row.replace("1700000000", "1e999"),
        "no time": head + row.replace("1700000000", "nan"),
        "controls": head + row.replace("mine", "\x1b]0;x\x07\x1b[2J"),
        "zero": head + "a\0b.png\t7\n",
        "many rows": head + row * 16_000,
        "many missing": head + "none.png\t7\n" * 60_000,
        "wide rows": head + row.strip() + "\tx" * 200_000 + "\n",
        "guess": head + "a.png\t7\tdigit\tmine\t\t99999999999999999999\tx\t5\tright\n",
        "carriage returns": head + row.replace("\n", "\r") * 10_000,
    }
    for name, text in indexes.items():
        own = folder / name
        own.mkdir()
        (own / "index.tsv").write_text(text[:LARGEST], encoding="utf-8")
        Image.new("L", (28, 28), 255).save(own / "a.png")
        os.mkfifo(own / "pipe.png")
    own = folder / "large pictures"
    own.mkdir()
    (own / "index.tsv").write_text(head + row * 20)
    Image.new("L", (SIDE, SIDE)).save(own / "a.png")
    own = folder / "index is a pipe"
    own.mkdir()
    os.mkfifo(own / "index.tsv")
    own = folder / "index is endless"
    own.mkdir()
    (own / "index.tsv").symlink_to("/dev/zero")
    own = folder / "noise"
    own.mkdir()
    (own / "index.tsv").write_bytes(os.urandom(900_000))


def make_states(folder: Path) -> None:
    """State folders: a database as a plant leaves it, and a history."""
    from pi.samples.database import MIGRATIONS

    foreign = plants.Foreign(folder)

    honest = folder / HONEST / "samples.db"
    honest.parent.mkdir()
    with closing(sqlite3.connect(honest)) as connection:
        connection.executescript(f"PRAGMA synchronous = OFF; {MIGRATIONS[0]}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.executemany(
            "INSERT INTO samples (image, guess, time, trusted) VALUES (zeroblob(784), 7, ?, 0)",
            [(n,) for n in range(20)],
        )
        connection.commit()
    for name, plant in plants.DATABASE.items():
        own = folder / name
        own.mkdir()
        shutil.copy(honest, own)
        plant(own / "samples.db", foreign)
        if (own / "samples.db").stat().st_size > LARGEST:
            shutil.rmtree(own)
    contents = {name: data for name, data in plants.CONTENTS.items() if len(data) <= LARGEST}
    for name, data in {**contents, "noise": os.urandom(900_000)}.items():
        for file in ("samples.db", "history.jsonl", "night/history.jsonl"):
            own = folder / f"{file.replace('/', ' ')} {name}"
            (own / "night").mkdir(parents=True)
            shutil.copy(honest, own)
            (own / file).write_bytes(data)
    for name, kind in (("pipe", "FIFO"), ("folder", "folder"), ("sparse", "sparse 64 GB")):
        for file in ("samples.db", "history.jsonl"):
            own = folder / f"{file} {name}"
            own.mkdir()
            plants.FORMS[kind](own / file, foreign)
