"""What a hostile member plants under a name of the appliance, each as a function of its path.

A plant raises OSError where the member may not lay it: then it is refused.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

MARK = "zerodigit-canary-7c1f"
"""Stands in every foreign file that only its owner may read: nobody else may be told it."""


@dataclass(frozen=True)
class Foreign:
    """Files that a member may not change: of root, of another member, of the service's user."""

    folder: Path
    before: dict[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def ran(self) -> Path:
        """Everybody may write there: code that was planted says so when it runs."""
        return self.folder / "ran"

    def make(self, owners: dict[str, tuple[int, int]]) -> None:
        """A folder for each owner, by number and group, with a secret and an open file."""
        for name, (uid, gid) in owners.items():
            folder = self.folder / name
            folder.mkdir(parents=True)
            for file, mode in (("secret", 0o600), ("open", 0o644)):
                path = folder / file
                path.write_text(f"{MARK if file == 'secret' else 'open'}\n")
                os.chown(path, uid, gid)
                path.chmod(mode)
            os.chown(folder, uid, gid)
        self.ran.mkdir()
        self.ran.chmod(0o1777)
        self.before.update(self._now())

    def changes(self) -> list[str]:
        """What was changed, created or deleted since :meth:`make`."""
        now = self._now()
        return sorted(
            name for name in now.keys() | self.before if now.get(name) != self.before.get(name)
        )

    def _now(self) -> dict[str, tuple[object, ...]]:
        found: dict[str, tuple[object, ...]] = {}
        for path in self.folder.rglob("*"):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else b""
            if self.ran not in (path, *path.parents):
                name = str(path.relative_to(self.folder))
                # Of a folder not the time: what is made and removed again in it is no harm.
                when = 0 if path.is_dir() else status.st_mtime_ns
                found[name] = (status.st_mode, status.st_uid, status.st_gid, when, content)
        return found


Plant = Callable[[Path, Foreign], None]


def _link(target: str) -> Plant:
    return lambda path, foreign: path.symlink_to(foreign.folder / target)


def _folder(path: Path, foreign: Foreign) -> None:
    path.mkdir()
    (path / "inside").write_text("x")


def _socket(path: Path, foreign: Foreign) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))


def _sparse(path: Path, foreign: Foreign) -> None:
    with open(path, "xb") as file:
        file.truncate(64 << 30)


def _hard_link(path: Path, foreign: Foreign) -> None:
    for owner in ("root", "other", "service"):
        with suppress(OSError):
            os.link(foreign.folder / owner / "open", path)
            return
    raise PermissionError("no hard link")


LINKS: dict[str, Plant] = {
    "link to a secret of root's": _link("root/secret"),
    "link to an open file of root's": _link("root/open"),
    "link to another member's": _link("other/secret"),
    "link to the service's user's": _link("service/secret"),
    "dangling link into root's folder": _link("root/new"),
    "dangling link into the service's": _link("service/new"),
    "link to root's folder": _link("root"),
    "hard link": _hard_link,
}
FORMS: dict[str, Plant] = {
    "FIFO": lambda path, foreign: os.mkfifo(path),
    "folder": _folder,
    "socket": _socket,
    "sparse 64 GB": _sparse,
}

DEEP = b"[" * 100_000 + b"]" * 100_000
CONTENTS: dict[str, bytes] = {
    "empty": b"",
    "8 MB of zeros": bytes(8 << 20),
    "deep JSON": DEEP,
    "deep JSON in a line of the history": b'{"outcome":'
    + DEEP
    + b"}\n"
    + b"[" * 50_000
    + b"\n",
    "huge numbers": b'{"pid":1e999,"outcome":"x","share":' + b"9" * 100_000 + b',"at":1e400}\n',
    "NaN": b'{"pid":NaN,"stage":"x","share":NaN,"left_s":NaN,"outcome":"x","at":NaN}\n',
    "infinite share": b'{"pid":1,"stage":"x","share":Infinity,"left_s":1e308,"outcome":"x",'
    b'"digits":Infinity,"before":NaN,"after":[],"seconds":1e308}\n',
    "wrong types": b'{"pid":[],"stage":{},"share":"x","left_s":"x","outcome":"promoted",'
    b'"before":{},"digits":[[]],"after":null,"why":5,"version":[1],"at":5,"confused":7,'
    b'"still_confused":{"a":1},"samples":7,"versions":5,"exam_count":"x"}\n',
    "a process of root's": b'{"pid":1,"stage":"x","share":0.5,"left_s":null,"outcome":"x"}',
    "of wrong types, alive": b'{"pid":1,"stage":"x","share":[],"left_s":{}}',
    "control characters": b'{"pid":1,"stage":"\\u001b]0;x\\u0007\\u001b[2J","share":0.5,'
    b'"left_s":5,"outcome":"\\u001b[31m\\u009b2J","why":"\\r\\n\\u0000\\u001b[8m"}\n',
    "raw bytes": bytes(range(256)) * 64,
    "other names": b"../../../../etc/passwd\n/dev/zero\nshipped\n",
    "many versions": b"".join(b"%04d\n" % n for n in range(1, 200_000)),
    "long lines": b'{"outcome":"' + b"x" * 3_000_000 + b'"}\n',
    "many lines": b'{"outcome":"x"}\n' * 400_000,
}


def _content(data: bytes) -> Plant:
    def plant(path: Path, foreign: Foreign) -> None:
        # As a new file, or into the one that is there where it may not be replaced.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK, 0o666)
        with open(handle, "wb") as file:
            if os.fstat(handle).st_uid == os.getuid():
                os.fchmod(handle, 0o666)
            file.write(data)

    return plant


def _statements(*statements: str) -> Plant:
    def plant(path: Path, foreign: Foreign) -> None:
        try:
            with closing(
                sqlite3.connect(path, timeout=3.0, isolation_level=None)
            ) as connection:
                for statement in statements:
                    connection.execute(statement)
        except sqlite3.Error as error:
            raise PermissionError(str(error)) from error

    return plant


_ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"

DATABASE: dict[str, Plant] = {
    "endless trigger": _statements(
        f"CREATE TRIGGER t AFTER INSERT ON samples BEGIN INSERT INTO samples (image, time, "
        f"trusted) SELECT zeroblob(784), x, 0 FROM ({_ENDLESS}); END",
        f"CREATE TRIGGER u AFTER UPDATE ON samples BEGIN DELETE FROM samples WHERE id IN "
        f"({_ENDLESS}); END",
    ),
    "endless view": _statements(
        "DROP TABLE samples",
        f"CREATE VIEW samples AS SELECT x AS id, zeroblob(784) AS image, NULL AS crop, NULL AS "
        f"crop_width, 1 AS guess, 0.5 AS confidence, '' AS probabilities, '' AS model, 0 AS "
        f"time, 0 AS trusted, 1 AS label, '' AS origin FROM ({_ENDLESS})",
    ),
    "costly index": _statements("CREATE INDEX i ON samples (hex(zeroblob(10000000)))"),
    "huge rows": _statements(
        "PRAGMA ignore_check_constraints = ON",
        "UPDATE samples SET crop = zeroblob(30000000), crop_width = 1, probabilities = "
        "hex(zeroblob(10000000)), model = hex(zeroblob(10000000)), origin = char(27) || '[2J'",
    ),
    "rows of wrong types": _statements(
        "PRAGMA ignore_check_constraints = ON",
        "UPDATE samples SET image = 'x', crop = 'y', crop_width = -3, guess = 'z', confidence "
        "= 'n', probabilities = '1 x 1e999', model = x'00ff', time = 'never', trusted = 'no', "
        "label = 7.5, origin = x'1b'",
    ),
    "rows out of range": _statements(
        "PRAGMA ignore_check_constraints = ON",
        "UPDATE samples SET guess = 9e18, confidence = 9e999, time = 9e999, crop_width = 0, "
        "probabilities = 'nan inf', label = 99",
    ),
    "no number is left": _statements(
        "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    ),
    "another table": _statements("DROP TABLE samples", "CREATE TABLE samples (id, image)"),
    "a newer version": _statements("PRAGMA user_version = 2000000000"),
    "a negative version": _statements("PRAGMA user_version = -5"),
    "journal mode": _statements("PRAGMA journal_mode = WAL", "UPDATE samples SET label = 1"),
    "many rows": _statements(
        "INSERT INTO samples (image, time, trusted, label) SELECT zeroblob(784), x, 0, 1 FROM "
        "(WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 30000) SELECT x "
        "FROM n)",
    ),
}  # fmt: skip

PLANTS: dict[str, Plant] = {
    **LINKS,
    **FORMS,
    **{name: _content(data) for name, data in CONTENTS.items()},
    **DATABASE,
}


_PARSED = (".json", ".jsonl", ".uptime", "current", "lock", "history.jsonl.tmp")
_ANY_CONTENT = ("empty", "8 MB of zeros", "raw bytes")


def suits(kind: str, name: str, there: bool) -> bool:
    """Whether a plant is worth a try under a name. there : whether the appliance was used."""
    if kind in DATABASE:
        return there and name.endswith("samples.db")
    return kind not in CONTENTS or kind in _ANY_CONTENT or name.endswith(_PARSED)


def lay(kind: str, path: Path, foreign: Foreign) -> None:
    """Lay a plant; what is there is taken away first. Raises OSError where it may not be."""
    if kind in DATABASE:
        DATABASE[kind](path, foreign)
        return
    try:
        if path.is_dir() and not path.is_symlink():
            path.rename(path.with_name(f"{path.name}.away"))
        else:
            path.unlink(missing_ok=True)
    except OSError:
        if kind not in CONTENTS:
            raise
    PLANTS[kind](path, foreign)


def code_places(folder: Path, version: str) -> list[Path]:
    """Where Python may look for a module in a folder that is its home, or where it is run."""
    site = folder / f".local/lib/python{version}/site-packages"
    modules = ("sitecustomize", "usercustomize", "numpy", "json", "sqlite3", "gpiozero", "PIL")
    return [
        *(folder / f"{name}.py" for name in (*modules, "pi", "core")),
        *(site / f"{name}.py" for name in modules),
        site / "planted.pth",
    ]


def lay_code(path: Path, foreign: Foreign) -> None:
    """Lay code that leaves a file in ``foreign.ran`` when somebody runs it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = (
        f"import os; open('{foreign.ran}/%d %s' % (os.getuid(), '{path.name}'), 'w').close()\n"
    )
    path.write_text(line)
    path.chmod(0o644)
