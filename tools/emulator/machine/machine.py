"""One emulated Raspberry Pi Zero, with a card of its own that outlives its power cuts."""

from __future__ import annotations

import contextlib
import ctypes
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self

from tools.emulator.image import recipe
from tools.emulator.image.build import Image
from tools.emulator.machine import monitor, pins, ticks
from tools.emulator.machine.console import CommandError, Console, ConsoleError, Result
from tools.emulator.machine.drain import DrainedLine

BOOT_S = 600.0
"""What a boot may take where other work shares the processor; alone it takes 25 s."""

PATIENCE = 4.0
"""How many times longer to wait for anything than it should take alone, for the same reason."""

_PR_SET_PDEATHSIG = 1


class Machine:
    """The machine; started by ``with`` or :meth:`start`, and again after a power cut.

    Parameters
    ----------
    image : what it boots from; only read.
    folder : where its card and its logs are kept.
    disk : its card; by default a fresh copy of the image's in ``folder``.

    Attributes
    ----------
    image, disk : as given; the card that it writes to.
    boot_s : seconds from power to a shell, of the last start.
    boots : how many times it was started.
    woken : how many times it had missed a tick; see :mod:`tools.emulator.machine.ticks`.
    """

    def __init__(self, image: Image, folder: Path, disk: Path | None = None) -> None:
        self.image = image
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.disk = image.copy_disk(folder / "card.img") if disk is None else disk
        self.boot_s = 0.0
        self.boots = self.woken = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._stack = contextlib.ExitStack()

    def start(self, timeout_s: float = BOOT_S) -> None:
        """Give it power, and wait for a root shell. The buttons are up.

        A machine that says nothing at all is given a second chance: QEMU that hardly gets any
        of a processor has been seen to lose its card.

        Raises
        ------
        ConsoleError : it did not come up in time, or QEMU ended.
        """
        if self._process is not None:
            raise RuntimeError("it runs already")
        try:
            self._start(timeout_s)
        except ConsoleError:
            said = self.folder / f"serial-{self.boots}.log"
            # Without this file QEMU has not even begun.
            if not said.exists() or said.stat().st_size:
                raise
            self._start(timeout_s)

    def _start(self, timeout_s: float) -> None:
        self.boots += 1
        # Not in the folder: a socket's path may have 107 characters.
        sockets = Path(tempfile.mkdtemp(prefix="zerodigit-"))
        self._stack.callback(shutil.rmtree, sockets, ignore_errors=True)
        self._errors = self.folder / f"qemu-{self.boots}.log"
        self._started = time.monotonic()
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                self.command(sockets),
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, preexec_fn=_die_with_us,
            )  # fmt: skip
        try:
            line = DrainedLine(monitor.connect(sockets / "serial", monitor.WAIT_S))
            self._stack.callback(line.close)
            self._console = Console(line, self._check_alive)
            self._monitor = monitor.Monitor(sockets / "monitor")
            self._stack.callback(self._monitor.close)
            self._qtest = monitor.Qtest(sockets / "qtest")
            self._stack.callback(self._qtest.close)
            # QEMU knows no pull-ups: an open contact would read as a pressed one.
            for pin in (pins.RIGHT, pins.WRONG):
                self.release(pin)
            self._console.take_over(timeout_s)
        except (OSError, TimeoutError) as error:
            self.cut_power()
            raise ConsoleError(f"no shell after {timeout_s:g} s: {error}") from error
        except BaseException:
            self.cut_power()
            raise
        self.boot_s = time.monotonic() - self._started

    def share(self) -> float:
        """How much of the time since the start it was not kept waiting for a processor, 0 to 1.

        Where other work shares the processors the emulated Pi is slow by that and nothing else.
        Source: the kernel's Documentation/scheduler/sched-stats, /proc/PID/schedstat.
        """
        if self._process is None:
            raise RuntimeError("it is off")
        wall = time.monotonic() - self._started
        # Of its threads one is the processor: that which ran most.
        threads = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        try:
            _, waited, _ = max([int(word) for word in each.read_text().split()]
                                 for each in threads)  # fmt: skip
        except (OSError, ValueError):
            return 1.0
        return max(0.0, 1.0 - waited / 1e9 / wall)

    def command(self, sockets: Path) -> list[str]:
        """QEMU's command line."""
        log = self.folder / f"serial-{self.boots}.log"
        serial = f"socket,id=serial,path={sockets}/serial,server=on,wait=on,logfile={log}"
        return [
            "qemu-system-arm", "-M", "raspi0", "-display", "none",
            "-kernel", str(self.image.kernel), "-dtb", str(self.image.device_tree),
            "-initrd", str(self.image.initrd), "-append", recipe.KERNEL_ARGUMENTS,
            "-drive", f"if=sd,format=raw,file={self.disk}",
            "-chardev", serial,
            "-serial", "chardev:serial",
            "-monitor", f"unix:{sockets}/monitor,server=on,wait=off",
            "-qtest", f"unix:{sockets}/qtest,server=on,wait=off", "-qtest-log", "/dev/null",
        ]  # fmt: skip

    def shell(self, command: str, timeout_s: float = 120.0, *, check: bool = True) -> Result:
        """Run a command as root, which takes no longer than that where nothing hinders it.

        Raises
        ------
        CommandError : it failed, unless ``check`` is false.
        ConsoleError : it did not end in time.
        """
        run = self._console.check if check else self._console.run
        return run(command, PATIENCE * timeout_s)

    def begin(self, command: str) -> None:
        """Begin a command, and do not wait for it; :meth:`listen` hears it."""
        self._console.begin(command)

    def listen(self, seconds: float) -> str:
        """What the serial line says in so many seconds."""
        return self._console.listen(seconds)

    def put(self, data: bytes | str, path: str) -> None:
        """Write a file in the machine."""
        self._console.put(data.encode() if isinstance(data, str) else data, path)

    def get(self, path: str, timeout_s: float = 300.0) -> bytes:
        """Read a file in the machine."""
        return self._console.get(path, timeout_s)

    def levels(self) -> int:
        """The levels of GPIO 0 to 31, a bit each, read from outside."""
        self._wake()
        return self._monitor.word(pins.LEVEL)

    def press(self, pin: int) -> None:
        """Hold a button down: its contact leads to ground."""
        self._qtest.write(pins.CLEAR, 1 << pin)

    def release(self, pin: int) -> None:
        """Let a button go."""
        self._qtest.write(pins.SET, 1 << pin)

    def cut_power(self) -> None:
        """Take its power away, now. May be called again."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._stack.close()

    def power_off(self, timeout_s: float = 120.0) -> None:
        """Shut it down as its owner should, then take its power."""
        if self._process is None:
            return
        with contextlib.suppress(ConsoleError, CommandError):
            self._console.run(
                "systemctl stop zerodigit; sync; mount -o remount,ro /", timeout_s
            )
        self.cut_power()

    def _check_alive(self) -> None:
        if self._process is None or self._process.poll() is not None:
            said = self._errors.read_text(errors="replace").strip()
            raise ConsoleError(f"QEMU has ended: {said or 'without a word'}")
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            if ticks.wake(self._qtest):
                self.woken += 1

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.cut_power()


def _die_with_us() -> None:
    """In the child: let no machine outlive a killed test."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
