"""Model files that are small and ask for much memory, or for a network that reads no digits."""

from __future__ import annotations

import copy
import io
import json
import math
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tools.attacks.inputs import HONEST, LARGEST

COMMANDS = (
    ("predict", "--model", "{input}", "{folder}/seven.png"),
    ("weights", "install", "{input}"),
)

LARGE = 900_000_000
"""Bytes that something compressed has."""

STDIN = ("weights", "install", "-")
"""The same, from standard input."""


def make(folder: Path) -> None:
    """Write them; each but the torn ones has a checksum that is right."""
    import warnings

    from core import pretrained

    (folder / f"{HONEST}.npz").write_bytes(pretrained.PATH.read_bytes())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in (*_containers(), *_described(), *_networks()):
            (folder / f"{name}.npz").write_bytes(data)
    os.mkfifo(folder / "pipe.npz")
    (folder / "folder.npz").mkdir()
    (folder / "endless.npz").symlink_to("/dev/zero")


def _sealed(content: bytes) -> bytes:
    """With the checksum that a container ends with; the content is a zip with a comment."""
    from core.files import container

    content = content[: -container.DIGEST_LENGTH]
    return content + container.digest(content)


def _zip(members: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> bytes:
    from core.files import container

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as file:
        for name, data in members.items():
            file.writestr(name, data)
        file.comment = b"0" * container.DIGEST_LENGTH
    return buffer.getvalue()


def _shipped() -> tuple[dict[str, Any], dict[str, Any]]:
    from core import pretrained
    from core.files import archive

    about, arrays = archive.load(pretrained.PATH)
    return copy.deepcopy(about), arrays


def _containers() -> Iterator[tuple[str, bytes]]:
    about = json.dumps(_shipped()[0]).encode()
    yield "deflated", _sealed(_zip({"about.json": about, "a.npy": bytes(LARGE)},
                                   zipfile.ZIP_DEFLATED))  # fmt: skip
    yield "overlapping", _sealed(_overlapping(about))
    yield (
        "many members",
        _sealed(_zip({"about.json": about} | {f"{n}.npy": b"" for n in range(6000)})),
    )
    yield (
        "names",
        _sealed(_zip({"about.json": about, "../../../../tmp/x.npy": b"x", "\x1b[2J": b""})),
    )
    yield "torn", _zip({"about.json": about, "a.npy": bytes(900_000)})[:-100]
    yield "wrong checksum", _zip({"about.json": about, "a.npy": bytes(900_000)})
    yield "empty", b""
    yield "no zip", b"PK\x03\x04" + os.urandom(900_000)
    header = b"\x93NUMPY\x01\0" + struct.pack("<H", 65000) + b"(" * 65000
    yield "nested array", _sealed(_zip({"about.json": about, "a.npy": header}))
    for name, shape in (("promised", "(1000000000, 1000)"), ("nothing", "(0, 99999999999999)")):
        text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        array = b"\x93NUMPY\x01\0" + struct.pack("<H", len(text)) + text
        yield f"{name} array", _sealed(_zip({"about.json": about, "a.npy": array}))


def _overlapping(about: bytes) -> bytes:
    """Many members in the directory that are the same bytes of the file."""
    data = bytearray(_zip({"about.json": about, "a.npy": bytes(600_000)}))
    end = data.rindex(b"PK\x05\x06")
    begin = struct.unpack("<I", data[end + 16 : end + 20])[0]
    last = data.rindex(b"PK\x01\x02", begin, end)
    entry = bytes(data[last:end])
    copies = 1500
    entries = [entry.replace(b"a.npy", b"%05d" % n) for n in range(copies)]
    directory = bytes(data[begin:last]) + b"".join(entries)
    tail = bytearray(data[end:])
    struct.pack_into("<HHII", tail, 8, copies + 1, copies + 1, len(directory), begin)
    return bytes(data[:begin]) + directory + bytes(tail)


def _described() -> Iterator[tuple[str, bytes]]:
    """What is wrong is in the JSON object."""
    deep = b"[" * 400_000 + b"]" * 400_000
    text = json.dumps(_shipped()[0]).encode()
    info, scored = b'"info": {', b",".join(b'"k%d_score": 0.5' % n for n in range(45_000))
    controls = b'"trained_by": "\\u001b]0;x\\u0007\\r\\n", "x_score": 1e308, '
    for name, about in (
        ("deep", deep),
        ("deep info", text.replace(info, info + b'"x": ' + deep + b", ", 1)),
        ("long number", b'{"version": ' + b"9" * 900_000 + b"}"),
        ("infinite", text.replace(b'"version": 1', b'"version": 1e999')),
        ("not a number", text.replace(b'"ranges": [', b'"ranges": [NaN, ')),
        ("no object", b"[]"),
        ("wide", json.dumps({f"k{n}": n for n in range(50_000)}).encode()),
        ("wide info", text.replace(info, info + scored + b", ", 1)),
        ("controls", text.replace(info, info + controls, 1)),
    ):
        yield name, _sealed(_zip({"about.json": about}))


def _networks() -> Iterator[tuple[str, bytes]]:
    """Networks that can be described and not be run, or run only with much memory."""
    import numpy as np

    from core.errors import SpecError
    from core.files import archive
    from core.nn.layers import named_parameters
    from core.nn.spec import parse

    about, arrays = _shipped()

    def packed(change: dict[str, Any], values: dict[str, Any] | None = None) -> bytes:
        return archive.pack({**about, **change}, arrays if values is None else values)

    def of(spec: str) -> bytes:
        # Layer by layer: built as a whole it would be refused here, and not where it is read.
        layers, side = parse(spec)
        config = {"input_shape": list(side), "layers": [each.config() for each in layers]}
        with suppress(SpecError):
            for layer in layers:
                side = layer.build(side)
        values = {
            each.name: np.zeros(each.shape, np.float32)
            for each in named_parameters(layers)
            if math.prod(each.shape) < LARGEST // 4
        }
        new = {name: about[name] for name in ("format", "version", "preprocessing")}
        return archive.pack({**new, "info": {}, "network": config}, values)

    yield "other inputs", of("100-10")
    yield "other outputs", of("784-7")
    yield "other picture", of("8x8-c4k3-10")
    yield "many channels", of("28x28-c8000k1-c1k1-10")
    yield "large padding", of("28x28-c1k301p300-c1k5s40-10")
    yield "many layers", of("784-" + "9-" * 60 + "10")
    for name, key, value in (
        ("huge channels", "channels", 10**9),
        ("huge kernel", "kernel", 10**9),
        ("huge padding", "padding", 10**9),
        ("negative padding", "padding", -5),
        ("no stride", "stride", 0),
        ("huge stride", "stride", 2**70),
        ("true channels", "channels", True),
    ):
        network = copy.deepcopy(about["network"])
        for layer in network["layers"]:
            layer.update({key: value} if key in layer else {})
        yield name, packed({"network": network})
    network = copy.deepcopy(about["network"])
    yield "huge input", packed({"network": {**network, "input_shape": [10**6, 10**6, 1]}})
    yield "negative input", packed({"network": {**network, "input_shape": [-28, -28, 1]}})
    layers = network["layers"]
    relu = [each for each in layers if len(each) == 1][:1] * 15_000
    yield "endless layers", packed({"network": {**network, "layers": [*layers[:1], *relu]}})
    yield "no layers", packed({"network": {**network, "layers": []}})
    yield "no judge", packed({"judge": {"layers": {}}})
    yield "nothing", packed({}, {})
    huge = {name: value * 0 + 3e38 for name, value in arrays.items()}
    yield "huge weights", packed({}, huge)
    yield (
        "not a number weights",
        packed({}, {name: v * float("nan") for name, v in arrays.items()}),
    )
    yield "ranges", packed({"ranges": [1e308] * len(about.get("ranges") or [0])})
