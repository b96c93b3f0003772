"""Code that a member lays, what an outsider gets, and links that anybody lays in /tmp."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tools.attacks import plants, table
from tools.attacks.place import (
    CHECKOUT,
    OTHER,
    OUTSIDER,
    ROOT,
    RUN,
    SERVICE,
    STATE,
    command_text,
    environ,
    home,
)
from tools.attacks.process import HUNG, Person, Process
from tools.attacks.table import Row
from tools.attacks.world import COMMAND_S, START_S, USED, World, libraries


def code(world: World) -> list[Row]:
    """Modules laid where somebody's Python may look for them; the installed command runs."""
    place = world.place
    place.put_back(USED)
    script, release = place.folder / "zerodigit", place.folder / "release"
    for name in ("core", "pi"):
        shutil.copytree(CHECKOUT / name, release / name)
    # The system's packages, which the installed environment sees.
    text = command_text(sys.executable, release)
    more = f"sys.path += {libraries()[1:]}\n\nfrom pi.cli"
    script.write_text(text.replace("from pi.cli", more))
    script.chmod(0o755)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    tops = [place.state, place.run]
    if home() not in ("", STATE, RUN) and place.here(home()).is_dir():
        tops.append(place.here(home()))
    paths = [each for top in tops for each in plants.code_places(top, version)]
    laid = sum(
        world.do(lambda path=path: plants.lay_code(path, world.foreign)) for path in paths
    )
    given = {**world.appliance.environ, "HOME": "/nonexistent"}
    service = {**given, **place.mapped(environ("zerodigit.service"))}
    service["GPIOZERO_PIN_FACTORY"] = "mock"
    night = {**given, **place.mapped(environ("zerodigit-retrain.service"))}
    tried = [
        _installed(world, script, SERVICE, service, world.cwd, "run"),
        _installed(world, script, SERVICE, night, Path("/"), "retrain", "--scheduled"),
        _installed(world, script, SERVICE, night, Path("/"), "retrain", "--minutes", "0.01"),
        *(
            _installed(world, script, person, given, folder, *arguments)
            for person in (ROOT, OTHER)
            for folder in (place.state, place.run)
            for arguments in (("samples",), ("weights",), ("label", "1", "7"), ("doctor",))
        ),
    ]
    ran = os.listdir(world.foreign.ran)
    for name in ran:
        print(f"HARM code run: {name}", file=sys.stderr)
    return [table.counted(f"code laid at {laid} places: run by others", len(ran), len(tried))]


def _installed(
    world: World, script: Path, person: Person, given: dict[str, str], folder: Path, *args: str
) -> int:
    """The installed command, from its first line on."""

    def run() -> int:
        os.execve(script, [str(script), *args], given)

    if not world.do(lambda: os.chdir(folder), person):
        folder = Path("/")
    process = Process(run, world.said, person=person, folder=folder)
    if process.wait(4.0 if args == ("run",) else 60.0) is None:
        process.signal(15)
    return process.end(20.0)


def outsider(world: World) -> list[Row]:
    """What somebody who is not of the group can read, write or ask."""
    world.place.put_back(USED)
    appliance = world.appliance
    appliance.start()
    appliance.until_frames(1, START_S)
    ways: tuple[Callable[[Path], object], ...] = (
        lambda path: os.listdir(path) if path.is_dir() else path.read_bytes(),
        lambda path: (path / "new").touch() if path.is_dir() else path.open("ab"),
        lambda path: path.rename(path.with_name("away")),
        _connect,
    )
    got = []
    tries = 0
    paths = [world.place.here(name) for name in world.place.names()]
    for path in (world.place.state, world.place.run, *paths):
        for way in ways:
            tries += 1
            if world.do(lambda way=way, path=path: way(path), OUTSIDER):
                got.append(str(path))
    for arguments in (
        ("status",),
        ("samples",),
        ("label", "--last", "3"),
        ("look", "--json"),
        ("weights", "install", str(world.model)),
    ):
        tries += 1
        asked = appliance.command(*arguments, output=world.said, person=OUTSIDER)
        if asked.end(COMMAND_S) == 0:
            got.append(" ".join(arguments))
    appliance.stop()
    for what in got:
        print(f"HARM outsider: {what}", file=sys.stderr)
    return [table.counted("outsider: read, written or asked", len(got), tries)]


def temporary(world: World) -> list[Row]:
    """Links under /tmp, where a run folder may be looked for that no setting names."""
    what = "links laid in /tmp: foreign file changed by root"
    folder = world.place.folder / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    roots = world.foreign.folder / "root"

    def linked(name: str, target: str) -> Callable[[Path], object]:
        return lambda run: (run.mkdir(parents=True), (run / name).symlink_to(roots / target))

    lays: tuple[Callable[[Path], object], ...] = (
        linked("lock", "open"),
        linked("lock", "new"),
        linked("control.new", "open"),
        linked("retraining.json", "open"),
        linked("retraining.uptime", "open"),
        linked("night", ""),
        lambda run: (run.mkdir(parents=True), os.mkfifo(run / "lock")),
        lambda run: (run.parent.mkdir(), run.symlink_to(roots)),
        lambda run: run.parent.symlink_to(roots),
    )
    settings = world.appliance.folder / "no-run-folder.toml"
    text = world.appliance.settings.read_text()
    settings.write_text(text.replace(f'run_folder = "{world.place.run}"', ""))
    given = {
        **world.appliance.environ,
        "ZERODIGIT_CONFIG": str(settings),
        "HOME": "/nonexistent",
    }
    given.pop("ZERODIGIT_RUN", None)
    changed = hung = tries = 0
    for lay in lays:
        shutil.rmtree(folder)
        folder.mkdir()
        folder.chmod(0o1777)
        run = folder / "zerodigit-0/zerodigit"
        if not world.do(lambda lay=lay, run=run: lay(run), OUTSIDER):
            continue
        (folder / "zerodigit-0").is_symlink() or (folder / "zerodigit-0").chmod(0o777)
        for arguments in (
            ("run", "--set", "camera.loop=false"),
            ("status",),
            ("retrain", "--minutes", "0.01"),
        ):

            def do(arguments: tuple[str, ...] = arguments) -> int:
                if not _other_tmp(folder):
                    return _NO_MOUNT
                from pi.cli import main

                return main(list(arguments))

            asked = Process(do, world.said, environ=given)
            code = asked.end(10.0)
            if code == _NO_MOUNT:
                return [table.skipped(what, "no mount of one's own is possible")]
            tries += 1
            hung += code == HUNG and arguments[0] != "run"
            if found := world.foreign.changes():
                changed += 1
                world.look(f"in /tmp, zerodigit {' '.join(arguments)}: {found}", "")
    return [
        table.counted(what, changed, tries),
        table.counted("links laid in /tmp: root's command hung", hung, tries),
    ]


_NO_MOUNT = 99


def _connect(path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as client:
        client.connect(str(path))


def _other_tmp(folder: Path) -> bool:
    """Let this process, and no other, see ``folder`` as /tmp; whether it does."""
    new_namespace = 0x00020000
    if ctypes.CDLL(None).unshare(new_namespace) != 0:
        return False
    for command in (
        ["mount", "--make-rprivate", "/"],
        ["mount", "--bind", str(folder), "/tmp"],
    ):
        if subprocess.run(command, capture_output=True).returncode != 0:
            return False
    return not Path("/run/zerodigit").exists()
