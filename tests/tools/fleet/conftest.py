"""Zeros that are folders: in place of ssh a script that runs a command in the host's folder."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import socket
import subprocess

import numpy as np
import pytest

from pi.samples import crops
from pi.samples.store import Sample

SSH = """#!/bin/bash
while [[ $1 == -* ]]; do [[ $1 == -- ]] && shift && break; shift; done
if ! cd "@HOSTS@/$1" 2>/dev/null; then
    echo "ssh: connect to host $1: Connection refused" >&2
    exit 255
fi
shift
PATH=$PWD:$PATH exec bash -c "$*"
"""

ZERO = """#!/bin/bash
echo "$*" >>calls
case "$*" in
    "samples crops /dev/stdout") cat crops; echo "some labelled digits" >&2 ;;
    "weights offer - --json") cat >weights; cat decision ;;
    *) echo "zerodigit: error: what?" >&2; exit 2 ;;
esac
"""

PROMOTED = {"outcome": "promoted", "why": "it is better", "version": "0001"}


class Zeros:
    """The hosts that answer, each a folder with a stand-in for zerodigit."""

    def __init__(self, folder):
        self.folder = folder / "hosts"
        self.folder.mkdir()
        self.ssh = self.script(folder / "ssh", SSH.replace("@HOSTS@", str(self.folder)))

    def script(self, path, text):
        path.write_text(text)
        path.chmod(0o755)
        return path

    def add(self, name, samples=(), decision=PROMOTED, zerodigit=ZERO):
        """A host with these samples, which decides so about weights."""
        host = self.folder / name
        host.mkdir(exist_ok=True)
        (host / "crops").write_bytes(crops.pack(samples))
        (host / "decision").write_text(json.dumps(decision) + "\n")
        self.script(host / "zerodigit", zerodigit)
        return host

    def calls(self, name):
        path = self.folder / name / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def zeros(tmp_path):
    return Zeros(tmp_path)


@pytest.fixture
def sample():
    """A function that makes a sample of any pixels with a label."""

    def make(number, label):
        pixels = np.full((28, 28), number % 256, np.uint8)
        return Sample(pixels.tobytes(), label=label)

    return make


@pytest.fixture(autouse=True)
def no_own_settings(monkeypatch, tmp_path):
    """No settings of the user's, and no MNIST."""
    for name in [each for each in os.environ if each.startswith("ZERODIGIT")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZERODIGIT_MNIST", str(tmp_path))


SSHD = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
MaxStartups 100
AcceptEnv ZERO
SetEnv PATH={folder}/bin:/usr/bin:/bin
"""

CLIENT = """\
Host zero*
    HostName 127.0.0.1
    Port {port}
    User {user}
    IdentityFile {folder}/key
    IdentitiesOnly yes
    UserKnownHostsFile {folder}/known
    StrictHostKeyChecking accept-new
    LogLevel ERROR
Host silent refusing
    HostName 127.0.0.1
Host silent
    Port {silent}
Host refusing
    Port {refusing}
"""

LOGIN = '#!/bin/bash\ncd "@HOSTS@/$ZERO" && exec ./zerodigit "$@"\n'


@pytest.fixture
def sshd(zeros, tmp_path):
    """An sshd on the loopback, behind which each name ``zero*`` is a folder of ``zeros``; ssh
    with its options. ``refusing`` has no sshd, and at ``silent`` nobody answers."""
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if program is None or shutil.which("ssh") is None:
        pytest.skip("no sshd here: sudo apt install openssh-server openssh-client")
    for name in ("host_key", "key"):
        generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(generate, check=True)
    (tmp_path / "bin").mkdir()
    zeros.script(tmp_path / "bin/zerodigit", LOGIN.replace("@HOSTS@", str(zeros.folder)))
    if os.geteuid() == 0:
        # As its unit does at each start.
        os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    with socket.socket() as free, socket.socket() as gone, socket.socket() as silent:
        for each in (free, gone, silent):
            each.bind(("127.0.0.1", 0))
        silent.listen()
        port, refusing, quiet = (each.getsockname()[1] for each in (free, gone, silent))
        free.close()
        user = pwd.getpwuid(os.geteuid()).pw_name
        server, client = tmp_path / "sshd_config", tmp_path / "ssh_config"
        server.write_text(SSHD.format(port=port, folder=tmp_path))
        names = [f"Host zero{n:02d}\n    SetEnv ZERO=zero{n:02d}\n" for n in range(1, 21)]
        client.write_text(
            "".join(names)
            + CLIENT.format(
                port=port, folder=tmp_path, user=user, silent=quiet, refusing=refusing
            )
        )
        process = subprocess.Popen(
            [program, "-D", "-e", "-f", str(server)], stderr=subprocess.PIPE, text=True
        )
        try:
            said = process.stderr.readline()
            if "listening" not in said:
                pytest.skip(f"sshd does not start here: {said.strip()}")
            yield ["ssh", "-F", str(client), "-oConnectTimeout=1"]
        finally:
            process.terminate()
            process.communicate()
