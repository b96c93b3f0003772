"""The state folder: new, torn and foreign weights, and a card that cannot be written to."""

from __future__ import annotations

import json
import time

from tools.emulator.testbed import STATE, UNIT, Testbed, expect

TAKEN_UP_S = 10.0

MEMORY_KB = 96 * 1024
"""What a night may take, and who judges weights."""

# Another file than the shipped one: the same network, and a word more about it.
_VARIANT = """\
from core import modelfile, pretrained
model = modelfile.load(pretrained.PATH)
modelfile.save("/run/variant.npz", model.network, {**model.info, "variant": VARIANT})
"""


# What it prints, and the most memory that it took, kB.
_MEASURED = """\
python3 -c 'import resource, subprocess
subprocess.run(["zerodigit", "weights", "offer", "{path}", "--json"], stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'"""


def variant(testbed: Testbed, number: int) -> str:
    """A model file on the Pi that is another than all before; its path."""
    testbed.python(_VARIANT.replace("VARIANT", str(number)))
    return "/run/variant.npz"


def version(testbed: Testbed) -> str:
    """The version that the running service reads with."""
    return str(testbed.status()["weights"]["version"])


def new_weights(testbed: Testbed) -> str:
    """Taken up by the running service within ten seconds; what is lit stays lit."""
    testbed.read(8)
    path = variant(testbed, int(time.time()))
    cursor = testbed.cursor()
    said = testbed.pi.shell(f"zerodigit weights install {path}", 240).text
    name = said.split()[1]
    gaps = 0

    def taken_up() -> bool:
        nonlocal gaps
        gaps += testbed.sign() != "8"
        return any(each.get("VERSION") == name for each in testbed.journal(cursor))

    took = testbed.wait(taken_up, f"version {name} is not taken up", 60, 0.1)
    expect(gaps == 0, f"the 8 was not shown in {gaps} looks")
    expect(version(testbed) == name, f"status says {version(testbed)}, not {name}")
    testbed.pi.shell("zerodigit weights rollback", 240)
    testbed.wait(lambda: version(testbed) != name, "the way back is not taken up", 60, 1.0)
    # Waiting for a processor that other work has is none of a Pi's.
    expect(took * testbed.pi.share() <= TAKEN_UP_S, f"it took {took:.0f} s")
    return f"version {name} reads {took:.0f} s after it was installed, the 8 lit all the while"


def offered(testbed: Testbed) -> str:
    """Weights from elsewhere are judged on the Pi, beside the reader, and let in."""
    path = variant(testbed, int(time.time()))
    crops = testbed.pi.shell(
        "zerodigit samples crops /dev/stdout 2>/dev/null | wc -c", 240
    ).text
    expect(int(crops) > 0, "no file of crops comes out")
    said = testbed.pi.shell(_MEASURED.format(path=path), 3600).text.splitlines()
    night, kb = json.loads(said[-2]), int(said[-1])
    expect(night["outcome"] == "promoted", f"not let in: {night['why']}")
    expect(kb <= MEMORY_KB, f"it took {kb / 1024:.0f} MB")
    name = night["version"]
    testbed.wait(lambda: version(testbed) == name, "it is not taken up", 60, 1.0)
    testbed.pi.shell("zerodigit weights rollback", 240)
    return f"version {name} was judged in {night['seconds']:.0f} s, with {kb / 1024:.0f} MB"


def torn_weights(testbed: Testbed) -> str:
    """A torn file, and a foreign one: passed over, and named in the journal."""
    for harm, how in (
        ("torn", "truncate -s 5000 {file}"),
        ("foreign", "head -c 100000 /dev/urandom > {file}"),
    ):
        path = variant(testbed, int(time.time()))
        name = testbed.pi.shell(f"zerodigit weights install {path}", 240).text.split()[1]
        testbed.pi.shell(how.format(file=f"{STATE}/weights/{name}.npz"))
        cursor = testbed.cursor()
        testbed.restart()
        testbed.read(2)
        expect(version(testbed) != name, f"it reads with the {harm} file")
        said = testbed.messages(cursor)
        expect(any(name in each and "instead" in each for each in said), f"not named: {said}")
        listed = testbed.pi.shell("zerodigit weights", 180).text
        expect("damaged" in listed, f"zerodigit weights: {listed}")
        testbed.read("empty")
    testbed.pi.shell("zerodigit weights reset", 180)
    return "torn and foreign files are named and passed over, and a 2 is read"


def full(testbed: Testbed) -> str:
    """No room left for samples and weights."""
    testbed.pi.shell(f"systemctl stop {UNIT}", 180)
    testbed.pi.shell(
        "mount -t tmpfs -o size=300k,mode=3770,uid=$(id -u zerodigit),gid=$(id -g zerodigit) "
        f"state {STATE}"
    )
    try:
        testbed.pi.shell(f"dd if=/dev/zero of={STATE}/fill bs=4k 2>/dev/null", check=False)
        cursor = testbed.cursor()
        testbed.restart()
        return _reads_but_stores_nothing(testbed, cursor)
    finally:
        _unmount(testbed)


def read_only(testbed: Testbed) -> str:
    """A card that the kernel finds ill and makes read-only, with files open on it."""
    testbed.pi.shell(f"systemctl stop {UNIT}", 180)
    testbed.pi.shell(
        "rm -f /run/card && truncate -s 8M /run/card && mke2fs -q -t ext4 /run/card && "
        f"mount -o loop,errors=remount-ro /run/card {STATE} && chown zerodigit: {STATE} && "
        f"chmod 3770 {STATE} && runuser -u zerodigit -- mkdir -m 2770 {STATE}/weights"
    )
    try:
        testbed.restart()
        testbed.read(2)
        cursor = testbed.cursor()
        # As after a block that cannot be read; to remount it is refused while files are open.
        testbed.pi.shell(
            f"echo 1 > /sys/fs/ext4/$(basename $(findmnt -no SOURCE {STATE}))/trigger_fs_error"
        )
        tried = testbed.pi.shell(f"touch {STATE}/new", check=False).text
        expect("Read-only file system" in tried, f"it can be written to: {tried!r}")
        running = _reads_but_stores_nothing(testbed, cursor)
        testbed.restart()
        testbed.read(5)
        return f"{running}; and starts"
    finally:
        _unmount(testbed)
        testbed.pi.shell("rm -f /run/card")


def _reads_but_stores_nothing(testbed: Testbed, cursor: str) -> str:
    """Digits are shown; that none is kept is said once, in the journal after ``cursor``."""

    def complaints() -> list[str]:
        return [each for each in testbed.messages(cursor) if "no samples are kept" in each]

    testbed.read(4)
    path = variant(testbed, int(time.time()))
    tried = testbed.pi.shell(f"zerodigit weights install {path}", 240, check=False)
    expect(tried.code == 7, f"exit code {tried.code}: {tried.text}")
    expect("Traceback" not in tried.text, tried.text)
    left = testbed.pi.shell(f"ls -A {STATE}/weights | grep -v lock", check=False).text.split()
    expect(not left, f"left behind: {left}")
    expect(testbed.is_active(), "the service is not active")
    # A digit is stored when it goes.
    testbed.read("empty")
    testbed.wait(lambda: bool(complaints()), "no entry that no samples are kept", 60, 2.0)
    said = complaints()
    expect(len(set(said)) == len(said), f"logged again and again: {said}")
    return f"a 4 is read; weights are refused in a line: {tried.text.strip()[:90]}"


def _unmount(testbed: Testbed) -> None:
    testbed.pi.shell(f"systemctl stop {UNIT}; umount {STATE}", 180)
