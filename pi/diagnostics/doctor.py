"""Is everything there that the appliance needs? Each check finds ok, warn or fail.

Nothing is opened that a running service has open, and nothing is changed.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import ModelFormatError, ServiceError, StorageError
from core.files import container
from pi import config as configuration
from pi.control.client import SOCKET, ask, understood
from pi.devices import gpio
from pi.diagnostics import doctor_hardware, doctor_software, installed_tree
from pi.diagnostics.finding import FAIL, OK, WARN, Finding
from pi.models import access
from pi.models.registry import ASIDE, SHIPPED, registry_in_use
from pi.system import health, wallclock
from pi.system.owner import as_owner

if TYPE_CHECKING:
    from pi.config import Config

FREE_KB = 40_000
"""Memory that should be left while the service runs, so that a night's learning has room."""

CMA_KB = 64_000
"""Memory for the camera's buffers that libcamera is content with."""

DISK_MB = 200
DISK_FULL_MB = 20


@dataclass(frozen=True)
class Machine:
    """What is looked at; a test has another one.

    ``root`` : where /proc, /sys, /run and /dev are. ``now`` : the wall clock, s since 1970.
    """

    root: Path = Path("/")
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    now: Callable[[], float] = time.time
    load: Callable[[str], Any] = doctor_software.load

    @property
    def model(self) -> str | None:
        """The board, None if it is no Raspberry Pi."""
        return health.model(self.root)


def examine(config: Config, machine: Machine | None = None) -> Iterator[Finding]:
    """Check everything, one after the other; the settings themselves are in order."""
    machine = Machine() if machine is None else machine
    gpio.name_lgpio_folder()
    yield _board(machine)
    service, running = _service(config, machine)
    yield from doctor_software.findings(machine.load, machine.root, on_pi=bool(machine.model))
    if (installed := installed_tree.check(machine.root)) is not None:
        yield installed
    yield doctor_hardware.camera(config.camera, machine.load, running=running)
    yield from doctor_hardware.pins_and_factory(config, machine.load, running=running)
    yield doctor_hardware.groups(config)
    yield _memory(machine)
    if config.camera.type == "picamera2":
        yield _cma(machine)
    yield _temperature(machine)
    yield _disk(config)
    yield _clock(machine)
    # A file that the settings name may be where only root may look.
    with as_owner(Path(config.samples.folder)) if not config.service.weights else nullcontext():
        weights = _weights(config)
    yield weights
    yield service


def _board(machine: Machine) -> Finding:
    if machine.model is None:
        said = "not a Raspberry Pi: no pins and no Pi camera here"
        remedy = "for a workstation: camera.type files or scene, display.type terminal"
        return Finding("board", WARN, said, remedy)
    return Finding("board", OK, machine.model)


def _memory(machine: Machine) -> Finding:
    table = health.table(machine.root / "proc/meminfo")
    total, available = table.get("MemTotal"), table.get("MemAvailable")
    if total is None or available is None:
        return Finding("memory", WARN, "not known", "is /proc mounted?")
    said = f"{available // 1024} MB of {total // 1024} MB left"
    if available < FREE_KB:
        return Finding("memory", WARN, said, "stop what else runs: a desktop, a browser")
    return Finding("memory", OK, said)


def _cma(machine: Machine) -> Finding:
    table = health.table(machine.root / "proc/meminfo")
    total, free = table.get("CmaTotal", 0), table.get("CmaFree", 0)
    said = f"{free // 1024} MB of {total // 1024} MB left for camera buffers"
    if total < CMA_KB:
        remedy = (
            "if the camera finds no memory: dtoverlay=vc4-kms-v3d,cma-64 in "
            "/boot/firmware/config.txt, and no gpu_mem there"
        )
        return Finding("CMA", WARN, said, remedy)
    return Finding("CMA", OK, said)


def _temperature(machine: Machine) -> Finding:
    now = health.read(machine.root)
    said = "not known" if now.temperature_c is None else f"{now.temperature_c:.0f} °C"
    remedy = "under-voltage: a stronger supply, a shorter cable; heat: more air"
    if now.throttled:
        said += f", {', '.join(now.throttled)} now"
        return Finding("power, heat", FAIL, said, remedy)
    if now.throttled_before:
        said += f", since the start: {', '.join(now.throttled_before)}"
        return Finding("power, heat", WARN, said, remedy)
    return Finding("power, heat", OK, said)


def _disk(config: Config) -> Finding:
    wanted = Path(config.samples.folder)
    folder = next(each for each in (wanted, *wanted.parents) if os.path.isdir(each))
    try:
        free_mb = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        return Finding("disk", FAIL, f"{folder}: {error.strerror}", "is the card in order?")
    said = f"{free_mb:,} MB free for {wanted}"
    if free_mb < DISK_FULL_MB:
        return Finding(
            "disk", FAIL, said, "make room: sudo apt clean; sudo journalctl --vacuum-size=16M"
        )
    if not os.access(folder, os.W_OK):
        said = f"{said}, but this user may not write to {folder}"
        remedy = "run as the service does: sudo -u zerodigit zerodigit doctor"
        return Finding("disk", WARN, said, remedy)
    if free_mb < DISK_MB:
        return Finding("disk", WARN, said, "make room: sudo apt clean")
    return Finding("disk", OK, said)


def _clock(machine: Machine) -> Finding:
    now_s = machine.now()
    said = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now_s))
    if (source := wallclock.set_by(machine.root, now_s)) is not None:
        return Finding("clock", OK, f"{said}, set by {source}")
    if time.gmtime(now_s).tm_year < wallclock.THIS_YEAR:
        said = f"{said}, which is in the past"
        remedy = "connect to a network, or: sudo date -s '2026-11-23 20:00'"
        return Finding("clock", WARN, said, remedy)
    said = f"{said}, set by nothing since the start, so it is not trusted"
    remedy = "connect to a network; without one a night begins when it is left alone"
    return Finding("clock", WARN, said, remedy)


def _weights(config: Config) -> Finding:
    from core import modelfile
    from pi.models.loaded import in_words
    from pi.models.proof import prove

    versions = registry_in_use(config)
    if versions is not None:
        try:
            access.check_weights(versions.folder)
        except StorageError as error:
            return Finding("weights", WARN, "not known", str(error))
    name = "" if versions is None else versions.order()[0]
    path = config.service.weights if versions is None else str(versions.path(name))
    try:
        if versions is not None:
            model = versions.model(name)
        else:
            model = modelfile.load(path)
            with container.named(path):
                prove(model)
    except (ModelFormatError, MemoryError) as error:
        said = in_words(error, path)
        if name in ("", SHIPPED):
            remedy = "install zerodigit again, or set service.weights to a good file"
            return Finding("weights", FAIL, said, remedy)
        remedy = "the version before it reads; to leave it so: zerodigit weights rollback"
        return Finding("weights", WARN, said, remedy)
    count = model.network.parameter_count()
    said = f"{path}: {count:,} numbers, reads a frame, checksum right"
    said = f"version {name}, {said}" if name else said
    if versions is not None and (aside := versions.set_aside()):
        said += f"; version {', '.join(aside)} did not read, and was set aside"
        remedy = f"its log says why; to be rid of it: rm {versions.folder}/*{ASIDE}"
        return Finding("weights", WARN, said, remedy)
    return Finding("weights", OK, said)


def _service(config: Config, machine: Machine) -> tuple[Finding, bool]:
    """What it says of itself, and whether it runs."""
    try:
        folder = configuration.run_folder(config, machine.environ)
        status = ask(folder / SOCKET, {"do": "status"})
    except ServiceError as error:
        # Whoever may not ask is not the only one: something listens.
        running = isinstance(error.__context__, PermissionError)
        said = "may not be asked" if running else "not running"
        return Finding("service", WARN, said, str(error)), running
    try:
        with understood():
            return _as_it_says(status), True
    except ServiceError as error:
        return Finding("service", WARN, "answers strangely", str(error)), True


def _as_it_says(status: dict[str, Any]) -> Finding:
    """What the service's answer says of it."""
    said = f"running since {status['running_since'][:16].replace('T', ' ')}"
    camera = status["camera"]
    if camera["trouble"] is not None:
        return Finding("service", FAIL, f"{said}, without frames", camera["trouble"])
    samples = status.get("samples") or {}
    if samples.get("why") and samples["waiting"]:
        said = f"{said}; labels not yet on the card: {samples['waiting']}"
        remedy = f"{samples['why']}; end what is in the way: they are tried again until then"
        return Finding("service", WARN, said, remedy)
    return Finding("service", OK, f"{said}, {status['frames']:,} frames")
