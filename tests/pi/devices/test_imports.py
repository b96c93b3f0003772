from __future__ import annotations

import pytest

from pi.devices.imports import remedy

ABSENT = ModuleNotFoundError("No module named 'picamera2'", name="picamera2")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ABSENT, "sudo apt install python3-picamera2"),
        (ModuleNotFoundError(name="picamera2.encoders"), "is installed and does not load"),
        (ModuleNotFoundError(name="libcamera._libcamera"), "is installed and does not load"),
        (ModuleNotFoundError(name="libcamera"), "but not libcamera, which it needs: sudo apt "),
        (ImportError("libcamera.so: undefined symbol: _ZN"), "is installed and does not load"),
        (ImportError("numpy.core.multiarray failed to import"), "sudo apt full-upgrade, "),
        (AttributeError("module 'libcamera' has no attribute 'Transform'"), "full-upgrade"),
        (RuntimeError("module compiled against API version 0x10"), "pip uninstall picamera2"),
        (OSError(12, "Cannot allocate memory"), "full-upgrade"),
        (SystemExit(1), "full-upgrade"),
    ],
)
def test_only_what_is_absent_is_to_be_installed(error, said):
    found = remedy(error, "picamera2", "python3-picamera2")
    assert said in found
    assert ("apt install python3-picamera2" in found) == (said.startswith("sudo apt install"))
