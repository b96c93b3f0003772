"""Version and commit of the program, looked up late: loading what finds them takes a while."""

from __future__ import annotations

import os
import re
from pathlib import Path

TREE = Path(__file__).parents[2]
"""The checkout, or the release that the installer has made of it."""

STAMP = ".commit"
"""File in which the installer notes the commit of the checkout that a release was made of."""

_COMMIT = re.compile(r"[0-9a-f]{7,40}(-dirty)?")


def version() -> str:
    """The installed version, or that of the checkout."""
    from importlib import metadata

    try:
        return metadata.version("zerodigit")
    except metadata.PackageNotFoundError:
        import tomllib

        project = TREE / "pyproject.toml"
        return str(tomllib.loads(project.read_text())["project"]["version"])


def commit(tree: Path = TREE) -> str | None:
    """The commit of a checkout, by git, or of an installed release, by its stamp; None if
    neither tells. It ends in ``-dirty`` if files are not as in the commit."""
    import subprocess

    git = ["git", "-C", str(tree), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        if os.path.lexists(tree / ".git"):
            done = subprocess.run(
                [*git, "--exclude=*"], capture_output=True, text=True, timeout=10, check=True
            )
            told = done.stdout.strip()
        else:
            told = (tree / STAMP).read_text().strip()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return told if _COMMIT.fullmatch(told) else None


def version_and_commit(tree: Path = TREE) -> str:
    """``0.2.0 (commit 0123456789ab)``, or the version alone where no commit is known."""
    known = commit(tree)
    return version() if known is None else f"{version()} (commit {known})"
