"""The loop in this process, by a virtual clock: cameras that fail, buttons, log and display."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import CameraError, ConfigError, DeviceError
from pi import config
from pi.devices.displays.status_led import Mode
from pi.models.loaded import LoadedModel
from pi.samples.store import SampleStore

PATIENCE_S = 60.0
SEGMENTS = (5, 6, 12, 13, 16, 19, 20)
SEVEN, DARK, ERROR = "1110000", "0000000", "1001111"


def test_a_sheet_comes_and_goes(play, caplog, sheet):
    service = play([sheet()] * 2 + [sheet(7)] * 6 + [sheet()] * 5)
    service.run()
    assert service.levels == [DARK, SEVEN, DARK]
    lines = [record.getMessage() for record in caplog.records if record.name == "zerodigit"]
    assert lines[0] == "started"
    assert lines[1:3] == ["shown", "dark"]
    shown = next(record for record in caplog.records if record.getMessage() == "shown")
    assert shown.fields["digit"] == "7"
    assert shown.fields["confidence"] == "0.97"
    assert shown.fields["frames"] == "3"
    assert lines[-1] == "stopped: the film is over"


def test_unchanged_frames_are_not_read(play, sheet):
    service = play([sheet()] * 50 + [sheet(7)] * 50 + [sheet()] * 50)
    service.run()
    assert service.levels == [DARK, SEVEN, DARK]
    assert service.reader.read_frames < 20


def test_it_is_ready_when_the_camera_was_tried(play, sheet, systemd):
    play([sheet()] * 3, notifier=systemd).run()
    assert systemd.names() == [
        "extend_timeout", "alive", "ready", "alive", "alive", "stopping",
    ]  # fmt: skip


def test_it_is_ready_without_a_camera_and_says_so_once(play, caplog, sheet, systemd):
    service = play([CameraError, CameraError, CameraError, sheet(), sheet()], notifier=systemd)
    service.run()
    # Each try is a sign of life.
    assert systemd.names() == ["extend_timeout", "alive", "ready", *["alive"] * 4, "stopping"]
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warnings == ["no frames: no camera; push the cable in"]
    assert service.levels[-2:] == [ERROR, DARK]
    back = next(each for each in caplog.records if "gives frames again" in each.getMessage())
    assert back.fields["tries"] == "3"


TROUBLES = {
    "error": CameraError("Errno 12"),
    "input": OSError(5, "I/O error"),
    "bug": RuntimeError("a bug of the camera's library"),
    "colour": np.zeros((24, 32, 3), np.uint8),
    "float": np.zeros((24, 32), np.float32),
    "tiny": np.zeros((3, 5), np.uint8),
    "another size": np.zeros((24, 31), np.uint8),
    "nothing": None,
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_a_camera_that_fails_is_opened_again(play, trouble, sheet):
    script = [sheet(7)] * 4 + [trouble] + [sheet(7)] * 6 + [sheet()] * 4
    service = play(script)
    service.run()
    # A digit does not stay lit when nobody knows what is before the camera.
    assert service.levels == [DARK, SEVEN, ERROR, DARK, SEVEN, DARK]
    assert len(service.opened) == 2


@pytest.fixture
def hang(clock):
    """A capture that does not come back before the test is over."""

    def capture():
        clock.sleep(1e6)
        raise CameraError("too late")

    return capture


def test_a_camera_that_hangs_is_left_behind(play, overrides, clock, hang, sheet, systemd):
    overrides["camera.timeout_s"] = 0.5
    began = clock.now
    service = play([sheet(7)] * 4 + [hang] + [sheet(7)] * 6 + [sheet()] * 4, notifier=systemd)
    service.run()
    # A second for the camera that hangs, a second's pause, and two that closing it may take.
    assert clock.now - began < 5
    assert service.levels == [DARK, SEVEN, ERROR, DARK, SEVEN, DARK]
    assert any("hangs" in str(each) for each in systemd.told)


def test_a_frame_that_cannot_be_read_is_trouble_and_no_end(play, sheet):
    service = play([sheet(), sheet(66), sheet(), *[sheet(7)] * 4, *[sheet()] * 4])
    service.run()
    assert service.levels == [DARK, ERROR, DARK, SEVEN, DARK]


def test_an_error_of_our_own_goes_dark_and_is_not_hidden(play, mock_factory, sheet, systemd):
    service = play([sheet(7)] * 8, notifier=systemd)
    service.reader.read = None
    with pytest.raises(TypeError):
        service.run()
    assert all(not mock_factory.pin(pin).state for pin in SEGMENTS)
    assert systemd.told[-1] == ("stopping",)


def test_without_pins_it_does_not_start(play, mock_factory, sheet):
    from gpiozero import LED

    with LED(SEGMENTS[0], pin_factory=mock_factory), pytest.raises(DeviceError, match="GPIO5"):
        play([sheet()]).run()


def test_a_camera_that_hangs_for_good_ends_the_service_for_systemd(
    play, clock, hang, sheet, systemd
):
    service = play([sheet(7)] * 4 + [hang] * 2, notifier=systemd, stuck_s=180.0)
    began = clock.now
    with pytest.raises(CameraError, match="hangs for good"):
        service.run()
    assert clock.now - began > 180
    assert ("stopping",) in systemd.told[-3:]
    assert service.levels == [DARK, SEVEN, ERROR]


def test_without_systemd_it_waits_for_a_camera_that_hangs(play, clock, hang, sheet, systemd):
    def status(text):
        if clock.now - began > 1000:
            service.stop("waited enough")

    systemd.enabled, systemd.status = False, status
    began = clock.now
    service = play([sheet(7)] * 4 + [hang] * 2, notifier=systemd, stuck_s=180.0)
    service.run()
    assert clock.now - began > 1000


def test_no_memory_for_a_reading_is_said_once_and_passes(play, caplog, sheet):
    service = play([sheet(), *[sheet(7)] * 12, sheet(), sheet(), sheet()])
    read = service.reader.read
    left = [3]

    def short(frame, **options):
        if left[0]:
            left[0] -= 1
            raise MemoryError
        return read(frame, **options)

    service.reader.read = short
    service.run()
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warnings == ["no frames: not enough memory to read a frame"]
    assert service.levels == [DARK, ERROR, DARK, SEVEN, DARK]


def test_new_weights_leave_what_is_lit(play, overrides, sheet):
    """The old ones read until the new ones are loaded beside the loop."""
    readers = {}
    folder = Path(overrides["samples.folder"]) / "weights"
    folder.mkdir(parents=True)
    overrides["recogniser.fast_s"] = overrides["recogniser.slow_s"] = 0.5

    def promote(name):
        (folder / f"{name}.npz").touch()
        (folder / "current").write_text(f"{name}\n")

    def load(path, data=None):
        name = Path(path).stem
        readers[name] = type(service.reader)()
        return LoadedModel(readers[name], path, {}, name)

    def new_ones():
        promote("0002")
        return sheet(7)

    def are_taken():
        if service.report.weights.version != "0002":
            service.film.insert(0, are_taken)
            threading.Event().wait(0.001)
        return sheet(7)

    promote("0001")
    script = [*[sheet(7)] * 6, new_ones, are_taken, sheet(), sheet(3), sheet(3)]
    service = play(script, load_model=load)
    service.run()
    assert service.report.weights.version == "0002"
    assert readers["0002"].read_frames >= 2
    assert service.levels == [DARK, SEVEN]


def test_a_reload_that_is_refused(play, overrides, caplog, sheet, systemd):
    def load():
        if service_has_begun:
            raise ConfigError("mine.toml: [camera] rotat is no setting; did you mean rotate?")
        return config.load(overrides=overrides)

    service_has_begun = []

    def reload():
        service_has_begun.append(True)
        service.reload()
        return sheet()

    script = [sheet(), reload, *[sheet(7)] * 4, *[sheet()] * 4]
    service = play(script, load=load, notifier=systemd)
    service.run()
    assert "not reloaded, all stays as it was: mine.toml: [camera] rotat" in caplog.text
    assert service.levels == [DARK, SEVEN, DARK]
    assert systemd.names("reloading", "ready") == ["ready", "reloading", "ready"]


def test_a_reload_takes_other_pins(play, overrides, mock_factory, sheet):
    def reload():
        overrides["display.type"] = ["bcd"]
        service.reload()
        return sheet()

    bcd = []
    service = play([
        sheet(), reload, *[sheet(7)] * 5,
        lambda: bcd.append([int(mock_factory.pin(pin).state) for pin in (22, 23, 24, 25)])
        or sheet(7),
    ])  # fmt: skip
    service.run()
    assert bcd == [[0, 1, 1, 1]]


def test_a_reload_that_gets_no_pins_keeps_the_old_ones(
    play, overrides, mock_factory, caplog, sheet
):
    from gpiozero import LED

    def reload():
        overrides["display.segments"] = [5, 6, 12, 13, 16, 19, 4]
        service.reload()
        return sheet()

    with LED(4, pin_factory=mock_factory):
        service = play([sheet(), reload, *[sheet(7)] * 5, *[sheet()] * 4])
        service.run()
    said = [each.getMessage() for each in caplog.records]
    assert "reloaded, but displays and buttons stay as they were" in said
    assert "reloaded" not in said
    assert service.levels == [DARK, SEVEN, DARK]
    assert service.report.config.display.segments == (5, 6, 12, 13, 16, 19, 20)


def test_pins_that_were_refused_are_taken_by_the_next_reload(
    play, overrides, mock_factory, sheet
):
    from gpiozero import LED

    other = LED(4, pin_factory=mock_factory)

    def reload():
        overrides["display.segments"] = [5, 6, 12, 13, 16, 19, 4]
        service.reload()
        return sheet()

    def again():
        other.close()
        service.reload()
        return sheet()

    service = play([sheet(), reload, sheet(), again, sheet()])
    service.run()
    assert service.report.config.display.segments == (5, 6, 12, 13, 16, 19, 4)


def test_what_was_shown_before_a_reload_is_not_said_to_be_shown(play, sheet, systemd):
    def reload():
        service.reload()
        return sheet(7)

    service = play([*[sheet(7)] * 6, reload, sheet(), sheet()], notifier=systemd)
    service.run()
    said = [told[1] for told in systemd.told if told[0] == "status"]
    assert said[-2].startswith("shows 7")
    assert said[-1] == "dark: no digit in sight"


def test_labels_that_wait_are_seen_on_the_status_led(play, overrides, mock_factory, sheet):
    overrides["buttons.debounce_s"] = 0
    blocked = Path(overrides["samples.folder"])
    blocked.touch()
    modes = []

    def press(down):
        pin = mock_factory.pin(17)
        pin.drive_low() if down else pin.drive_high()
        return sheet(7)

    def look():
        modes.append(service.report.panel.led.mode)
        if modes[-1] is Mode.WAITING:
            blocked.unlink()
        elif time.monotonic() < until:
            service.film.insert(0, look)
            threading.Event().wait(0.001)
        return sheet(7)

    until = time.monotonic() + PATIENCE_S
    script = [*[sheet(7)] * 5, lambda: press(True), lambda: press(False), sheet(7), look]
    service = play([*script, sheet(7)])
    service.run()
    assert modes[-1] is Mode.WAITING
    with SampleStore(blocked / "samples.db") as store:
        assert [sample.label for sample in store.select()] == [7]


def test_stop_ends_it_soon(play, sheet):
    service = play(
        [*[sheet()] * 5, lambda: service.stop("enough") or sheet(), *[sheet()] * 100]
    )
    service.run()
    assert service.stats.frames == 6
