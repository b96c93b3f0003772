"""What the harness in the chroot says of its checks, and what becomes of it."""

from __future__ import annotations

import ast
import io
import json
from pathlib import Path

from tools.acceptance import camera
from tools.acceptance.report import Report

GOOD = {"name": "pixels", "detail": "0.2 levels off", "problem": None, "seconds": 1.2}
BAD = {"name": "busy", "detail": "", "problem": "Traceback\nAssertionError", "seconds": 3}


def test_checks_are_found_between_what_libraries_print():
    said = f"WARN formats.cpp\nCHECK {json.dumps(GOOD)}\nno CHECK\nCHECK {json.dumps(BAD)}\n"
    assert camera.results(said) == [GOOD, BAD]
    assert camera.results("Traceback (most recent call last):") == []


def test_they_are_reported():
    stream = io.StringIO()
    report = Report(stream)
    camera.add(report, GOOD)
    camera.add(report, BAD)
    assert stream.getvalue().splitlines() == [
        "ok   pixels (1 s): 0.2 levels off",
        "FAIL busy (3 s): Traceback",
        "     AssertionError",
    ]
    assert (report.passed, report.failed) == (1, 1)


def test_stubs_are_python():
    for text in camera.STUBS.values():
        ast.parse(text)


def test_the_virtual_camera_plays_the_picture_that_is_made_for_it():
    yaml = Path(camera.__file__).with_name("virtual") / "virtual.yaml"
    assert '"/srv/picture.jpg"' in yaml.read_text()
