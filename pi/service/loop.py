"""Loop of the appliance: takes frames, lets them vote, lights the digit; until it is stopped.

Without its pins or with a wrong configuration it does not start, and says why in one line.
Once it runs, no camera ends it; an error of its own does, and systemd starts it again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.errors import CameraError, ConfigError, DeviceError, ImageError
from pi import config as configuration
from pi.control.client import SOCKET
from pi.control.server import ControlServer
from pi.devices.cameras.base import EndOfFrames
from pi.devices.cameras.source import CameraTrouble, TimedFrame
from pi.devices.displays.base import State
from pi.devices.panel import Panel
from pi.models.loaded import load_weights
from pi.models.watcher import WeightsWatcher
from pi.service import frame_source
from pi.service.event_log import EventLog
from pi.service.labelling import LabellingSession
from pi.service.recent import RecentlyShown
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
    from pi.config.schema import CameraSection
    from pi.devices.cameras.base import Camera
    from pi.models.loaded import LoadedModel

_log = logging.getLogger(__name__)

TICK_S = 0.04
"""While no frame is being read, buttons are polled and lights blink on every 40 ms."""

START_S = 120.0
"""systemd waits this much longer for READY: a Zero loads numpy and weights, opens a camera."""

STUCK_S = 180.0
"""A camera that has hung beyond help for so long ends the service, for systemd to start it."""


class Service:
    """All parts of the appliance, and the loop that runs them.

    Parameters
    ----------
    load : reads the configuration; called now, and again at each reload.
    notifier : what systemd is told; taken from the environment by default.
    clock : see :mod:`pi.system.clock`.
    pin_factory : of gpiozero; its own choice by default.
    open_camera : opens the camera of the settings; called in the camera's thread.
    load_model : loads a model file; see `pi.models.watcher.WeightsWatcher`.
    stuck_s : how long a camera may hang beyond help before the service ends for systemd to
        start it anew, s.

    Attributes
    ----------
    stats, report : what it has done, and the answers to who asks.

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
        open_camera: Callable[[CameraSection], Camera] = frame_source.open_camera,
        load_model: Callable[[str, bytes | None], LoadedModel] = load_weights,
        stuck_s: float = STUCK_S,
    ) -> None:
        self._load_config = load
        self._config = load()
        self._notifier = Notifier() if notifier is None else notifier
        self._clock = SystemClock() if clock is None else clock
        self._pin_factory = pin_factory
        self._open_camera = open_camera
        self._load_model = load_model
        self._stuck_s = stuck_s
        self._stopping = ""
        self._reloading = False
        self._wake = threading.Condition()
        self.stats = ServiceStats(self._clock.monotonic)
        self.report = StatusReport(self.stats, self._clock, self._config)
        now = self._clock.monotonic()
        self._events = EventLog(self._notifier, self.stats, self._config.service, now)
        self._ms = 0.0
        self._shown = Decision(State.DARK)
        self._ready = False
        self._failures = 0

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
            self._start_camera()
            stack.callback(self._stop_camera)
            self._open_panel()
            stack.callback(lambda: self._panel.close())
            self._load_pipeline()
            self._open_labelling()
            stack.callback(lambda: self._labelling.close())
            names = ("status", "look", "label", "ticket")
            verbs = {name: getattr(self.report, name) for name in names}
            group = self._config.service.group
            server = ControlServer(folder / SOCKET, verbs, group=group)
            stack.callback(server.close)
            server.start()
            self._events.started(self._config, self.report.weights)
            try:
                self._loop()
            except EndOfFrames as end:
                self.stop(str(end))
            finally:
                self._notifier.stopping()
                self._forget()
                self._panel.show(State.DARK)
                # It has not stopped before the labels are on the card.
                self._labelling.close()
                why = f"stopped: {self._stopping or 'an error'}"
                self._events.heartbeat(self._clock.monotonic(), self._camera_state(), why)

    def _loop(self) -> None:
        due = self._clock.monotonic()
        while not self._stopping:
            if self._reloading:
                self._reload()
            now = self._clock.monotonic()
            self._tick(now)
            if now < due:
                self._wait(min(TICK_S, due - now))
                continue
            event = self._source.next(TICK_S)
            if event is None:
                continue
            if isinstance(event, TimedFrame):
                self._take(event)
                # From frame to frame, not from the end of one reading to the next frame.
                due = event.taken_s + self._pipeline.interval_s
            else:
                self._fail(event)
            self._notifier.alive()
            if not self._ready:
                self._ready = True
                self._notifier.ready()

    def _tick(self, now: float) -> None:
        """Do what is due whether there are frames or not: buttons, lights, log, new weights."""
        for press in self._panel.poll(now):
            self._labelling.press(press, self._recent.at(press.time), now)
        self._labelling.tick(now)
        for answer, long in self._labelling.take_answers():
            self._panel.acknowledge(answer, long)
        self._panel.wait_for_card(self._labelling.blocked)
        self._update_display()
        self._panel.tick(now)
        self._events.tick(now, self._camera_state())
        if (weights := self._weights.poll(now)) is not None:
            # What was voted on stays, and so does what is lit.
            self.report.weights, self._pipeline.reader = weights, weights.reader
            say("reading with new weights", version=weights.version, weights=weights.path)
            self._remember()
        if (labelled := self._labelling.writer.take_labelled()) is not None:
            self._memory.want(labelled)
        # Not before it is ready: a start is not to take longer by it.
        if self._ready and self._memory.step():
            self._pipeline.read_again()

    def _update_display(self) -> None:
        if self.report.trouble is None:
            guess = self._labelling.instead_of(self._shown.state)
            shown = self._shown
            state, detail = (shown.state, shown.detail) if guess is None else (guess, "")
            if state != self._panel.state:
                self._panel.show(state, detail)

    def _wait(self, seconds: float) -> None:
        with self._wake:
            self._clock.wait_for(self._wake, lambda: False, seconds)

    def _take(self, event: TimedFrame) -> None:
        try:
            result = self._pipeline.see(event.frame, event.taken_s)
        except ImageError as error:
            self._fail(CameraTrouble(str(error), 0.0))
            return
        except MemoryError:
            self._fail(CameraTrouble("not enough memory to read a frame", 0.0))
            return
        if self.report.trouble is not None:
            self._recover()
        self.stats.frame(event.frame, event.taken_s, result.reading, result.ms)
        self._ms = self._ms if result.ms is None else result.ms
        shown = result.shown
        self._shown = shown
        self._recent.see(shown, event.taken_s)
        self._labelling.see(event.frame, result, self.report.weights, event.taken_s)
        self._update_display()
        if not shown.changed:
            return
        at = event.taken_s
        if shown.digit is None:
            self.stats.dark(at)
        else:
            self.stats.shown(
                shown.digit, shown.confidence, self._ms, result.frames, at, result.recollection
            )
        self._events.shows(shown, self._ms, result.frames, event.taken_s, result.recollection)

    def _fail(self, trouble: CameraTrouble) -> None:
        """A try to get a frame failed: log it once, show the error, count those that follow."""
        self._failures += 1
        self.stats.trouble()
        known, self.report.trouble = self.report.trouble, trouble
        self._events.trouble(trouble, known, self._failures)
        if known is None:
            self._forget()
            self._panel.show(State.ERROR)
        if self._source.stuck_s >= self._stuck_s and self._notifier.enabled:
            raise CameraError("the camera hangs for good; ending, to be started anew")

    def _recover(self) -> None:
        self.report.trouble = None
        self._events.recovered(self._failures)
        self._failures = 0
        self._panel.show(State.DARK)

    def _forget(self) -> None:
        """Forget all votes, as after a dark page."""
        now = self._clock.monotonic()
        self._shown = self._pipeline.reset()
        self._recent.see(self._shown, now)
        self._labelling.forget(now)
        self.stats.dark(now)

    def _camera_state(self) -> str | None:
        return None if self.report.trouble is None else "trouble"

    def _reload(self) -> None:
        """Read configuration and weights again; what cannot be used leaves the old in place."""
        self._reloading = False
        self._notifier.reloading()
        try:
            new = self._load_config()
        except ConfigError as error:
            _log.error("not reloaded, all stays as it was: %s", error)
            self._notifier.ready()
            return
        old, self._config = self._config, new
        self.report.config = new
        logs.set_level(new.service.log_level)
        self._events.configure(new.service)
        self._forget()
        if new.camera != old.camera:
            self._stop_camera()
            self.report.trouble = None
            self._start_camera()
        kept = ""
        changed = (new.display, new.buttons) != (old.display, old.buttons)
        if changed and not self._reopen_panel(old):
            kept = ", but displays and buttons stay as they were"
            new = self._config = replace(new, display=old.display, buttons=old.buttons)
            self.report.config = new
        self._load_pipeline()
        self._labelling.configure(new)
        self._remember()
        self._panel.show(State.DARK if self.report.trouble is None else State.ERROR)
        self._events.reloaded(kept, self.report.trouble)
        self._notifier.ready()

    def _start_camera(self) -> None:
        self._source = frame_source.frame_source(
            self._config.camera, self._clock, self._notifier.watchdog_s, self._open_camera
        )
        self._source.start()

    def _stop_camera(self) -> None:
        if not self._source.stop():
            _log.warning("the camera did not close in time; its thread is left")

    def _open_panel(self) -> None:
        self._panel = Panel(self._config.display, self._config.buttons, self._pin_factory)
        self._panel.show(State.DARK)
        self.report.panel = self._panel
        self._recent = RecentlyShown(self._config.buttons.remember_s)

    def _reopen_panel(self, old: Config) -> bool:
        """Open the panel of the new settings, or the old one again; whether it is the new."""
        self._panel.close()
        try:
            self._open_panel()
        except DeviceError as error:
            _log.error("displays and buttons stay as they were: %s", error)
            self._panel = Panel(old.display, old.buttons, self._pin_factory)
            self.report.panel = self._panel
            return False
        return True

    def _load_pipeline(self) -> None:
        from pi.service.pipeline import FramePipeline

        self._weights = WeightsWatcher(self._config, self._clock.monotonic(), self._load_model)
        self.report.weights = weights = self._weights.load(self.report.weights)
        self._pipeline = FramePipeline(self._config.recogniser, weights.reader)

    def _remember(self) -> None:
        """Let the reader in use have the memory, from the samples that are there now."""
        self._memory.use(self._pipeline.reader, self._config.memory.enabled)
        self._labelling.writer.read_again()

    def _open_labelling(self) -> None:
        from pi.service.memory import LabelMemory

        self._labelling = LabellingSession(self._config)
        self.report.labelling = self._labelling
        self._memory = LabelMemory(self._pipeline.reader, self._config.memory.enabled)
        self.report.memory = self._memory
