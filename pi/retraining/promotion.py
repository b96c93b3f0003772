"""Puts what a night has made in service so that a power cut at any instant loses nothing.

What is to be done is written down first, in ``promoting.json``: the digest of the file, the
line of the history, and in whose place it is put. Then the file is stored, put in service, and
``last.json`` and the history are written. What of that is missing the next night does first.

All three lie in the folder ``night``, where the group may write: what is of another form is
passed over.
"""

from __future__ import annotations

import hashlib
import json
import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.errors import ModelFormatError, WeightsError
from core.files import foreign
from core.files.atomic import write_atomically
from pi.models.registry import SHIPPED, ModelRegistry
from pi.retraining import night_log

_log = logging.getLogger(__name__)

RECORD, LAST = "promoting.json", "last.json"
_LARGEST = 1 << 16


def promote(
    registry: ModelRegistry,
    folder: Path,
    data: bytes,
    night: dict[str, Any],
    digest: str,
    order: list[str],
) -> str:
    """Put the bytes of a model file in service; the name of its version.

    folder : where the record is kept.
    night : its line of the history; digest : of the samples that it learnt from.
    order : the order of the versions that must still hold.

    Raises WeightsError, ModelFormatError and StorageError as :meth:`ModelRegistry.install`.
    """
    record = {"sha256": _sha256(data), "night": night, "samples": digest, "order": order}
    write_json(folder / RECORD, record)
    return registry.install(data, "the night's weights", order)


def finish(registry: ModelRegistry, folder: Path, history: Path) -> bool:
    """Do what a power cut has left undone of a promotion; whether one was finished.

    Raises StorageError; what is done stays done.
    """
    record, finished = read_json(folder / RECORD), False
    if not record:
        return False
    name = next((each for each in registry.names() if _is(registry, each, record)), None)
    if name is not None and _in_service(registry, name, record.get("order")):
        night = record["night"] if isinstance(record.get("night"), dict) else {}
        known = {each.get("at") for each in night_log.read(history)}
        for each in night_log.parse([json.dumps(night | {"version": name}).encode()]):
            if each.get("at") not in known:
                night_log.append(history, each)
                write_last(registry, folder, str(record.get("samples")))
                _log.info("version %s was let in before the power went out", name)
            finished = True
    forget(folder)
    return finished


def write_last(registry: ModelRegistry, folder: Path, digest: str) -> None:
    """Note the samples that were learnt, and the versions that have learnt them. Raises
    StorageError."""
    versions = [SHIPPED, *registry.names()]
    write_json(folder / LAST, {"samples": digest, "versions": versions})


def forget(folder: Path) -> None:
    """Remove the record: all of it is done."""
    with suppress(OSError):
        (folder / RECORD).unlink(missing_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object in a file, which the group may have written; {} if it is none."""
    try:
        found = foreign.read_json(path, _LARGEST)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        why = foreign.printable(getattr(error, "strerror", None) or str(error), 100)
        _log.warning("%s: passed over (%s)", path, why)
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a file whole. Raises StorageError."""
    with write_atomically(path) as file:
        file.write(json.dumps(content).encode())


def _in_service(registry: ModelRegistry, name: str, order: Any) -> bool:
    """Whether a version is, or was, in service; it is put there if the order is as it was."""
    now = registry.order()
    if name not in now and now == order:
        try:
            registry.promote(name)
        except (ModelFormatError, WeightsError) as error:
            _log.warning("%s", error)
            return False
        return True
    return name in now


def _is(registry: ModelRegistry, name: str, record: dict[str, Any]) -> bool:
    try:
        return _sha256(registry.read(name)) == record.get("sha256")
    except ModelFormatError:
        return False


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
