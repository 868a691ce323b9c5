"""Bytes of a urllib3 response.

``read1`` is the one read of urllib3 that gives what is there in every body framing:
``stream()`` waits for 64 KiB unless the body is chunked, and then for whole HTTP
chunks; ``read`` and ``readinto`` wait until they are full.

No exception of urllib3, http.client or ssl passes :meth:`HttpSource.read`.
"""

from __future__ import annotations

import http.client
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from awsio.errors import (
    ConnectionLostError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.sources.base import wait_readable

if TYPE_CHECKING:
    import socket

    from urllib3.response import BaseHTTPResponse

__all__ = ("HttpSource",)

# What close() may spend on reading a body's end, so that the connection is reused.
DRAIN_BYTES = 64 * 1024
DRAIN_SECONDS = 0.05


class HttpSource:
    """The body of a urllib3 response, its content encoding taken off.

    Args:
        response: a response whose body has not been loaded
            (``preload_content=False``).

    Attributes:
        http: the response.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        self.http = response
        # botocore switches decoding off for streams; an encoded one still has to be decoded.
        self._decode = "content-encoding" in response.headers

    def read(self, size: int) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        try:
            return self.http.read1(size, decode_content=self._decode) or b""
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            raise translate(error) from error
        except AttributeError as error:  # another thread closed the response in the middle
            msg = "the response was closed during the read"
            raise ConnectionLostError(msg) from error

    def wait(self, timeout: float) -> bool:
        """Wait by looking without blocking: bytes may lie in a buffer above the socket."""
        reader = getattr(getattr(self.http, "_fp", None), "fp", None)
        sock = underlying_socket(reader)
        if sock is None:
            return True
        deadline = time.monotonic() + timeout
        while not buffered(reader, sock):
            if not wait_readable(sock, deadline - time.monotonic()):
                return False
            if buffered(reader, sock) is not None:
                return True  # bytes, or the end: readable, and yet nothing there
        return True

    def wake(self) -> None:
        """Shut the socket down for reading: a blocked ``recv`` returns, over TLS too."""
        with suppress(ValueError, RuntimeError, OSError):  # already released or closed
            self.http.shutdown()

    def close(self, *, drain: bool) -> None:
        """Give the connection back to its pool: in use again if the body's end was read."""
        with suppress(HTTPError, http.client.HTTPException, OSError, ValueError, AttributeError):
            if drain:
                self._drain()
            self.http.close()
            self.http.release_conn()

    def fileno(self) -> int:
        """Give the socket's descriptor."""
        return self.http.fileno()

    def _drain(self) -> None:
        """Read the body's end if it comes soon and is short."""
        deadline = time.monotonic() + DRAIN_SECONDS
        left = DRAIN_BYTES
        while left > 0 and self.wait(deadline - time.monotonic()):
            data = self.http.read1(left, decode_content=self._decode)
            if not data:
                return
            left -= len(data)


def underlying_socket(reader: Any) -> socket.socket | None:
    """Find the socket under http.client's buffered reader.

    ``connection.sock`` would do, but http.client empties it with ``Connection: close``.
    """
    return getattr(getattr(reader, "raw", None), "_sock", None)


def buffered(reader: Any, sock: socket.socket) -> bool | None:
    """Look for bytes in the buffers above a socket, without waiting.

    Returns:
        True if there are bytes; False if there are none; None if TLS has only a part
        of a record, so that the socket's being readable means nothing.
    """
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        return bool(reader.peek(1))
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None
    except (OSError, ValueError):
        return True  # the read itself will say what is wrong
    finally:
        with suppress(OSError):
            sock.settimeout(timeout)


def translate(error: Exception) -> StreamError:
    """Say in awsio's terms what went wrong below."""
    if isinstance(error, ReadTimeoutError):
        return StreamTimeoutError(f"no bytes came in time: {error}")
    if isinstance(error, DecodeError):
        return ConnectionLostError(f"the body's content encoding is broken: {error}")
    causes = (error, *(arg for arg in error.args if isinstance(arg, Exception)))
    for cause in causes:
        if isinstance(cause, http.client.IncompleteRead):
            missing = cause.expected
            msg = "the HTTP body ends before its own end"
            return TruncatedStreamError(
                msg + (f", {missing} bytes short" if missing else ""), missing=missing
            )
    return ConnectionLostError(f"the connection broke: {error}")
