"""Hostile inputs of up to 1 MB for each reader: files that are made anew, none is kept.

Each module has ``make(folder)``, which writes them and one that is as it should be, called
``honest``, and ``COMMANDS``: arguments of zerodigit in which ``{input}`` stands for one of them
and ``{folder}`` for an empty folder.
"""

from __future__ import annotations

LARGEST = 1_000_000
"""Bytes of an input at most."""

HONEST = "honest"
