"""The installed tree, and a member of the group who lays what he can: nobody is harmed."""

from __future__ import annotations

import json
import time

from pi.diagnostics.installed_tree import PROGRAM, TREE
from tools.acceptance.checks import storage
from tools.emulator.testbed import STATE, UNIT, Testbed, expect

RUN = "/run/zerodigit"
VICTIM = "/root/victim"
RAN = "/run/lock/planted-code-ran"

# As stat(1) calls them.
_KINDS = {"directory": "folder", "regular file": "file", "regular empty file": "file"}
_KINDS |= {"symbolic link": "link", "socket": "socket"}

# Of the state folder and of the run folder; what is root's or the service's may refuse.
_NAMES = (
    *(f"{STATE}/{name}" for name in ("weights", "night", "history.jsonl", "samples.db")),
    *(f"{STATE}/samples.db{end}" for end in ("-journal", "-wal", "-shm", ".damaged1")),
    *(f"{STATE}/weights/{name}" for name in ("current", "0001.npz", "0002.npz", "0003.npz")),
    *(f"{STATE}/night/{name}" for name in ("plan.json", "last.json", "history.jsonl")),
    *(f"{STATE}/night/{name}" for name in ("promoting.json", "fold-0.checkpoint")),
    *(f"{RUN}/{name}" for name in ("lock", "control", "night", ".lgd-nfy0")),
    *(f"{RUN}/night/{name}" for name in ("retraining.json", "retraining.uptime")),
)

KINDS = ("link", "fifo", "folder", "json")

_PLANT = f"""\
plant() {{
    rm -rf "$2" 2>/dev/null
    case $1 in
        link) ln -s {VICTIM} "$2" ;;
        fifo) mkfifo "$2" ;;
        folder) mkdir -p "$2/full" ;;
        json) head -c 900000 /dev/zero | tr '\\0' '[' >"$2" ;;
    esac
}} 2>/dev/null
"""

# A Python that looks into a home of the group's would run it.
_CODE = f"""\
for each in {STATE} {STATE}/night; do
    for version in 3.11 3.13; do
        site=$each/.local/lib/python$version/site-packages
        mkdir -p $site && echo 'import os; os.mkdir("{RAN}")' >$site/planted.pth
    done
done 2>/dev/null
"""


def tree(testbed: Testbed) -> str:
    """Owners and modes are as the committed table says: by stat, and by the doctor."""
    testbed.read(1)
    paths = " ".join(entry.path for entry in TREE)
    said = testbed.pi.shell(f"stat -c '%n|%U|%G|%a|%F' {paths} 2>/dev/null; true").text
    found = dict(line.split("|", 1) for line in said.splitlines())
    for entry in TREE:
        seen = found.get(entry.path)
        if seen is None:
            expect(not entry.needed, f"{entry.path} is missing")
            continue
        user, group, mode, kind = seen.split("|")
        mode = mode if kind != "symbolic link" else f"{entry.mode:o}"
        wanted = entry.owner, entry.owner, f"{entry.mode:o}", entry.kind
        expect((user, group, mode, _KINDS.get(kind)) == wanted, f"{entry.path}: {seen}")
    expect("/run/zerodigit/night" in found, "the service makes no folder for nights")
    shared = f"find {PROGRAM} ! -type l \\( ! -user root -o -perm /022 \\)"
    others = testbed.pi.shell(f"{shared}; find {PROGRAM} -type l ! -user root", 120).text
    expect(not others, f"others may write {others[:300]}")
    home = testbed.pi.shell("getent passwd zerodigit | cut -d: -f6").text.strip()
    expect(home == "/nonexistent", f"the service's user has the home {home}")
    finding = _doctor(testbed)
    expect(finding["level"] == "ok", f"the doctor: {finding}")
    testbed.pi.shell(f"chmod 2777 {STATE}/weights")
    finding = _doctor(testbed)
    expect(finding["level"] == "fail", f"the doctor does not see it: {finding}")
    testbed.pi.shell(finding["remedy"].replace("sudo ", ""))
    expect(_doctor(testbed)["level"] == "ok", "what the doctor says does not mend it")
    return f"{len(found)} of {len(TREE)} paths are there, and as the table says"


def planted(testbed: Testbed) -> str:
    """Links, FIFOs, folders, deep JSON at every name that a member of the group can reach."""
    path = storage.variant(testbed, int(time.time()))
    testbed.pi.shell(f"echo 'as it was' >{VICTIM}; chmod 600 {VICTIM}; rm -rf {RAN}")
    before = _fingerprint(testbed)
    kinds = KINDS[:1] if testbed.quick else KINDS
    slowest = 0.0
    try:
        for kind in kinds:
            slowest = max(slowest, _round(testbed, kind, path))
            changed = before ^ _fingerprint(testbed)
            expect(not changed, f"after each {kind}: {sorted(changed)[:5]}")
    finally:
        testbed.pi.shell(f"systemctl stop {UNIT}; rm -rf {STATE}/* {STATE}/.[!.]* {RUN}", 180)
        testbed.pi.shell("systemd-tmpfiles --create /etc/tmpfiles.d/zerodigit.conf")
        testbed.spoilt()
    return (
        f"{len(_NAMES)} names, each as {', '.join(kinds)}: read on, heard SIGTERM within "
        f"{slowest:.0f} s, started again; no foreign file changed, no code run"
    )


def _round(testbed: Testbed, kind: str, path: str) -> float:
    """Plant it everywhere, before and behind the service's back; how long a stop took."""
    script = _PLANT + _CODE + "".join(f"plant {kind} {name}\n" for name in _NAMES)
    testbed.pi.put(script, "/run/plant.sh")
    as_member = "runuser -u pi -- sh /run/plant.sh; true"
    testbed.pi.shell(as_member, 60)
    testbed.read(3)
    for command in (f"weights install {path}", "label 1 7", "retrain --minutes 1", "history"):
        # What it comes to is its own affair, but it ends, and by no signal.
        done = testbed.pi.shell(f"timeout 240 zerodigit {command}", 300, check=False)
        expect(done.code < 124, f"zerodigit {command} with each {kind}: {done.code}")
        expect("Traceback" not in done.text, f"zerodigit {command}: {done.text[-500:]}")
    testbed.pi.shell("runuser -u zerodigit -- zerodigit --version", 60)
    testbed.pi.shell(as_member, 60)
    testbed.read(4)
    began = time.monotonic()
    testbed.pi.shell(f"systemctl stop {UNIT}", 180)
    took = time.monotonic() - began
    result = testbed.property("Result")
    expect(result == "success", f"with each {kind} it ended by {result}")
    # What was laid while the run folder was still the group's, before an upgrade.
    testbed.pi.shell(f"mkdir -p {RUN}; chown zerodigit: {RUN}; chmod 2770 {RUN}")
    testbed.pi.shell(as_member, 60)
    testbed.restart()
    testbed.read(2)
    mode = testbed.pi.shell(f"stat -c %a {RUN}").text.strip()
    expect(mode == "750", f"{RUN} has mode {mode}")
    expect(not testbed.pi.shell(f"ls -d {RAN} 2>/dev/null; true").text, "planted code ran")
    testbed.read("empty")
    return took


def _doctor(testbed: Testbed) -> dict[str, str]:
    said = testbed.pi.shell("zerodigit doctor --json", 300, check=False).text
    found: list[dict[str, str]] = json.loads(said)
    return next(each for each in found if each["name"] == "installed")


def _fingerprint(testbed: Testbed) -> set[str]:
    """What a member must not change, file by file."""
    find = "find /etc /root /opt /usr/local -xdev ! -path '*__pycache__*' -printf"
    return set(testbed.pi.shell(f"{find} '%p %s %u %g %m %T@ %l\\n'", 240).text.splitlines())
