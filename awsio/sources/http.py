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
import sys
import time
from contextlib import suppress
from functools import partial
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
from awsio.internals.http_client import body_file, body_state, is_response, underlying_socket
from awsio.internals.urllib3 import chunk_left, connection, http_response, loaded_body, release
from awsio.sources.body_socket import BodySocket
from awsio.sources.codings import body_length, refuse
from awsio.sources.decoding import decode_source
from awsio.sources.files import FileSource, file_timeout, translate
from awsio.sources.framing import (
    BodyFraming,
    BrokenFraming,
    ChunkedFraming,
    CloseFraming,
    LengthFraming,
)
from awsio.sources.waiting import (
    READS_IN_A_POLL,
    FileReadiness,
    out_of_time,
    raised_by_handler,
)

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
    elif loaded_body(response) is not None:
        return FileSource(io.BytesIO(response.data), response)
    elif is_response(reader := http_response(response)):
        source = HttpSource(reader, response)
    else:
        source = Urllib3Source(response)
    return decode_source(source, header_lines(response, "content-encoding")) if decode else source


class HttpSource:
    """The body of a response, read from the socket under http.client's response.

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
        # None once the body has been read.
        self._bytes: BodySocket | BodyFile | None = body_bytes(body_file(reader))
        self._framing = framing_of(reader, response)

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        framing = self._framing
        reads = 0
        while not framing.done and self._bytes is not None:
            framing.check()
            try:
                data = self._bytes.receive(size, deadline)
            except StreamError:
                raise
            except (OSError, ValueError) as error:
                if raised_by_handler(error):
                    raise
                raise (translate(error) or closed_below()) from error
            if data:
                content = framing.feed(data)
                if content:
                    return content
                reads += 1
                if reads >= READS_IN_A_POLL:  # framing without content takes time as well
                    check_deadline(deadline)
            else:
                framing.feed_eof()
        self._finish()
        return b""

    def wake(self) -> None:
        """End a waiting read in another thread, over TLS too."""
        source = self._bytes
        if source is not None:
            source.wake()

    def close(self, *, drain: bool) -> None:
        """Return the connection to its pool: for reuse if the body's end was read."""
        if isinstance(self._bytes, BodySocket) and self._bytes.in_child:
            self._bytes.close_in_child()
            self._bytes = None
            return
        if drain:
            drain_source(self)
        self._give_back(reuse=False)

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        if self._bytes is None:
            msg = "the response has been read, its connection given back"
            raise OSError(msg)
        return self._bytes.fileno()

    @property
    def timeout(self) -> float | None:
        """Seconds that a read waits; None without end."""
        return None if self._bytes is None else self._bytes.timeout

    def _finish(self) -> None:
        """Return the connection after the body's end."""
        self._give_back(reuse=not self._framing.surplus)

    def _give_back(self, *, reuse: bool) -> None:
        """Give the socket up, then let go of the response and its connection; once.

        Each step may be taken twice: :meth:`close` takes them all again where an interrupt
        has broken them off.
        """
        if self._bytes is None:
            return
        # The connection of http.client's own response is the caller's, who may go on to use
        # it: what is left of this body would be the answer to the next request.
        reuse = self._bytes.give_up(reuse=reuse, disconnect=self.http is None)
        reuse = reuse and not sys.is_finalizing()  # then nothing goes back, see release()
        steps = [self._reader.close]
        if self.http is not None:
            held = connection(self.http)
            if not reuse and held is not None:
                steps += [self.http.close, held.close]
            steps.append(partial(release, self.http))
        for step in steps:
            # RuntimeError: a handler closes while the file is read; the code that it interrupts
            # closes the file.
            with suppress(*HTTP_ERRORS, RuntimeError):
                step()
        self._bytes = None


class BodyFile:
    """The bytes of a response whose file has no socket, as in a stand-in of http.client's.

    Args:
        file: the file.
    """

    def __init__(self, file: Any) -> None:
        self._source = FileSource(file)
        self.timeout = None
        self.fileno = self._source.fileno
        self.receive = self._source.read

    def wake(self) -> None:
        """Do nothing: the read of such a file cannot be ended."""

    def give_up(self, *, reuse: bool, disconnect: bool) -> bool:  # noqa: ARG002 - no socket
        """Return whether the file may be used again, as far as can be known."""
        return reuse


def body_bytes(file: Any) -> BodySocket | BodyFile | None:
    """Return what reads the bytes of a body; None where the body was read before."""
    if file is None:
        return None
    return BodyFile(file) if underlying_socket(file) is None else BodySocket(file)


class Urllib3Source:
    """The body of a response that http.client does not read, by urllib3's ``read1``.

    Args:
        response: the urllib3 response, over a file.

    Attributes:
        http: the response.
    """

    def __init__(self, response: BaseHTTPResponse) -> None:
        self.http = response
        self._file: Any = http_response(response)
        self._readiness: FileReadiness | None = None

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        try:
            if deadline is not None:
                self._wait_until(deadline)
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

    def _wait_until(self, deadline: float) -> None:
        """Wait until the file has bytes."""
        if self._readiness is None:
            self._readiness = FileReadiness(self._file)
        self._readiness.wait_until(deadline)

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
            release(self.http)

    def fileno(self) -> int:
        """Return the descriptor of what is under the response."""
        return self.http.fileno()

    @property
    def timeout(self) -> float | None:
        """Seconds that a read waits; None without end."""
        return file_timeout(self._file)


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
    state = body_state(reader)
    if reader.status < HTTPStatus.OK or (state.length == 0 and not (transfer and lengths)):
        framing: BodyFraming = LengthFraming(0)
        # After an informational response the answer itself comes, and no one reads it.
        framing.surplus = reader.status < HTTPStatus.OK
        return framing
    try:
        chunked, length = body_length(transfer, lengths)
    except HttpHeaderError as error:
        return BrokenFraming(error if not has_ended(body_file(reader)) else head_cut(error))
    bytes_read = response.tell() if response is not None else 0
    if length is not None:
        left = length - bytes_read if state.length is None else state.length
        return LengthFraming(max(left, 0))
    if not chunked:
        return CloseFraming()
    if not state.chunked and bytes_read:
        reason = "a part of the body was read as if it were not chunked"
        return BrokenFraming(refuse("Transfer-Encoding", transfer, reason))
    # stream() counts the rest of a chunk in urllib3's object, read1() in http.client's.
    left_of_chunk = None if response is None else chunk_left(response)
    framing = ChunkedFraming(state.chunk_left if left_of_chunk is None else left_of_chunk)
    # "MUST ... close the connection after processing the message", RFC 9112, section 6.1.
    framing.surplus = reader.version < HTTP_1_1
    return framing


def has_ended(file: Any) -> bool:
    """Return whether a response has no more bytes, without waiting for any."""
    try:
        FileReadiness(file).wait_until(0.0)
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


def drain_source(source: ByteSource) -> None:
    """Read a body's end if it comes soon and is short."""
    deadline = time.monotonic() + DRAIN_SECONDS
    left = DRAIN_BYTES
    with suppress(StreamError):
        while left > 0 and (data := source.read(left, deadline)):
            left -= len(data)


def check_deadline(deadline: float | None) -> None:
    """Raise if a deadline has passed.

    Raises:
        StreamTimeoutError: resumable.
    """
    if deadline is not None and time.monotonic() >= deadline:
        raise out_of_time(data_pending=True)


def closed_below() -> ConnectionLostError:
    """Create the error for a response that was closed under the reader."""
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
