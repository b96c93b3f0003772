from __future__ import annotations

import doctest
import threading
from itertools import pairwise

import numpy as np
import pytest

from core.errors import CameraError
from pi.devices.cameras import source as module
from pi.devices.cameras.base import EndOfFrames
from pi.devices.cameras.source import MOST_THREADS, CameraTrouble, FrameSource, TimedFrame
from pi.system.clock import SystemClock

GREY = np.full((24, 32), 99, np.uint8)


class Camera:
    """Does what its script says, one step a capture: give a frame, raise, or call."""

    varies = False

    def __init__(self, *script, closing=None):
        self.script = list(script)
        self.closing = closing
        self.closed = 0
        self.captured = 0

    def capture(self):
        assert not self.closed
        self.captured += 1
        thing = self.script.pop(0) if self.script else GREY
        if callable(thing):
            thing = thing()
        if isinstance(thing, Exception):
            raise thing
        return thing

    def close(self):
        self.closed += 1
        if self.closing is not None:
            self.closing()


class Opener:
    """Opens the cameras it was given, in turn; an exception among them is raised."""

    def __init__(self, *cameras):
        self.cameras = list(cameras)
        self.opened = []

    def __call__(self):
        camera = self.cameras.pop(0) if self.cameras else Camera()
        if callable(camera):
            camera = camera()
        if isinstance(camera, Exception):
            self.opened.append(None)
            raise camera
        self.opened.append(camera)
        return camera


@pytest.fixture
def source_of(clock):
    """Make and start sources."""
    sources = []

    def make(*cameras, **options):
        sources.append(FrameSource(Opener(*cameras), clock=clock, **options))
        sources[-1].start()
        return sources[-1]

    yield make
    for source in sources:
        source.stop()


def events(source, count, timeout_s=100.0):
    return [source.next(timeout_s) for _ in range(count)]


def kinds(seen):
    return [type(event).__name__ for event in seen]


def test_the_example_holds():
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_frames_come_with_the_time_they_were_taken(source_of, clock):
    def slow():
        clock.sleep(0.25)
        return GREY

    source = source_of(Camera(slow, slow))
    first, second = events(source, 2)
    assert isinstance(first, TimedFrame)
    assert (first.taken_s, second.taken_s) == (100.25, 100.5)


def test_a_frame_is_handed_on_and_not_copied(source_of):
    assert source_of().next(10.0).frame is GREY


def test_a_frame_is_taken_on_request_and_not_before(source_of, clock):
    """The newest wins: nothing waits in a queue while the loop is busy, and none is lost."""
    camera = Camera()
    source = source_of(camera)
    for number in range(1, 6):
        clock.sleep(30.0)
        event = source.next(1.0)
        assert event.taken_s == clock.now
        assert camera.captured == number


def test_a_frame_that_comes_late_is_kept(source_of, clock):
    def slow():
        clock.sleep(3.0)
        return GREY

    camera = Camera(slow)
    source = source_of(camera)
    assert source.next(1.0) is None
    assert source.next(1.0) is None
    late = source.next(2.0)
    assert late is not None
    assert late.frame is GREY
    assert late.taken_s == 103.0
    assert camera.captured == 1


def test_no_answer_in_no_time(source_of, clock):
    source = source_of(Camera(lambda: clock.sleep(1.0) or GREY))
    assert source.next(0.0) is None
    assert clock.now == 100.0


def test_the_end_of_a_folder(source_of):
    camera = Camera(GREY, EndOfFrames("all were shown"))
    source = source_of(camera)
    assert kinds(events(source, 1)) == ["TimedFrame"]
    for _ in range(3):
        with pytest.raises(EndOfFrames, match="all were shown"):
            source.next(10.0)
    assert source.stop()
    assert camera.closed == 1


def test_a_camera_that_raises_is_closed_and_opened_again(source_of, clock):
    broken = Camera(GREY, CameraError("no signal;\nlook at the cable"))
    source = source_of(broken)
    frame, trouble, again = events(source, 3)
    assert trouble == CameraTrouble("no signal; look at the cable", 1.0)
    assert broken.closed == 1
    assert isinstance(again, TimedFrame)
    assert again.taken_s == frame.taken_s + 1.0


def test_trouble_comes_once_for_each_try(source_of):
    source = source_of(CameraError("absent"))
    assert source.next(0.5).message == "absent"
    assert source.next(0.5) is None
    assert isinstance(source.next(10.0), TimedFrame)


def test_the_pause_doubles_and_is_bounded(source_of, clock):
    source = source_of(*[CameraError("absent")] * 9, retry=(1.0, 60.0))
    seen = []
    times = []
    for _ in range(9):
        seen.append(source.next(100.0).retry_in_s)
        times.append(clock.now)
    assert seen == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert [later - sooner for sooner, later in pairwise(times)] == seen[:-1]


def test_a_camera_that_comes_and_goes_is_left_in_peace_for_longer(source_of):
    """One frame does not make it well ..."""
    source = source_of(*[Camera(GREY, CameraError("gone")) for _ in range(4)])
    troubles = [event for event in events(source, 8) if isinstance(event, CameraTrouble)]
    assert [trouble.retry_in_s for trouble in troubles] == [1, 2, 4, 8]


def test_a_camera_that_ran_well_gets_the_short_pause(source_of, clock):
    """... but running for as long as the last pause does."""
    long = Camera(*[lambda: clock.sleep(2.0) or GREY] * 5, CameraError("gone"))
    gone = [CameraError("absent")] * 3
    seen = events(source_of(*gone, long), 9)
    assert [event.retry_in_s for event in seen[:3]] == [1, 2, 4]
    assert kinds(seen[3:]) == ["TimedFrame"] * 5 + ["CameraTrouble"]
    assert seen[-1].retry_in_s == 1


def test_a_camera_that_hangs_holds_nobody_up(source_of, clock):
    """Told after 10 s; another is opened; what the first gives after 30 s is thrown away."""
    late = np.full_like(GREY, 1)
    hangs = Camera(GREY, lambda: clock.sleep(30.0) or late)
    fresh = Camera()
    source = source_of(hangs, fresh)
    assert isinstance(source.next(1.0), TimedFrame)
    assert [source.next(3.0) for _ in range(3)] == [None] * 3
    trouble = source.next(3.0)
    assert clock.now == 110.0
    assert "hangs over a frame" in trouble.message
    assert "10 s" in trouble.message
    for _ in range(40):
        assert source.next(10.0).frame is GREY
        clock.sleep(1.0)
    assert hangs.closed == 1
    assert len(clock.workers()) == 1
    assert source.stuck_s == 0


def test_a_wait_longer_than_the_camera_may_take_ends_with_its_trouble(source_of, clock):
    source = source_of(Camera(lambda: clock.sleep(1e6)))
    assert isinstance(source.next(1000.0), CameraTrouble)
    assert clock.now == 110.0


def test_a_camera_that_hangs_while_opened(source_of, clock):
    source = source_of(lambda: clock.sleep(90.0) or Camera())
    trouble = source.next(1000.0)
    assert (clock.now, "while it is opened" in trouble.message) == (160.0, True)
    assert isinstance(source.next(10.0), TimedFrame)


def test_a_camera_that_hangs_while_closed(source_of, clock):
    source = source_of(Camera(CameraError("ill"), closing=lambda: clock.sleep(30.0)))
    assert "while it is closed" in source.next(1000.0).message
    assert isinstance(source.next(10.0), TimedFrame)


def test_a_camera_that_fails_to_close(source_of, caplog):
    def refuse():
        raise RuntimeError("cannot stop")

    source = source_of(Camera(CameraError("ill"), closing=refuse))
    assert source.next(10.0).message == "ill"
    assert isinstance(source.next(10.0), TimedFrame)
    assert "RuntimeError: cannot stop" in caplog.text


def test_cameras_that_hang_for_ever_are_no_leak_of_threads(source_of, clock):
    source = source_of(*[Camera(lambda: clock.sleep(5000.0)) for _ in range(MOST_THREADS)])
    seen = []
    while clock.now < 4000.0:
        seen.append(source.next(7.0))
        assert len(clock.workers()) <= MOST_THREADS
    assert 3000 < source.stuck_s < 4000
    troubles = [event for event in seen if event is not None]
    assert len(troubles) > 10
    assert "restart the service" in troubles[-1].message
    assert troubles[-1].retry_in_s == 60
    # One of them comes back at last: it is closed, and there is room for another.
    while not isinstance(source.next(100.0), TimedFrame):
        assert clock.now < 12_000.0
    assert source.stuck_s == 0


def test_a_thread_that_ends_by_a_fault_is_replaced(source_of, monkeypatch):
    class NoException(BaseException):
        pass

    def die():
        raise NoException

    ended = []
    monkeypatch.setattr(threading, "excepthook", ended.append)
    camera = Camera(die)
    source = source_of(camera)
    assert "ended by a fault" in source.next(10.0).message
    assert isinstance(source.next(10.0), TimedFrame)
    assert camera.closed == 1
    assert [each.exc_type for each in ended] == [NoException]


def test_stop_closes_the_camera_and_ends_the_thread(source_of):
    camera = Camera()
    source = source_of(camera)
    source.next(10.0)
    assert source.stop()
    assert source.stop()
    assert camera.closed == 1
    assert source.next(10.0) is None


def test_stop_waits_for_the_grace_and_no_longer(source_of, clock):
    camera = Camera(lambda: clock.sleep(30.0))
    source = source_of(camera)
    assert source.next(1.0) is None
    assert not source.stop(grace_s=2.0)
    assert clock.now == 103.0
    assert not source.stop()
    assert clock.now == 103.0


def test_stop_does_not_wait_for_a_camera_known_to_hang(source_of, clock):
    source = source_of(Camera(lambda: clock.sleep(30.0)), retry=(50.0, 60.0))
    assert isinstance(source.next(20.0), CameraTrouble)
    assert not source.stop()
    assert clock.now == 110.0


def test_stop_in_the_pause(source_of, clock):
    source = source_of(CameraError("absent"), retry=(50.0, 60.0))
    source.next(1.0)
    assert source.stop()
    assert clock.now == 100.0


def test_started_again_after_stop(source_of, clock):
    source = source_of(Camera(), CameraError("absent"))
    source.next(1.0)
    source.stop()
    source.start()
    source.start()
    assert len(clock.workers()) == 1
    assert kinds(events(source, 2)) == ["CameraTrouble", "TimedFrame"]


def test_next_before_start_is_none():
    assert FrameSource(Camera).next(10.0) is None


@pytest.mark.parametrize("retry", [(0.0, 1.0), (2.0, 1.0), (-1.0, 1.0)])
def test_impossible_pauses_are_refused(retry):
    with pytest.raises(ValueError, match="retry must"):
        FrameSource(Camera, retry=retry)


def test_a_thousand_frames_on_the_machines_own_clock():
    camera = Camera()
    source = FrameSource(lambda: camera, clock=SystemClock())
    source.start()
    assert kinds(events(source, 1000)) == ["TimedFrame"] * 1000
    assert source.stop(grace_s=10.0)
    assert (camera.captured, camera.closed) == (1000, 1)
