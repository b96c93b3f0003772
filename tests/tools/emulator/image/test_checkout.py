"""What goes to the emulated Pi, and the sheets that its camera sees."""

from __future__ import annotations

import ast
import io
import tarfile

import numpy as np
import pytest

from core.reading.reader import Reader
from tools.emulator import pages
from tools.emulator.image import checkout


def test_what_is_installed_goes_and_nothing_else():
    names = {str(path.relative_to(checkout.CHECKOUT)) for path in checkout.files()}
    assert {"core/pretrained/digits.npz", "pi/service/loop.py", "tools/install"} <= names
    assert "systemd/zerodigit.service" in names
    assert not any(name.startswith(("tests/", "tools/emulator/")) for name in names)
    assert not any(name.endswith(".pyc") for name in names)


def test_what_goes_imports_only_what_goes_with_it():
    """The lessons once did not find the plots that had moved beside them."""
    paths = [path.relative_to(checkout.CHECKOUT) for path in checkout.files()]
    gone = {".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths}
    missing = {
        f"{path}: {node.module}"
        for path in paths
        if path.suffix == ".py" and path.parts[1] in ("lessons", "plotting", "fetch_mnist")
        for node in ast.walk(ast.parse((checkout.CHECKOUT / path).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.startswith(("core", "pi", "tools"))
        and node.module not in gone
    }  # fmt: skip
    assert missing == set()


def test_the_archive_has_the_checkout_and_eleven_sheets():
    with tarfile.open(fileobj=io.BytesIO(checkout.archive())) as tar:
        names = tar.getnames()
        assert {entry.uid for entry in tar.getmembers()} == {0}
    assert "checkout/pyproject.toml" in names
    assert sorted(name for name in names if name.startswith("pages/")) == sorted(
        [f"pages/{digit}.pgm" for digit in range(10)] + ["pages/empty.pgm"]
    )


def pixels(digit):
    header = b"P5 320 240 255\n"
    data = pages.page(digit)
    assert data.startswith(header)
    return np.frombuffer(data[len(header) :], np.uint8).reshape(240, 320)


def test_an_empty_sheet_is_paper_alone():
    assert np.unique(pixels(None)).size == 1


@pytest.mark.parametrize("digit", range(10))
def test_a_sheet_is_read_as_its_digit(digit):
    reader = Reader.default()
    assert reader.read(pixels(digit)).digit == digit
