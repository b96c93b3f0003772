"""A class night in its three parts: collect from every host, learn, hand out to every host."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any, Protocol

from core.errors import DatasetError, ServiceError
from core.files.foreign import printable
from pi.retraining import night_log
from pi.samples import crops
from tools.fleet.ssh import Answer, RefusedError
from tools.fleet.state import State

COLLECT = ("zerodigit", "samples", "crops", "/dev/stdout")
OFFER = ("zerodigit", "weights", "offer", "-", "--json")
COLLECT_S, OFFER_S = 300.0, 3600.0
"""Time that a host may take: to log in and start Python; to judge weights by a thousand digits,
which takes an emulated Zero minutes."""

LARGEST_DECISION = 1 << 16

_USAGE = 2
_OLD = "its zerodigit is older and does not know how: tools/deploy brings this version there"


class Ask(Protocol):
    """Runs a command on a host: see :func:`tools.fleet.ssh.ask`."""

    def __call__(
        self,
        host: str,
        command: Sequence[str],
        *,
        given: bytes = b"",
        largest: int,
        limit_s: float,
        hear: Callable[[str], object],
        stop: Callable[[], bool],
    ) -> Answer:
        """What it came to; ServiceError where it came to nothing."""


@dataclass(frozen=True)
class Shown:
    """Where it is said what happens: ``line`` says what stays, ``status`` what is going on."""

    line: Callable[[str], object] = lambda text: None
    status: Callable[[str], object] = lambda text: None


@dataclass
class Class:
    """The hosts of a class, and what went wrong with some of them.

    failed : why a host could not be collected from, or given the weights.
    refused : hosts whose answer was none that a Zero gives; nothing is sent to them.
    """

    hosts: Sequence[str]
    state: State
    ask: Ask
    shown: Shown
    failed: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def collect(self) -> None:
        """Fetch and keep the crops of every host from which they are not there yet."""

        def keep(host: str, answer: Answer) -> str:
            data = _checked(answer, "gives no digits")
            try:
                count = len(crops.unpack(data)[1])
            except DatasetError as error:
                raise RefusedError(f"refused: what it gives {error}") from None
            self.state.keep(host, data, count)
            return f"{count} labelled digits"

        asked = [each for each in self.hosts if each not in self.state.run.collected]
        self._each(asked, keep, COLLECT, largest=crops.LARGEST, limit_s=COLLECT_S)

    def offer(self, data: bytes) -> None:
        """Hand the weights to every host that has not decided about them yet."""

        def decide(host: str, answer: Answer) -> str:
            found = night_log.parse(_checked(answer, "decides nothing").splitlines())
            if not found:
                raise RefusedError("refused: its answer makes no sense")
            night = found[-1]
            if night["outcome"] in ("interrupted", "no memory"):
                raise ServiceError(f"decides nothing: {night.get('why', '')}")
            self.state.decide(host, night)
            return outcome(night)

        decided = self.state.run.decided.keys() | self.refused
        asked = [each for each in self.hosts if each not in decided]
        limits = {"largest": LARGEST_DECISION, "limit_s": OFFER_S}
        self._each(asked, decide, OFFER, given=data, **limits)

    def _each(
        self,
        hosts: Sequence[str],
        then: Callable[[str, Answer], str],
        command: Sequence[str],
        **options: Any,
    ) -> None:
        """Run a command on all of these hosts side by side, and do something with each answer;
        what goes wrong with one is noted."""
        ended = threading.Event()

        def ask(host: str) -> Answer:
            def hear(line: str) -> None:
                self.shown.status(f"{host}: {line}")

            return self.ask(host, command, hear=hear, stop=ended.is_set, **options)

        with ThreadPoolExecutor(max(1, len(hosts))) as threads:
            asked = {threads.submit(ask, host): host for host in hosts}
            try:
                for done in as_completed(asked):
                    self._answered(asked[done], done, then)
            finally:
                # Where we are interrupted no connection outlives us.
                ended.set()

    def _answered(
        self, host: str, answer: Future[Answer], then: Callable[[str, Answer], str]
    ) -> None:
        try:
            said = then(host, answer.result())
            self.failed.pop(host, None)
        except ServiceError as error:
            said = self.failed[host] = printable(str(error), 300)
            if isinstance(error, RefusedError):
                self.refused.add(host)
        self.shown.line(f"{host}: {said}")


def _checked(answer: Answer, what: str) -> bytes:
    if answer.code == _USAGE:
        raise ServiceError(_OLD)
    return answer.check(what)


def outcome(night: dict[str, Any]) -> str:
    """What a host decided, in words."""
    why = night.get("why", "")
    if night["outcome"] == "promoted":
        said = f"let in as {night.get('version', '?')}"
        if "read_before" in night and "read_after" in night:
            reads = f"{night['read_after']} of its {night.get('digits')}"
            said += f": it reads {reads} instead of {night['read_before']}"
        return said
    return f"{'as it was' if night['outcome'] == 'nothing new' else 'not let in'}: {why}"
