"""``python -m pi.cli``: the command line without an installed ``zerodigit``."""

from __future__ import annotations

import sys

from pi.cli import main

sys.exit(main())
