"""The loop in this process, by a virtual clock: cameras that fail, buttons, log and display."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from core.errors import CameraError, ConfigError, DeviceError, ImageError, ServiceError
from core.reading.reader import Box, Reading
from core.vision.digitise import Digit
from pi import config
from pi.control.client import ask
from pi.devices.cameras.base import EndOfFrames
from pi.models.loaded import LoadedModel
from pi.samples.store import SampleStore
from pi.service.loop import Service

PATIENCE_S = 60.0
SEGMENTS = (5, 6, 12, 13, 16, 19, 20)
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
    """A camera: frames, exceptions to raise, functions to call; ``look`` is called before."""

    def __init__(self, script, look):
        self.script = script
        self.look = look

    def capture(self):
        self.look()
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

    enabled = True
    watchdog_s = None

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *values: self.told.append((name, *values))

    def names(self, *wanted):
        """What was told, but for the status line; only ``wanted`` ones where any are."""
        names = [name for name, *_ in self.told if name != "status"]
        return [name for name in names if name in wanted or not wanted]


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
def play(mock_factory, levels, settings, clock, caplog):
    """Make the service with a film for a camera; ``levels`` : of the segments' pins, before
    each frame that differ from those before the frame before."""
    caplog.set_level("INFO")

    def make(script, **options):
        film = list(script)
        reader, opened, seen = SheetReader(), [], []

        def look():
            now = levels(SEGMENTS)
            if seen[-1:] != [now]:
                seen.append(now)

        def open_camera(section):
            if opened:
                look()
            opened.append(section.type)
            if film and film[0] is CameraError:
                film.pop(0)
                raise CameraError("no camera; push the cable in")
            return Film(film, look)

        defaults = {
            "load": lambda: config.load(overrides=settings),
            "load_model": lambda path: LoadedModel(reader, path or "shipped", {}),
            "notifier": Systemd(),
        }
        service = Service(
            clock=clock, pin_factory=mock_factory, open_camera=open_camera,
            **defaults | options,
        )  # fmt: skip
        service.reader, service.opened, service.levels = reader, opened, seen
        return service

    return make


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
    systemd = Systemd()
    play([EMPTY] * 3, notifier=systemd).run()
    assert systemd.names() == [
        "extend_timeout", "alive", "ready", "alive", "alive", "stopping",
    ]  # fmt: skip


def test_it_is_ready_without_a_camera_and_says_so_once(play, caplog):
    systemd = Systemd()
    service = play([CameraError, CameraError, CameraError, EMPTY, EMPTY], notifier=systemd)
    service.run()
    # Each try is a sign of life.
    assert systemd.names() == ["extend_timeout", "alive", "ready", *["alive"] * 4, "stopping"]
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


@pytest.fixture
def hang(clock):
    """A capture that does not come back before the test is over."""

    def capture():
        clock.sleep(1e6)
        raise CameraError("too late")

    return capture


def test_a_camera_that_hangs_is_left_behind(play, settings, clock, hang):
    settings["camera.timeout_s"] = 0.5
    systemd, began = Systemd(), clock.now
    service = play([sheet(7)] * 4 + [hang] + [sheet(7)] * 6 + [EMPTY] * 4, notifier=systemd)
    service.run()
    # A second for the camera that hangs, a second's pause, and two that closing it may take.
    assert clock.now - began < 5
    assert service.levels == [DARK, SEVEN, ERROR, DARK, SEVEN, DARK]
    assert any("hangs" in str(each) for each in systemd.told)


def test_a_frame_that_cannot_be_read_is_trouble_and_no_end(play):
    service = play([EMPTY, sheet(66), EMPTY, *[sheet(7)] * 4, *[EMPTY] * 4])
    service.run()
    assert service.levels == [DARK, ERROR, DARK, SEVEN, DARK]


def test_an_error_of_our_own_goes_dark_and_is_not_hidden(play, mock_factory):
    systemd = Systemd()
    service = play([sheet(7)] * 8, notifier=systemd)
    service.reader.read = None
    with pytest.raises(TypeError):
        service.run()
    assert all(not mock_factory.pin(pin).state for pin in SEGMENTS)
    assert systemd.told[-1] == ("stopping",)


def test_without_pins_it_does_not_start(play, mock_factory):
    from gpiozero import LED

    with (
        LED(SEGMENTS[0], pin_factory=mock_factory),
        pytest.raises(DeviceError, match="GPIO5"),
    ):
        play([EMPTY]).run()


def test_a_camera_that_hangs_for_good_ends_the_service_for_systemd(play, clock, hang):
    systemd = Systemd()
    service = play([sheet(7)] * 4 + [hang] * 2, notifier=systemd, stuck_s=180.0)
    began = clock.now
    with pytest.raises(CameraError, match="hangs for good"):
        service.run()
    assert clock.now - began > 180
    assert ("stopping",) in systemd.told[-3:]
    assert service.levels == [DARK, SEVEN, ERROR]


def test_without_systemd_it_waits_for_a_camera_that_hangs(play, clock, hang):
    class Nobody(Systemd):
        enabled = False

        def status(self, text):
            if clock.now - began > 1000:
                service.stop("waited enough")

    began = clock.now
    service = play([sheet(7)] * 4 + [hang] * 2, notifier=Nobody(), stuck_s=180.0)
    service.run()
    assert clock.now - began > 1000


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


def test_new_weights_leave_what_is_lit(play, settings):
    """The old ones read until the new ones are loaded beside the loop."""
    readers = {}
    folder = Path(settings["samples.folder"]) / "weights"
    folder.mkdir(parents=True)
    settings["recogniser.fast_s"] = settings["recogniser.slow_s"] = 0.5
    loaded = threading.Event()

    def promote(name):
        (folder / f"{name}.npz").touch()
        (folder / "current").write_text(f"{name}\n")

    def load(path):
        name = Path(path).stem
        readers[name] = SheetReader()
        try:
            return LoadedModel(readers[name], path, {}, name)
        finally:
            if name == "0002":
                loaded.set()

    def new_ones():
        promote("0002")
        return sheet(7)

    def have_come():
        assert loaded.wait(PATIENCE_S)
        return sheet(7)

    promote("0001")
    # Looked for every two seconds.
    still = [sheet(7)] * 6
    script = [*still, new_ones, *still, have_come, *still, EMPTY, sheet(3), sheet(3)]
    service = play(script, load_model=load)
    service.run()
    assert service.report.weights.version == "0002"
    assert (readers["0001"].read_frames, readers["0002"].read_frames) == (5, 2)
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


def test_a_long_press_of_wrong_says_no_digit(play, mock_factory, settings, clock):
    settings |= {"buttons.debounce_s": 0, "buttons.long_s": 1.0}
    down, up = press(mock_factory, 27)

    def hold():
        clock.sleep(1.5)
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
    assert "nothing to label" in caplog.text
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
    settings["service.heartbeat_s"] = 60
    settings["recogniser.fast_s"] = settings["recogniser.slow_s"] = 1
    play([EMPTY] * 130).run()
    beats = [each for each in caplog.records if each.getMessage() == "heartbeat"]
    assert [int(each.fields["frames"]) for each in beats] == [60, 120]
    assert [float(each.fields["rate"]) for each in beats] == [pytest.approx(1.0, abs=0.02)] * 2
    assert int(beats[0].fields["memory_kb"]) > 1000


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

    systemd = Systemd()
    script = [EMPTY, reload, *[sheet(7)] * 4, *[EMPTY] * 4]
    service = play(script, load=load, notifier=systemd)
    service.run()
    assert "not reloaded, all stays as it was: mine.toml: [camera] rotat" in caplog.text
    assert service.levels == [DARK, SEVEN, DARK]
    assert systemd.names("reloading", "ready") == ["ready", "reloading", "ready"]


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
    service = play([*[EMPTY] * 5, lambda: service.stop("enough") or EMPTY, *[EMPTY] * 100])
    service.run()
    assert service.stats.frames == 6
