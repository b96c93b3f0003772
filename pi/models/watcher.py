"""New weights for the running service: noticed, loaded beside the loop, handed over whole.

The loop goes on with the old ones until the new ones are ready, so nothing goes dark.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from core.errors import ModelFormatError
from pi.config import run_folder
from pi.models import attempts
from pi.models.attempts import Attempts
from pi.models.loaded import load_weights, load_weights_or
from pi.models.registry import registry_in_use

if TYPE_CHECKING:
    from pi.config import Config
    from pi.models.loaded import LoadedModel

_log = logging.getLogger(__name__)

POLL_S = 2.0
"""Time between two looks at the registry: with a Zero's second or two of loading, new weights
are in service well within ten."""


def in_a_thread(work: Callable[[], None]) -> None:
    """Do it in a thread of its own."""
    threading.Thread(target=work, name="zerodigit-weights", daemon=True).start()


class WeightsWatcher:
    """The weights that the settings mean, now and later.

    Parameters
    ----------
    config : names a file, or the folder of the registry.
    now : seconds of the loop's clock.
    load : loads a model file from its path, and from its bytes where those are read already;
        the shipped one for "".
    beside : does the loading beside the loop.
    """

    def __init__(
        self,
        config: Config,
        now: float,
        load: Callable[[str, bytes | None], LoadedModel] = load_weights,
        beside: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        self._load, self._beside = load, beside
        self._file = config.service.weights
        self._registry = registry_in_use(config)
        self._attempts = Attempts(run_folder(config) / attempts.FILE)
        self._known: LoadedModel | None = None
        self._pointer: str | None = None
        self._polled_s = now
        self._loading = False
        self._loaded: queue.SimpleQueue[LoadedModel | None] = queue.SimpleQueue()

    def load(self, known: LoadedModel | None) -> LoadedModel:
        """Load them now, and wait for it; ``known`` is taken if a named file is damaged.

        Raises
        ------
        ModelFormatError : not even the shipped ones can be loaded.
        """
        if self._registry is None:
            return load_weights_or(self._file, known, self._load)
        self._pointer = self._registry.pointer()
        self._known = self._registry.load(self._load, self._attempts)
        return self._known

    def poll(self, now: float) -> LoadedModel | None:
        """New ones, once, when they are loaded; None otherwise. Cheap: call it often."""
        if self._loading:
            return self._take()
        if self._registry is None or now - self._polled_s < POLL_S:
            return None
        self._polled_s = now
        pointer = self._registry.pointer()
        if pointer != self._pointer:
            try:
                self._loading = True
                self._beside(self._load_new)
                self._pointer = pointer
            except RuntimeError as error:
                # No thread can be started now; the next look tries again.
                self._loading = False
                _log.error("no new weights yet, those in use stay: %s", error)
        return None

    def _take(self) -> LoadedModel | None:
        try:
            found = self._loaded.get_nowait()
        except queue.Empty:
            return None
        self._loading = False
        if found is None or found is self._known:
            return None
        self._known = found
        return found

    def _load_new(self) -> None:
        assert self._registry is not None
        found = None
        try:
            found = self._registry.load(self._load, self._attempts, self._known)
        except (ModelFormatError, MemoryError) as error:
            _log.error("no new weights, those in use stay: %s", error or "not enough memory")
        finally:
            self._loaded.put(found)
