"""`Transport`: the byte source under a stream.

Rules:

- all of it is guarded by the stream's lock, but for :meth:`Transport.wake`;
- an error of the source breaks the stream and is latched; a deadline that passes is not;
- what a source had given when an exception of another kind came (a signal handler's, say)
  may be lost on the way, so that exception latches an error that says so. Only a wait
  takes nothing, and what it raises costs nothing.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from awsio.errors import ConnectionLostError, StreamError, StreamTimeoutError, fresh_copy
from awsio.sources.refusal import not_bytes

if TYPE_CHECKING:
    from awsio.connection.log import StreamLog
    from awsio.connection.state import Status
    from awsio.sources import ByteSource

__all__ = ("READ_SIZE", "Transport")

# Bytes asked of the source at first: more and more while it fills what it is asked for,
# because one big read costs much less than many small ones.
READ_SIZE = 64 * 1024
MAX_READ = 1024 * 1024


class Transport:
    """Reads from a source, within deadlines, and releases it.

    Args:
        source: where the bytes come from.
        status: the stream's.

    Attributes:
        ended: whether the source has returned its last byte.
        error: what the source broke with; reads raise copies of it.
        received: bytes that have come from the source.
        idle_timeout: seconds without a byte after which a read without a deadline gives
            up; None waits as long as the source does.
        log: logs reads; None logs nothing.
        max_read: the most bytes to ask for at once.
    """

    def __init__(self, source: ByteSource, status: Status) -> None:
        self.ended = False
        self.error: StreamError | None = None
        self.received = 0
        self.idle_timeout: float | None = None
        self.log: StreamLog | None = None
        # A source that waits until a read is full is not asked for more than 64 KiB.
        self.max_read = READ_SIZE if getattr(source, "fills", False) else MAX_READ
        self._source = source
        self._status = status
        self._released = False
        self._process = os.getpid()

    def receive(self, size: int, deadline: float | None) -> bytes:
        """Read from the source once.

        Args:
            size: the most bytes to read.
            deadline: by ``time.monotonic()``; None waits as :attr:`idle_timeout` says.

        Returns:
            The bytes, ``b""`` at the source's end.

        Raises:
            StreamTimeoutError: resumable if the deadline or the idle timeout passed.
            StreamError: the source broke; every later call raises it again.
            ValueError: the connection was closed.
            TypeError: the source returned something other than bytes.
        """
        if self.error is not None:
            raise fresh_copy(self.error)
        if self.ended:
            return b""
        idle = self.idle_timeout if deadline is None else None
        if idle is not None:
            deadline = time.monotonic() + idle
        try:
            data: Any = self._source.read(size, deadline)
        except StreamError as error:
            self._status.check_open()
            if isinstance(error, StreamTimeoutError) and error.resumable:
                error.timeout = idle
                raise
            self.error = fresh_copy(error)
            self.release(drain=False)
            raise
        self._status.check_open()
        if not isinstance(data, bytes):
            raise not_bytes(self._source, data)
        self.received += len(data)
        self.ended = not data
        if self.log is not None:
            self.log.received(data)
        return data

    def interrupted(self, error: BaseException) -> None:
        """Latch an error for an exception that may have cost bytes on their way."""
        if self.error is None:
            msg = (
                f"a read was interrupted by {type(error).__name__} while bytes were on their "
                "way, and some of them may be lost; open the stream again"
            )
            self.error = ConnectionLostError(msg)
        self._status.latch(self.error)

    def wake(self) -> None:
        """End a read of the source in another thread, where that can be done."""
        self._source.wake()

    def release(self, *, drain: bool) -> None:
        """Close the source, once; again if that was interrupted.

        Args:
            drain: whether only the body's own end is to come, which then is read so that
                the HTTP connection can be reused.
        """
        if self._released:
            return
        try:
            self._source.close(drain=drain)
        except Exception:
            self._released = True
            raise
        self._released = True

    @property
    def in_child(self) -> bool:
        """Whether this process is a fork of the one that opened the stream."""
        return os.getpid() != self._process

    def fileno(self) -> int:
        """Return the source's descriptor."""
        return self._source.fileno()

    @property
    def timeout(self) -> float | None:
        """Seconds that the source waits for bytes; None waits without end."""
        return self._source.timeout
