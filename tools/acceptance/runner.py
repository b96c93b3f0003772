"""Runs checks one after the other on one emulated Pi, and keeps what it said."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

from tools.acceptance.checks.catalogue import INSTALL, Check
from tools.acceptance.report import Report
from tools.emulator.image.build import Image
from tools.emulator.machine.console import CommandError, ConsoleError
from tools.emulator.testbed import Failed, Skip, Testbed


def run(
    image: Image, checks: list[Check], folder: Path, report: Report, *, quick: bool
) -> None:
    """Boot, install, and make these checks; what failed leaves the journal in ``folder``."""
    testbed = Testbed(image, folder, quick=quick)
    try:
        testbed.start()
        report.say(f"booted in {testbed.pi.boot_s:.0f} s; logs in {folder}")
        if not _make(INSTALL, testbed, report):
            report.say("nothing else can be checked")
            report.failed += len([check for check in checks if check is not INSTALL])
            return
        for check in checks:
            if check is not INSTALL:
                _make(check, testbed, report)
    except (ConsoleError, CommandError) as error:
        report.fail("the emulated Pi", 0.0, str(error))
    finally:
        if testbed.pi.woken:
            report.say(f"the emulated Pi missed a tick and was woken {testbed.pi.woken} times")
        testbed.pi.cut_power()
        testbed.pi.disk.unlink(missing_ok=True)


def _make(check: Check, testbed: Testbed, report: Report) -> bool:
    """Make one check; whether it did not fail."""
    started = time.monotonic()
    try:
        if check is not INSTALL and not check.as_it_is:
            testbed.prepare()
        detail = check.run(testbed)
    except Skip as reason:
        report.skip(check.name, str(reason))
        return True
    except Exception as error:
        said = str(error)
        if not isinstance(error, Failed | CommandError | ConsoleError):
            said = "".join(traceback.format_exception(error))
        report.fail(check.name, time.monotonic() - started, said)
        testbed.spoilt()
        _keep_journal(testbed, check)
        return False
    report.ok(check.name, time.monotonic() - started, detail)
    return True


def _keep_journal(testbed: Testbed, check: Check) -> None:
    """What the Pi has to say of a failure; a Pi that says nothing any more is started anew."""
    name = check.name.replace(" ", "-").replace(",", "")
    try:
        said = testbed.pi.shell(
            "journalctl -o short-monotonic --no-hostname | tail -n 300", 60.0
        )
        (testbed.pi.folder / f"{name}.journal").write_text(said.text)
    except (ConsoleError, CommandError, OSError, RuntimeError):
        testbed.pi.cut_power()
        testbed.start()
