"""tools/install: from nothing, again, to a newer version, and back from a broken one."""

from __future__ import annotations

import re
import tomllib

from tools.emulator.testbed import CHECKOUT, CONFIG, STATE, UNIT, Failed, Testbed, expect

MOST_EXPOSURE = 0.6

REMARK = "# the lamp is on the left"

_ALL = f"/opt/zerodigit {STATE} /etc /usr/local"


def from_nothing(testbed: Testbed) -> str:
    """A Pi with the system's packages and nothing of ours."""
    expect(testbed.property("LoadState") == "not-found", "there is a service already")
    testbed.install()
    testbed.wait_until_active(60)
    expected = {
        "systemctl is-enabled zerodigit": "enabled",
        f"stat -c '%U %G %a' {STATE}": "zerodigit zerodigit 3770",
        "id -nG pi | tr ' ' '\\n' | grep -x zerodigit": "zerodigit",
        "command -v zerodigit": "/usr/local/bin/zerodigit",
        "find /opt/zerodigit/current/pi/service/ -name 'loop*.pyc' | wc -l": "1",
        f"grep -c '^type = \"picamera2\"' {CONFIG}": "1",
    }
    for command, wanted in expected.items():
        said = testbed.pi.shell(command, check=False).text.strip()
        expect(said == wanted, f"{command}: {said!r}, not {wanted!r}")
    # There is no camera here, so it must say so rather than show a digit.
    testbed.wait_for_sign("E")
    testbed.wait(
        lambda: (
            testbed.pi.shell(f"journalctl -u {UNIT} | grep -c 'no frames'", check=False).code
            == 0
        ),
        "the journal does not say that there is no camera",
        30,
    )
    return "it runs, is enabled, and shows E for the camera that is not there"


def second(testbed: Testbed) -> str:
    """Installing the same again: no file another, and the service not even restarted."""
    before, process = _fingerprint(testbed, _ALL), testbed.property("MainPID")
    said = testbed.install()
    expect("nothing to change" in said, f"it says: {said[-300:]}")
    expect(_fingerprint(testbed, _ALL) == before, "files were changed")
    expect(testbed.property("MainPID") == process, "the service was restarted")
    return "no file changed, the service not restarted"


def upgrade(testbed: Testbed) -> str:
    """To newer code; then to code that cannot start, and back."""
    testbed.pi.shell(f"echo mine > {STATE}/mine; echo '{REMARK}' >> {CONFIG}")
    # As an installation had it before: the home of the service's user was the group's folder.
    testbed.pi.shell(f"systemctl stop {UNIT} && usermod --home {STATE} zerodigit", 180)
    testbed.restart()
    kept, samples, first = _owned(testbed), _samples(testbed), _release(testbed)
    try:
        testbed.pi.shell(f"echo '# newer' >> {CHECKOUT}/pi/system/version.py")
        testbed.install()
        newer = _release(testbed)
        expect(newer != first, "the newer code is not in force")
        testbed.wait_until_active(60)
        home = testbed.pi.shell("getent passwd zerodigit | cut -d: -f6").text.strip()
        expect(home == "/nonexistent", f"the service's user still has the home {home}")
        testbed.pi.shell(
            f"echo 'raise RuntimeError(\"broken\")' >> {CHECKOUT}/pi/service/loop.py"
        )
        try:
            testbed.install()
        except Failed as failure:
            said = str(failure)
        else:
            raise Failed("the broken version counts as installed")
        expect("not upgraded" in said, f"it says: {said[-500:]}")
        expect(_release(testbed) == newer, "the broken version is in force")
        testbed.wait_until_active()
        owned = _owned(testbed)
        expect(owned == kept, f"settings or weights: {kept} before, and now {owned}")
        # What was shown last may have been written meanwhile.
        lost = samples - _samples(testbed)
        expect(not lost, f"{len(lost)} of {len(samples)} samples are lost")
        testbed.read(4)
    finally:
        testbed.pi.shell("cd /srv && rm -rf checkout && tar xzf checkout.tar.gz")
    return "settings, samples and weights stay; a broken version is undone, and a 4 is read"


def units(testbed: Testbed) -> str:
    """What the systemd on the Pi says of the units there, and of how far they can reach."""
    names = (f"{UNIT}.service", "zerodigit-retrain.service", "zerodigit-retrain.timer")
    # The manual is not on this card.
    verify = f"systemd-analyze --man=no verify {' '.join(names)}"
    said = testbed.pi.shell(verify, 240, check=False)
    expect(not said.code and not said.text, f"{verify} ({said.code}): {said.text}")
    exposures = []
    for name in names[:2]:
        report = testbed.pi.shell(f"systemd-analyze security {name}", 240).text
        found = re.search(rf"exposure level for {name}: ([\d.]+)", report)
        expect(found, f"systemd-analyze security {name}: {report[-300:]}")
        assert found
        expect(float(found[1]) <= MOST_EXPOSURE, f"{name} has an exposure of {found[1]}")
        exposures.append(found[1])
    return f"nothing to say against them; exposure {' and '.join(exposures)}"


def uninstall(testbed: Testbed) -> str:
    """All goes, settings, samples and weights with --delete-data alone; and all comes back."""
    testbed.pi.shell(f"echo mine > {STATE}/mine")
    testbed.pi.shell("/opt/zerodigit/current/tools/uninstall", 300)
    expect(testbed.property("LoadState") == "not-found", "the service is still known")
    kept = {STATE, CONFIG.rpartition("/")[0], CONFIG, "/etc/sysusers.d/zerodigit.conf"}
    left = _ours(testbed)
    expect(left == kept, f"without an answer there are {left} and not {kept}")
    expect(testbed.pi.shell(f"cat {STATE}/mine").text == "mine\n", "samples were touched")
    testbed.pi.shell(f"bash {CHECKOUT}/tools/uninstall --delete-data", 300)
    expect(not _ours(testbed), f"left behind: {_ours(testbed)}")
    user = testbed.pi.shell("getent passwd zerodigit; getent group zerodigit", check=False).text
    expect(not user, f"left behind: {user}")
    testbed.install()
    testbed.wait_until_active(60)
    testbed.spoilt()
    return (
        "asks and keeps what is the owner's; leaves nothing with --delete-data; installs again"
    )


def _ours(testbed: Testbed) -> set[str]:
    """What on the card is called as we are, beside the checkout and the journal."""
    find = "find / -xdev -path /srv -prune -o -name '*zerodigit*' -print"
    return set(testbed.pi.shell(find, 240).text.split())


def _release(testbed: Testbed) -> str:
    return testbed.pi.shell("readlink /opt/zerodigit/current").text.strip()


def _owned(testbed: Testbed) -> tuple[str, ...]:
    """What is set, the owner's remark on it, and weights. New settings come as comments."""
    config = testbed.pi.get(CONFIG).decode()
    return (
        str(tomllib.loads(config)),
        "".join(line for line in config.splitlines() if line == REMARK),
        _fingerprint(testbed, f"{STATE} -type f ! -name 'samples.db*'"),
    )


def _samples(testbed: Testbed) -> set[str]:
    """A digest of each; SQLite tidies up in its file."""
    rows = "SELECT id, guess, label, origin, quote(image) FROM samples"
    each = f"sqlite3 {STATE}/samples.db '{rows}' | split -l 1 --filter=sha256sum"
    return set(testbed.pi.shell(each, 240).text.splitlines())


def _fingerprint(testbed: Testbed, paths: str) -> str:
    """Names, sizes, owners and times of all files, without what Python caches."""
    listing = f"find {paths} ! -path '*__pycache__*' -printf '%p %s %u %g %m %T@\\n'"
    # A settings file that is read is not changed by it.
    return testbed.pi.shell(f"{listing} 2>/dev/null | sort | sha256sum").text
