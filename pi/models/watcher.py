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
from pi.models import loaded, registry

if TYPE_CHECKING:
    from pi.config import Config
    from pi.models.loaded import LoadedModel

_log = logging.getLogger(__name__)

LOOK_S = 2.0
"""How often to look, in s: with a Zero's second or two of loading, well within ten."""


class WeightsWatch:
    """The weights that the settings mean, now and later.

    Parameters
    ----------
    config : says a file, or where the versions are.
    now : seconds of the loop's clock.
    load : loads a model file, the one that came with the program for "".
    """

    def __init__(
        self,
        config: Config,
        now: float,
        load: Callable[[str], LoadedModel] = loaded.load_weights,
    ) -> None:
        self._load = load
        self._file = config.service.weights
        self._store = registry.weights_store(config)
        self._pointer: str | None = None
        self._looked_s = now
        self._loading = False
        self._loaded: queue.SimpleQueue[LoadedModel | None] = queue.SimpleQueue()

    def load(self, known: LoadedModel | None) -> LoadedModel:
        """Load them now, and wait for it; ``known`` ones where a file that is named is damaged.

        Raises
        ------
        ModelFormatError : not even those that came along can be read.
        """
        if self._store is None:
            return loaded.load_weights_or(self._file, known, self._load)
        self._pointer = self._store.pointer()
        return self._store.load(self._load)

    def poll(self, now: float) -> LoadedModel | None:
        """New ones, once, when they are loaded; None otherwise. Call it often, it is cheap."""
        if self._loading:
            return self._take()
        if self._store is None or now - self._looked_s < LOOK_S:
            return None
        self._looked_s = now
        pointer = self._store.pointer()
        if pointer != self._pointer:
            self._pointer = pointer
            self._loading = True
            threading.Thread(
                target=self._load_beside, name="zerodigit-weights", daemon=True
            ).start()
        return None

    def _take(self) -> LoadedModel | None:
        try:
            found = self._loaded.get_nowait()
        except queue.Empty:
            return None
        self._loading = False
        return found

    def _load_beside(self) -> None:
        assert self._store is not None
        found = None
        try:
            found = self._store.load(self._load)
        except (ModelFormatError, MemoryError) as error:
            _log.error(
                "no new weights, those in use stay: %s", str(error) or "not enough memory"
            )
        finally:
            self._loaded.put(found)
