"""The loop of the appliance: frames in, votes, a digit lit; for as long as it has power.

Without its pins or with a wrong configuration it does not start, and says why in one line.
Once it runs, no camera ends it; an error of its own does, and systemd starts it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from core.errors import CameraError, ConfigError, DeviceError, ImageError
from pi import config as configuration
from pi.control.client import SOCKET
from pi.control.server import ControlServer
from pi.devices.cameras.base import EndOfFrames
from pi.devices.cameras.source import CameraTrouble, TimedFrame
from pi.devices.displays.base import State
from pi.devices.panel import Panel
from pi.models.watcher import WeightsWatch
from pi.service import frame_source
from pi.service.event_log import EventLog
from pi.service.labelling import LabellingSession
from pi.service.recent import Memory
from pi.service.stats import ServiceStats
from pi.service.status import StatusReport
from pi.service.voting import Decision
from pi.system import logs
from pi.system.clock import Clock, SystemClock
from pi.system.instance_lock import InstanceLock
from pi.system.logs import say
from pi.system.systemd import Notifier

if TYPE_CHECKING:
    from pi.config import Config

_log = logging.getLogger(__name__)

TICK_S = 0.04
"""How often buttons are looked at and lights move on, while no frame is being read."""

START_S = 120.0
"""What a Zero may need to load numpy and the weights and to open its camera."""

STUCK_S = 180.0
"""How long a camera may hang beyond help before the service ends for systemd to start it."""


class Service:
    """All parts, and the loop.

    Parameters
    ----------
    load : reads the configuration; called now, and again at each reload.
    notifier : what systemd is told; taken from the environment by default.
    clock : see :mod:`pi.system.clock`.
    pin_factory : gpiozero's, for tests.

    Raises
    ------
    ConfigError : the configuration makes no sense.
    """

    def __init__(
        self,
        load: Callable[[], Config],
        *,
        notifier: Notifier | None = None,
        clock: Clock | None = None,
        pin_factory: Any = None,
    ) -> None:
        self._load = load
        self._config = load()
        self._notifier = Notifier() if notifier is None else notifier
        self._clock = SystemClock() if clock is None else clock
        self._pin_factory = pin_factory
        self._stopping = ""
        self._reloading = False
        self._wake = threading.Condition()
        self._ledger = ServiceStats(self._clock.monotonic)
        self._facts = StatusReport(self._ledger, self._clock, self._config)
        now = self._clock.monotonic()
        self._teller = EventLog(self._notifier, self._ledger, self._config.service, now)
        self._ms = 0.0
        self._shown = Decision(State.DARK)
        self._ready = False
        self._tries = 0

    def stop(self, reason: str = "asked to") -> None:
        """End the loop soon. May be called from a signal handler."""
        self._stopping = reason

    def reload(self) -> None:
        """Read configuration and weights again soon. May be called from a signal handler."""
        self._reloading = True

    def run(self) -> None:
        """Run until told to stop, or until a folder of pictures has come to its end.

        Raises
        ------
        ServiceError : it runs already, or the control socket cannot be made.
        StorageError : the run folder cannot be written to.
        DeviceError : no GPIO here, or a pin is in use.
        CameraError : it hangs so that only another process could open it, and systemd is there.
        ModelFormatError : not even the weights that came with the program can be read.
        """
        folder = configuration.run_folder(self._config)
        self._notifier.extend_timeout(START_S)
        self._notifier.status("starting")
        with InstanceLock(folder), ExitStack() as stack:
            # The camera first: it takes its time while numpy is being loaded.
            self._start_source()
            stack.callback(self._stop_source)
            self._open_panel()
            stack.callback(lambda: self._panel.close())
            self._make_eye()
            self._make_pupil()
            stack.callback(lambda: self._pupil.close())
            verbs = {name: getattr(self._facts, name) for name in ("status", "look", "label")}
            group = self._config.service.group
            server = ControlServer(folder / SOCKET, verbs, group=group)
            stack.callback(server.close)
            server.start()
            self._teller.started(self._config, self._facts.weights)
            try:
                self._loop()
            except EndOfFrames as end:
                self.stop(str(end))
            finally:
                self._notifier.stopping()
                self._forget()
                why = f"stopped: {self._stopping or 'an error'}"
                self._teller.heartbeat(self._clock.monotonic(), self._camera(), why)

    def _loop(self) -> None:
        due = self._clock.monotonic()
        while not self._stopping:
            if self._reloading:
                self._reload()
            now = self._clock.monotonic()
            self._tend(now)
            if now < due:
                self._wait(min(TICK_S, due - now))
                continue
            event = self._source.next(TICK_S)
            if event is None:
                continue
            if isinstance(event, TimedFrame):
                self._see(event)
                # From frame to frame, not from the end of one reading to the next frame.
                due = event.taken_s + self._eye.interval_s
            else:
                self._worry(event)
            self._notifier.alive()
            if not self._ready:
                self._ready = True
                self._notifier.ready()

    def _tend(self, now: float) -> None:
        """What goes on whether there are frames or not."""
        for press in self._panel.poll(now):
            answer = self._pupil.judge(press, self._memory.at(press.time), now)
            self._panel.acknowledge(answer, press.long)
        self._pupil.tick(now)
        self._light()
        self._panel.tick(now)
        self._teller.tick(now, self._camera())
        if (weights := self._weights.poll(now)) is not None:
            # What was voted on stays, and so does what is lit.
            self._facts.weights, self._eye.reader = weights, weights.reader
            say("reading with new weights", version=weights.version, weights=weights.path)

    def _light(self) -> None:
        if self._facts.trouble is None:
            guess = self._pupil.instead_of(self._shown.state)
            shown = self._shown
            state, detail = (shown.state, shown.detail) if guess is None else (guess, "")
            if state != self._panel.state:
                self._panel.show(state, detail)

    def _wait(self, seconds: float) -> None:
        with self._wake:
            self._clock.wait_for(self._wake, lambda: False, seconds)

    def _see(self, event: TimedFrame) -> None:
        try:
            sight = self._eye.see(event.frame, event.taken_s)
        except ImageError as error:
            self._worry(CameraTrouble(str(error), 0.0))
            return
        except MemoryError:
            self._worry(CameraTrouble("not enough memory to read a frame", 0.0))
            return
        if self._facts.trouble is not None:
            self._recover()
        self._ledger.frame(event.frame, event.taken_s, sight.reading, sight.ms)
        self._ms = self._ms if sight.ms is None else sight.ms
        shown = sight.shown
        self._shown = shown
        self._memory.see(shown, event.taken_s)
        self._pupil.see(event.frame, sight, self._facts.weights, event.taken_s)
        self._light()
        if not shown.changed:
            return
        at = event.taken_s
        if shown.digit is None:
            self._ledger.dark(at)
        else:
            self._ledger.shown(shown.digit, shown.confidence, self._ms, sight.frames, at)
        self._teller.shows(shown, self._ms, sight.frames, event.taken_s)

    def _worry(self, trouble: CameraTrouble) -> None:
        """A try to get a frame failed. Told once; what follows is counted."""
        self._tries += 1
        self._ledger.trouble()
        known, self._facts.trouble = self._facts.trouble, trouble
        self._teller.trouble(trouble, known, self._tries)
        if known is None:
            self._forget()
            self._panel.show(State.ERROR)
        if self._source.stuck_s >= STUCK_S and self._notifier.enabled:
            raise CameraError("the camera hangs for good; ending, to be started anew")

    def _recover(self) -> None:
        self._facts.trouble = None
        self._teller.recovered(self._tries)
        self._tries = 0
        self._panel.show(State.DARK)

    def _forget(self) -> None:
        """Forget what was voted on, as after a dark page."""
        now = self._clock.monotonic()
        self._shown = self._eye.reset()
        self._memory.see(self._shown, now)
        self._pupil.forget(now)
        self._ledger.dark(now)

    def _camera(self) -> str | None:
        return None if self._facts.trouble is None else "trouble"

    def _reload(self) -> None:
        """Take a new configuration and weights; what cannot be taken leaves the old."""
        self._reloading = False
        self._notifier.reloading()
        try:
            new = self._load()
        except ConfigError as error:
            _log.error("not reloaded, all stays as it was: %s", error)
            self._notifier.ready()
            return
        old, self._config = self._config, new
        self._facts.config = new
        logs.set_level(new.service.log_level)
        self._teller.configure(new.service)
        self._forget()
        if new.camera != old.camera:
            self._stop_source()
            self._facts.trouble = None
            self._start_source()
        if (new.display, new.buttons) != (old.display, old.buttons):
            self._reopen_panel(old)
        self._make_eye()
        if (new.samples, new.buttons) != (old.samples, old.buttons):
            self._pupil.close()
            self._make_pupil()
        self._panel.show(State.DARK if self._facts.trouble is None else State.ERROR)
        say("reloaded")
        self._notifier.ready()

    def _start_source(self) -> None:
        watchdog_s = self._notifier.watchdog_s
        self._source = frame_source.frame_source(self._config.camera, self._clock, watchdog_s)
        self._source.start()

    def _stop_source(self) -> None:
        if not self._source.stop():
            _log.warning("the camera did not close in time; its thread is left")

    def _open_panel(self) -> None:
        self._panel = Panel(self._config.display, self._config.buttons, self._pin_factory)
        self._panel.show(State.DARK)
        self._facts.panel = self._panel
        self._memory = Memory(self._config.buttons.remember_s)

    def _reopen_panel(self, old: Config) -> None:
        self._panel.close()
        try:
            self._open_panel()
        except DeviceError as error:
            _log.error("displays and buttons stay as they were: %s", error)
            self._panel = Panel(old.display, old.buttons, self._pin_factory)
            self._facts.panel = self._panel

    def _make_eye(self) -> None:
        from pi.service.pipeline import FramePipeline

        self._weights = WeightsWatch(self._config, self._clock.monotonic())
        self._facts.weights = weights = self._weights.load(self._facts.weights)
        self._eye = FramePipeline(self._config.recogniser, weights.reader)

    def _make_pupil(self) -> None:
        self._pupil = LabellingSession(self._config)
        self._facts.pupil = self._pupil
