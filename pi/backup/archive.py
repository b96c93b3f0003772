"""The file of a backup: settings, samples with their labels, weights and history.

A zip file without compression that ends with its own checksum (:mod:`core.files.container`):

- ``about.json``: what it is, and by which version it was written
- ``settings.toml``: the settings file of the machine, if it has one
- ``history.jsonl``: what came of each night
- ``current``: the version of the weights in service, below it those before it
- ``weights/0001.npz`` and so on: those versions, but for the one that came with the program
- ``samples/0000.jsonl`` and so on: samples, at most PART in a member, one a line, as JSON with
  their pixels in base64

The names are names in the file alone: none of them is ever used as a path.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.classes import NO_DIGIT
from core.errors import DatasetError, ModelFormatError, WeightsError
from core.files import container, foreign
from pi.config.user_file import LARGEST as LARGEST_SETTINGS
from pi.models.registry import KEEP, SHIPPED, ModelRegistry
from pi.models.registry import LARGEST as LARGEST_WEIGHTS
from pi.retraining import night_log
from pi.samples.store import CROP_BYTES, PIXELS, TEXT, Sample, SampleStore
from pi.system.version import version

if TYPE_CHECKING:
    from pi.config import Config

_log = logging.getLogger(__name__)

FORMAT = "zerodigit backup"

PART = 50
"""Samples in a member at most."""

LARGEST = container.LARGEST
"""Bytes of a file at most."""

_SETTINGS, _HISTORY, _CURRENT = "settings.toml", "history.jsonl", "current"
_WEIGHTS = re.compile(r"weights/([0-9]{4,9})\.npz")
_SAMPLES = re.compile(r"samples/[0-9]{4,6}\.jsonl")

_LARGEST_MEMBER = {
    _SETTINGS: LARGEST_SETTINGS,
    _HISTORY: night_log.LARGEST,
    _CURRENT: 200,
}  # fmt: skip
_LARGEST_PART = PART * 2 * CROP_BYTES


@dataclass(frozen=True)
class Backup:
    """What a backup holds, each value checked.

    Attributes
    ----------
    settings : bytes of the settings file; None where the machine had none.
    nights : what came of each night, the oldest first.
    order : version of the weights in service, and those before it.
    weights : the files of these versions by their names.
    samples : in the order in which they were seen.
    """

    settings: bytes | None
    nights: list[dict[str, Any]]
    order: list[str]
    weights: dict[str, bytes]
    samples: list[Sample]


def pack(config: Config, settings: bytes | None) -> bytes:
    """The bytes of a backup, which may be made while the service runs.

    Each of its parts is whole; a sample that comes meanwhile is in it or not.

    settings : bytes of the settings file, if the machine has one.

    Raises ModelFormatError, StorageError: something cannot be read.
    """
    about = {"format": FORMAT, "version": 1, "zerodigit": version()}
    return container.wrap(about, _members(config, settings))


def _members(config: Config, settings: bytes | None) -> Iterator[tuple[str, bytes]]:
    if settings is not None:
        yield _SETTINGS, settings
    nights = night_log.read(night_log.path_of(config))
    yield _HISTORY, night_log.packed(nights)
    weights = _weights(ModelRegistry.of(config))
    yield _CURRENT, "\n".join(weights).encode()
    for name, content in weights.items():
        if name != SHIPPED:
            yield f"weights/{name}.npz", content
    with SampleStore.of(config) as store:
        last, number = 0, 0
        while found := store.whole(last, PART):
            yield f"samples/{number:04d}.jsonl", b"".join(map(_line, found))
            last, number = found[-1].id, number + 1


def _weights(registry: ModelRegistry) -> dict[str, bytes]:
    """The files of the versions in service and before it, in their order; what is damaged, and
    would not be read with, is left out."""
    found = {}
    for name in registry.order():
        try:
            found[name] = registry.content(name)[1]
        except (ModelFormatError, WeightsError) as error:
            _log.warning("%s; it is not in the backup", error)
    return found


def unpack(data: bytes) -> Backup:
    """What is in the bytes of a file that may be anybody's.

    Raises
    ------
    DatasetError : it is damaged, no backup, or has anything in it that no backup has; without
        a path.
    """
    if len(data) > LARGEST:
        raise DatasetError(f"is larger than {LARGEST >> 20} MiB")
    try:
        about, members = container.unwrap(data)
    except ModelFormatError as error:
        raise DatasetError(str(error)) from None
    if about.get("format") != FORMAT or about.get("version") != 1:
        what = foreign.printable(f"{about.get('format')}, version {about.get('version')}", 60)
        raise DatasetError(f"is no {FORMAT} that this version knows ({what})")
    for name, content in members.items():
        most = _largest(name)
        if len(content) > most:
            shown = foreign.printable(name, 60)
            raise DatasetError(f"holds {shown} of {len(content)} bytes, where {most} may be")
    if not {_HISTORY, _CURRENT} <= members.keys():
        raise DatasetError(f"lacks {_HISTORY} or {_CURRENT}")
    weights = {
        found[1]: members[name] for name in members if (found := _WEIGHTS.fullmatch(name))
    }
    order = members[_CURRENT].decode("ascii", "replace").split()
    order = list(dict.fromkeys(order))
    if not order or {*order} - {SHIPPED} != weights.keys() or len(weights) > KEEP:
        raise DatasetError("names other versions of the weights than it holds")
    for name, content in weights.items():
        try:
            container.unwrap(content)
        except ModelFormatError as error:
            raise DatasetError(f"holds version {name} of the weights, which {error}") from None
    samples = list[Sample]()
    for name in sorted(filter(_SAMPLES.fullmatch, members)):
        samples += map(_sample, members.pop(name).splitlines())
    nights = night_log.parse(members[_HISTORY].splitlines()[-night_log.KEEP :])
    return Backup(members.get(_SETTINGS), nights, order, weights, samples)


def _largest(name: str) -> int:
    """Bytes that a member may have; none, where no backup has such a member."""
    if _WEIGHTS.fullmatch(name):
        return LARGEST_WEIGHTS
    return _LARGEST_PART if _SAMPLES.fullmatch(name) else _LARGEST_MEMBER.get(name, -1)


_PLAIN = ("guess", "confidence", "model", "time", "trusted", "label", "origin", "crop_width")


def _line(sample: Sample) -> bytes:
    values = {name: getattr(sample, name) for name in _PLAIN}
    values["probabilities"] = list(sample.probabilities)
    values["image"] = base64.b64encode(sample.image).decode()
    values["crop"] = sample.crop and base64.b64encode(sample.crop).decode()
    return json.dumps(values).encode() + b"\n"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT


def _is_class(value: Any) -> bool:
    return value is None or foreign.is_integer(value, 0, NO_DIGIT)


def _is_share(value: Any) -> bool:
    return foreign.is_number(value, 0, 1)


_POSSIBLE: dict[str, Callable[[Any], bool]] = {
    "guess": _is_class,
    "confidence": _is_share,
    "model": _is_text,
    "time": lambda value: foreign.is_number(value, -1e15, 1e15),
    "trusted": lambda value: isinstance(value, bool),
    "label": _is_class,
    "origin": lambda value: value is None or _is_text(value),
    "probabilities": lambda value: (
        isinstance(value, list) and len(value) <= NO_DIGIT + 1 and all(map(_is_share, value))
    ),
    "image": lambda value: len(_bytes(value)) == PIXELS,
    "crop": lambda value: value is None or 0 < len(_bytes(value)) <= CROP_BYTES,
    "crop_width": lambda value: value is None or foreign.is_integer(value, 1, CROP_BYTES),
}
"""What the fields of a sample may be."""


def _sample(line: bytes) -> Sample:
    """The sample of a line. Raises DatasetError."""
    try:
        found = foreign.parse_json(line)
        if not isinstance(found, dict) or found.keys() != _POSSIBLE.keys():
            raise ValueError("other fields")
        for name, possible in _POSSIBLE.items():
            if not possible(found[name]):
                raise ValueError(name)
        crop = found["crop"] and _bytes(found["crop"])
        if (crop is None) != (found["crop_width"] is None) or (
            crop and len(crop) % found["crop_width"]
        ):
            raise ValueError("crop_width")
    except ValueError as error:
        why = foreign.printable(str(error), 60)
        raise DatasetError(f"holds something that is no sample ({why})") from None
    plain = {name: found[name] for name in _PLAIN}
    plain["model"] = foreign.printable(plain["model"], TEXT)
    return Sample(
        image=_bytes(found["image"]),
        probabilities=tuple(map(float, found["probabilities"])),
        crop=crop,
        **plain,
    )


def _bytes(value: Any) -> bytes:
    """The bytes of base64. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("no base64")
    return base64.b64decode(value, validate=True)
