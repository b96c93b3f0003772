from __future__ import annotations

import numpy as np
import pytest

from core.errors import CameraError
from pi.devices.cameras.base import EndOfFrames
from pi.devices.cameras.thread import CameraThread, CameraTrouble, Mailbox, TimedFrame

GREY = np.full((24, 32), 99, np.uint8)


class Playing:
    """A camera that gives these frames, raises those that are errors, and counts."""

    varies = False

    def __init__(self, *frames):
        self.frames = list(frames)
        self.closed = 0

    def capture(self):
        frame = self.frames.pop(0)
        if isinstance(frame, Exception):
            raise frame
        return frame

    def close(self):
        self.closed += 1


@pytest.fixture
def mailbox_of(clock):
    """A function that makes a mailbox for cameras, opened in turn, and starts its thread."""
    threads = []

    def make(*cameras):
        remaining = list(cameras)
        mailbox = Mailbox(lambda: remaining.pop(0), clock, 10.0, 60.0, (1.0, 4.0))
        threads.append((mailbox, CameraThread(mailbox)))
        threads[-1][1].start()
        return mailbox

    yield make
    for mailbox, thread in threads:
        with mailbox.condition:
            thread.dismissed = True
            mailbox.condition.notify_all()


def request(mailbox):
    """Request a frame; what comes for it."""
    with mailbox.condition:
        mailbox.wanted, mailbox.event = True, None
        mailbox.condition.notify_all()
        mailbox.clock.wait_for(
            mailbox.condition, lambda: mailbox.event is not None or mailbox.end is not None, 100
        )
        return mailbox.event


def test_a_frame_is_captured_on_request_and_then_nothing(mailbox_of, clock):
    camera = Playing(GREY, GREY)
    mailbox = mailbox_of(camera)
    event = request(mailbox)
    assert isinstance(event, TimedFrame)
    assert event.frame is GREY
    assert event.taken_s == 100.0
    assert not mailbox.wanted
    clock.sleep(50.0)
    assert len(camera.frames) == 1
    assert request(mailbox).taken_s == 150.0


@pytest.mark.parametrize(
    "frame",
    [
        None,
        b"frame",
        np.zeros(0, np.uint8),
        np.zeros((0, 32), np.uint8),
        np.zeros((24, 7), np.uint8),
        np.zeros((24, 32, 3), np.uint8),
        np.zeros((24, 32), np.float32),
        np.zeros((24, 32), np.int8),
        np.zeros((24 * 32,), np.uint8),
        np.zeros((12, 32), np.uint8),
    ],
    ids=lambda frame: f"{getattr(frame, 'dtype', type(frame))}{getattr(frame, 'shape', '')}",
)
def test_a_wrong_or_short_frame_is_trouble(mailbox_of, frame):
    camera = Playing(GREY, frame)
    mailbox = mailbox_of(camera, Playing(GREY))
    assert isinstance(request(mailbox), TimedFrame)
    assert request(mailbox).message.startswith("the camera gave ")
    assert camera.closed == 1
    assert isinstance(request(mailbox), TimedFrame)


def test_frames_may_vary_in_size_where_the_camera_says_so(mailbox_of):
    camera = Playing(GREY, GREY[:12])
    camera.varies = True
    mailbox = mailbox_of(camera)
    assert [request(mailbox).frame.shape for _ in range(2)] == [(24, 32), (12, 32)]


@pytest.mark.parametrize(
    ("error", "message", "logged"),
    [
        (CameraError("no signal;\nlook at the cable"), "no signal; look at the cable", 0),
        (MemoryError(), "not enough memory for a frame", 0),
        (OSError("no sync"), "OSError: no sync", 0),
        (RuntimeError("who knows"), "RuntimeError: who knows", 1),
        (KeyError(), "KeyError", 1),
    ],
)
def test_an_error_is_one_line_and_a_fault_is_traced_once(
    mailbox_of, caplog, error, message, logged
):
    mailbox = mailbox_of(*[Playing(error) for _ in range(3)])
    assert [request(mailbox).message for _ in range(3)] == [message] * 3
    assert len([record for record in caplog.records if record.exc_info]) == logged


def test_the_end_ends_the_thread(mailbox_of):
    camera = Playing(EndOfFrames("all were shown"))
    mailbox = mailbox_of(camera)
    assert request(mailbox) is None
    assert str(mailbox.end) == "all were shown"


def test_pauses_double_to_the_longest_and_start_anew_after_a_good_while(clock):
    mailbox = Mailbox(lambda: None, clock, 10.0, 60.0, (1.0, 4.0))
    with mailbox.condition:
        for pause_s in (1.0, 2.0, 4.0, 4.0):
            mailbox.fail("absent")
            assert mailbox.event == CameraTrouble("absent", pause_s)
            assert mailbox.retry_at == clock.now + pause_s
        mailbox.deliver(GREY, opened_s=clock.now - 3.9)
        assert mailbox.retry_at is None
        mailbox.fail("gone")
        assert mailbox.event.retry_in_s == 4.0, "it did not run for longer than the pause"
        mailbox.deliver(GREY, opened_s=clock.now - 4.0)
        mailbox.fail("gone")
        assert mailbox.event.retry_in_s == 1.0
        mailbox.reset()
        assert (mailbox.event, mailbox.end, mailbox.retry_at) == (None, None, None)
