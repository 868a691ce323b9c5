"""Bytes in, frames out.

The rules: push bytes with :meth:`FrameDecoder.feed`, pull frames with
:meth:`FrameDecoder.next_frame`; None means that more bytes are needed. No length
is believed before its checksum. Any malformed input is a documented error, and
that error is latched, for framing is lost with it.

The cost is linear in the bytes fed, whatever the pieces: a frame that is not
complete yet waits in a ``bytearray``; frames are cut from an immutable ``bytes`` by
position, so the bytes of a big feed are moved once at most. A decoder is for one
thread at a time.
"""

from __future__ import annotations

import sys
from struct import Struct
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn
from zlib import crc32

from awsio.errors import (
    FrameError,
    FrameLengthError,
    FrameTooLargeError,
    MessageChecksumError,
    PreludeChecksumError,
    StreamError,
    TruncatedStreamError,
)
from awsio.eventstream.frame import Frame
from awsio.eventstream.headers import HeaderValue, decode_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ("MAX_HEADERS", "MAX_PAYLOAD", "FrameDecoder")

MAX_PAYLOAD = 24 * 1024 * 1024
"""The longest payload accepted by default, in bytes: what AWS's own SDKs accept."""
MAX_HEADERS = 128 * 1024
"""The longest header block accepted by default, in bytes."""

PRELUDE = 12
OVERHEAD = 16
unpack_prelude = Struct(">III").unpack_from
unpack_crc = Struct(">I").unpack_from

# Header blocks repeat from frame to frame. Both bounds keep a hostile stream from
# growing the cache: at most 64 blocks of at most 1 KiB.
CACHED_BLOCKS = 64
CACHED_BLOCK_LENGTH = 1024

NEVER = sys.maxsize
new_frame = object.__new__


class FrameDecoder:
    """Decodes frames from bytes that come in any pieces.

    Args:
        max_payload: the longest payload accepted, in bytes.
        max_headers: the longest header block accepted, in bytes.

    Example:
        >>> from awsio.eventstream import FrameDecoder, encode_frame
        >>> decoder = FrameDecoder()
        >>> decoder.feed(encode_frame({":event-type": "End"}, b"bye"))
        >>> [frame.payload for frame in decoder]
        [b'bye']
    """

    def __init__(self, *, max_payload: int = MAX_PAYLOAD, max_headers: int = MAX_HEADERS) -> None:
        self.max_payload = max_payload
        self.max_headers = max_headers
        self._data = b""
        self._position = 0
        self._tail = bytearray()  # what came behind _data
        self._need = PRELUDE  # bytes wanted at _position before a look is worth it
        self._ended = False
        self._error: StreamError | None = None
        self._cache: dict[bytes, Mapping[str, HeaderValue]] = {}

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes. Never raises for what they hold: :meth:`next_frame` does.

        Args:
            data: the next bytes of the stream, any number of them.

        Raises:
            ValueError: the end was fed before.
        """
        if self._ended:
            msg = "bytes after feed_eof()"
            raise ValueError(msg)
        if type(data) is not bytes:
            data = bytes(memoryview(data))
        if data:
            if self._position == len(self._data) and not self._tail:
                self._data, self._position = data, 0
            else:
                self._tail += data

    def feed_eof(self) -> None:
        """Say that no more bytes will come."""
        self._ended = True

    def next_frame(self) -> Frame | None:
        """Take the next frame.

        Returns:
            The frame, or None: more bytes are needed or, after :meth:`feed_eof`,
            all frames have been taken.

        Raises:
            PreludeChecksumError: the first 8 bytes are damaged.
            MessageChecksumError: the frame is damaged.
            FrameLengthError: lengths that no frame can have.
            FrameTooLargeError: a length above ``max_payload`` or ``max_headers``.
            HeaderError: a malformed header block.
            TruncatedStreamError: the end was fed in the middle of a frame.
        """
        if len(self._data) - self._position < self._need and not self._gather():
            return None
        data, start = self._data, self._position
        total, headers_length, prelude_crc = unpack_prelude(data, start)
        computed = crc32(data[start : start + 8])
        if computed != prelude_crc:
            self._fail(PreludeChecksumError(expected=prelude_crc, computed=computed))
        payload_length = total - headers_length - OVERHEAD
        if payload_length < 0 or headers_length > self.max_headers:
            self._fail_length(total, headers_length)
        if payload_length > self.max_payload:
            self._fail_length(total, headers_length)
        if len(data) - start < total:
            self._need = total
            if not self._gather():
                return None
            data, start = self._data, self._position
        crc_at = start + total - 4
        computed = crc32(data[start + 8 : crc_at], prelude_crc)
        if computed != unpack_crc(data, crc_at)[0]:
            expected = unpack_crc(data, crc_at)[0]
            self._fail(MessageChecksumError(expected=expected, computed=computed))
        headers_at = start + PRELUDE
        payload_at = headers_at + headers_length
        block = data[headers_at:payload_at]
        headers = self._cache.get(block)
        if headers is None:
            headers = self._decode_headers(block)
        self._position = start + total
        self._need = PRELUDE
        frame = new_frame(Frame)  # past the constructor, which would copy the headers
        frame.headers = headers
        frame.payload = data[payload_at:crc_at]
        return frame

    def __iter__(self) -> Iterator[Frame]:
        """Take every frame that is complete now; see :meth:`next_frame`."""
        while (frame := self.next_frame()) is not None:
            yield frame

    @property
    def buffered(self) -> bytes:
        """The bytes that were fed and not yet delivered in a frame."""
        return b"".join((memoryview(self._data)[self._position :], self._tail))

    def take_buffered(self) -> bytes:
        """Give up the bytes of :attr:`buffered`; a latched error and the end stay."""
        data = self.buffered
        self._data, self._position = b"", 0
        self._tail = bytearray()
        self._need = PRELUDE if self._error is None else NEVER
        return data

    def _gather(self) -> bool:
        """Join the waiting pieces if they reach what is needed; tell whether they do."""
        if self._error is not None:
            raise self._error.renewed()
        left = len(self._data) - self._position
        available = left + len(self._tail)
        if available < self._need:
            if self._ended and available:
                self._fail_truncated(available)
            return False
        self._data, self._position = self.buffered, 0
        self._tail = bytearray()
        return True

    def _decode_headers(self, block: bytes) -> Mapping[str, HeaderValue]:
        """Decode a header block that the cache does not hold."""
        try:
            headers = MappingProxyType(decode_headers(block))
        except FrameError as error:
            self._fail(error)
        if len(block) <= CACHED_BLOCK_LENGTH:
            if len(self._cache) >= CACHED_BLOCKS:
                del self._cache[next(iter(self._cache))]
            self._cache[block] = headers
        return headers

    def _fail(self, error: StreamError) -> NoReturn:
        """Latch an error: with nothing ever enough, every later call ends in it.

        A copy is kept, for the one raised refers to its callers by its traceback.
        """
        self._error = error.renewed()
        self._need = NEVER
        try:
            raise error
        finally:
            del error  # or this frame and the traceback would hold each other

    def _fail_length(self, total: int, headers_length: int) -> NoReturn:
        """Fail by lengths that cannot be, or that are above a limit."""
        if total < OVERHEAD:
            msg = f"a frame of {total} bytes: the shortest has {OVERHEAD}"
        elif headers_length > total - OVERHEAD:
            msg = f"{headers_length} bytes of headers in a frame of {total} bytes"
        elif headers_length > self.max_headers:
            self._fail(
                FrameTooLargeError(part="headers", length=headers_length, limit=self.max_headers)
            )
        else:
            length = total - headers_length - OVERHEAD
            self._fail(FrameTooLargeError(part="payload", length=length, limit=self.max_payload))
        self._fail(FrameLengthError(msg, total_length=total, headers_length=headers_length))

    def _fail_truncated(self, buffered: int) -> NoReturn:
        """Fail by an end inside a frame."""
        missing = self._need - buffered if self._need > PRELUDE else None
        rest = "" if missing is None else f", {missing} bytes short of its end"
        msg = f"the stream ends inside a frame, after {buffered} bytes of it{rest}"
        self._fail(TruncatedStreamError(msg, buffered=buffered, missing=missing))
