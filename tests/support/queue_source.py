"""A byte source that keeps the contract of one, for tests to break it in some way."""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from awsio.errors import StreamTimeoutError, TruncatedStreamError

if TYPE_CHECKING:
    from awsio.testing import StreamPieces

__all__ = ("Source",)


class Source:
    """A source that keeps the whole contract: pieces come to it through a queue."""

    timeout = None

    def __init__(self, pieces: StreamPieces) -> None:
        self.closed = False
        self._queue: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()
        self._rest = b""
        self._ended = False
        threading.Thread(target=self._fill, args=(pieces,), daemon=True).start()

    def _fill(self, pieces: StreamPieces) -> None:
        for piece in pieces:
            self._queue.put(piece)
        self._queue.put(TruncatedStreamError("cut") if pieces.cut else b"")

    def read(self, size: int, deadline: float | None = None) -> bytes:
        if not self._rest and not self._ended:
            self._take(deadline)
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def _take(self, deadline: float | None) -> None:
        """Wait for the next piece."""
        try:
            timeout = None if deadline is None else max(deadline - time.monotonic(), 0)
            item = self._queue.get(timeout=timeout)
        except queue.Empty:
            raise StreamTimeoutError("late", resumable=True) from None
        if isinstance(item, Exception):
            raise item
        self._ended = not item
        self._rest = item

    def wake(self) -> None:
        self._queue.put(b"")

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - every source takes it
        self.closed = True

    def fileno(self) -> int:
        raise OSError
