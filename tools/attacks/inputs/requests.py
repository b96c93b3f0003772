"""Requests to the control socket that are long, deep, endless, torn, or of wrong types."""

from __future__ import annotations

import json
import os

from tools.attacks.inputs import LARGEST


def requests() -> dict[str, bytes]:
    """The bytes of each request, by a name."""
    deep = b"[" * 2000 + b"]" * 2000
    given: dict[str, bytes] = {
        "nothing": b"",
        "an empty line": b"\n",
        "no end": b'{"do": "status"',
        "endless": b"x" * LARGEST,
        "spaces": b" " * LARGEST,
        "zeros": bytes(LARGEST),
        "noise": os.urandom(4000) + b"\n",
        "deep": deep + b"\n",
        "deep object": b'{"a":' * 700 + b"1" + b"}" * 700 + b"\n",
        "deep, endless": b"[" * LARGEST,
        "long number": b'{"do": "label", "label": ' + b"9" * 4000 + b"}\n",
        "infinite": b'{"do": "label", "label": 1e999}\n',
        "not a number": b'{"do": "label", "label": NaN}\n',
        "surrogates": b'{"do": "\\ud800\\udfff"}\n',
        "controls": b'{"do": "\\u001b[2J\\u0000"}\n',
        "many lines": b'{"do": "status"}\n' * 1000,
        "the largest": b'{"do": "status"' + b" " * 4000 + b"}\n",
        "many keys": json.dumps({f"k{n}": n for n in range(300)}).encode() + b"\n",
        "the same key": b"{" + b'"do":1,' * 500 + b'"do":"status"}\n',
        "UTF-16": '{"do": "status"}\n'.encode("utf-16"),
    }
    wrong = [
        None,
        True,
        1,
        1.5,
        "",
        "STATUS",
        [],
        {},
        ["status"],
        "__class__",
        "do",
        "../status",
    ]
    for value in wrong:
        given[f"do {value!r}"] = json.dumps({"do": value}).encode() + b"\n"
    for value in (None, True, -1, 11, 2**70, 7.0, "7", [7], {"a": 7}):
        given[f"label {value!r}"] = json.dumps({"do": "label", "label": value}).encode() + b"\n"
        given[f"ticket {value!r}"] = (
            json.dumps({"do": "ticket", "ticket": value}).encode() + b"\n"
        )
    return given
