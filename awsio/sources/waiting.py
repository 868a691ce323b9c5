"""Waiting until something can be read, in one place.

A wait takes nothing: an exception that comes out of one, from a signal handler say, has
lost nothing, and :func:`raised_while_waiting` recognises it.

A descriptor says less than a reader needs: bytes may lie in a buffer above it, in Python
or in TLS, and what is readable below may be a part of a TLS record. So a read is tried
first, without blocking, and only then is the descriptor waited for.
"""

from __future__ import annotations

import os
import selectors
import ssl
import stat
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from awsio.errors import StreamTimeoutError
from awsio.internals.http_client import file_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

__all__ = (
    "READS_IN_A_POLL",
    "FileReadiness",
    "Readiness",
    "raised_by_handler",
    "raised_while_waiting",
)

# poll() needs no descriptor of its own, as epoll and kqueue do; Windows, and eventlet's
# patched modules, have select() alone.
Selector: type[selectors.BaseSelector] = getattr(
    selectors, "PollSelector", selectors.SelectSelector
)
# poll() takes milliseconds in a C int: a longer wait is made of several.
LONGEST_WAIT = 2_000_000.0
# Reads of a source in one step whose deadline has passed: a poll takes what is there, and a
# peer that sends useless bytes without end holds it no longer than these take.
READS_IN_A_POLL = 64


class Readiness:
    """Waits until a descriptor can be read. The selector is kept from wait to wait.

    Args:
        descriptor: an int, or an object with ``fileno()``.
    """

    def __init__(self, descriptor: Any) -> None:
        self._selector = Selector()
        self._selector.register(descriptor, selectors.EVENT_READ)
        self._descriptor = descriptor
        self._events = selectors.EVENT_READ

    def wait_readable(self, seconds: float | None, events: int = selectors.EVENT_READ) -> bool:
        """Wait, and return whether the descriptor is ready.

        Args:
            seconds: the longest wait; 0 and less only looks, None waits without end.
            events: of :mod:`selectors`; TLS may have to write before it can read.
        """
        if events != self._events:
            self._selector.modify(self._descriptor, events)
            self._events = events
        if seconds is None:
            while not self._selector.select(LONGEST_WAIT):
                pass
            return True
        return bool(self._selector.select(min(seconds, LONGEST_WAIT)))

    def wait_until(self, deadline: float | None, events: int = selectors.EVENT_READ) -> None:
        """Wait until the descriptor is ready.

        Args:
            deadline: by ``time.monotonic()``; None waits without end.
            events: as in :meth:`wait_readable`.

        Raises:
            StreamTimeoutError: resumable: the deadline passed.
        """
        seconds = None if deadline is None else deadline - time.monotonic()
        if not self.wait_readable(seconds, events):
            raise out_of_time()


WAITS = (Readiness.wait_readable.__code__, Readiness.wait_until.__code__)


def raised_while_waiting(error: BaseException) -> bool:
    """Return whether an exception was raised inside a wait, so that no bytes were taken."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code in WAITS:
            return True
        traceback = traceback.tb_next
    return False


def raised_by_handler(error: BaseException) -> bool:
    """Return whether an exception of a wait is a signal handler's own, not the system's.

    ``signal.alarm`` with a handler that raises ``TimeoutError`` is such a case. The
    system's errors carry a number.
    """
    return getattr(error, "errno", None) is None and raised_while_waiting(error)


def out_of_time(*, data_pending: bool = False) -> StreamTimeoutError:
    """Create the error for a deadline that passed.

    Args:
        data_pending: whether bytes are there that were not looked at yet.
    """
    what = "only a part" if data_pending else "nothing"
    msg = f"{what} arrived in time; the next read continues"
    return StreamTimeoutError(msg, resumable=True, data_pending=data_pending)


class FileReadiness:
    """Waits until reading a file would return something at once.

    A file without a descriptor, or on disk, never waits. What kind of file it is, is found
    out once.

    Args:
        file: a file, buffered or raw.
    """

    def __init__(self, file: Any) -> None:
        self._peek: Callable[[int], bytes] | None = getattr(file, "peek", None)
        self._socket = file_socket(file)
        self._readiness: Readiness | None = None
        self._descriptor = -1
        try:
            self._descriptor = file.fileno()
        except (AttributeError, OSError, ValueError):
            return
        if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
            self._readiness = Readiness(self._descriptor)

    @property
    def waits(self) -> bool:
        """Whether a read of the file may wait for bytes at all."""
        return self._readiness is not None

    @property
    def nonblocking(self) -> bool:
        """Whether reads of the file return though nothing is there."""
        if self._readiness is None:
            return False
        if self._socket is not None:
            return bool(self._socket.gettimeout() == 0)
        return not os.get_blocking(self._descriptor)

    def not_blocking(self) -> AbstractContextManager[None]:
        """Let the read after a wait not block.

        A buffered file has been looked into. Below a raw one there may be no more than a part
        of a TLS record.
        """
        if self._socket is None or self._peek is not None:
            return nullcontext()
        return not_blocking(self._socket, self._descriptor)

    def wait_until(self, deadline: float | None) -> None:
        """Wait until a read would return something, or find the end, at once.

        Args:
            deadline: by ``time.monotonic()``; None waits without end.

        Raises:
            StreamTimeoutError: resumable: the deadline passed.
            OSError: the descriptor is broken.
        """
        if self._readiness is None:
            return
        if self._peek is None:
            self._readiness.wait_until(deadline)
            return
        while not self._look(self._peek):
            self._readiness.wait_until(deadline)
            if self._look(self._peek) is not None:
                return  # bytes; or the end, which is readable and holds nothing

    def _look(self, peek: Callable[[int], bytes]) -> bool | None:
        """Look for bytes without waiting.

        Returns:
            True if there are bytes; False if there are none; None if TLS has a part of a
            record, so that a readable descriptor means nothing.
        """
        try:
            with not_blocking(self._socket, self._descriptor):
                return bool(peek(1))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None


@contextmanager
def not_blocking(sock: Any, descriptor: int) -> Iterator[None]:
    """Let reads not block, and afterwards block as they did."""
    if sock is not None:
        timeout = sock.gettimeout()
        sock.settimeout(0)
    else:
        blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
    try:
        yield
    finally:
        with suppress(OSError):  # closed in another thread
            if sock is not None:
                sock.settimeout(timeout)
            else:
                os.set_blocking(descriptor, blocking)
