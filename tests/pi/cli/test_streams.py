"""What a command prints has nothing that steers a terminal, whatever the files are called."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from pi.cli import main, streams

ROOT = Path(__file__).parents[3]

NAMES = [
    os.fsdecode(name)
    for name in (
        b"a\xff\xfe",
        b"\x1b[31mred\x1b]0;title\x07\xc2\x9b2J",
        b"line\nzerodigit: 7 (1.00)",
        "tab\t\r\u202egnp\u2028\u200f".encode(),
    )
]
HOSTILE = "".join(NAMES)

# With FILE in the place of a picture, FOLDER of a folder with pictures and a data set, NEW of a
# file or a folder that is not there.
COMMANDS = (
    "predict FILE NEW FILE",
    "predict --row --json FILE",
    "predict --all FILE --explain NEW",
    "predict FILE --model NEW",
    "demo --camera files --path FOLDER",
    "demo --camera files --path NEW",
    "train --epochs 1 --data FOLDER --out NEW",
    "train --data NEW --out NEW",
    "status --set service.run_folder=FOLDER",
    "look --explain NEW --set service.run_folder=NEW",
    "logs --file FILE",
    "logs --file NEW",
    "samples --set samples.folder=FOLDER",
    "samples --set samples.folder=FILE",
    "samples export NEW",
    "samples import FOLDER",
    "label 1 3 --set samples.folder=NEW",
    "label NEW 3",
    "retrain --set samples.folder=NEW",
    "history --plot NEW",
    "display --test --type NEW",
    "weights --set samples.folder=NEW list",
    "weights --set service.weights=NEW list",
    "weights install FILE",
    "weights promote NEW",
    "weights export NEW",
    "config --show --set camera.path=NEW --config FILE",
    "config --show --set camera.path=FOLDER",
    "config --show --set camera.NEW=1",
    "config --begin FILE",
    "config --begin NEW",
    "NEW",
    "predict --NEW",
)


@pytest.mark.parametrize("line", COMMANDS)
def test_names_are_escaped(line, alone, monkeypatch, capsys):
    code = main(_arguments(line, alone))
    streams = capsys.readouterr()
    assert code in (0, 1, 2, 3, 4, 5, 7)
    for said in streams:
        assert "Traceback" not in said
        assert all(each == "\n" or each.isprintable() for each in said), said
    assert not any(said.startswith("zerodigit: 7") for said in streams.out.splitlines())
    assert streams.err.count("\n") <= 2
    (streams.out + streams.err).encode()


def _arguments(line, folder):
    place = folder / f"in {HOSTILE}"
    place.mkdir()
    shutil.copy(ROOT / "core/data/mnist_test_10.csv", place / "mnist_train.csv")
    for name in NAMES:
        Image.new("L", (40, 30), 200).save(place / f"{name}.png")
    named = {"FILE": place / f"{NAMES[2]}.png", "FOLDER": place, "NEW": folder / HOSTILE}
    for word, path in named.items():
        line = line.replace(word, str(path).replace(" ", "\0"))
    return [each.replace("\0", " ") for each in line.split(" ")]


def test_all_streams_take_any_text_and_lines_of_it(capsys):
    with streams.escaping():
        sys.stderr.writelines(["\x1b[2J", "two\nthree\n"])
        streams.say("a\nb")
        streams.say("c\rd", error=True)
        assert sys.stdout.isatty() is False
    assert capsys.readouterr() == ("a\\nb\n", "\\x1b[2Jtwo\nthree\nc\\rd\n")


def test_what_the_encoding_lacks_is_escaped(monkeypatch):
    behind = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(behind, "ascii", write_through=True))
    with streams.escaping():
        print("21 °C \udcff")
    assert behind.getvalue() == b"21 \\xb0C \\xff\n"


def test_pictures_after_one_with_an_odd_name_are_read(tmp_path, monkeypatch):
    """Under a strict UTF-8 locale, in which such a name cannot be printed as it is."""
    names = [tmp_path / f"{name}.png" for name in (*NAMES[:2], "fine")]
    for each in names:
        Image.new("L", (40, 30), 200).save(each)
    command = [sys.executable, "-m", "pi.cli", "predict", *names]
    environ = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=environ)
    assert (done.returncode, done.stderr) == (0, b"")
    said = done.stdout.decode().splitlines()
    assert len(said) == 3
    assert said[0] == f"{tmp_path}/a\\xff\\xfe.png: no digit found"
