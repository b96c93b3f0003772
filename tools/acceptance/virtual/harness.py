"""Runs in the trixie chroot: the adapter as it is, the real Picamera2, a virtual camera.

Prints a JSON object a check: its name, and what was wrong with it or null. Patched is what the
virtual camera lacks, and never what is tested.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

PICTURE = "/srv/picture.npy"

# Of the mean difference to the source: JPEG at quality 95 and a change of colours and back.
_CLOSE = 2.0


def main() -> None:
    """Make all checks."""
    _patch()
    for check in (pixels, transforms, reopening, busy, absent, time_out):
        problem = None
        started = time.monotonic()
        try:
            detail = check()
        except Exception:
            detail, problem = "", traceback.format_exc()
        seconds = time.monotonic() - started
        name = (check.__doc__ or "").rstrip(".")
        said = {"name": name, "detail": detail, "problem": problem, "seconds": seconds}
        print("CHECK " + json.dumps(said), flush=True)


def _patch() -> None:
    """A virtual camera has no raw stream, and gives its buffers in two pieces."""
    picamera2 = importlib.import_module("picamera2")
    allocator = importlib.import_module("picamera2.allocators.libcameraallocator")
    kind = picamera2.Picamera2
    made = kind.__init__

    def with_allocator(self: Any, *arguments: Any, **options: Any) -> None:
        made(self, *arguments, **options)
        self.allocator = allocator.LibcameraAllocator(self.camera)

    kind.__init__ = with_allocator
    kind._get_raw_modes = lambda self: [{"format": "NV12", "size": (320, 240)}]


def open_camera(**options: Any) -> Any:
    """The adapter, through the door that the service uses."""
    return importlib.import_module("pi.devices.cameras.registry").open_camera(
        "picamera2", **options
    )


def _difference(frame: Any, wanted: Any) -> float:
    if frame.shape != wanted.shape or frame.dtype != np.uint8 or not frame.flags.c_contiguous:
        raise AssertionError(f"{frame.dtype} of shape {frame.shape}")
    return float(np.abs(frame.astype(int) - wanted).mean())


def _refused(call: Callable[[], Any]) -> str:
    """The message of the CameraError that it must raise."""
    errors = importlib.import_module("core.errors")
    try:
        call()
    except errors.CameraError as error:
        return str(error)
    raise AssertionError("no CameraError")


def _descriptors() -> int:
    return len(_open_files())


def _open_files() -> list[str]:
    """What is open, in words."""
    gc.collect()
    found = []
    for name in os.listdir("/proc/self/fd"):
        # The folder itself was open while it was listed.
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/self/fd/{name}"))
    return sorted(found)


def _kind(name: str) -> str:
    """A file's name without its number: ``pipe:[123]`` is a pipe."""
    return name.partition(":[")[0]


def pixels() -> str:
    """captured pixels are the picture's."""
    wanted, said = np.load(PICTURE), []
    for buffers in (1, 2):
        with open_camera(buffers=buffers) as camera:
            difference = max(_difference(camera.capture(), wanted) for _ in range(30))
        assert difference < _CLOSE, f"{difference:.2f} levels off with {buffers} buffers"
        said.append(f"{difference:.2f}")
    return f"{' and '.join(said)} levels off at most, with 1 and 2 buffers"


def transforms() -> str:
    """turned, flipped and cropped."""
    wanted = np.load(PICTURE)
    with open_camera(rotate=180) as camera:
        assert _difference(camera.capture(), wanted[::-1, ::-1]) < _CLOSE, "rotate 180"
    with open_camera(rotate=90) as camera:
        assert _difference(camera.capture(), np.rot90(wanted, -1)) < _CLOSE, "rotate 90"
    with open_camera(flip="horizontal") as camera:
        assert _difference(camera.capture(), wanted[:, ::-1]) < _CLOSE, "flip"
    with open_camera(crop=(0.25, 0.0, 1.0, 0.5)) as camera:
        assert _difference(camera.capture(), wanted[:120, 80:]) < _CLOSE, "crop"
    return "by 90 and 180 degrees, left to right, to a part"


def reopening() -> str:
    """closed and opened again, leaving nothing open."""
    counts = []
    for _ in range(30):
        with open_camera() as camera:
            camera.capture()
        counts.append(_descriptors())
    assert counts[-1] <= counts[4], f"files open: {counts[4]}, then {counts[-1]}"
    return f"30 times, {counts[-1]} files open before and after"


def busy() -> str:
    """a camera in use is refused."""
    with open_camera():
        before, tries = _open_files(), 40
        said = {_refused(open_camera) for _ in range(tries)}
        after = _open_files()
        # Frames under way in the first one come and go; what a refusal leaves would be there
        # as often as it was tried.
        more = Counter(_kind(each) for each in after) - Counter(map(_kind, before))
        assert not any(count >= tries // 4 for count in more.values()), f"left open: {more}"
        # No frame of the first one after that: Picamera2 has one place a process for a camera,
        # which the second one takes. On a Pi the other one is another program.
    return min(said)[:70]


def absent() -> str:
    """a camera that is not there is refused."""
    return _refused(lambda: open_camera(number=3))[:70]


def time_out() -> str:
    """a camera that falls silent is a time-out, closes, and opens again."""
    camera = open_camera(timeout_s=0.5)
    camera.capture()
    # Nobody fetches finished frames any more: as a cable that came off.
    camera._camera._cm.running = False
    time.sleep(0.5)
    started = time.monotonic()
    said = _refused(camera.capture)
    waited = time.monotonic() - started
    assert "no frame from the camera within 0.5 s" in said, said
    assert waited < 5, f"it took {waited:.1f} s"
    started = time.monotonic()
    camera.close()
    closed = time.monotonic() - started
    assert closed < 5, f"closing took {closed:.1f} s"
    with open_camera() as camera:
        difference = _difference(camera.capture(), np.load(PICTURE))
    assert difference < _CLOSE, f"{difference:.2f} levels off after it"
    return f"refused after {waited:.1f} s, closed in {closed:.1f} s, and right again"


if __name__ == "__main__":
    main()
