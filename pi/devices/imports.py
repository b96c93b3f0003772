"""What helps where a package of the system cannot be imported."""

from __future__ import annotations


def remedy(error: BaseException, module: str, apt: str) -> str:
    """What to do after importing a module has raised an error, whatever it is.

    A package that is absent is to be installed; to one that is there and does not load, as one
    whose numpy is another than it was built for, that would do nothing.

    module : its name, as "picamera2".
    apt : the package that brings it.
    """
    top = module.partition(".")[0]
    name = error.name or top if isinstance(error, ModuleNotFoundError) else ""
    if not name or "." in name:  # a part of a package that is there, built for another Python
        return (
            "it is installed and does not load: sudo apt full-upgrade, and if pip put one into "
            f"the venv, pip uninstall {module} numpy simplejpeg"
        )
    if name == top:
        return f"sudo apt install {apt}"
    return (
        f"{module} is installed, but not {name}, which it needs: sudo apt install python3-"
        f"{name.lower().replace('_', '-')}; if pip brought {module}, pip uninstall {module}"
    )
