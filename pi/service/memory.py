"""The memory of labelled examples of the running service: kept as the sample store has them.

There is no second truth: it is made from the labelled samples and the weights in use, at the
start and whenever either changes, in steps between frames. Until it is made anew the reader
goes on with what it had.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import ModelFormatError
from core.exemplars.builder import Example, MemoryBuilder
from core.integer.network import IntegerNetwork
from pi.samples.store import SIDE, LabelledImages
from pi.system.logs import say

if TYPE_CHECKING:
    from core.reading.reader import Reader

_log = logging.getLogger(__name__)


class LabelMemory:
    """Gives the reader its memory.

    Parameters
    ----------
    reader : that of the service, with a network in whole numbers; with another there is none.
    enabled : as ``memory.enabled``.
    """

    def __init__(self, reader: Reader, enabled: bool) -> None:
        self._builder: MemoryBuilder | None = None
        self._busy = False
        self.use(reader, enabled)

    def use(self, reader: Reader, enabled: bool) -> None:
        """Take another reader, or another setting; the samples must be given again."""
        network = _network(reader)
        self._reader = reader
        self._why: str | None = None
        if network is None or not enabled:
            integers = "the weights in use do not read in whole numbers"
            self._why = integers if enabled else "memory.enabled is false"
            self._builder, self._busy = None, False
            reader.memory = None
            return
        if self._builder is None:
            self._builder, self._busy = MemoryBuilder(network), True
        else:
            self._busy |= not self._builder.use(network)
        reader.memory = self._builder.memory

    def want(self, samples: LabelledImages) -> None:
        """Ask for the memory of these."""
        if self._builder is not None:
            images = np.frombuffer(samples.images, np.uint8).reshape(-1, SIDE, SIDE)
            each = zip(samples.numbers, samples.labels, images, strict=True)
            self._builder.want([Example(*one) for one in each])
            self._busy = True

    def step(self) -> bool:
        """Work some milliseconds if there is work; whether the reader has another memory."""
        if self._builder is None or not self._busy:
            return False
        try:
            self._busy = self._builder.step()
        except (ModelFormatError, MemoryError) as error:
            self._why = str(error) or "not enough memory"
            self._builder, self._busy = None, False
            _log.error("labelled samples are not read by: %s", self._why)
            return False
        made, known = self._builder.memory, self._reader.memory
        if made is None or made is known:
            return False
        self._reader.memory = made
        if known is not None or len(made):
            say("reading by labelled samples", samples=len(made))
        return True

    def status(self) -> dict[str, Any]:
        """``samples`` : how many it reads by, None while that is not known; ``why`` there is no
        memory, or None."""
        memory = self._reader.memory if self._builder is not None else None
        return {"samples": None if memory is None else len(memory), "why": self._why}


def _network(reader: Reader) -> IntegerNetwork | None:
    network = getattr(reader, "network", None)
    return network if isinstance(network, IntegerNetwork) else None
