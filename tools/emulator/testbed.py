"""A testbed: an emulated Pi with zerodigit, and the steps that checks are made of.

The camera of these checks is the files camera: a folder with one picture, which another takes
the place of to show another sheet.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.emulator import pages
from tools.emulator.image import checkout
from tools.emulator.image.build import Image
from tools.emulator.machine import pins
from tools.emulator.machine.machine import PATIENCE, Machine

UNIT = "zerodigit"
CAMERA = "/run/camera"
PAGES = "/srv/pages"
CHECKOUT = "/srv/checkout"
STATE = "/var/lib/zerodigit"
CONFIG = "/etc/zerodigit/zerodigit.toml"

# The interpreter of the appliance, with its modules.
_PYTHON = "PYTHONPATH=/opt/zerodigit/current /opt/zerodigit/venv/bin/python -P"

_SETTINGS = {
    "camera": {"type": "files", "path": CAMERA},
    "display": {"type": ["seven_segment"]},
    # So that none is left out that a check waits for.
    "service": {"lines_a_minute": 600, "lines_an_hour": 36_000},
}

Settings = dict[str, dict[str, Any]]


class Failed(Exception):
    """A check did not see what it had to."""


class Skip(Exception):
    """A check cannot be made here; says why."""


class Testbed:
    """The Pi, switched on with the checkout in /srv, and zerodigit once :meth:`install` ran.

    Parameters
    ----------
    image, folder : see :class:`tools.emulator.machine.machine.Machine`.
    quick : whether checks should be short rather than thorough.
    """

    sleep = staticmethod(time.sleep)

    def __init__(self, image: Image, folder: Path, *, quick: bool = False) -> None:
        self.quick = quick
        self.pi = Machine(image, folder)
        self._prepared = False
        checkout.write_to_card(self.pi.disk, checkout.archive(), "/srv/checkout.tar.gz")

    def start(self) -> None:
        """Switch it on."""
        self._prepared = False
        self.pi.start()
        self.pi.shell(f"mkdir -p {CAMERA}")
        # Not by how often it was started: the first start may have been a second one.
        self.pi.shell("cd /srv && { [ -d checkout ] || tar xzf checkout.tar.gz; }")

    def install(self, *options: str, check: bool = True, timeout_s: float = 600.0) -> str:
        """Run tools/install of the checkout on the Pi; what it said."""
        words = " ".join(["bash tools/install", "--packages-present", *options])
        result = self.pi.shell(f"cd {CHECKOUT} && {words}", timeout_s, check=False)
        if check and result.code:
            raise Failed(f"tools/install ended with {result.code}: {result.text[-1500:]}")
        return result.text

    def prepare(self) -> None:
        """From whatever a check left: the files camera, an empty page, no labels, a running
        service."""
        self.pi.shell(f"mkdir -p {CAMERA}")
        self.show(pages.EMPTY)
        self.pi.shell(f"find {CAMERA} -type f ! -name page.pgm -delete")
        # It reads by labels, and so would the next check what the last one called a sheet.
        labelled = "SELECT 1 FROM samples WHERE label IS NOT NULL LIMIT 1"
        if self.query(labelled, check=False) == ["1"]:
            self.pi.shell("zerodigit samples delete --all --yes", 180.0)
        # To start it takes half a minute here, and most checks leave it as it was.
        if not (self._prepared and self.is_active()):
            self.pi.shell(f"rm -rf /run/systemd/system/{UNIT}.service.d")
            self.pi.shell("systemctl daemon-reload")
            self.configure()
            self.restart()
            self._prepared = True
        self.wait_for_sign(" ", 180.0)

    def spoilt(self) -> None:
        """Take nothing for granted at the next :meth:`prepare`."""
        self._prepared = False

    def configure(self, **changes: dict[str, Any]) -> None:
        """Write the settings; ``camera={"rate": 2.0}`` adds to those of all checks."""
        self._prepared = False
        self.pi.put(toml(merged(_SETTINGS, changes)), CONFIG)

    def override(self, text: str) -> None:
        """A drop-in for the unit, until the next start of the Pi or :meth:`prepare`."""
        self._prepared = False
        folder = f"/run/systemd/system/{UNIT}.service.d"
        self.pi.shell(f"mkdir -p {folder}")
        self.pi.put(f"[Service]\n{text}\n", f"{folder}/check.conf")
        self.pi.shell("systemctl daemon-reload")

    def restart(self) -> None:
        """Restart the service, and wait until it is ready."""
        self.pi.shell(f"systemctl restart {UNIT}", 300.0)

    def show(self, page: int | str) -> None:
        """Hold another sheet in front of the camera, in one instant."""
        self.pi.shell(
            f"cp {PAGES}/{page}.pgm {CAMERA}/next && mv {CAMERA}/next {CAMERA}/page.pgm"
        )

    def read(self, page: int | str, timeout_s: float = 120.0) -> float:
        """Show a sheet, and wait until it is read; how long that took."""
        self.show(page)
        return self.wait_for_sign(" " if page == pages.EMPTY else str(page), timeout_s)

    def sign(self) -> str:
        """What the digit shows, read from the pins outside: see :func:`pins.sign`."""
        return pins.sign(self.pi.levels())

    def wait_for_sign(self, sign: str, timeout_s: float = 120.0) -> float:
        """Wait until the pins show it, and still do a moment later; how long it took."""

        def shown() -> bool:
            if self.sign() != sign:
                return False
            self.sleep(0.3)
            return self.sign() == sign

        return self.wait(
            shown, lambda: f"the pins show {self.sign()!r} and not {sign!r}", timeout_s
        )

    def wait(
        self,
        condition: Callable[[], bool],
        otherwise: str | Callable[[], str],
        timeout_s: float = 120.0,
        every_s: float = 0.3,
    ) -> float:
        """Wait until it holds; how long it took, s.

        Raises
        ------
        Failed : it does not hold in time; says what is so ``otherwise``.
        """
        timeout_s *= PATIENCE
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > timeout_s:
                said = otherwise if isinstance(otherwise, str) else otherwise()
                raise Failed(f"{said} after {timeout_s:g} s")
            self.sleep(every_s)
        return time.monotonic() - started

    def property(self, name: str) -> str:
        """A property of the unit, as systemd has it."""
        shown = self.pi.shell(f"systemctl show --property {name} --value {UNIT}")
        return shown.text.strip()

    def is_active(self) -> bool:
        """Whether the service is ready."""
        return self.property("ActiveState") == "active"

    def wait_until_active(self, timeout_s: float = 180.0) -> float:
        """Wait until the service is ready; how long it took."""

        def otherwise() -> str:
            return f"the service is {self.property('ActiveState')}"

        return self.wait(self.is_active, otherwise, timeout_s, 1.0)

    def status(self) -> dict[str, Any]:
        """``zerodigit status --json``."""
        said = self.pi.shell("zerodigit status --json", 120.0).text
        answer = json.loads(said)
        assert isinstance(answer, dict)
        return answer

    def resident_kb(self, of: str = "VmRSS") -> int:
        """The memory of the running service as the kernel has it; ``VmHWM`` for the most."""
        pid = self.property("MainPID")
        return int(self.pi.shell(f"awk '/{of}/ {{print $2}}' /proc/{pid}/status").text)

    def python(self, code: str, timeout_s: float = 240.0) -> str:
        """Run Python code with zerodigit's modules on the Pi; what it printed."""
        self.pi.put(code, "/run/check.py")
        return self.pi.shell(f"{_PYTHON} /run/check.py", timeout_s).text

    def begin_python(self, code: str) -> None:
        """Begin Python code likewise, and do not wait for it."""
        self.pi.put(code, "/run/writer.py")
        self.pi.begin(f"{_PYTHON} /run/writer.py")

    def query(self, sql: str, *, check: bool = True) -> list[str]:
        """The lines that SQLite's own program prints about the samples."""
        found = self.pi.shell(f'sqlite3 {STATE}/samples.db "{sql}"', 240.0, check=check)
        return found.text.splitlines()

    def cursor(self) -> str:
        """Where the journal ends now."""
        said = self.pi.shell("journalctl -n 0 --show-cursor -q").text
        return said.rpartition("-- cursor: ")[2].strip()

    def journal(self, after: str, unit: str | None = UNIT) -> list[dict[str, Any]]:
        """The journal's entries since a cursor, of the unit or of all."""
        # With -u, journalctl 252 leaves out the first entry if the cursor's is not the unit's.
        which = f"| grep -F '{unit}.service'" if unit else ""
        said = self.pi.shell(f"journalctl -q -o json --after-cursor='{after}' {which}; true")
        return [json.loads(line) for line in said.text.splitlines() if line.startswith("{")]

    def messages(self, after: str) -> list[str]:
        """What the service itself said since a cursor."""
        return [
            str(each.get("MESSAGE"))
            for each in self.journal(after)
            if each.get("_SYSTEMD_UNIT") == f"{UNIT}.service"
        ]


def expect(condition: object, otherwise: str) -> None:
    """Raise Failed unless it holds."""
    if not condition:
        raise Failed(otherwise)


def whole_lines(heard: str) -> list[str]:
    """The lines that came before a power cut; the last may have been half of one."""
    return heard.rpartition("\n")[0].splitlines()


def merged(base: Settings, changes: Settings) -> Settings:
    """Both; the latter where they differ."""
    return {name: base.get(name, {}) | changes.get(name, {}) for name in {**base, **changes}}


def toml(settings: Settings) -> str:
    """Settings as a TOML file. Of numbers, texts, booleans and lists of them JSON is TOML."""
    lines = []
    for section, values in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    return "\n".join(lines) + "\n"
