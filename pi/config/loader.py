"""The settings in force: built-in, then /etc, then ``--config``, then flags; each overrides.

The built-in ones are those of :mod:`pi.config.template`; types and limits are in
:mod:`pi.config.schema`. A mistake in a file is an error of one line: the file, the section, the
key, and the name that comes nearest.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import os
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from pi.config import schema, user_file
from pi.config.template import template, to_toml
from pi.devices import panel, pins
from pi.devices.buttons import ButtonSettings
from pi.devices.displays.section import DisplaySection
from pi.system import own_folder
from pi.system import run_folder as own_run_folder
from pi.system.owner import user_in

MOST_DOTS = 100
"""A line with more is refused: what a key of many parts takes grows with their square."""

SYSTEM_FILE = Path("/etc/zerodigit/zerodigit.toml")

BUILT_IN = "built-in"
FLAG = "command line"
OWN = "your own"
"""Beginning of the origin of `FOLDER` where the machine has none."""

FOLDER = ("samples", "folder")

# Relative to the file that they are in, or to the working directory when they are flags.
_PATHS = {
    ("camera", "path"),
    ("service", "weights"),
    ("service", "run_folder"),
    ("samples", "folder"),
}

_WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}


@dataclass(frozen=True)
class Config:
    """The settings by section, and where each comes from."""

    camera: schema.CameraSection
    display: DisplaySection
    buttons: ButtonSettings
    recogniser: schema.RecogniserSection
    service: schema.ServiceSection
    samples: schema.SamplesSection
    memory: schema.MemorySection
    retrain: schema.RetrainSection
    origins: Mapping[tuple[str, str], str] = field(default_factory=dict, compare=False)

    def origin(self, section: str, key: str) -> str:
        """Where a value comes from: ``built-in``, a file's path or ``command line``."""
        return self.origins[section, key]


def machine_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The path of this machine's file; $ZERODIGIT_CONFIG names another."""
    return Path(environ.get("ZERODIGIT_CONFIG") or SYSTEM_FILE)


def system_files(environ: Mapping[str, str] = os.environ) -> list[Path]:
    """The file of this machine, if there is one."""
    path = machine_file(environ)
    return [path] if "ZERODIGIT_CONFIG" in environ or os.path.exists(path) else []


def load(
    paths: Iterable[str | os.PathLike[str]] = (),
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] = os.environ,
    uid: int | None = None,
    contents: Mapping[Path, bytes] = types.MappingProxyType({}),
) -> Config:
    """Merge the built-in settings, those of the files in order, and ``overrides``.

    Where none of them names a folder for samples, and the machine is no appliance, it is the
    user's own.

    Parameters
    ----------
    paths : TOML files, the later ones override.
    overrides : ``{"camera.rotate": 180}``; these override everything.
    environ, uid : environment and number of the user; by default those of this process.
    contents : of files among ``paths``, what shall stand in them.

    Raises
    ------
    ConfigError : a file that cannot be read, or a setting that does not exist or has an
        impossible value.
    """
    uid = os.geteuid() if uid is None else uid
    values: dict[tuple[str, str], Any] = {}
    origins: dict[tuple[str, str], str] = {}
    files = [(BUILT_IN, Path(), tomllib.loads(template()))]
    for path in map(Path, paths):
        files.append((str(path), path.parent, _read(path, contents.get(path))))
    for origin, folder, content in files:
        for name, section in content.items():
            if not isinstance(section, dict):
                hint = _near_key(name) or "every setting belongs under a section, as [camera]"
                raise ConfigError(f"{origin}: {name} is no section; {hint}")
            _check_section(origin, name)
            for key, value in section.items():
                values[name, key] = _value(origin, name, key, value, folder)
                origins[name, key] = origin
    for dotted, value in (overrides or {}).items():
        name, _, key = dotted.partition(".")
        values[name, key] = _value(FLAG, name, key, value, Path())
        origins[name, key] = FLAG
    if origins[FOLDER] == BUILT_IN and not os.path.lexists(SYSTEM_FILE):
        system = values[FOLDER]
        values[FOLDER] = own_folder.of_user(system, uid, environ)
        if values[FOLDER] != system:
            origins[FOLDER] = f"{OWN}, for there is no {system}"
    sections = {
        name: kind(**{key: values[name, key] for key in _keys(name)})
        for name, kind in schema.sections().items()
    }
    config = Config(**sections, origins=origins)
    _check_together(config)
    return config


def parse_flag(text: str) -> tuple[str, Any]:
    """``camera.rotate=180`` as ("camera.rotate", 180). Raises ConfigError.

    The value is TOML; what is not TOML is taken as text, so that it needs no quotes.
    """
    name, equals, value = text.partition("=")
    if not equals or "." not in name:
        raise ConfigError(f"{FLAG}: {text!r} is no setting; write it as camera.rotate=180")
    try:
        return name.strip(), _parse(f"value = {value}")["value"]
    except ValueError:
        return name.strip(), value


def run_folder(config: Config, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the lock and of the socket, for the service and for its clients.

    Raises ServiceError if it is one that everybody can make, and not the user's alone.
    """
    for known in (
        config.service.run_folder,
        environ.get("ZERODIGIT_RUN"),
        (environ.get("RUNTIME_DIRECTORY") or "").partition(":")[0],
    ):
        if known:
            return Path(known)
    system = Path("/run/zerodigit")
    if os.path.isdir(system):
        return system
    # Root's service works as the owner of the samples, and root's commands ask that one.
    return own_run_folder.of_user(user_in(Path(config.samples.folder)), environ)


def _read(path: Path, content: bytes | None) -> dict[str, Any]:
    if str(path) == os.devnull:  # how to have no file at all
        return {}
    try:
        return _parse(user_file.read(path) if content is None else user_file.decoded(content))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _parse(text: str) -> dict[str, Any]:
    """The tables of TOML. Raises ValueError."""
    if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        raise ValueError(f"a line with more than {MOST_DOTS} dots")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:  # Python reads no number of more than 4,300 digits
        raise ValueError("a number of thousands of digits") from None


def _check_section(file: str, name: str) -> None:
    known = schema.sections()
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean [{near[0]}]?" if near else f"there are {', '.join(known)}"
    raise ConfigError(f"{file}: [{name}] is no section; {hint}")


def _value(file: str, section: str, key: str, value: Any, folder: Path) -> Any:
    """The value as its section takes it. Raises ConfigError."""
    _check_section(file, section)
    kind = schema.sections()[section]
    fields = {each.name: each.metadata for each in dataclasses.fields(kind)}
    if key not in fields:
        hint = _near_key(key, section) or f"there are {', '.join(_keys(section))}"
        raise ConfigError(f"{file}: [{section}] {key} is no setting; {hint}")
    check = fields[key]["check"]
    try:
        taken = _take(value, _type_hints(kind)[key])
        problem = check(taken) if check else None
    except _WrongTypeError as error:
        problem = str(error)
    if problem is not None:
        near = _near_choice(value, fields[key]["choices"])
        found = _shortly(value)
        raise ConfigError(f"{file}: [{section}] {key} must be {problem}, not {found}{near}")
    if (section, key) in _PATHS and taken:
        # As a shell does, it leaves the home of nobody as it is written.
        return str(folder / os.path.expanduser(taken))
    return taken


def _shortly(value: Any) -> str:
    """The beginning of a value as it would be written in a file."""
    try:
        return to_toml(value[:60] if isinstance(value, list | str) else value)[:60]
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"


_type_hints = functools.cache(typing.get_type_hints)


class _WrongTypeError(Exception):
    """What the value must be, in words."""


def _take(value: Any, wanted: Any) -> Any:
    """The value as the type wanted. Raises _WrongTypeError."""
    words = _WORDS.get(wanted, "")
    if isinstance(wanted, types.UnionType):  # int | None, float | None
        if value == schema.NONE:
            return None
        wanted = typing.get_args(wanted)[0]
        words = f'{_WORDS[wanted]} or "{schema.NONE}"'
    if typing.get_origin(wanted) is tuple:
        each = typing.get_args(wanted)[0]
        if not isinstance(value, list | tuple):
            raise _WrongTypeError(f"a list, each {_WORDS[each]}")
        return tuple(_take(item, each) for item in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise _WrongTypeError(words)
    if wanted is str and "\0" in value:
        raise _WrongTypeError("text without a NUL")
    return value


def _check_together(config: Config) -> None:
    """Check what no setting alone can show: pins used twice, limits above one another."""
    try:
        pins.check(panel.uses(config.display, config.buttons))
    except pins.PinError as error:
        # Of two that clash, blame the one that a file or a flag has set.
        chosen = [use for use in error.uses if config.origin(use.section, use.key) != BUILT_IN]
        use = (chosen or list(error.uses))[-1]
        _contradiction(config, use.section, use.key, str(error), error)
    if config.camera.type == "files" and not config.camera.path:
        message = "must name a picture or a folder of pictures for the files camera"
        _contradiction(config, "camera", "path", message)
    recogniser = config.recogniser
    if recogniser.agree > recogniser.window:
        message = f"must not be above window, which is {recogniser.window}"
        _contradiction(config, "recogniser", "agree", message)
    if recogniser.slow_s < recogniser.fast_s:
        message = f"must not be below fast_s, which is {recogniser.fast_s:g}"
        _contradiction(config, "recogniser", "slow_s", message)


def _contradiction(
    config: Config, section: str, key: str, message: str, cause: Exception | None = None
) -> typing.NoReturn:
    origin = config.origin(section, key)
    raise ConfigError(f"{origin}: [{section}] {key}: {message}") from cause


def _keys(section: str) -> list[str]:
    return [each.name for each in dataclasses.fields(schema.sections()[section])]


def _near_key(key: str, section: str = "") -> str | None:
    """``did you mean rotate?``, with the section if it is another one."""
    everywhere = {each: name for name in schema.sections() for each in _keys(name)}
    here = _keys(section) if section else []
    near = difflib.get_close_matches(key, here, n=1)
    if near:
        return f"did you mean {near[0]}?"
    near = difflib.get_close_matches(key, everywhere, n=1, cutoff=0.75)
    return f"did you mean {near[0]} under [{everywhere[near[0]]}]?" if near else None


def _near_choice(value: Any, choices: tuple[Any, ...]) -> str:
    words = [each for each in choices if isinstance(each, str)]
    for each in value[:20] if isinstance(value, list) else [value]:
        text = each if isinstance(each, str) else ""
        near = difflib.get_close_matches(text, words, n=1, cutoff=0.5)
        if near and each not in choices:
            return f'; did you mean "{near[0]}"?'
    return ""
