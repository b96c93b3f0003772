"""Model files: saves, loads and verifies a network with its judge.

A model file is an archive (see `core.files.archive`). Its JSON holds the format version, the
layers, the version of the preprocessing the network was trained with, and `info`: how it was
trained and what it scored. Loading verifies everything; saving never leaves half a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import ModelFormatError, SpecError
from core.files import archive, container, model_info
from core.files.output import write_output
from core.integer import quantise
from core.network import Network
from core.nn.layers import build, from_configs, named_parameters

FORMAT = "zerodigit model"
VERSION = 1

PREPROCESSING = 1
"""Version of the way from a frame to a 28x28 crop (`core.vision`). It is raised when crops
change, because networks read crops of their own version only; files of others are refused."""

JUDGES = ("judge", "place_judge")
"""Names of the judges (see `core.reading.judge`) in a file, and prefixes of their arrays."""


@dataclass(frozen=True)
class Model:
    """A network, its judges, and what their file says about them.

    info : how it was trained and what it scored. judge : of the candidates of a whole frame.
    place_judge : of those of the places in a cluttered one. ranges : of the activations, to
    quantise the network (see `core.integer.quantise`); None if it is to be run in float32.
    """

    network: Network
    info: dict[str, Any]
    judge: Network | None = None
    ranges: list[float] | None = None
    place_judge: Network | None = None


def save(
    path: str | os.PathLike[str],
    network: Network,
    info: Mapping[str, Any],
    judge: Network | None = None,
    ranges: Sequence[float] | None = None,
    place_judge: Network | None = None,
) -> None:
    """Write `network` and its judges (as float32) and `info` (JSON) to `path`.

    The file is replaced whole or not at all; a symbolic link at `path` is followed.

    Raises ModelFormatError with the path, SpecError (see `pack`), and StorageError if the file
    cannot be written; the old file stays then.
    """
    with container.named(path):
        data = pack(network, info, judge, ranges, place_judge)
    with write_output(path) as file:
        file.write(data)


def pack(
    network: Network,
    info: Mapping[str, Any],
    judge: Network | None = None,
    ranges: Sequence[float] | None = None,
    place_judge: Network | None = None,
) -> bytes:
    """The bytes of a model file; the same content gives the same bytes.

    ranges : from `quantise.calibrate`, so that the network can be run in integers.

    Raises ModelFormatError, without a path, if a weight is not finite or info is not JSON,
    SpecError if the ranges are not the network's.
    """
    arrays = {item.name: item.value.astype(np.float32) for item in network.arrays()}
    judges = {
        name: each
        for name, each in zip(JUDGES, (judge, place_judge), strict=True)
        if each is not None
    }
    for name, each in judges.items():
        arrays |= {f"{name}.{a.name}": a.value.astype(np.float32) for a in each.arrays()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelFormatError(f"not saved, {name} is not finite")
    about = {
        "format": FORMAT,
        "version": VERSION,
        "preprocessing": PREPROCESSING,
        "network": network.config(),
        "info": dict(info),
    }
    about |= {name: each.config() for name, each in judges.items()}
    if ranges is not None:
        quantise.check(network, ranges)
        about["ranges"] = list(ranges)
    try:
        model_info.of(about)
        return archive.pack(about, arrays)
    except ModelFormatError as error:
        raise ModelFormatError(f"not saved, it {error}") from None
    except (TypeError, ValueError) as error:
        raise ModelFormatError(f"not saved, info is not plain JSON ({error})") from None


def load(
    path: str | os.PathLike[str], largest: int = container.LARGEST, *, follow: bool = True
) -> Model:
    """The model in the file at `path`.

    largest : a file of more bytes is refused.
    follow : whether `path` may be a symbolic link; where others may lay one it may not.

    Raises ModelFormatError, in one line with the path and what is wrong, for any file that
    `save` did not write or that was altered since.
    """
    about, arrays = archive.load(path, largest, follow=follow)
    try:
        return _model(about, arrays)
    except ModelFormatError as error:
        raise ModelFormatError(f"{os.fspath(path)}: {error}") from None


def unpack(data: bytes) -> Model:
    """The model in the bytes of a file; ModelFormatError, without a path, as `load`."""
    return _model(*archive.unpack(data))


def _model(about: dict[str, Any], arrays: dict[str, Any]) -> Model:
    if about.get("format") != FORMAT:
        raise ModelFormatError(f"is no {FORMAT}, but {about.get('format')!r:.40}")
    if about.get("version") != VERSION:
        raise ModelFormatError(
            f"has format version {about.get('version')!r:.20}; this program reads {VERSION}"
        )
    if about.get("preprocessing") != PREPROCESSING:
        raise ModelFormatError(
            f"was trained for preprocessing {about.get('preprocessing')!r:.20}, "
            f"and this program does {PREPROCESSING}; train it again"
        )
    config = about.get("network")
    if not isinstance(config, dict):
        raise ModelFormatError("lacks its description of the network")
    judges = {name: about[name] for name in JUDGES if about.get(name) is not None}
    if not all(isinstance(each, dict) for each in judges.values()):
        raise ModelFormatError("lacks its description of the judge")
    try:
        info = model_info.of(about)
        wanted = _shapes(config)
        for prefix, judge in judges.items():
            wanted |= {f"{prefix}.{name}": shape for name, shape in _shapes(judge).items()}
        _check(arrays, wanted)
        network = _filled(config, arrays, "")
        filled = {
            prefix: _filled(judge, arrays, f"{prefix}.") for prefix, judge in judges.items()
        }
        ranges = _ranges(network, about.get("ranges"))
    except ModelFormatError:
        raise
    except (
        SpecError,
        LookupError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        raise ModelFormatError(f"describes a network that cannot be built ({error})") from None
    return Model(network, info, ranges=ranges, **filled)


def _ranges(network: Network, listed: Any) -> list[float] | None:
    if listed is None:
        return None
    if not isinstance(listed, list) or not all(type(item) is float for item in listed):
        raise ModelFormatError("holds ranges that are no list of numbers")
    quantise.check(network, listed)
    return listed


def _filled(config: dict[str, Any], arrays: dict[str, Any], prefix: str) -> Network:
    network = Network.from_config(config, seed=None)
    for parameter in network.arrays():
        parameter.value[...] = arrays[prefix + parameter.name]
    return network


def _shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Shapes of the arrays of the described network, by name; nothing is allocated."""
    layers = from_configs(config["layers"])
    build(layers, config["input_shape"])
    return {parameter.name: parameter.shape for parameter in named_parameters(layers)}


def _check(arrays: dict[str, Any], wanted: dict[str, tuple[int, ...]]) -> None:
    for name, shape in wanted.items():
        if name not in arrays:
            raise ModelFormatError(f"lacks the array {name}")
        array = arrays[name]
        if array.shape != shape or array.dtype != np.float32:
            raise ModelFormatError(
                f"{name} is {array.dtype} {array.shape}, and its layer needs float32 {shape}"
            )
        if not np.isfinite(array).all():
            raise ModelFormatError(f"{name} holds a value that is not finite")
        if name.endswith(".variance") and array.min() < 0:
            raise ModelFormatError(f"{name} holds a value below 0")
    surplus = sorted(set(arrays) - set(wanted))
    if surplus:
        raise ModelFormatError(f"holds the array {surplus[0]!r:.40}, which no layer takes")
