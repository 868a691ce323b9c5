"""Bytes of files: on disk, in memory, of pipes and sockets."""

from __future__ import annotations

import io
import socket
import ssl
import sys
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from awsio.errors import (
    ConnectionLostError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.internals.http_client import file_socket
from awsio.sources.refusal import not_bytes
from awsio.sources.waiting import FileReadiness

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("FileSource", "file_timeout", "translate")


class FileSource:
    """Bytes of an object with ``read``.

    Args:
        file: opened for reading bytes. Its ``read1`` is preferred, for ``read`` of a
            buffered file waits until it has everything that was asked for.
        http: the response that the bytes are of, None if they are of none.

    Attributes:
        fills: whether a read may wait until it has all that was asked for: there is no
            ``read1``, and the file is not known to be a raw one.
    """

    def __init__(self, file: Any, http: Any = None) -> None:
        self.file = file
        self.http = http
        read1 = getattr(file, "read1", None)
        self.fills = read1 is None and not isinstance(file, io.RawIOBase)
        self._read = read1 or file.read
        self._readiness: FileReadiness | None = None

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        try:
            if deadline is not None:
                self._ready().wait_until(deadline)
            data = self._read_now(size, deadline)
            while data is None:
                self._wait_for_more(deadline)
                data = self._read_now(size, deadline)
            if not data and self._ready().nonblocking:
                # A buffered file says the same of an end and of nothing now.
                self._ready().wait_until(deadline)
                data = self._read(size)
        except StreamError:
            raise
        except Exception as error:
            translated = translate(error)
            if translated is None:
                raise
            try:
                raise translated from error
            finally:
                del translated  # or this frame and the traceback would hold each other
        return data if type(data) is bytes else self._bytes_of(data)

    def _read_now(self, size: int, deadline: float | None) -> Any:
        """Read; None where a file has nothing now and does not block, or must not."""
        try:
            if deadline is None:
                return self._read(size)
            with self._ready().not_blocking():
                return self._read(size)
        except (ssl.SSLWantReadError, BlockingIOError):
            return None

    def _wait_for_more(self, deadline: float | None) -> None:
        """Wait until a file that had nothing has something."""
        readiness = self._ready()
        if not readiness.waits:
            kind = type(self.file).__name__
            msg = f"read() of a {kind} returned None, and there is nothing to wait for"
            raise TypeError(msg)
        readiness.wait_until(deadline)

    def _ready(self) -> FileReadiness:
        """Return what waits for the file, made when it is first needed."""
        if self._readiness is None:
            self._readiness = FileReadiness(self.file)
        return self._readiness

    def _bytes_of(self, data: Any) -> bytes:
        """Copy what a read gave."""
        try:
            return bytes(memoryview(data))
        except TypeError:
            raise not_bytes(self.file, data) from None

    def wake(self) -> None:
        """Shut a socket down for reading; a read of any other file cannot be broken off."""
        sock = file_socket(self.file)
        if sock is not None:
            with suppress(OSError, ValueError):  # the peer or the file has gone
                sock.shutdown(socket.SHUT_RD)

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - every source takes it
        """Close the file."""
        close = getattr(self.file, "close", None)
        if close is not None:
            close()

    def fileno(self) -> int:
        """Give the file's descriptor."""
        try:
            descriptor: int = self.file.fileno()
        except AttributeError:
            msg = f"a {type(self.file).__name__} has no file descriptor"
            raise OSError(msg) from None
        return descriptor

    @property
    def timeout(self) -> float | None:
        """Seconds that a read waits; None without end."""
        return file_timeout(self.file)


def file_timeout(file: Any) -> float | None:
    """Return the seconds that a read of a socket's file waits; None for one without end."""
    sock = file_socket(file)
    # 0 is another thread's look for bytes, which has put the real timeout aside.
    return None if sock is None else sock.gettimeout() or None


def translate(error: Exception) -> StreamError | None:
    """Say in awsio's terms what went wrong below; None for an error of somebody else."""
    # Only who has an http.client response can get its errors.
    http_client = sys.modules.get("http.client")
    if http_client is not None and isinstance(error, http_client.HTTPException):
        if isinstance(error, http_client.IncompleteRead):
            msg = "the HTTP body ends before its own end"
            return TruncatedStreamError(msg, missing=error.expected)
        return ConnectionLostError(f"the HTTP body breaks HTTP's rules: {error!r}")
    for kind, make, words in TRANSLATIONS:
        if isinstance(error, kind):
            return make(f"{words}: {error}")
    return None


# Looked through in order: a TimeoutError is an OSError.
TRANSLATIONS: tuple[tuple[type[Exception], Callable[[str], StreamError], str], ...] = (
    (TimeoutError, StreamTimeoutError, "no bytes came in time"),
    (EOFError, TruncatedStreamError, "the file ends before its own end"),
    (zlib.error, ConnectionLostError, "the file's compression is broken"),
    (OSError, ConnectionLostError, "the connection broke"),
)
