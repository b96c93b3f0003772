"""The doctor on hardware: the camera, the pins, and who may use them."""

from __future__ import annotations

import grp
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from core.files.foreign import absence
from pi.devices import gpio, imports, panel
from pi.diagnostics.finding import FAIL, OK, WARN, Finding, in_one_line

if TYPE_CHECKING:
    from pi.config import Config
    from pi.config.schema import CameraSection
    from pi.devices.pins import Use

# lgpio's flag of a line that something in the kernel or another process has.
_IN_USE = 1

_ON_A_PI = "right on a workstation; on a Pi set camera.type to picamera2"


def camera(section: CameraSection, load: Callable[[str], Any], *, running: bool) -> Finding:
    """Whether the camera of the settings is there. It is not opened."""
    if section.type == "files":
        if why := absence(section.path):
            remedy = "set camera.path to a folder of pictures"
            return Finding("camera", FAIL, f"{section.path}: {why}", remedy)
        return Finding("camera", WARN, f"pictures from {section.path}, no camera", _ON_A_PI)
    if section.type == "scene":
        return Finding("camera", WARN, "simulated sheets, no camera", _ON_A_PI)
    helps = "see what rpicam-hello --list-cameras says"
    try:
        try:
            module = load("picamera2")
        except (Exception, SystemExit) as error:
            helps = imports.remedy(error, "picamera2", "python3-picamera2")
            raise
        found = module.Picamera2.global_camera_info()
    except (Exception, SystemExit) as error:
        said = f"cannot be looked for ({in_one_line(error)})"
        remedy = f"{helps}; on a workstation set camera.type to files or scene"
        return Finding("camera", FAIL, said, remedy)
    if len(found) <= section.number:
        said = f"{len(found)} found, and number {section.number} is wanted"
        remedy = (
            "power off, push the cable in straight, contacts to the board, and close "
            "its latch; camera_auto_detect=1 in /boot/firmware/config.txt"
        )
        return Finding("camera", FAIL, said, remedy)
    said = str(found[section.number].get("Model", "of a model that it does not tell"))
    return Finding("camera", OK, said + (", in use by the service" if running else ""))


def pins_and_factory(
    config: Config, load: Callable[[str], Any], *, running: bool
) -> Iterator[Finding]:
    """Which library moves the pins, and whether those of the settings are free."""
    uses = panel.uses(config.display, config.buttons)
    name = gpio.factory_name()
    if not uses:
        yield Finding("pins", OK, "none are used")
        return
    if name == "mock":
        remedy = "on a Raspberry Pi unset GPIOZERO_PIN_FACTORY"
        yield Finding("pins", WARN, "gpiozero's mock, which lights nothing", remedy)
        return
    level, remedy = (OK, "") if name == "lgpio" else (WARN, "GPIOZERO_PIN_FACTORY=lgpio")
    yield Finding("pin factory", level, name, remedy)
    if name == "lgpio":
        yield _free(load, uses, running=running)


def _free(load: Callable[[str], Any], uses: list[Use], *, running: bool) -> Finding:
    """Ask the kernel of each pin; asking takes nothing from anybody."""
    remedy = "join the group gpio: sudo usermod -aG gpio $USER, and log in again"
    try:
        try:
            lgpio = load("lgpio")
        except Exception as error:
            remedy = imports.remedy(error, "lgpio", "python3-lgpio")
            raise
        handle = lgpio.gpiochip_open(0)
    # lgpio's own error is a bare Exception.
    except Exception as error:
        return Finding("pins", FAIL, f"cannot be asked ({in_one_line(error)})", remedy)
    try:
        taken = []
        for use in uses:
            # [whether it went well, pin, flags, name, user]
            flags, _, user = lgpio.gpio_get_line_info(handle, use.pin)[-3:]
            if flags & _IN_USE:
                taken.append(f"{use.where} of {use.name} by {user or 'somebody'}")
    finally:
        lgpio.gpiochip_close(handle)
    if not taken:
        return Finding("pins", OK, f"{len(uses)} wanted, all free")
    if running and len(taken) == len(uses):
        return Finding("pins", OK, f"{len(uses)} wanted, in use by the service")
    said = f"in use: {'; '.join(taken)}"
    remedy = (
        "stop who uses them, or set other pins; dtparam=spi or dtoverlay= in "
        "/boot/firmware/config.txt may hold some"
    )
    return Finding("pins", WARN if running else FAIL, said, remedy)


def group_number(name: str) -> int | None:
    """The number of a group; None if this machine has no such group."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def groups(config: Config, number: Callable[[str], int | None] = group_number) -> Finding:
    """Whether this user is in the groups that may use the devices, and ask the service."""
    wanted = []
    if config.camera.type == "picamera2":
        wanted.append("video")
    if panel.uses(config.display, config.buttons) and gpio.factory_name() == "lgpio":
        wanted.append("gpio")
    if config.service.group:
        wanted.append(config.service.group)
    if os.geteuid() == 0:
        return Finding("groups", OK, "root may do everything; the service should not be root")
    mine = {os.getegid(), *os.getgroups()}
    missing = [name for name in wanted if number(name) not in {None, *mine}]
    unknown = [name for name in wanted if number(name) is None]
    if missing:
        said = f"this user is not in {', '.join(missing)}"
        remedy = f"sudo usermod -aG {','.join(missing)} $USER, and log in again"
        return Finding("groups", FAIL, said, remedy)
    if unknown:
        said = f"this machine has no group {', '.join(unknown)}"
        remedy = "the installer makes the group zerodigit; the others are Raspberry Pi's"
        return Finding("groups", WARN, said, remedy)
    return Finding("groups", OK, ", ".join(wanted))
