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
from awsio.internals.http_client import body_file, underlying_socket
from awsio.internals.urllib3 import connection, http_file
from awsio.sources.body_socket import BodySocket
from awsio.sources.files import FileSource, file_timeout, translate
from awsio.sources.framing import BodyFraming, ChunkedFraming, CloseFraming, LengthFraming
from awsio.sources.gunzip import GunzipSource
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
        if self._bytes is None:
            return
        if isinstance(self._bytes, BodySocket) and self._bytes.in_child:
            self._bytes.close_in_child()
            self._bytes = None
            return
        if drain:
            drain_source(self)
        if self._bytes is not None:
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
        if self._bytes is not None:
            self._give_back(reuse=not self._framing.surplus)

    def _give_back(self, *, reuse: bool) -> None:
        """Give the socket up, then let go of the response and its connection.

        Each step may be taken twice: :meth:`close` takes them all again where an interrupt
        has broken them off.
        """
        if self._bytes is not None:
            reuse = self._bytes.give_up() and reuse
        steps = [self._reader.close]
        if self.http is not None:
            held = connection(self.http)
            if not reuse and held is not None:
                steps += [self.http.close, held.close]
            steps.append(self.http.release_conn)
        for step in steps:
            with suppress(*HTTP_ERRORS):
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

    def give_up(self) -> bool:
        """Return that nothing is left, as far as can be known."""
        return True


def body_bytes(file: Any) -> BodySocket | BodyFile | None:
    """Return what reads the bytes of a body; None where the body was read before."""
    if file is None:
        return None
    return BodyFile(file) if underlying_socket(file) is None else BodySocket(file)


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
        self._readiness: FileReadiness | None = None

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`.

        A deadline is kept between the parts of HTTP's framing, not inside them, and not
        by what lies in a decoder.
        """
        try:
            if deadline is not None:
                self._wait_until(deadline)
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

    def _wait_until(self, deadline: float) -> None:
        """Wait until http.client's file has bytes."""
        if self._readiness is None:
            self._readiness = FileReadiness(http_file(self.http))
        self._readiness.wait_until(deadline)

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
        return file_timeout(http_file(self.http))


def framing_of(reader: Any, response: Any) -> BodyFraming:
    """Find the framing of a body, from where it was read up to."""
    if reader.chunked:
        # stream() counts the rest of a chunk in urllib3's object, read1() in http.client's.
        left = getattr(response, "chunk_left", None)
        return ChunkedFraming(reader.chunk_left if left is None else left)
    if reader.length is not None:
        framing = LengthFraming(reader.length)
        # After an informational response the real answer comes, which no one reads.
        framing.surplus = reader.status < HTTPStatus.OK
        return framing
    return CloseFraming()


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
    if isinstance(error, DecodeError):
        return ConnectionLostError(f"the body's content encoding is broken: {error}")
    for cause in (error, *error.args):
        translated = translate(cause) if isinstance(cause, Exception) else None
        if translated is not None:
            return translated
    return ConnectionLostError(f"the connection broke: {error}")
