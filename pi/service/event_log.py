"""Log lines of the service, and the status line of ``systemctl status``.

A line when a digit is shown, a line when it goes dark, and no more than a few of them a minute
and an hour; one when the camera fails and one when it is back; one an hour that all is well.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pi.devices.displays.base import State
from pi.system import health, logs
from pi.system.logs import say

if TYPE_CHECKING:
    from core.exemplars.memory import Recollection
    from pi.config import Config
    from pi.config.schema import ServiceSection
    from pi.devices.cameras.source import CameraTrouble
    from pi.models.loaded import LoadedModel
    from pi.service.stats import ServiceStats
    from pi.service.voting import Decision
    from pi.system.systemd import Notifier

_DARK = "dark: no digit in sight"


class EventLog:
    """Writes the log lines and the status line. Times are in seconds of the loop's clock."""

    def __init__(
        self, notifier: Notifier, stats: ServiceStats, section: ServiceSection, now: float
    ) -> None:
        self._notifier = notifier
        self._stats = stats
        self._lines = logs.RateLimiter(say, 0, 0)
        self._since = now
        self._frames = 0
        self._digit: int | None = None
        self.configure(section)

    def configure(self, section: ServiceSection) -> None:
        """Take settings, the first or other ones; counts stay."""
        self._lines.a_minute = section.lines_a_minute
        self._lines.an_hour = section.lines_an_hour
        self._heartbeat_s = section.heartbeat_s

    def started(self, config: Config, weights: LoadedModel | None) -> None:
        """The service runs, with this camera, these displays, these weights."""
        kind = config.camera.type
        say(
            "started",
            camera=kind,
            display=",".join(config.display.type),
            version=None if weights is None else weights.version or None,
            weights=None if weights is None else weights.path,
        )
        if kind != "picamera2" and health.model() is not None:
            say(f"nothing real is read: the camera is {kind}, not picamera2", logging.WARNING)

    def shows(
        self,
        shown: Decision,
        ms: float,
        frames: int,
        now: float,
        recollection: Recollection | None = None,
    ) -> None:
        """The display shows something else than before, by a labelled example perhaps."""
        before, self._digit = self._digit, shown.digit
        if shown.digit is not None:
            self._lines.line(
                now,
                "shown",
                digit=shown.digit,
                confidence=shown.confidence,
                ms=round(ms),
                frames=frames,
                as_sample=None if recollection is None else recollection.example,
                likeness=None if recollection is None else round(recollection.likeness, 3),
            )
            self._notifier.status(f"shows {shown.digit} ({shown.detail})")
        elif shown.state is State.UNSURE:
            guesses = ",".join(map(str, shown.guesses)) or None
            self._lines.line(now, "unsure", guesses=guesses, ms=round(ms), frames=frames)
            self._notifier.status(f"unsure: {shown.detail}" if shown.detail else "unsure")
        else:
            self._lines.line(now, "dark", digit=before)
            self._notifier.status(_DARK)

    def trouble(self, trouble: CameraTrouble, known: CameraTrouble | None, tries: int) -> None:
        """No frame for the ``tries``-th time in a row; logged unless ``known`` is the same."""
        if known is None or known.message != trouble.message:
            say(f"no frames: {trouble.message}", logging.WARNING, tries=tries)
        self._notifier.status(f"no frames: {trouble.message}")

    def recovered(self, tries: int) -> None:
        """Frames come again, after so many tries."""
        say("the camera gives frames again", tries=tries)
        self._notifier.status(_DARK)

    def reloaded(self, kept: str, trouble: CameraTrouble | None) -> None:
        """Other settings are in use, all but what is ``kept``; what was shown is forgotten."""
        say(f"reloaded{kept}")
        if trouble is None:
            self._notifier.status(_DARK)

    def tick(self, now: float, camera: str | None) -> None:
        """Write the heartbeat when it is due."""
        if now - self._since >= self._heartbeat_s:
            self.heartbeat(now, camera)

    def heartbeat(self, now: float, camera: str | None, message: str = "heartbeat") -> None:
        """Counts since the last one; ``camera`` is None while all is well."""
        stats, machine = self._stats, health.read()
        rate = (stats.frames - self._frames) / max(now - self._since, 1e-3)
        throttled = machine.throttled
        say(
            message,
            frames=stats.frames,
            rate=rate,
            ms=None if stats.ms is None else round(stats.ms),
            memory_kb=machine.resident_kb,
            temperature=machine.temperature_c,
            throttled=None if throttled is None else ",".join(throttled) or "no",
            camera=camera,
            left_out=self._lines.take_count(),
        )
        self._since, self._frames = now, stats.frames
