"""The state folder: weights that come, are torn or foreign, and a card that takes no more."""

from __future__ import annotations

import time

from tools.emulator.testbed import STATE, UNIT, Testbed, expect

TAKEN_UP_S = 10.0

# Another file than the shipped one: the same network, and a word more about it.
_VARIANT = """\
from core import modelfile, pretrained
model = modelfile.load(pretrained.PATH)
modelfile.save("/run/variant.npz", model.network, {**model.info, "variant": VARIANT})
"""


def python(bench: Testbed, code: str, timeout_s: float = 240.0) -> str:
    """Run Python code with zerodigit's modules on the Pi; what it printed."""
    bench.pi.put(code, "/run/check.py")
    run = "PYTHONPATH=/opt/zerodigit/current /opt/zerodigit/venv/bin/python -P /run/check.py"
    return bench.pi.shell(run, timeout_s).text


def variant(bench: Testbed, number: int) -> str:
    """A model file on the Pi that is another than all before; its path."""
    python(bench, _VARIANT.replace("VARIANT", str(number)))
    return "/run/variant.npz"


def version(bench: Testbed) -> str:
    """The version that the running service reads with."""
    return str(bench.status()["weights"]["version"])


def new_weights(bench: Testbed) -> str:
    """Taken up by the running service within ten seconds; what is lit stays lit."""
    bench.show(8)
    bench.wait_for_sign("8")
    path = variant(bench, int(time.time()))
    cursor = bench.cursor()
    said = bench.pi.shell(f"zerodigit weights install {path}", 240).text
    name = said.split()[1]
    gaps = 0

    def taken_up() -> bool:
        nonlocal gaps
        gaps += bench.sign() != "8"
        return any(each.get("VERSION") == name for each in bench.journal(cursor))

    took = bench.wait(taken_up, f"version {name} is not taken up", 60, 0.1)
    expect(gaps == 0, f"the 8 was not shown in {gaps} looks")
    expect(version(bench) == name, f"status says {version(bench)}, not {name}")
    bench.pi.shell("zerodigit weights rollback", 240)
    bench.wait(lambda: version(bench) != name, "the way back is not taken up", 60, 1.0)
    # Waiting for a processor that other work has is none of a Pi's.
    expect(took * bench.pi.share() <= TAKEN_UP_S, f"it took {took:.0f} s")
    return f"version {name} reads {took:.0f} s after it was installed, the 8 lit all the while"


def torn_weights(bench: Testbed) -> str:
    """A torn file, and a foreign one: passed over, and told."""
    path = variant(bench, int(time.time()))
    name = bench.pi.shell(f"zerodigit weights install {path}", 240).text.split()[1]
    file = f"{STATE}/weights/{name}.npz"
    for harm, how in (
        ("torn", f"truncate -s 5000 {file}"),
        ("foreign", f"head -c 100000 /dev/urandom > {file}"),
    ):
        bench.pi.shell(how)
        cursor = bench.cursor()
        bench.restart()
        bench.show(2)
        bench.wait_for_sign("2")
        expect(version(bench) != name, f"it reads with the {harm} file")
        said = bench.messages(cursor)
        expect(any(name in each and "instead" in each for each in said), f"not told: {said}")
        listed = bench.pi.shell("zerodigit weights", 180).text
        expect("damaged" in listed, f"zerodigit weights: {listed}")
        bench.show("empty")
        bench.wait_for_sign(" ")
    bench.pi.shell("zerodigit weights reset", 180)
    return "torn and foreign files are named and passed over, and a 2 is read"


def full(bench: Testbed) -> str:
    """No room left for samples and weights."""
    bench.pi.shell(f"systemctl stop {UNIT}", 180)
    bench.pi.shell(
        "mount -t tmpfs -o size=300k,mode=2770,uid=$(id -u zerodigit),gid=$(id -g zerodigit) "
        f"state {STATE}"
    )
    try:
        bench.pi.shell(f"dd if=/dev/zero of={STATE}/fill bs=4k 2>/dev/null", check=False)
        cursor = bench.cursor()
        bench.restart()
        return _reads_but_stores_nothing(bench, cursor)
    finally:
        _unmount(bench)


def read_only(bench: Testbed) -> str:
    """A card that the kernel finds ill and makes read-only, with files open on it."""
    bench.pi.shell(f"systemctl stop {UNIT}", 180)
    bench.pi.shell(
        "rm -f /run/card && truncate -s 8M /run/card && mke2fs -q -t ext4 /run/card && "
        f"mount -o loop,errors=remount-ro /run/card {STATE} && chown zerodigit: {STATE} && "
        f"chmod 2770 {STATE} && runuser -u zerodigit -- mkdir -m 2770 {STATE}/weights"
    )
    try:
        bench.restart()
        bench.show(2)
        bench.wait_for_sign("2")
        cursor = bench.cursor()
        # As after a block that cannot be read; to remount it is refused while files are open.
        bench.pi.shell(
            f"echo 1 > /sys/fs/ext4/$(basename $(findmnt -no SOURCE {STATE}))/trigger_fs_error"
        )
        tried = bench.pi.shell(f"touch {STATE}/new", check=False).text
        expect("Read-only file system" in tried, f"it can be written to: {tried!r}")
        running = _reads_but_stores_nothing(bench, cursor)
        bench.restart()
        bench.show(5)
        bench.wait_for_sign("5")
        return f"{running}; and starts"
    finally:
        _unmount(bench)
        bench.pi.shell("rm -f /run/card")


def _reads_but_stores_nothing(bench: Testbed, cursor: str) -> str:
    """Digits are shown; that none is kept is said once, in the journal after ``cursor``."""

    def complaints() -> list[str]:
        return [each for each in bench.messages(cursor) if "no samples are kept" in each]

    bench.show(4)
    bench.wait_for_sign("4")
    path = variant(bench, int(time.time()))
    tried = bench.pi.shell(f"zerodigit weights install {path}", 240, check=False)
    expect(tried.code == 7, f"exit code {tried.code}: {tried.text}")
    expect("Traceback" not in tried.text, tried.text)
    left = bench.pi.shell(f"ls -A {STATE}/weights | grep -v lock", check=False).text.split()
    expect(not left, f"left behind: {left}")
    expect(bench.is_active(), "the service is not active")
    # A digit is stored when it goes.
    bench.show("empty")
    bench.wait_for_sign(" ")
    bench.wait(lambda: bool(complaints()), "not told that no samples are kept", 60, 2.0)
    said = complaints()
    expect(len(set(said)) == len(said), f"told again and again: {said}")
    return f"a 4 is read; weights are refused in a line: {tried.text.strip()[:90]}"


def _unmount(bench: Testbed) -> None:
    bench.pi.shell(f"systemctl stop {UNIT}; umount {STATE}", 180)
