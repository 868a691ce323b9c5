"""`BodySocket`: the socket under an HTTP response, owned while the body is read.

Rules:

- the socket does not block while it is owned: a read takes what is there, and the wait
  for more is a separate step that an interrupt, a deadline or :meth:`BodySocket.wake`
  may end without loss;
- ownership is taken once and given up once, under one small lock. Only a socket that is
  owned is shut down, so :meth:`BodySocket.wake` never reaches the next response on it
  (urllib3 checks and then shuts down, and the connection may change hands in between);
- the socket goes back clean or is closed: bytes after the body's end, in http.client's
  buffer or decrypted inside OpenSSL, would be read as the next response;
- a forked child closes its copies of the descriptor and touches nothing else: the
  connection itself is shared with the parent;
- when the interpreter exits, no lock is waited for: a daemon thread that held it was stopped
  with it (https://docs.python.org/3/library/threading.html#thread-objects).
"""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import sys
import threading
import time
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

from awsio.errors import ConnectionLostError, StreamTimeoutError
from awsio.internals.http_client import underlying_socket
from awsio.sources.waiting import Readiness, out_of_time

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

__all__ = ("BodySocket",)

NOTHING_THERE = (BlockingIOError, ssl.SSLWantReadError)


class BodySocket:
    """Bytes of the socket under http.client's buffered file.

    Args:
        file: http.client's file, which may hold bytes that came with the headers.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._socket = underlying_socket(file)
        self._timeout: float | None = None  # what the socket had when it was taken over
        self._owned = False  # guarded by _ownership, as is giving the socket up
        self._given_up = False
        self._woken = False  # guarded by _ownership: it is shut down, and never used again
        # An RLock: a signal handler may close the stream in the middle of what it guards.
        self._ownership = threading.RLock()
        self._busy = False  # guarded by _ownership: whether its owner is inside
        self._process = os.getpid()
        self._buffered = True  # whether http.client's file may still hold bytes
        self._readiness: Readiness | None = None
        # pyOpenSSL's sockets, as urllib3 wraps them, say it by a timeout of 0 seconds.
        wrapped = not isinstance(self._socket, socket.socket)
        self._nothing_there = (*NOTHING_THERE, TimeoutError) if wrapped else NOTHING_THERE

    @property
    def timeout(self) -> float | None:
        """Seconds that a read without a deadline waits; None waits without end."""
        now: float | None = self._socket.gettimeout()
        return self._timeout if self._owned and now == 0 else now

    @property
    def in_child(self) -> bool:
        """Whether this process is a fork of the one that opened the connection."""
        return os.getpid() != self._process

    def receive(self, size: int, deadline: float | None) -> bytes:
        """Return the bytes that are there, waiting for the first one; ``b""`` at the end.

        Args:
            size: the most to return.
            deadline: by ``time.monotonic()``; None waits for :attr:`timeout`.

        Raises:
            StreamTimeoutError: resumable if the deadline passed.
            ConnectionLostError: the connection was reset, or given up in another thread.
            OSError: the socket failed.
        """
        self._own()
        while True:
            events = selectors.EVENT_READ
            try:
                return self._receive_now(size)
            except self._nothing_there:
                self._buffered = False  # or there would be something
            except ssl.SSLWantWriteError:
                events = selectors.EVENT_WRITE
            except ssl.SSLEOFError as error:
                if was_reset(error):
                    msg = "the connection was reset"
                    raise ConnectionLostError(msg) from error
                return b""
            self._wait(deadline, events)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        descriptor: int = self._file.fileno()
        return descriptor

    def wake(self) -> None:
        """Shut the socket down for reading while it is owned: a waiting read ends."""
        if self.in_child or sys.is_finalizing():  # then no thread reads any more
            return
        with self._ownership:
            nested, self._busy = self._busy, True
            try:
                if not self._given_up:
                    self._woken = True
                    with suppress(OSError, ValueError):  # the peer has gone
                        shut_down(self._socket, socket.SHUT_RD)
            finally:
                self._busy = nested

    def give_up(self, *, reuse: bool, disconnect: bool) -> bool:
        """Give the socket up; return whether another response may come on it.

        Args:
            reuse: False where the body was not read to its end.
            disconnect: whether to shut the socket down where it may not be used again.
        """
        with self._exclusively():
            nested, self._busy = self._busy, True
            try:
                if self._given_up or nested:
                    self._given_up = True
                    return False  # not by this call, or inside a wake(): it is not used again
                self._given_up = True
                usable = reuse and self._owned and not self._woken
                clean = usable and not self._holds_bytes()
                with suppress(OSError, ValueError):
                    if disconnect and not clean:
                        shut_down(self._socket, socket.SHUT_RDWR)
                if self._owned:
                    with suppress(OSError, ValueError):
                        self._socket.settimeout(self._timeout)
                        show_ragged_ends(self._socket, show=False)
            finally:
                self._busy = nested
        return clean

    def close_in_child(self) -> None:
        """Close this process's copy of the descriptor, and nothing that is shared."""
        self._given_up = True
        with suppress(OSError, ValueError, AttributeError):
            os.close(self._socket.detach())

    def _exclusively(self) -> AbstractContextManager[Any]:
        """Return what takes the ownership lock; nothing at the exit, where one thread is left."""
        return nullcontext() if sys.is_finalizing() else self._ownership

    def _own(self) -> None:
        """Take the socket over for reads that do not block.

        Again where another reader of the response, such as botocore's
        ``set_socket_timeout``, has set a timeout since.

        Raises:
            ConnectionLostError: it was given up.
        """
        timeout = self._socket.gettimeout()
        if self._owned and timeout == 0 and not self._given_up:
            return
        with self._exclusively():
            if self._given_up:
                msg = "the response was closed during the read"
                raise ConnectionLostError(msg)
            if timeout != 0:
                self._timeout = timeout
                self._socket.settimeout(0)
            if not self._owned:
                show_ragged_ends(self._socket, show=True)
                self._owned = True

    def _receive_now(self, size: int) -> bytes:
        """Read without waiting, first what http.client has read beyond the headers."""
        if self._buffered:
            # Empty also where nothing was there: the socket itself then says which it is.
            data: bytes = self._file.read1(size)
            if data:
                return data
            self._buffered = False
        received: bytes = self._socket.recv(size)
        return received

    def _wait(self, deadline: float | None, events: int) -> None:
        """Wait for the socket.

        Raises:
            StreamTimeoutError: resumable if the deadline passed.
        """
        if deadline is not None and time.monotonic() >= deadline:
            raise out_of_time()  # a poll: that nothing is there is known already
        if self._readiness is None:
            self._readiness = Readiness(self._file)
        if deadline is not None:
            self._readiness.wait_until(deadline, events)
        elif not self._readiness.wait_readable(self._timeout, events):
            msg = f"no bytes arrived in time: {self._timeout} s without any"
            raise StreamTimeoutError(msg, timeout=self._timeout)

    def _holds_bytes(self) -> bool:
        """Return whether bytes wait above the descriptor, where urllib3 does not look."""
        try:
            if self._buffered and self._file.peek(1):
                return True
        except (OSError, ValueError):  # TLS has nothing whole, or the file is closed
            pass
        pending = getattr(self._socket, "pending", None)
        return pending is not None and pending() > 0


def shut_down(sock: Any, how: int) -> None:
    """Shut a socket down, for reading or in both directions.

    Not by ``SSLSocket.shutdown``, which first drops the TLS session that another thread
    may be reading from.
    """
    if isinstance(sock, socket.socket):
        socket.socket.shutdown(sock, how)
    else:  # pyOpenSSL's, or urllib3's for TLS inside TLS
        sock.shutdown(how)


def show_ragged_ends(sock: Any, *, show: bool) -> None:
    """Let a TLS socket tell an end without TLS's close_notify from one with it, or not."""
    if isinstance(sock, ssl.SSLSocket):
        sock.suppress_ragged_eofs = not show  # type: ignore[attr-defined]  # the stubs lack it


def was_reset(error: ssl.SSLEOFError) -> bool:
    """Return whether a TLS stream was reset, rather than ended by a FIN without close_notify.

    Python before 3.12.3 raises this error for both, and by itself hides it as an end of
    the data. OpenSSL 3 names the FIN alone as the reason.
    """
    reason: str | None = error.reason
    return reason is None and ssl.OPENSSL_VERSION_INFO >= (3,)
