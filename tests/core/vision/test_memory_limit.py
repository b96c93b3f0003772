"""The limit on what a block may allocate, kept by the kernel."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from core.vision.memory_limit import memory_limited

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no limit elsewhere")


def test_more_is_not_given_and_then_is_again():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with memory_limited(32 << 20):
        assert len(bytearray(16 << 20)) == 16 << 20
        with pytest.raises(MemoryError):
            bytearray(400 << 20)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert len(bytearray(400 << 20)) == 400 << 20


def test_a_limit_that_is_there_is_not_raised():
    """As the service's LimitDATA; in a process of its own, which could not take it back."""
    code = (
        "import resource; from core.vision.memory_limit import memory_limited\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, resource.RLIM_INFINITY))\n"
        "with memory_limited(1 << 40):\n"
        "    print(resource.getrlimit(resource.RLIMIT_DATA)[0] >> 20)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "64\n", done.stderr
