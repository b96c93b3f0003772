"""What is closed after use: pins, cameras, terminals."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Closing:
    """Lets ``with`` close what has a ``close()``, whatever happens inside."""

    def close(self) -> None:
        """Let go of what is held. May be called again."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
