"""What the tests of the measures share: photographs, MNIST's files, and a known reader."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from PIL import Image

from core.reading.reader import Reader, Reading
from tools.evaluate.__main__ import main

HEADING = "file\tlabel\tkind\tsource\tnote"
DARK, LIGHT = 20, 230
FOUR = (
    (DARK, "7", "photo_single", "ada", "right"),
    (DARK, "1", "photo_single", "ada", "taken for a 7"),
    (LIGHT, "2", "photo_single", "bo", "guessed, but not called: unread"),
    (DARK, "7", "photo_single", "bo", "right"),
)


@dataclass
class Sevens:
    """Stands in for a reader: a 7 on frames that are dark in the corner, unsure of others."""

    seen: list = field(default_factory=list)

    def read(self, frame):
        self.seen.append(frame.shape)
        if frame[0, 0] < 100:
            return Reading(digit=7, confidence=0.9, guess=7)
        return Reading(digit=None, confidence=0.4, guess=2)


@pytest.fixture
def reader(monkeypatch):
    """A stand-in for the weights we ship."""
    reader = Sevens()
    monkeypatch.setattr(Reader, "default", classmethod(lambda cls: reader))
    return reader


@pytest.fixture
def folder(tmp_path):
    """A function that writes index.tsv, and the pictures, dark or light."""

    def write(*rows, heading=HEADING):
        lines = []
        for number, (grey, *row) in enumerate(rows):
            Image.new("L", (40, 30), grey).save(tmp_path / f"{number}.png")
            lines.append("\t".join([f"{number}.png", *row]))
        (tmp_path / "index.tsv").write_text("\n".join([heading, *lines]) + "\n", "utf-8")
        return tmp_path

    return write


@pytest.fixture
def four():
    """Rows for `folder`: two sources, of whose photographs two are read rightly."""
    return FOUR


@pytest.fixture
def write_mnist(write_idx):
    """A function that writes a folder's MNIST test files."""

    def write(folder, images, labels):
        write_idx(folder / "t10k-images-idx3-ubyte", images)
        write_idx(folder / "t10k-labels-idx1-ubyte", np.asarray(labels, np.uint8))

    return write


@pytest.fixture
def evaluate(capsys):
    def run(*arguments):
        code = main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        return code, streams.out.splitlines(), streams.err

    return run
