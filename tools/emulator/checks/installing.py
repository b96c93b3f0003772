"""tools/install: from nothing, again, to a newer version, and back from a broken one."""

from __future__ import annotations

from tools.emulator.bench import CHECKOUT, CONFIG, STATE, UNIT, Bench, Failed, expect

_ALL = f"/opt/zerodigit {CONFIG} {STATE} /etc/systemd/system /etc/sysusers.d /etc/tmpfiles.d"


def from_nothing(bench: Bench) -> str:
    """A Pi with the system's packages and nothing of ours."""
    expect(bench.property("LoadState") == "not-found", "there is a service already")
    bench.install()
    bench.wait_until_active(60)
    asked = {
        "systemctl is-enabled zerodigit": "enabled",
        f"stat -c '%U %G %a' {STATE}": "zerodigit zerodigit 2770",
        "id -nG pi | tr ' ' '\\n' | grep -x zerodigit": "zerodigit",
        "command -v zerodigit": "/usr/local/bin/zerodigit",
        "find /opt/zerodigit/current/pi/ -name 'service*.pyc' | wc -l": "1",
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


def second(bench: Bench) -> str:
    """Installing the same again: no file another, and the service not even restarted."""
    before, process = _fingerprint(bench, _ALL), bench.property("MainPID")
    said = bench.install()
    expect("nothing to change" in said, f"it says: {said[-300:]}")
    expect(_fingerprint(bench, _ALL) == before, "files were changed")
    expect(bench.property("MainPID") == process, "the service was restarted")
    return "no file changed, the service not restarted"


def upgrade(bench: Bench) -> str:
    """To newer code; then to code that cannot start, and back."""
    owned = f"{CONFIG} {STATE}"
    bench.pi.shell(f"echo mine > {STATE}/mine")
    kept, first = _fingerprint(bench, owned), _release(bench)
    try:
        bench.pi.shell(f"echo '# newer' >> {CHECKOUT}/pi/version.py")
        bench.install()
        newer = _release(bench)
        expect(newer != first, "the newer code is not in force")
        bench.wait_until_active(60)
        bench.pi.shell(f"echo 'raise RuntimeError(\"broken\")' >> {CHECKOUT}/pi/service.py")
        try:
            bench.install()
        except Failed as failure:
            said = str(failure)
        else:
            raise Failed("the broken version counts as installed")
        expect("not upgraded" in said, f"it says: {said[-500:]}")
        expect(_release(bench) == newer, "the broken version is in force")
        bench.wait_until_active()
        expect(_fingerprint(bench, owned) == kept, "settings or samples were changed")
        bench.show(4)
        bench.wait_for_sign("4")
    finally:
        bench.pi.shell("cd /srv && rm -rf checkout && tar xzf checkout.tar.gz")
    return "settings, samples and weights stay; a broken version is undone, and a 4 is read"


def _release(bench: Bench) -> str:
    return bench.pi.shell("readlink /opt/zerodigit/current").text.strip()


def _fingerprint(bench: Bench, paths: str) -> str:
    """Names, sizes, owners and times of all files, without what Python caches."""
    listing = f"find {paths} ! -path '*__pycache__*' -printf '%p %s %u %g %m %T@\\n'"
    # A settings file that is read is not changed by it.
    return bench.pi.shell(f"{listing} 2>/dev/null | sort | sha256sum").text
