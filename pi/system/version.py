"""The version, looked up only when it is asked for: importlib.metadata takes a while."""

from __future__ import annotations


def version() -> str:
    """As installed, or of the checkout."""
    from importlib import metadata

    try:
        return metadata.version("zerodigit")
    except metadata.PackageNotFoundError:
        import tomllib
        from pathlib import Path

        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text())["project"]["version"])
