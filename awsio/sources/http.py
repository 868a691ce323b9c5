"""Bytes of a urllib3 response.

The body is read from http.client's buffer and unframed here: none of urllib3's
reads does what a stream needs. ``stream()`` waits for 64 KiB, or for whole HTTP
chunks; ``read`` and ``readinto`` wait until they are full; ``read1`` gives what is
there, but blocks in the middle of a chunk's size line, whatever the timeout. A body
with an encoding other than gzip, or one that http.client does not read, goes through
``read1``.

No exception of urllib3, http.client or ssl passes :meth:`HttpSource.read`.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from awsio.errors import (
    ConnectionLostError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.sources.files import FileSource, translate
from awsio.sources.framing import BodyFraming, ChunkedFraming, CloseFraming, LengthFraming
from awsio.sources.gunzip import GunzipSource
from awsio.sources.waiting import read_timeout, underlying_socket, wait_for_file

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from awsio.sources.base import ByteSource

__all__ = ("HttpSource", "http_source")

# What close() may spend on reading a body's end, so that the connection is reused.
DRAIN_BYTES = 64 * 1024
DRAIN_SECONDS = 0.05

GZIP_ENCODINGS = frozenset({"gzip", "x-gzip"})

HTTP_ERRORS = (HTTPError, http.client.HTTPException, OSError, ValueError, AttributeError)


def http_source(response: BaseHTTPResponse, *, decode: bool = True) -> ByteSource:
    """Make the source of a response.

    Args:
        response: with its body unread (``preload_content=False``), partly read, or
            loaded.
        decode: whether its content encoding is taken off.
    """
    if getattr(response, "_body", None) is not None:
        return FileSource(io.BytesIO(response.data), response)
    encoding = response.headers.get("content-encoding", "").lower() if decode else ""
    reader = getattr(response, "_fp", None)
    if isinstance(reader, http.client.HTTPResponse):
        if encoding in GZIP_ENCODINGS:
            return GunzipSource(HttpSource(reader, response))
        if not encoding:
            return HttpSource(reader, response)
    return Urllib3Source(response, decode=bool(encoding))


class HttpSource:
    """The body of a response, read from http.client's buffered file of the socket.

    Args:
        reader: http.client's response.
        response: the urllib3 response over it, if there is one.

    Attributes:
        http: the urllib3 response, or None.
    """

    def __init__(
        self, reader: http.client.HTTPResponse, response: BaseHTTPResponse | None = None
    ) -> None:
        self.http = response
        self._reader = reader
        self._file: Any = reader.fp  # None once the body has been read
        self._framing = framing_of(reader, response)
        show_ragged_ends(self._file, show=True)

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        framing = self._framing
        while not framing.done and self._file is not None:
            try:
                if deadline is not None:
                    wait_for_file(self._file, deadline)
                data = self._file.read1(size)
            except StreamError:
                raise
            except ssl.SSLEOFError as error:
                if was_reset(error):
                    msg = "the connection was reset"
                    raise ConnectionLostError(msg) from error
                data = b""
            except Exception as error:  # closed in another thread: ValueError, AttributeError
                raise (translate(error) or closed_below()) from error
            if data:
                content = framing.feed(data)
                if content:
                    return content
            else:
                framing.feed_eof()
        self._finish()
        return b""

    def wake(self) -> None:
        """Shut the socket down for reading: a blocked ``recv`` returns, over TLS too."""
        with suppress(*HTTP_ERRORS, RuntimeError):  # already released or closed
            if self.http is not None:
                self.http.shutdown()
            else:
                underlying_socket(self._file).shutdown(socket.SHUT_RD)

    def close(self, *, drain: bool) -> None:
        """Give the connection back to its pool: in use again if the body's end was read."""
        if drain:
            drain_source(self)
        self._give_back(reuse=self._file is None)

    def fileno(self) -> int:
        """Give the socket's descriptor."""
        if self._file is None:
            msg = "the response has been read, its connection given back"
            raise OSError(msg)
        descriptor: int = self._file.fileno()
        return descriptor

    @property
    def timeout(self) -> float | None:
        """Seconds that a read waits; None without end."""
        return read_timeout(self._file)

    def _finish(self) -> None:
        """Give the connection back after the body's end."""
        if self._file is not None:
            show_ragged_ends(self._file, show=False)
            self._file = None
            self._give_back(reuse=not self._framing.surplus)

    def _give_back(self, *, reuse: bool) -> None:
        """Let the response and its connection go, whatever each of them says to it."""
        steps = [self._reader.close]
        if self.http is not None:
            connection = getattr(self.http, "connection", None)
            if not reuse and connection is not None:
                steps += [self.http.close, connection.close]
            steps.append(self.http.release_conn)
        for step in steps:
            with suppress(*HTTP_ERRORS):
                step()


class Urllib3Source:
    """The body of a response by urllib3's ``read1``.

    Args:
        response: the urllib3 response.
        decode: whether its content encoding is taken off. botocore switches decoding off
            for streams; an encoded stream of events still has to be decoded.

    Attributes:
        http: the response.
    """

    def __init__(self, response: BaseHTTPResponse, *, decode: bool) -> None:
        self.http = response
        self._decode = decode

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`.

        A deadline is kept between the parts of HTTP's framing, not inside them, and not
        by what lies in a decoder.
        """
        try:
            if deadline is not None:
                wait_for_file(getattr(getattr(self.http, "_fp", None), "fp", None), deadline)
            data = self.http.read1(size, decode_content=self._decode)
        except StreamError:
            raise
        except HTTP_ERRORS as error:
            raise translate_http(error) from error
        missing = getattr(self.http, "length_remaining", None)
        if not data and missing:  # botocore tells urllib3 not to look at this
            msg = f"the HTTP body is {missing} bytes shorter than its Content-Length"
            raise TruncatedStreamError(msg, missing=missing)
        return data or b""

    def wake(self) -> None:
        """Shut the socket down for reading."""
        with suppress(ValueError, RuntimeError, OSError):
            self.http.shutdown()

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - its end cannot be waited for in bounds
        """Close the response."""
        with suppress(*HTTP_ERRORS):
            self.http.close()
            self.http.release_conn()

    def fileno(self) -> int:
        """Give the descriptor of what is under the response."""
        try:
            return self.http.fileno()
        except AttributeError:
            msg = "the response has no file descriptor any more"
            raise OSError(msg) from None

    @property
    def timeout(self) -> float | None:
        """Seconds that a read waits; None without end."""
        return read_timeout(getattr(getattr(self.http, "_fp", None), "fp", None))


def framing_of(reader: Any, response: Any) -> BodyFraming:
    """Find the framing of a body, from where it was read up to."""
    if reader.chunked:
        # stream() counts the rest of a chunk in urllib3's object, read1() in http.client's.
        left = getattr(response, "chunk_left", None)
        return ChunkedFraming(reader.chunk_left if left is None else left)
    if reader.length is not None:
        framing = LengthFraming(reader.length)
        # Behind an informational response the answer itself comes, and nobody reads it.
        framing.surplus = reader.status < HTTPStatus.OK
        return framing
    return CloseFraming()


def show_ragged_ends(file: Any, *, show: bool) -> None:
    """Let a TLS socket tell an end without TLS's goodbye from one with it, or not."""
    sock = underlying_socket(file)
    if isinstance(sock, ssl.SSLSocket):
        sock.suppress_ragged_eofs = not show  # type: ignore[attr-defined]  # the stubs lack it


def was_reset(error: ssl.SSLEOFError) -> bool:
    """Tell a reset under TLS from a FIN that came without TLS's goodbye.

    Python before 3.12.3 gives both as this error, and by itself hides it as an end of
    the data. OpenSSL 3 names the FIN alone as the reason.
    """
    reason: str | None = error.reason
    return reason is None and ssl.OPENSSL_VERSION_INFO >= (3,)


def drain_source(source: ByteSource) -> None:
    """Read a body's end if it comes soon and is short."""
    deadline = time.monotonic() + DRAIN_SECONDS
    left = DRAIN_BYTES
    with suppress(StreamError):
        while left > 0 and (data := source.read(left, deadline)):
            left -= len(data)


def closed_below() -> ConnectionLostError:
    """Make the error for a response that was closed under the reader."""
    return ConnectionLostError("the response was closed during the read")


def translate_http(error: Exception) -> StreamError:
    """Say in awsio's terms what urllib3 found wrong."""
    if isinstance(error, ReadTimeoutError):
        return StreamTimeoutError(f"no bytes came in time: {error}")
    if isinstance(error, DecodeError):
        return ConnectionLostError(f"the body's content encoding is broken: {error}")
    for cause in (error, *error.args):
        translated = translate(cause) if isinstance(cause, Exception) else None
        if translated is not None:
            return translated
    return ConnectionLostError(f"the connection broke: {error}")
