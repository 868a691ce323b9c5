"""Bytes of a urllib3 response.

The body is read from http.client's buffer and unframed here: none of urllib3's
reads does what a stream needs. ``stream()`` waits for 64 KiB, or for whole HTTP
chunks; ``read`` and ``readinto`` wait until they are full; ``read1`` gives what is
there, but blocks in the middle of a chunk's size line, whatever the timeout. A body that
http.client does not read goes through ``read1``. Content codings are taken off by
:mod:`awsio.sources.decoding`.

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

from urllib3.exceptions import HTTPError, ReadTimeoutError

from awsio.errors import (
    ConnectionLostError,
    HttpHeaderError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.sources.codings import body_length, refuse
from awsio.sources.decoding import decode_source
from awsio.sources.files import FileSource, translate
from awsio.sources.framing import (
    BodyFraming,
    BrokenFraming,
    ChunkedFraming,
    CloseFraming,
    LengthFraming,
)
from awsio.sources.waiting import read_timeout, underlying_socket, wait_for_file

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from awsio.sources.base import ByteSource

__all__ = ("HttpSource", "http_source")

# What close() may spend on reading a body's end, so that the connection is reused.
DRAIN_BYTES = 64 * 1024
DRAIN_SECONDS = 0.05

# Python's http.client calls HTTP/1.0 and 1.1 so.
HTTP_1_1 = 11

HTTP_ERRORS = (HTTPError, http.client.HTTPException, OSError, ValueError, AttributeError)


def http_source(
    response: BaseHTTPResponse | http.client.HTTPResponse, *, decode: bool = True
) -> ByteSource:
    """Create the source of a response.

    Args:
        response: of urllib3, with its body unread (``preload_content=False``), partly read,
            or loaded; or of http.client.
        decode: whether its content codings are taken off.
    """
    source: ByteSource
    if isinstance(response, http.client.HTTPResponse):
        source = HttpSource(response)
    elif getattr(response, "_body", None) is not None:
        return FileSource(io.BytesIO(response.data), response)
    elif isinstance(reader := getattr(response, "_fp", None), http.client.HTTPResponse):
        source = HttpSource(reader, response)
    else:
        source = Urllib3Source(response)
    return decode_source(source, header_lines(response, "content-encoding")) if decode else source


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
            framing.check()
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
    """The body of a response that http.client does not read, by urllib3's ``read1``.

    Args:
        response: the urllib3 response, over a file.

    Attributes:
        http: the response.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        self.http = response
        self._file: Any = getattr(response, "_fp", None)

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        try:
            if deadline is not None:
                wait_for_file(self._file, deadline)
            data = self.http.read1(size, decode_content=False)
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
        """Shut the socket down for reading, if there is one."""
        sock = underlying_socket(self._file)
        if sock is not None:
            with suppress(OSError, ValueError):  # the peer or the file has gone
                sock.shutdown(socket.SHUT_RD)

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - its end cannot be waited for in bounds
        """Close the response."""
        with suppress(*HTTP_ERRORS):
            self.http.close()
            self.http.release_conn()

    def fileno(self) -> int:
        """Return the descriptor of what is under the response."""
        return self.http.fileno()

    @property
    def timeout(self) -> float | None:
        """Seconds that a read waits; None without end."""
        return read_timeout(self._file)


def framing_of(reader: Any, response: Any) -> BodyFraming:
    """Return the framing of a body, from where it was read up to.

    Args:
        reader: http.client's response. What it took the headers for counts only where it
            tells how much was read: see :mod:`awsio.sources.codings`.
        response: the urllib3 response over it, or None.
    """
    transfer = header_lines(reader, "transfer-encoding")
    lengths = header_lines(reader, "content-length")
    # http.client's length is 0 also where a status, or a HEAD request, rules a body out.
    if reader.status < HTTPStatus.OK or (reader.length == 0 and not (transfer and lengths)):
        framing: BodyFraming = LengthFraming(0)
        # After an informational response the answer itself comes, and no one reads it.
        framing.surplus = reader.status < HTTPStatus.OK
        return framing
    try:
        chunked, length = body_length(transfer, lengths)
    except HttpHeaderError as error:
        return BrokenFraming(error if not has_ended(reader.fp) else head_cut(error))
    bytes_read = response.tell() if response is not None else 0
    if length is not None:
        left = length - bytes_read if reader.length is None else reader.length
        return LengthFraming(max(left, 0))
    if not chunked:
        return CloseFraming()
    if not reader.chunked and bytes_read:
        reason = "a part of the body was read as if it were not chunked"
        return BrokenFraming(refuse("Transfer-Encoding", transfer, reason))
    # stream() counts the rest of a chunk in urllib3's object, read1() in http.client's.
    chunk_left = getattr(response, "chunk_left", None)
    if chunk_left is None and reader.chunked:
        chunk_left = reader.chunk_left
    framing = ChunkedFraming(chunk_left)
    # "MUST ... close the connection after processing the message", RFC 9112, section 6.1.
    framing.surplus = reader.version < HTTP_1_1
    return framing


def has_ended(file: Any) -> bool:
    """Return whether a response has no more bytes, without waiting for any."""
    try:
        wait_for_file(file, 0.0)
        return not file.peek(1)
    except (StreamTimeoutError, OSError):  # nothing has come, or TLS has a part of a record
        return False


def head_cut(error: HttpHeaderError) -> TruncatedStreamError:
    """Create the error for a connection that ended with the response's head.

    http.client takes the end for the head's own, in the middle of a header too: what such
    a header says is no mistake of the server.
    """
    return TruncatedStreamError(f"the connection ended with the response's head: {error}")


def header_lines(response: Any, name: str) -> list[str]:
    """Return the values of a header's lines, of a response of urllib3 or http.client."""
    lines: list[str] = response.headers.get_all(name, [])
    return lines


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
    for cause in (error, *error.args):
        translated = translate(cause) if isinstance(cause, Exception) else None
        if translated is not None:
            return translated
    return ConnectionLostError(f"the connection broke: {error}")
