"""The service as a process: real signals, a real socket to systemd, gpiozero's mock pins."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import ServiceError
from pi.control.client import ask
from pi.devices.segments import GLYPHS, NAMES

ROOT = Path(__file__).parents[3]
SEGMENTS = (5, 6, 12, 13, 16, 19, 20)
PATIENCE_S = 60.0

# Runs the command line in this process, on gpiozero's mock pins. Each time the loop has come
# round, the levels of the seven segments' pins are read, and written down if they changed.
CHILD = f"""
import sys
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from pi.cli import main
from pi.devices.panel import Panel

factory = Device.pin_factory = MockFactory()
record = open(sys.argv[1], "a", buffering=1)
tick, last = Panel.tick, None

def tick_and_record(panel, now):
    global last
    tick(panel, now)
    levels = "".join(str(int(factory.pin(pin).state)) for pin in {SEGMENTS})
    if levels != last:
        last = levels
        print(levels, file=record)
    # A mock pin remembers every change for ever; a real one does not.
    for pin in factory.pins.values():
        pin.clear_states()

Panel.tick = tick_and_record
sys.exit(main(["run", *sys.argv[2:]]))
"""


def until(condition, what):
    """Wait, bounded, until something can be observed; give it back."""
    deadline = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while time.monotonic() < deadline:
        if found := condition():
            return found
        pause.wait(0.02)
    raise AssertionError(f"after {PATIENCE_S:g} s still not: {what}")


class Running:
    """A service in a process of its own, and ways to look at it from outside."""

    def __init__(self, folder, config):
        self.folder = folder
        self.record = folder / "pins.txt"
        self.control = folder / "control"
        self.log = folder / "log.txt"
        self.config = folder / "settings.toml"
        self.configure(config)
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.systemd.bind(str(folder / "notify"))
        self.systemd.setblocking(False)
        self.told = []
        self.process = None

    def configure(self, config):
        if "[samples]" not in config:
            config += f'[samples]\nfolder = "{self.folder / "state"}"\n'
        self.config.write_text(
            f'[service]\nrun_folder = "{self.folder}"\n[recogniser]\nfast_s = 0\nslow_s = 0\n'
            + config
        )

    def start(self):
        environ = os.environ | {
            "ZERODIGIT_CONFIG": str(self.config),
            "NOTIFY_SOCKET": str(self.folder / "notify"),
            "WATCHDOG_USEC": "60000000",
            "OPENBLAS_NUM_THREADS": "1",
        }
        environ.pop("JOURNAL_STREAM", None)
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", CHILD, str(self.record)],
                cwd=ROOT, env=environ, stderr=log, stdout=log,
            )  # fmt: skip
        return self

    def messages(self):
        while True:
            try:
                self.told.append(self.systemd.recv(4096).decode())
            except BlockingIOError:
                return self.told

    def has_told(self, message):
        return until(lambda: message in self.messages(), f"systemd is told {message}")

    def status(self):
        return ask(self.control, {"do": "status"}, timeout_s=PATIENCE_S)

    def frames(self, count):
        """Wait for the count since the start; it may still be starting."""

        def there():
            if self.process.poll() is not None:
                raise AssertionError(self.logged())
            return self.control.exists() and self.status()["frames"] >= count

        until(there, f"{count} frames")

    def ends(self):
        code = self.process.wait(PATIENCE_S)
        self.messages()
        return code

    def lit(self):
        """The signs that were lit, one after the other; an unknown one as its segments."""
        signs = {segments: sign for sign, segments in GLYPHS.items()}
        found = []
        for line in self.record.read_text().split():
            segments = "".join(n for n, level in zip(NAMES, line, strict=True) if level == "1")
            found.append(signs.get(segments, segments))
        return "".join(found)

    def logged(self):
        return self.log.read_text()

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.systemd.close()


@pytest.fixture
def make(tmp_path):
    """A function that prepares a service with these settings, in a folder of its own."""
    made = []

    def prepare(config, folder="run"):
        path = tmp_path / folder
        path.mkdir(exist_ok=True)
        made.append(Running(path, config))
        return made[-1]

    yield prepare
    for each in made:
        each.close()


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    """A folder of 60 frames: six sheets, each held for six frames, and empty pages."""
    from core.synthesis.scene import Style, sample_scene

    folder = tmp_path_factory.mktemp("sheets")
    rng = np.random.default_rng(3)
    page = sample_scene(rng, digit=None, style=Style()).frame
    number = 0
    for digit in DIGITS:
        sheet = sample_scene(rng, digit=digit, style=Style()).frame
        for frame in [page] + [sheet] * 6 + [page] * 3:
            noisy = frame + rng.normal(0, 1.5, frame.shape)
            np.save(folder / f"{number}.npy", np.clip(noisy, 0, 255).astype(np.uint8))
            number += 1
    return folder


DIGITS = (3, 7, 1, 0, 5, 2)
LIT = " " + "".join(f"{digit} " for digit in DIGITS)


def files(folder, **options):
    lines = [f'type = "files"\npath = "{folder}"']
    lines += [f"{key} = {json.dumps(value)}" for key, value in options.items()]
    return "[camera]\n" + "\n".join(lines) + "\n"


def test_six_sheets_light_their_segments_and_nothing_else(make, sheets):
    service = make(files(sheets, loop=False)).start()
    assert service.ends() == 0, service.logged()
    assert service.lit() == LIT
    log = service.logged()
    assert "shown digit=3 confidence=" in log
    assert f"stopped: {sheets}: all pictures were shown frames=60 " in log
    # Two lines a sheet, of which four are written; the others are counted.
    assert len([line for line in log.splitlines() if line.startswith(("shown", "dark"))]) == 4
    assert " left_out=8" in log


def test_systemd_is_told_in_order(make, sheets):
    service = make(files(sheets)).start()
    service.has_told("READY=1")
    service.frames(20)
    service.process.terminate()
    assert service.ends() == 0
    told = [each for each in service.told if each != "STATUS=dark: no digit in sight"]
    assert told[0].startswith("EXTEND_TIMEOUT_USEC=")
    assert told[1] == "STATUS=starting"
    # The watchdog is fed for a frame, the first one of which makes it ready.
    assert told.index("WATCHDOG=1") == told.index("READY=1") - 1
    assert told[-1] == "STOPPING=1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(make, sheets, number):
    service = make(files(sheets)).start()
    service.has_told("READY=1")
    service.process.send_signal(number)
    assert service.ends() == 0
    assert f"stopped: {number.name}" in service.logged()
    assert "Traceback" not in service.logged()
    assert not service.control.exists()


def test_hup_reads_the_settings_again(make, sheets, tmp_path):
    seven = tmp_path / "seven"
    seven.mkdir()
    (seven / "sheet.npy").write_bytes((sheets / "15.npy").read_bytes())
    service = make(files(sheets)).start()
    service.has_told("READY=1")
    service.configure(files(seven))
    service.process.send_signal(signal.SIGHUP)
    until(lambda: "reloaded\n" in service.logged(), "it has reloaded")
    until(lambda: service.status()["display"]["shows"] == "digit 7", "the new camera's digit")
    messages = service.messages()
    reloading = next(
        each for each in messages if each.startswith("RELOADING=1\nMONOTONIC_USEC=")
    )
    assert "READY=1" in messages[messages.index(reloading) :]


def test_hup_with_wrong_settings_changes_nothing(make, sheets):
    service = make(files(sheets)).start()
    service.has_told("READY=1")
    service.configure("[camera]\nrotat = 90\n")
    service.process.send_signal(signal.SIGHUP)
    until(lambda: "not reloaded" in service.logged(), "it has refused")
    assert "[camera] rotat is no setting; did you mean rotate?" in service.logged()
    frames = service.status()["frames"]
    service.frames(frames + 20)
    assert service.status()["camera"]["type"] == "files"


def test_hup_takes_new_weights_and_refuses_damaged_ones(make, sheets, tmp_path):
    from core import pretrained

    weights = tmp_path / "mine.npz"
    weights.write_bytes(pretrained.PATH.read_bytes())
    service = make(files(sheets)).start()
    service.has_told("READY=1")
    settings = service.config.read_text()
    service.config.write_text(
        settings.replace("[service]", f'[service]\nweights = "{weights}"')
    )
    service.process.send_signal(signal.SIGHUP)
    until(lambda: service.status()["weights"]["file"] == str(weights), "the new weights")
    weights.write_bytes(weights.read_bytes()[:1000])
    service.process.send_signal(signal.SIGHUP)
    until(lambda: f"reading with {weights} instead" in service.logged(), "damage is told")
    frames = service.status()["frames"]
    service.frames(frames + 20)


def test_new_weights_are_taken_up_within_ten_seconds_and_nothing_goes_dark(
    make, sheets, tmp_path
):
    from core import pretrained
    from pi.models.registry import ModelRegistry

    seven = tmp_path / "seven"
    seven.mkdir()
    (seven / "sheet.npy").write_bytes((sheets / "15.npy").read_bytes())
    service = make(files(seven) + f'[samples]\nfolder = "{tmp_path}"\n').start()
    service.has_told("READY=1")
    until(lambda: service.lit() == " 7", "the digit is lit")
    assert service.status()["weights"]["version"] == "shipped"
    store = ModelRegistry(tmp_path / "weights")
    store.install(pretrained.PATH.read_bytes(), "test")
    began = time.monotonic()
    until(lambda: service.status()["weights"]["version"] == "0001", "the new weights")
    assert time.monotonic() - began < 10
    assert "reading with new weights version=0001" in service.logged()
    # The next ones are damaged: said once, and those before them read on.
    (store.folder / "0002.npz").write_bytes(pretrained.PATH.read_bytes()[:5000])
    (store.folder / "current").write_text("0002\n0001\n")
    until(lambda: "reading with version 0001 instead" in service.logged(), "damage is told")
    service.frames(service.status()["frames"] + 50)
    assert service.lit() == " 7"
    assert service.logged().count("0002.npz") == 1


def test_killed_it_starts_again(make, sheets):
    service = make(files(sheets)).start()
    service.has_told("READY=1")
    service.process.kill()
    assert service.ends() == -signal.SIGKILL
    assert service.control.exists()
    with pytest.raises(ServiceError, match="is not running"):
        service.status()
    # Another process listens, so that what the first has left is not mistaken for it.
    service.start()
    until(lambda: service.messages().count("READY=1") == 2, "it is ready again")
    service.frames(20)
    service.process.terminate()
    assert service.ends() == 0


def test_a_second_one_refuses_and_leaves_the_first_alone(make, sheets):
    first = make(files(sheets)).start()
    first.has_told("READY=1")
    second = make(files(sheets), "other")
    settings = second.config.read_text()
    second.config.write_text(settings.replace(str(second.folder), str(first.folder)))
    second.start()
    assert second.ends() == 1
    assert f"zerodigit runs already as process {first.process.pid}" in second.logged()
    assert first.status()["pid"] == first.process.pid
    frames = first.status()["frames"]
    first.frames(frames + 20)


def test_status_and_look_on_the_command_line(make, sheets, tmp_path):
    service = make(files(sheets, hold=3)).start()
    service.has_told("READY=1")
    until(lambda: len(service.status()["readings"]) >= 6, "six readings")

    def zerodigit(*arguments):
        environ = os.environ | {"ZERODIGIT_CONFIG": str(service.config)}
        return subprocess.run(
            [sys.executable, "-m", "pi.cli", *arguments],
            cwd=ROOT, env=environ, capture_output=True, text=True,
        )  # fmt: skip

    status = zerodigit("status", "--json")
    assert status.returncode == 0
    answer = json.loads(status.stdout)
    digits = [reading["digit"] for reading in answer["readings"]][::-1]
    assert "".join(map(str, digits)) in "".join(map(str, DIGITS * 9))
    assert answer["samples"]["labelled"] == 0
    assert answer["retraining"] is None
    assert answer["memory_kb"] > 10_000
    assert answer["weights"]["scores"]
    words = zerodigit("status").stdout
    assert "camera         files, ok" in words
    assert " a second, " in words

    out = tmp_path / "why.png"
    look = zerodigit("look", "--explain", str(out))
    assert look.returncode == 0, look.stderr
    assert "320x240" in look.stdout
    assert "-> " in look.stdout
    assert out.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ServiceError, match="must be 0 to 9"):
        ask(service.control, {"do": "label", "digit": 7})


HOSTILE = [
    b"", b"\n", b"{\n", b"\x00\xff" * 100 + b"\n", b"{" * 4000 + b"\n", b"[" * 4095,
    b"x" * 100_000, b'{"do": "status"', b'{"do": ["status"]}\n', b'"status"\n',
    b'{"do": "__class__"}\n', b'{"do": "look"}\n', b"1e999\n", b'{"do": "status"}\n' * 50,
]  # fmt: skip


def attack(path, number, held):
    """One hostile request; every other one leaves its connection half open."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(5)
    try:
        client.connect(str(path))
        client.sendall(HOSTILE[number % len(HOSTILE)])
    except OSError:
        client.close()
        return
    if number % 2:
        held.append(client)
    else:
        client.close()


def test_hostile_requests_do_not_slow_the_frames(make, sheets):
    """The loop keeps its pace of 25 frames a second, to a tenth."""
    service = make(files(sheets))
    text = service.config.read_text()
    service.config.write_text(text.replace("_s = 0\n", "_s = 0.04\n"))
    service.start()
    service.frames(10)

    def rate():
        before, began = service.status()["frames"], time.monotonic()
        service.frames(before + 75)
        return (service.status()["frames"] - before) / (time.monotonic() - began)

    quiet = rate()
    held = []
    stop = threading.Event()

    def attack_on():
        for number in range(200):
            if stop.is_set():
                return
            attack(service.control, number, held)

    attacker = threading.Thread(target=attack_on)
    attacker.start()
    try:
        busy = rate()
    finally:
        attacker.join(PATIENCE_S)
        stop.set()
        for client in held:
            client.close()
    assert service.process.poll() is None
    assert service.status()["frames"] > 0
    assert "Traceback" not in service.logged()
    assert busy > 0.9 * quiet, f"{busy:.1f} of {quiet:.1f} frames a second"


@pytest.mark.slow
def test_memory_is_flat(make, sheets):
    """Up to frame 5,000, of which half are read.

    Until the largest frames have come it grows by a megabyte or two, and a frame's own arrays
    come and go, so the least of many moments is compared: two kilobytes lost with each frame
    that is read would be seen.
    """
    service = make(files(sheets)).start()
    service.frames(200)
    seen = [service.status()]
    until_5000 = time.monotonic() + 20 * 60
    while seen[-1]["frames"] < 5000:
        assert time.monotonic() < until_5000
        threading.Event().wait(0.2)
        seen.append(service.status())
    assert seen[-1]["frames_read"] > 2000
    third = len(seen) // 3
    memory = [status["memory_kb"] for status in seen]
    assert min(memory[-third:]) - min(memory[third:-third]) < 2000, memory
