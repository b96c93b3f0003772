"""A limit on the memory that a piece of work may take, kept by the kernel.

A picture says how large it is, but not what its decoder needs for it: tables, passes, copies.
So the work is given a limit, and an allocation beyond it fails as it would if the machine had
no more: MemoryError, or an error of the library that asked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATUS = Path("/proc/self/status")


@contextmanager
def memory_limited(most: int) -> Iterator[None]:
    """Let the block allocate at most `most` bytes beyond what the process has now.

    RLIMIT_DATA of setrlimit(2), which Linux counts for all of the process: another thread that
    allocates meanwhile takes its share of it. Elsewhere there is no limit.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _allocated() + most
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _allocated() -> int:
    """Bytes that the kernel counts against the limit."""
    found = re.search(r"VmData:\s+(\d+)", _STATUS.read_text())
    return int(found[1]) * 1024 if found else 0
