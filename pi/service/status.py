"""Answers on the control socket: ``status``, ``look``, ``label`` and ``ticket``.

Called in the thread of the control socket: it reads what the loop has written, and computes
nothing that the loop would have to wait for.
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.classes import NO_DIGIT
from core.errors import ServiceError, StorageError
from pi.config import run_folder
from pi.devices.displays.base import words
from pi.retraining import night_log, schedule
from pi.samples.store import LABELS
from pi.system import health
from pi.system.version import version

if TYPE_CHECKING:
    from core.exemplars.memory import Recollection
    from pi.config import Config
    from pi.devices.cameras.source import CameraTrouble
    from pi.devices.panel import Panel
    from pi.models.loaded import LoadedModel
    from pi.service.labelling import LabellingSession
    from pi.service.memory import LabelMemory
    from pi.service.stats import Seen, ServiceStats, ShownDigit
    from pi.system.clock import Clock


@dataclass
class StatusReport:
    """The parts that are reported on; the loop replaces one when it makes another."""

    stats: ServiceStats
    clock: Clock
    config: Config
    panel: Panel | None = None
    weights: LoadedModel | None = None
    trouble: CameraTrouble | None = None
    labelling: LabellingSession | None = None
    memory: LabelMemory | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def status(self, request: dict[str, Any]) -> dict[str, Any]:
        """State of the service, its counts and its machine; what is not known is null."""
        now = self.clock.monotonic()
        stats, machine = self.stats, health.read()
        return {
            "version": version(),
            "pid": os.getpid(),
            "running_since": _wall(now - stats.started_s),
            "uptime_s": round(now - stats.started_s, 1),
            "camera": {
                "type": self.config.camera.type,
                "state": self._camera_state(),
                "trouble": None if self.trouble is None else self.trouble.message,
                "troubles": stats.troubles,
            },
            "display": {
                "type": list(self.config.display.type),
                "shows": None if self.panel is None else words(self.panel.state),
            },
            "readings": [_shown(each, now) for each in stats.last],
            "frames": stats.frames,
            "frames_read": stats.readings,
            "rate": round(stats.rate, 2),
            "ms": None if stats.ms is None else round(stats.ms, 1),
            "memory_kb": machine.resident_kb,
            "memory_peak_kb": machine.peak_kb,
            "available_kb": machine.available_kb,
            "temperature_c": machine.temperature_c,
            "throttled": machine.throttled,
            "throttled_before": machine.throttled_before,
            "weights": _weights(self.weights),
            "samples": None if self.labelling is None else self.labelling.writer.status(),
            "memory": None if self.memory is None else self.memory.status(),
            "retraining": None if self.labelling is None else self.labelling.night,
            "last_night": _last_night(self.config),
            "next_night": self._next_night(),
            "idle_s": round(self._idle_s(now), 1),
        }

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """The last frame, and the reading that holds for it."""
        seen = self.stats.seen
        if seen is None:
            why = "the camera is being opened" if self.trouble is None else self.trouble.message
            raise ServiceError(f"there is no frame yet: {why}")
        now = self.clock.monotonic()
        frame = seen.frame
        return {
            "number": seen.number,
            "age_s": round(now - seen.taken_s, 3),
            "trouble": None if self.trouble is None else self.trouble.message,
            "shows": None if self.panel is None else words(self.panel.state),
            "rate": round(self.stats.rate, 2),
            "width": frame.shape[1],
            "height": frame.shape[0],
            "frame": base64.b64encode(frame.tobytes()).decode(),
            "weights": None if self.weights is None else self.weights.path,
            "reading": _reading(seen),
        }

    def label(self, request: dict[str, Any]) -> dict[str, Any]:
        """Take ``{"label": 7}`` about what is shown or was last; 10 is "no digit".

        Answers which digit that is, and with a ticket: nothing is labelled yet.
        """
        label = request.get("label")
        if type(label) is not int or label not in LABELS:
            raise ServiceError(f'"label" must be 0 to 9, or {NO_DIGIT} for no digit')
        if self.labelling is None:
            raise ServiceError("it is being started; try again")
        shown, ticket = self.labelling.label(label)
        return {"shown": shown, "ticket": ticket}

    def ticket(self, request: dict[str, Any]) -> dict[str, Any]:
        """What has become of the label with ``{"ticket": n}``: stored, lost or waiting."""
        if self.labelling is None:
            raise ServiceError("it is being started; try again")
        return self.labelling.ticket(request.get("ticket"))

    def _next_night(self) -> str | None:
        """What the next night waits for; None where no timer asks for one."""
        if "INVOCATION_ID" not in self.environ:
            return None
        idle_s = self._idle_s(self.clock.monotonic())
        state = schedule.clock_state(self.config, run_folder(self.config), idle_s)
        return schedule.too_early(state, self.config.retrain) or "it may begin any time now"

    def _idle_s(self, now: float) -> float:
        """Time for which nothing has been shown."""
        last = self.stats.last
        if not last:
            return now - self.stats.started_s
        return 0.0 if last[0].until is None else now - last[0].until

    def _camera_state(self) -> str:
        if self.trouble is not None:
            return "trouble"
        return "ok" if self.stats.frames else "starting"


def _last_night(config: Config) -> dict[str, Any] | None:
    try:
        return night_log.last(night_log.path_of(config))
    except StorageError as error:
        return {"outcome": "not known", "why": str(error)}


def _shown(shown: ShownDigit, now: float) -> dict[str, Any]:
    lasted = None if shown.until is None else round(shown.until - shown.since, 2)
    return {
        "at": _wall(now - shown.since),
        "ago_s": round(now - shown.since, 1),
        "digit": shown.digit,
        "confidence": round(shown.confidence, 4),
        "ms": round(shown.ms, 1),
        "frames": shown.frames,
        "shown_s": lasted,
        "memory": _recollection(shown.recollection),
    }


def _reading(seen: Seen) -> dict[str, Any] | None:
    reading = seen.reading
    if reading is None:
        return None
    candidate = reading.candidate
    probabilities = reading.probabilities
    image = None
    if candidate is not None:
        pixels = (candidate.image * 255).astype("uint8")
        image = base64.b64encode(pixels.tobytes()).decode()
    return {
        "frames_ago": seen.number - seen.read_number,
        "state": reading.state,
        "digit": reading.digit,
        "guess": reading.guess,
        "confidence": round(reading.confidence, 4),
        "probabilities": None
        if probabilities is None
        else [round(float(each), 4) for each in probabilities],
        "box": None if candidate is None else [int(side) for side in candidate.box],
        "quality": None if candidate is None else round(float(candidate.quality), 4),
        "memory": _recollection(reading.recollection),
        "image": image,
    }


def _recollection(found: Recollection | None) -> dict[str, Any] | None:
    """By which sample something was read, and how much it resembles it."""
    if found is None:
        return None
    likeness = round(found.likeness, 4)
    return {"sample": found.example, "label": found.label, "likeness": likeness}


def _weights(weights: LoadedModel | None) -> dict[str, Any] | None:
    if weights is None:
        return None
    return {
        "file": weights.path,
        "version": weights.version,
        "scores": weights.scores,
        "passed_over": list(weights.passed_over),
    }


def _wall(ago_s: float) -> str:
    """Time of day so many seconds ago, by the clock as it is now: it may have been set late."""
    at = datetime.fromtimestamp(time.time()).astimezone() - timedelta(seconds=ago_s)
    return at.isoformat(timespec="seconds")
