"""The loop in this process: cameras that fail, buttons, what is told and shown."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.errors import CameraError, ConfigError, DeviceError, ImageError, ServiceError
from core.reading.reader import Box, Reading
from core.vision.digitise import Digit
from pi import config
from pi.control.client import ask
from pi.devices.cameras.base import EndOfFrames
from pi.models import loaded
from pi.models.loaded import LoadedModel
from pi.samples.store import SampleStore
from pi.service import frame_source
from pi.service.loop import Service

PATIENCE_S = 30.0
SEGMENTS, POINT, STATUS = (5, 6, 12, 13, 16, 19, 20), 21, 26
SEVEN, DARK, ERROR = "1110000", "0000000", "1001111"

EMPTY = np.full((24, 32), 200, np.uint8)


def sheet(digit):
    """A frame that the reader below reads as this digit."""
    frame = EMPTY.copy()
    frame[4:20, 4:28] = digit
    return frame


class SheetReader:
    """Reads what the grey says."""

    def __init__(self):
        self.read_frames = 0

    def read(self, frame, *, trace=False):
        self.read_frames += 1
        grey = int(frame[10, 10])
        if grey == 200:
            return Reading()
        if grey == 66:
            raise ImageError("a frame of nonsense")
        shares = np.zeros(11, np.float32)
        shares[grey] = 0.97
        image = np.zeros((28, 28), np.float32)
        image[4:24, 12:16] = 1
        digit = Digit(image, Box(4, 4, 28, 20), 0.9)
        return Reading(grey, 0.97, grey, shares, digit, [digit])


class Film:
    """A camera: frames, exceptions to raise, functions to call."""

    def __init__(self, script):
        self.script = script

    def capture(self):
        if not self.script:
            raise EndOfFrames("the film is over")
        now = self.script.pop(0)
        if isinstance(now, Exception):
            raise now
        return now() if callable(now) else now

    def close(self):
        pass


class Systemd:
    """A notifier that remembers."""

    def __init__(self, watchdog_s=None):
        self.told = []
        self.watchdog_s = watchdog_s

    def __getattr__(self, name):
        return lambda *values: self.told.append((name, *values))


def until(condition, what):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        threading.Event().wait(0.01)
    return found


@pytest.fixture
def settings(tmp_path):
    """Overrides that every test needs; a test may add to them before it starts the service."""
    return {
        "service.run_folder": str(tmp_path / "run"),
        "samples.folder": str(tmp_path / "state"),
        "recogniser.fast_s": 0,
        "recogniser.slow_s": 0,
    }


@pytest.fixture
def play(monkeypatch, mock_factory, settings, caplog):
    """Run the service on a film to its end; the pins' levels after each round are recorded."""
    caplog.set_level("INFO")
    reader = SheetReader()
    monkeypatch.setattr(
        loaded, "load_weights", lambda path="": LoadedModel(reader, path or "shipped", {})
    )
    monkeypatch.setattr(frame_source, "_FIRST_PAUSE_S", 0.01)

    def run(script, **options):
        film = list(script)
        opened = []

        def open_camera(name, **rest):
            opened.append(name)
            if film and film[0] is CameraError:
                film.pop(0)
                raise CameraError("no camera; push the cable in")
            return Film(film)

        monkeypatch.setattr(frame_source, "open_camera", open_camera)
        service = Service(
            options.pop("load", lambda: config.load(overrides=settings)),
            notifier=options.pop("notifier", None) or Systemd(),
            pin_factory=mock_factory,
            **options,
        )
        service.reader, service.opened, service.levels = reader, opened, []
        tend = service._tend

        def tend_and_record(now):
            tend(now)
            levels = "".join(str(int(mock_factory.pin(pin).state)) for pin in SEGMENTS)
            if service.levels[-1:] != [levels]:
                service.levels.append(levels)

        service._tend = tend_and_record
        return service

    return run


def test_a_sheet_comes_and_goes(play, caplog):
    service = play([EMPTY] * 2 + [sheet(7)] * 6 + [EMPTY] * 5)
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


def test_unchanged_frames_are_not_read(play):
    service = play([EMPTY] * 50 + [sheet(7)] * 50 + [EMPTY] * 50)
    service.run()
    assert service.levels == [DARK, SEVEN, DARK]
    assert service.reader.read_frames < 20


def test_it_is_ready_when_the_camera_was_tried(play):
    service = play([EMPTY] * 3)
    service.run()
    told = [name for name, *_ in service._notifier.told if name != "status"]
    assert told == ["extend_timeout", "alive", "ready", "alive", "alive", "stopping"]


def test_it_is_ready_without_a_camera_and_says_so_once(play, caplog):
    service = play([CameraError, CameraError, CameraError, EMPTY, EMPTY])
    service.run()
    told = [name for name, *_ in service._notifier.told if name != "status"]
    # Each try is a sign of life.
    assert told == ["extend_timeout", "alive", "ready", *["alive"] * 4, "stopping"]
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warnings == ["no frames: no camera; push the cable in"]
    assert service.levels[-2:] == [ERROR, DARK]
    back = next(each for each in caplog.records if "gives frames again" in each.getMessage())
    assert back.fields["tries"] == "3"


@pytest.mark.parametrize(
    "trouble",
    [
        CameraError("Errno 12"),
        OSError(5, "I/O error"),
        RuntimeError("a bug of the camera's library"),
        np.zeros((24, 32, 3), np.uint8),
        np.zeros((24, 32), np.float32),
        np.zeros((3, 5), np.uint8),
        np.zeros((24, 31), np.uint8),
        None,
    ],
    ids=str,
)
def test_a_camera_that_fails_is_opened_again(play, trouble):
    script = [sheet(7)] * 4 + [trouble] + [sheet(7)] * 6 + [EMPTY] * 4
    service = play(script)
    service.run()
    # A digit does not stay lit when nobody knows what is before the camera.
    assert service.levels == [DARK, SEVEN, ERROR, DARK, SEVEN, DARK]
    assert len(service.opened) == 2


def test_a_camera_that_hangs_is_left_behind(play, settings):
    settings["camera.timeout_s"] = 0.5
    over = threading.Event()

    def hang():
        over.wait(30)
        raise CameraError("too late")

    service = play([sheet(7)] * 4 + [hang] + [sheet(7)] * 6 + [EMPTY] * 4)
    began = time.monotonic()
    service.run()
    over.set()
    assert time.monotonic() - began < 20
    assert service.levels == [DARK, SEVEN, ERROR, DARK, SEVEN, DARK]
    assert any("hangs" in str(each) for each in service._notifier.told)


def test_a_frame_that_cannot_be_read_is_trouble_and_no_end(play):
    service = play([EMPTY, sheet(66), EMPTY, *[sheet(7)] * 4, *[EMPTY] * 4])
    service.run()
    assert service.levels == [DARK, ERROR, DARK, SEVEN, DARK]


def test_an_error_of_our_own_goes_dark_and_is_not_hidden(play, mock_factory):
    service = play([sheet(7)] * 8)
    service.reader.read = None
    with pytest.raises(TypeError):
        service.run()
    assert all(not mock_factory.pin(pin).state for pin in SEGMENTS)
    assert service._notifier.told[-1] == ("stopping",)


def test_without_pins_it_does_not_start(play, monkeypatch):
    from pi.service import loop as module

    def refuse(*arguments):
        raise DeviceError("no GPIO here")

    monkeypatch.setattr(module, "Panel", refuse)
    with pytest.raises(DeviceError, match="no GPIO"):
        play([EMPTY]).run()


def test_a_camera_that_hangs_for_good_ends_the_service_for_systemd(play, settings, monkeypatch):
    settings["camera.timeout_s"] = 0.5
    over = threading.Event()
    monkeypatch.setattr("pi.service.loop.STUCK_S", 0.2)

    def hang():
        over.wait(60)
        raise CameraError("too late")

    systemd = Systemd()
    service = play([sheet(7)] * 4 + [hang] * 2, notifier=systemd)
    with pytest.raises(CameraError, match="hangs for good"):
        service.run()
    over.set()
    assert ("stopping",) in systemd.told[-3:]
    assert service.levels == [DARK, SEVEN, ERROR]


def test_without_systemd_it_waits_for_a_camera_that_hangs(play, settings, monkeypatch):
    settings["camera.timeout_s"] = 0.5
    over = threading.Event()
    monkeypatch.setattr("pi.service.loop.STUCK_S", 0.2)
    systemd = Systemd()
    systemd.enabled = False

    def hang():
        over.wait(60)
        raise CameraError("too late")

    service = play([sheet(7)] * 4 + [hang] * 2, notifier=systemd)
    tell = service._teller.trouble

    def trouble(*arguments):
        tell(*arguments)
        if service._source.stuck_s > 1:
            service.stop("seen enough")

    service._teller.trouble = trouble
    service.run()
    over.set()
    assert service._source.stuck_s > 1


def test_no_memory_for_a_reading_is_said_once_and_passes(play, caplog):
    service = play([EMPTY, *[sheet(7)] * 12, EMPTY, EMPTY, EMPTY])
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


def test_new_weights_leave_what_is_lit(play, monkeypatch):
    other = SheetReader()
    service = play([sheet(7)] * 30)
    handed = []

    class Watch:
        def __init__(self, *arguments):
            pass

        def load(self, known):
            return LoadedModel(service.reader, "old.npz", {}, "0001")

        def poll(self, now):
            if service.reader.read_frames < 4 or handed:
                return None
            handed.append(LoadedModel(other, "new.npz", {}, "0002"))
            return handed[0]

    monkeypatch.setattr("pi.service.loop.WeightsWatch", Watch)
    service.run()
    assert service._facts.weights.version == "0002"
    assert service.levels == [DARK, SEVEN]


def press(factory, pin):
    """Down, and up at the next look."""

    def push():
        factory.pin(pin).drive_low()
        return sheet(7)

    def release():
        factory.pin(pin).drive_high()
        return sheet(7)

    return [push, release]


def kept(settings):
    with SampleStore(Path(settings["samples.folder"]) / "samples.db") as store:
        return store.select()


def test_a_sheet_is_kept_once(play, settings):
    service = play([EMPTY, *[sheet(7)] * 9, *[EMPTY] * 4])
    service.run()
    [sample] = kept(settings)
    assert (sample.guess, sample.label, sample.model) == (7, None, "shipped")
    assert set(sample.image) == {0, 255}
    assert sample.crop_width


def test_wrong_steps_through_guesses_and_right_takes_one(play, mock_factory, settings, caplog):
    settings["buttons.debounce_s"] = 0
    wrong, right = press(mock_factory, 27), press(mock_factory, 17)
    service = play([*[sheet(7)] * 4, *wrong, *wrong, *right, *[EMPTY] * 4])
    service.run()
    [sample] = kept(settings)
    # All other digits have the same share here, so they come in their order: 0, then 1.
    assert (sample.guess, sample.label, sample.origin) == (7, 1, "wrong")
    assert service.levels[:2] == [DARK, SEVEN]
    assert "1111110" in service.levels
    assert "0110000" in service.levels
    assert [each.getMessage() for each in caplog.records if "button" in getattr(
        each, "fields", {})] == ["proposed 0", "proposed 1", "labelled 1"]  # fmt: skip


def test_right_confirms_what_was_shown(play, mock_factory, settings):
    settings["buttons.debounce_s"] = 0
    service = play([*[sheet(7)] * 4, *press(mock_factory, 17), *[sheet(7)] * 2])
    service.run()
    [sample] = kept(settings)
    assert (sample.label, sample.origin, sample.confirmed) == (7, "right", True)


def test_a_long_press_of_wrong_says_no_digit(play, mock_factory, settings):
    settings |= {"buttons.debounce_s": 0, "buttons.long_s": 0.1}
    down, up = press(mock_factory, 27)

    def hold():
        threading.Event().wait(0.15)
        return sheet(7)

    service = play([*[sheet(7)] * 4, down, hold, sheet(7), up, sheet(7)])
    service.run()
    [sample] = kept(settings)
    assert sample.label == 10


def test_a_press_about_nothing_is_said_and_not_taught(play, mock_factory, settings, caplog):
    settings["buttons.debounce_s"] = 0
    down, up = press(mock_factory, 17)
    service = play([EMPTY, EMPTY, lambda: down() * 0 + 200, lambda: up() * 0 + 200, EMPTY])
    service.run()
    assert "nothing to judge" in caplog.text
    assert kept(settings) == []


def test_a_label_by_the_socket_is_about_what_was_shown(play, settings, tmp_path):
    answers, path = [], tmp_path / "run" / "control"

    def label():
        for value in (12, 3):
            try:
                answers.append(ask(path, {"do": "label", "label": value}))
            except ServiceError as error:
                answers.append(str(error))
        return sheet(7)

    service = play([lambda: label() * 0 + 200, *[sheet(7)] * 5, label, *[sheet(7)] * 2, EMPTY])
    service.run()
    assert "nothing to label" in answers[1]
    assert "must be 0 to 9" in answers[2]
    assert answers[3] == {"shown": 7}
    [sample] = kept(settings)
    assert (sample.label, sample.origin) == (3, "label")


@pytest.mark.parametrize(("keep", "count"), [("labelled", 0), ("none", 0)])
def test_privacy(play, settings, keep, count):
    settings["samples.keep"] = keep
    service = play([EMPTY, *[sheet(7)] * 9, *[EMPTY] * 4])
    service.run()
    assert len(kept(settings)) == count


def test_samples_that_cannot_be_written_do_not_stop_it(play, settings, caplog):
    blocked = Path(settings["samples.folder"]) / "file"
    blocked.parent.mkdir()
    blocked.touch()
    settings["samples.folder"] = str(blocked)
    service = play([EMPTY, *[sheet(7)] * 9, *[EMPTY] * 4])
    service.run()
    assert service.levels == [DARK, SEVEN, DARK]
    assert "no samples are kept" in caplog.text


def test_status_and_look_while_it_runs(play, settings, tmp_path):
    answers = {}
    path = tmp_path / "run" / "control"

    def ask_now():
        answers["status"] = ask(path, {"do": "status"})
        answers["look"] = ask(path, {"do": "look"})
        return sheet(7)

    service = play([EMPTY, *[sheet(7)] * 5, ask_now, EMPTY])
    service.run()
    status = answers["status"]
    assert status["display"] == {"type": ["seven_segment"], "shows": "digit 7"}
    assert status["camera"]["state"] == "ok"
    assert [reading["digit"] for reading in status["readings"]] == [7]
    assert status["readings"][0]["shown_s"] is None
    assert status["frames"] == 6
    look = answers["look"]
    assert (look["width"], look["height"], look["number"]) == (32, 24, 6)
    assert look["reading"]["digit"] == 7


def test_a_heartbeat_every_so_often(play, settings, caplog):
    settings["service.heartbeat_s"] = 1
    settings["recogniser.fast_s"] = settings["recogniser.slow_s"] = 0.1
    service = play([EMPTY] * 14)
    service.run()
    beat = next(each for each in caplog.records if each.getMessage() == "heartbeat")
    assert int(beat.fields["frames"]) >= 5
    assert float(beat.fields["rate"]) > 1
    assert int(beat.fields["memory_kb"]) > 1000


def test_a_reload_that_is_refused(play, settings, caplog):
    def load():
        if service_has_begun:
            raise ConfigError("mine.toml: [camera] rotat is no setting; did you mean rotate?")
        return config.load(overrides=settings)

    service_has_begun = []

    def reload():
        service_has_begun.append(True)
        service.reload()
        return EMPTY

    service = play([EMPTY, reload, *[sheet(7)] * 4, *[EMPTY] * 4], load=load)
    service.run()
    assert "not reloaded, all stays as it was: mine.toml: [camera] rotat" in caplog.text
    assert service.levels == [DARK, SEVEN, DARK]
    told = [name for name, *_ in service._notifier.told if name in ("reloading", "ready")]
    assert told == ["ready", "reloading", "ready"]


def test_a_reload_takes_other_pins(play, settings, mock_factory):
    def reload():
        settings["display.type"] = ["bcd"]
        service.reload()
        return EMPTY

    bcd = []
    service = play([
        EMPTY, reload, *[sheet(7)] * 5,
        lambda: bcd.append([int(mock_factory.pin(pin).state) for pin in (22, 23, 24, 25)])
        or sheet(7),
    ])  # fmt: skip
    service.run()
    assert bcd == [[0, 1, 1, 1]]


def test_a_reload_that_gets_no_pins_keeps_the_old_ones(play, settings, mock_factory, caplog):
    from gpiozero import LED

    def reload():
        settings["display.segments"] = [5, 6, 12, 13, 16, 19, 4]
        service.reload()
        return EMPTY

    with LED(4, pin_factory=mock_factory):
        service = play([EMPTY, reload, *[sheet(7)] * 5, *[EMPTY] * 4])
        service.run()
    assert "displays and buttons stay as they were" in caplog.text
    assert service.levels == [DARK, SEVEN, DARK]


def test_stop_ends_it_soon(play):
    service = play([EMPTY] * 100_000)
    thread = threading.Thread(target=service.run)
    thread.start()
    until(lambda: service._ledger.frames > 5, "frames")
    service.stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def test_the_watchdog_bounds_how_long_a_camera_is_waited_for(settings):
    """A pause and a hung try to open after it are over in time."""
    settings["camera.timeout_s"] = 0.1
    section = config.load(overrides=settings).camera
    watched = frame_source.limits(section, 60.0)
    assert watched["retry"][1] + watched["open_timeout_s"] < 0.75 * 60
    assert frame_source.limits(section, None) == {
        "timeout_s": 0.2,
        "open_timeout_s": 60.0,
        "retry": (1.0, 60.0),
    }
