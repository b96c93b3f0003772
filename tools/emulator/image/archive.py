"""Single packages from Debian's archive, checked by its signatures and installed nowhere."""

from __future__ import annotations

from pathlib import Path

from tools.emulator import host

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# APT_CONFIG is read before the machine's own settings, which these replace one by one.
_CONFIGURATION = """\
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
Dir::Etc::Main "{folder}/none";
Dir::Etc::Parts "{folder}/parts";
Dir::Etc::SourceList "{folder}/sources.list";
Dir::Etc::SourceParts "{folder}/parts";
Dir::Etc::Preferences "{folder}/none";
Dir::Etc::PreferencesParts "{folder}/parts";
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
"""


class Archive:
    """An apt of its own, in ``folder``.

    Parameters
    ----------
    suite, architecture : whose packages are meant, such as bookworm and armel.
    log : where apt's words go.

    Raises
    ------
    Unavailable : the mirror cannot be reached.
    """

    def __init__(self, folder: Path, suite: str, architecture: str, log: Path) -> None:
        self._log = log
        self._folder = folder
        for name in ("lists/partial", "cache/archives/partial", "parts"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        place = host.mirror()
        source = f"deb [signed-by={_KEYRING}] {place} {suite} main\n"
        (folder / "sources.list").write_text(source)
        (folder / "apt.conf").write_text(
            _CONFIGURATION.format(folder=folder, arch=architecture)
        )
        try:
            self._apt("update", "-q")
        except host.CommandFailed as error:
            raise host.Unavailable(
                f"the Debian mirror {place} cannot be reached: {error}"
            ) from error

    def unpack(self, package: str, target: Path) -> Path:
        """Download a binary package and unpack its files into ``target``."""
        folder = self._folder / package
        folder.mkdir(exist_ok=True)
        self._apt("download", package, cwd=folder)
        (file,) = folder.glob(f"{package}_*.deb")
        host.call(["dpkg-deb", "-x", file, target], self._log)
        return target

    def _apt(self, *arguments: str, cwd: Path | None = None) -> None:
        configured = f"APT_CONFIG={self._folder}/apt.conf"
        host.call(["env", configured, "apt-get", *arguments], self._log, cwd=cwd)
