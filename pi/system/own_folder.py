"""The folder of a user's own samples and weights, on a machine that is no appliance."""

from __future__ import annotations

import os
from collections.abc import Mapping


def of_user(system: str, uid: int, environ: Mapping[str, str]) -> str:
    """Where a user keeps samples and weights: in ``system``, the machine's folder, where there
    is one, else below $XDG_DATA_HOME or ``~/.local/share``.

    Root, and whoever has no home folder, keep to the machine's.
    """
    if uid == 0 or os.path.lexists(system):
        return system
    base = environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):  # as its specification says
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".local", "share")
    return os.path.join(base, "zerodigit") if os.path.isabs(base) else system
