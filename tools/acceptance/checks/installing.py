"""tools/install: from nothing, again, to a newer version, and back from a broken one."""

from __future__ import annotations

import re
import tomllib

from tools.emulator.testbed import CHECKOUT, CONFIG, STATE, UNIT, Failed, Testbed, expect

MOST_EXPOSURE = 1.5

REMARK = "# the lamp is on the left"

_ALL = f"/opt/zerodigit {STATE} /etc /usr/local"


def from_nothing(bench: Testbed) -> str:
    """A Pi with the system's packages and nothing of ours."""
    expect(bench.property("LoadState") == "not-found", "there is a service already")
    bench.install()
    bench.wait_until_active(60)
    asked = {
        "systemctl is-enabled zerodigit": "enabled",
        f"stat -c '%U %G %a' {STATE}": "zerodigit zerodigit 2770",
        "id -nG pi | tr ' ' '\\n' | grep -x zerodigit": "zerodigit",
        "command -v zerodigit": "/usr/local/bin/zerodigit",
        "find /opt/zerodigit/current/pi/service/ -name 'loop*.pyc' | wc -l": "1",
        f"grep -c '^type = \"picamera2\"' {CONFIG}": "1",
    }
    for command, wanted in asked.items():
        said = bench.pi.shell(command, check=False).text.strip()
        expect(said == wanted, f"{command}: {said!r}, not {wanted!r}")
    # There is no camera here, so it must say so rather than show a digit.
    bench.wait_for_sign("E")
    bench.wait(
        lambda: (
            bench.pi.shell(f"journalctl -u {UNIT} | grep -c 'no frames'", check=False).code == 0
        ),
        "the journal does not say that there is no camera",
        30,
    )
    return "it runs, is enabled, and shows E for the camera that is not there"


def second(bench: Testbed) -> str:
    """Installing the same again: no file another, and the service not even restarted."""
    before, process = _fingerprint(bench, _ALL), bench.property("MainPID")
    said = bench.install()
    expect("nothing to change" in said, f"it says: {said[-300:]}")
    expect(_fingerprint(bench, _ALL) == before, "files were changed")
    expect(bench.property("MainPID") == process, "the service was restarted")
    return "no file changed, the service not restarted"


def upgrade(bench: Testbed) -> str:
    """To newer code; then to code that cannot start, and back."""
    bench.pi.shell(f"echo mine > {STATE}/mine; echo '{REMARK}' >> {CONFIG}")
    kept, samples, first = _owned(bench), _samples(bench), _release(bench)
    try:
        bench.pi.shell(f"echo '# newer' >> {CHECKOUT}/pi/system/version.py")
        bench.install()
        newer = _release(bench)
        expect(newer != first, "the newer code is not in force")
        bench.wait_until_active(60)
        bench.pi.shell(
            f"echo 'raise RuntimeError(\"broken\")' >> {CHECKOUT}/pi/service/loop.py"
        )
        try:
            bench.install()
        except Failed as failure:
            said = str(failure)
        else:
            raise Failed("the broken version counts as installed")
        expect("not upgraded" in said, f"it says: {said[-500:]}")
        expect(_release(bench) == newer, "the broken version is in force")
        bench.wait_until_active()
        owned = _owned(bench)
        expect(owned == kept, f"settings or weights: {kept} before, and now {owned}")
        # What was shown last may have been written meanwhile.
        lost = samples - _samples(bench)
        expect(not lost, f"{len(lost)} of {len(samples)} samples are lost")
        bench.show(4)
        bench.wait_for_sign("4")
    finally:
        bench.pi.shell("cd /srv && rm -rf checkout && tar xzf checkout.tar.gz")
    return "settings, samples and weights stay; a broken version is undone, and a 4 is read"


def units(bench: Testbed) -> str:
    """What the systemd on the Pi says of the units there, and of how far they can reach."""
    names = (f"{UNIT}.service", "zerodigit-retrain.service", "zerodigit-retrain.timer")
    # The manual is not on this card.
    verify = f"systemd-analyze --man=no verify {' '.join(names)}"
    said = bench.pi.shell(verify, 240, check=False)
    expect(not said.code and not said.text, f"{verify} ({said.code}): {said.text}")
    exposures = []
    for name in names[:2]:
        told = bench.pi.shell(f"systemd-analyze security {name}", 240).text
        found = re.search(rf"exposure level for {name}: ([\d.]+)", told)
        expect(found, f"systemd-analyze security {name}: {told[-300:]}")
        assert found
        expect(float(found[1]) <= MOST_EXPOSURE, f"{name} has an exposure of {found[1]}")
        exposures.append(found[1])
    return f"nothing to say against them; exposure {' and '.join(exposures)}"


def uninstall(bench: Testbed) -> str:
    """All goes; settings, samples and weights only when told so; and all comes back."""
    bench.pi.shell(f"echo mine > {STATE}/mine")
    bench.pi.shell("/opt/zerodigit/current/tools/uninstall", 300)
    expect(bench.property("LoadState") == "not-found", "the service is still known")
    kept = {STATE, CONFIG.rpartition("/")[0], CONFIG, "/etc/sysusers.d/zerodigit.conf"}
    left = _ours(bench)
    expect(left == kept, f"without an answer there are {left} and not {kept}")
    expect(bench.pi.shell(f"cat {STATE}/mine").text == "mine\n", "samples were touched")
    bench.pi.shell(f"{CHECKOUT}/tools/uninstall --delete-data", 300)
    expect(not _ours(bench), f"left behind: {_ours(bench)}")
    user = bench.pi.shell("getent passwd zerodigit; getent group zerodigit", check=False).text
    expect(not user, f"left behind: {user}")
    bench.install()
    bench.wait_until_active(60)
    bench.spoilt()
    return "asks and keeps what is the owner's; told so leaves nothing; installs again"


def _ours(bench: Testbed) -> set[str]:
    """What on the card is called as we are, beside the checkout and the journal."""
    find = "find / -xdev -path /srv -prune -o -name '*zerodigit*' -print"
    return set(bench.pi.shell(find, 240).text.split())


def _release(bench: Testbed) -> str:
    return bench.pi.shell("readlink /opt/zerodigit/current").text.strip()


def _owned(bench: Testbed) -> tuple[str, ...]:
    """What is set, the owner's remark on it, and weights. New settings come as comments."""
    config = bench.pi.get(CONFIG).decode()
    return (
        str(tomllib.loads(config)),
        "".join(line for line in config.splitlines() if line == REMARK),
        _fingerprint(bench, f"{STATE} -type f ! -name 'samples.db*'"),
    )


def _samples(bench: Testbed) -> set[str]:
    """A digest of each; SQLite tidies up in its file."""
    rows = "SELECT id, guess, label, origin, quote(image) FROM samples"
    each = f"sqlite3 {STATE}/samples.db '{rows}' | split -l 1 --filter=sha256sum"
    return set(bench.pi.shell(each, 240).text.splitlines())


def _fingerprint(bench: Testbed, paths: str) -> str:
    """Names, sizes, owners and times of all files, without what Python caches."""
    listing = f"find {paths} ! -path '*__pycache__*' -printf '%p %s %u %g %m %T@\\n'"
    # A settings file that is read is not changed by it.
    return bench.pi.shell(f"{listing} 2>/dev/null | sort | sha256sum").text
