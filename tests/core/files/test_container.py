"""What a model file says of itself, proved and without numpy."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core import pretrained
from core.errors import ModelFormatError
from core.files import container


def test_what_the_shipped_weights_say_of_themselves():
    about = container.about(pretrained.PATH)
    assert about["format"] == "zerodigit model"
    assert 0.9 < about["info"]["validation_accuracy"] <= 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: b"", "is empty"),
        (lambda data: b"GIF89a", "(a GIF picture)"),
        (lambda data: b"digits", "(no zip archive)"),
        (lambda data: data[:-1], "checksum does not match"),
        (
            lambda data: data[:99] + bytes([data[99] ^ 1]) + data[100:],
            "checksum does not match",
        ),
    ],
)
def test_damage_is_told_with_the_path(tmp_path, spoil, said):
    path = tmp_path / "a.npz"
    path.write_bytes(spoil(pretrained.PATH.read_bytes()))
    with pytest.raises(ModelFormatError, match=rf"^{path}: .*{said}"):
        container.about(path)


@pytest.mark.parametrize("member", ["a.npy", "word/document.xml", "about.json.npy/x"])
def test_an_archive_of_another_program_is_told_from_a_damaged_one(tmp_path, member):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(member, "x" * 100)
    ours = member.startswith("about.json")
    said = "checksum does not match" if ours else r"is not a zerodigit file \(an archive of"
    with pytest.raises(ModelFormatError, match=rf"^{path}: .*{said}"):
        container.about(path)


def test_no_file_and_no_regular_file(tmp_path):
    with pytest.raises(ModelFormatError, match="cannot be read"):
        container.about(tmp_path / "none.npz")
    with pytest.raises(ModelFormatError, match=r"cannot be read|is not a file"):
        container.about(tmp_path)


def test_a_fifo_is_refused_at_once_and_a_link_unless_it_is_named(tmp_path):
    os.mkfifo(tmp_path / "fifo.npz")
    for follow in (False, True):
        with pytest.raises(ModelFormatError, match="is not a regular file"):
            container.about(tmp_path / "fifo.npz", follow=follow)
    (tmp_path / "link.npz").symlink_to(pretrained.PATH)
    with pytest.raises(ModelFormatError, match="is a symbolic link"):
        container.about(tmp_path / "link.npz")
    assert container.about(tmp_path / "link.npz", follow=True)["format"] == "zerodigit model"
    assert container.read(tmp_path / "link.npz", follow=True) == pretrained.PATH.read_bytes()
    with pytest.raises(OSError, match="is larger than"):
        container.read(pretrained.PATH, 1000)


def test_numpy_is_not_needed():
    code = (
        "import sys; from core import pretrained; from core.files import container;"
        "container.about(pretrained.PATH);"
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[3], capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "False\n", done.stderr
