"""`BackgroundRead`: a read in a thread of its own, to see whether and when it ends."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("BackgroundRead",)


class BackgroundRead:
    """A read that has begun.

    Args:
        read: reads; it is called at once, in a thread.

    Attributes:
        outcome: what it gave, or the error that it raised; None before its end.
        ended_at: when it ended, by ``time.monotonic()``; 0.0 before its end.
    """

    def __init__(self, read: Callable[[], Any]) -> None:
        self.outcome: Any = None
        self.ended_at = 0.0
        self._read = read
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ends_within(self, seconds: float | None) -> bool:
        """Wait for its end, None: as long as it takes; tell whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.outcome = self._read()
        except Exception as error:  # noqa: BLE001 - whoever waits for it looks at it
            self.outcome = error
        self.ended_at = time.monotonic()
