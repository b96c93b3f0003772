"""The camera adapter of zerodigit with the real Picamera2, over libcamera's virtual camera.

In a Debian trixie chroot, whose libcamera has the virtual pipeline: it plays a picture. No
exposure and no limit of frames a second: it proves calls, formats, strides and clean-up, and
nothing about the quality of a picture.
"""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from tools.acceptance.report import Report
from tools.emulator import host
from tools.emulator.image import chroot

SUITE = "trixie"

_PACKAGES = (
    "python3", "python3-libcamera", "libcamera-tools", "libcamera-ipa", "python3-numpy",
    "python3-pil", "python3-jsonschema", "python3-tqdm", "python3-libarchive-c", "gcc",
    "libc6-dev", "util-linux",
)  # fmt: skip

PYTHON = "3.13"
WHEELS = (
    "picamera2==0.3.25", "simplejpeg==1.9.0", "av==16.0.1", "piexif==1.1.3",
    "v4l2-python3==0.3.5",
)  # fmt: skip

# What Picamera2 imports and this camera has no use for.
STUBS = {
    "prctl.py": "def set_name(*arguments): pass\n",
    "pidng/__init__.py": "",
    "pidng/camdefs.py": "class Picamera2Camera: pass\n",
    "pidng/core.py": "class PICAM2DNG: pass\n",
    "pykms.py": "class PixelFormat:\n    RGB888 = BGR888 = XBGR8888 = XRGB8888 = 0\n"
    "    YUV420 = YVU420 = 0\n",
}

_LIBRARIES = "opt/python"
_HERE = Path(__file__).parent / "virtual"

# A digit on paper, as the camera is to see it; and the JPEG of it that is played.
_PICTURE = """\
import numpy
from PIL import Image
from tools.emulator import pages
import io
sheet = Image.open(io.BytesIO(pages.page(7)))
sheet.convert("RGB").save("/srv/picture.jpg", quality=95, subsampling=0)
numpy.save("/srv/picture.npy", numpy.asarray(sheet))
"""


def run(folder: Path, report: Report, say: Callable[[str], None]) -> None:
    """Make the checks; their log in ``folder``."""
    recipe = repr((WHEELS, STUBS)).encode() + (_HERE / "shim.c").read_bytes()
    system = chroot.get(SUITE, _PACKAGES, say, finish=finish, recipe=recipe)
    with system.with_checkout(("core", "pi", "tools")) as place:
        environment = {
            "PYTHONPATH": f"{place}:/{_LIBRARIES}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LIBCAMERA_LOG_LEVELS": "*:WARN",
        }
        system.run(["python3", "-c", _PICTURE], environment=environment).check_returncode()
        place_of_yaml = system.root / "usr/share/libcamera/pipeline/virtual/virtual.yaml"
        place_of_yaml.parent.mkdir(parents=True, exist_ok=True)
        place_of_yaml.write_text((_HERE / "virtual.yaml").read_text())
        harness = f"{place}/tools/acceptance/virtual/harness.py"
        try:
            done = system.run(
                # Preloaded there alone: what goes into the chroot has no such file yet.
                ["env", "LD_PRELOAD=/opt/shim.so", "python3", harness],
                environment=environment, timeout_s=600, capture=True,
            )  # fmt: skip
            said = done.stdout
        except subprocess.TimeoutExpired as error:
            said = str(error.stdout) + "\nno end within 600 s"
    (folder / "camera.log").write_text(said)
    found = results(said)
    for each in found:
        add(report, each)
    if len(found) < 6:
        report.fail("the harness", 0.0, f"it did not come to its end:\n{said[-2000:]}")


def results(said: str) -> list[dict[str, object]]:
    """The checks that the harness has printed, among the lines of its libraries."""
    lines = [line for line in said.splitlines() if line.startswith("CHECK ")]
    return [json.loads(line.removeprefix("CHECK ")) for line in lines]


def add(report: Report, result: dict[str, object]) -> None:
    """Report a check of the harness."""
    name, seconds = str(result["name"]), float(str(result["seconds"]))
    if result["problem"]:
        report.fail(name, seconds, str(result["problem"]))
    else:
        report.ok(name, seconds, str(result["detail"]))


def finish(root: Path, log: Path) -> None:
    """Picamera2, stubs for what it imports in vain, and the stand-in for devices."""
    target = root / _LIBRARIES
    target.mkdir(parents=True)
    wheels = root / "opt/wheels"
    host.download(
        WHEELS, wheels, log, "--only-binary", ":all:", "--python-version", PYTHON,
        "--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64",
    )  # fmt: skip
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    for name, text in STUBS.items():
        (target / name).parent.mkdir(exist_ok=True)
        (target / name).write_text(text)
    (root / "opt/shim.c").write_bytes((_HERE / "shim.c").read_bytes())
    host.call(
        ["chroot", root, "gcc", "-shared", "-fPIC", "-O2", "-o", "/opt/shim.so", "/opt/shim.c",
         "-ldl"],
        log,
    )  # fmt: skip
