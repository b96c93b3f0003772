"""Access to the pins: gpiozero, on lgpio or the library that ``GPIOZERO_PIN_FACTORY`` names.

By default gpiozero tries one pin library after another and falls back with no more than a
warning, in the end to one that writes registers. Naming lgpio makes a missing one an error.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from core.errors import DeviceError
from pi.devices import imports
from pi.devices.pins import where

_VARIABLE = "GPIOZERO_PIN_FACTORY"
_STOP = "if the service runs, stop it first: sudo systemctl stop zerodigit"


def factory_name() -> str:
    """Which pin library is used, as ``GPIOZERO_PIN_FACTORY`` has it: ``lgpio``, ``mock``."""
    return os.environ.get(_VARIABLE) or "lgpio"


def open_factory() -> Any:
    """gpiozero's pin factory, opened now if it was not before.

    Raises
    ------
    DeviceError : no GPIO here, or no permission to use it.
    """
    try:
        from gpiozero import Device
    except Exception as error:
        helps = imports.remedy(error, "gpiozero", "python3-gpiozero python3-lgpio")
        raise DeviceError(f"gpiozero cannot be loaded ({_reason(error)}): {helps}") from error
    if Device.pin_factory is not None:
        return Device.pin_factory
    name = factory_name()
    if name == "lgpio":
        name_lgpio_folder()
    os.environ[_VARIABLE] = name
    try:
        Device.ensure_pin_factory()
    # Each pin library has errors of its own, lgpio's no more than a bare Exception.
    except Exception as error:
        raise DeviceError(f"no GPIO by {name} ({_reason(error)}): {_remedy(error)}") from error
    return Device.pin_factory


def name_lgpio_folder() -> None:
    """Name a folder in which lgpio may make its pipe. To be called before lgpio is imported."""
    # lgpio makes a named pipe in the working directory as soon as it is imported, and fails
    # where it may not (gpiozero issues 1106 and 1130). LG_WD names another folder.
    if "LG_WD" in os.environ:
        return
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="zerodigit-lgpio-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["LG_WD"] = folder


@contextlib.contextmanager
def claiming(pins: Sequence[int], user: str) -> Iterator[None]:
    """Turn whatever a pin library raises while these pins are opened into a DeviceError."""
    try:
        yield
    except DeviceError:
        raise
    except Exception as error:
        which = ", ".join(map(where, pins))
        raise DeviceError(f"{user} cannot have {which} ({_reason(error)}); {_STOP}") from error


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split())
    if text[:1] in ("'", '"') and text.find(text[0], 1) == len(text) - 1:
        text = text[1:-1]  # lgpio quotes its errors whole
    return text or type(error).__name__


def _remedy(error: Exception) -> str:
    if isinstance(error, ImportError):
        helps = imports.remedy(error, "lgpio", "python3-lgpio")
        return (
            f"on a Raspberry Pi {helps}; "
            f"anywhere else set {_VARIABLE}=mock, which lights nothing"
        )
    return (
        "see that /dev/gpiochip0 is there and you are in the group gpio; "
        f"without a Raspberry Pi set {_VARIABLE}=mock, which lights nothing"
    )
