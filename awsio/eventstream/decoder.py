"""Bytes in, frames out.

The rules: push bytes with :meth:`FrameDecoder.feed`, pull frames with
:meth:`FrameDecoder.next_frame` or :meth:`FrameDecoder.take_frames`; None, or an empty
list, means that more bytes are needed. No length is believed before its checksum. Any
malformed input is a documented error, and that error is latched, because framing is lost.

The cost is linear in the bytes fed, whatever the pieces: bytes wait in ``_tail`` until a
frame is complete, and frames are cut from an immutable ``bytes`` by position, so the
bytes of a long feed are moved once at most.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from awsio.errors import MessageChecksumError, StreamError, TruncatedStreamError, fresh_copy
from awsio.eventstream.checksum import crc32
from awsio.eventstream.frame import Frame
from awsio.eventstream.headers import HeaderValue, decode_headers
from awsio.eventstream.layout import (
    MAX_HEADERS,
    MAX_PAYLOAD,
    PRELUDE_LENGTH,
    layouts_within,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ("FrameDecoder",)


# Heads, of prelude and headers, repeat from frame to frame: what one means is kept, and its
# CRC, which the frame's continues. Both bounds keep a hostile stream from growing the cache.
CACHED_BYTES = 64 * 1024
LONGEST_CACHED_HEAD = 8 * 1024

# Bytes after which take_frames() begins no further frame: enough to share the cost of a call
# among frames of tokens, few enough that the first frame does not wait for the others.
BATCH = 8 * 1024

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
        self._data = b""
        self._position = 0
        self._tail: bytes | bytearray = b""  # what was fed after _data
        self._available = 0  # bytes from _position on, those of _tail included
        self._needed = PRELUDE_LENGTH  # how many of them the next frame takes, as far as known
        self._ended = False
        self._error: StreamError | None = None
        self._layouts = layouts_within(max_payload, max_headers)
        self._heads: dict[bytes, tuple[Mapping[str, HeaderValue], int]] = {}
        self._blocks: dict[bytes, Mapping[str, HeaderValue]] = {}
        self._cached = 0  # bytes of the heads kept

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes. Never raises for what they hold: taking frames does.

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
        left, tail = self._available, self._tail
        self._available = left + len(data)
        if tail:
            if type(tail) is bytes:  # the second piece after _data, perhaps of many
                self._tail = tail = bytearray(tail)
            tail += data
        elif left < self._needed <= self._available:
            # What was missing, and this piece is the first to bring it: joined at once.
            self._data, self._position = self._data[self._position :] + data, 0
        else:
            self._tail = data

    def feed_eof(self) -> None:
        """Signal that no more bytes will come."""
        self._ended = True

    def next_frame(self) -> Frame | None:
        """Return the next frame.

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
        frames = self.take_frames(1)
        return frames[0] if frames else None

    def take_frames(self, limit: int) -> list[Frame]:
        """Return the next frames, as many as are quickly decoded together.

        For callers that want many frames: one call for several shares its cost.

        Args:
            limit: the most frames to return, at least 1.

        Returns:
            At most ``limit`` frames, in order; after 8 KiB no further frame is begun, so
            that the first one does not wait for all others: call again for the rest. An
            empty list means what None means in :meth:`next_frame`.

        Raises:
            StreamError: as in :meth:`next_frame`, before any frame was decoded. What comes
                after good frames is raised by the call that would begin with it.
        """
        frames: list[Frame] = []
        if self._error is not None:
            raise fresh_copy(self._error)
        if self._available < self._needed and not self._ended:
            return frames
        try:
            # Twice at most: a prelude may show that the rest of its frame is in _tail.
            while not frames and self._gather():
                self._decode(frames, limit)
        except StreamError as error:
            if not frames:
                self._error = fresh_copy(error)  # the one raised refers to its callers
                raise
        return frames

    def __iter__(self) -> Iterator[Frame]:
        """Take every frame that is complete now; see :meth:`next_frame`."""
        while (frame := self.next_frame()) is not None:
            yield frame

    @property
    def max_payload(self) -> int:
        """The longest payload accepted, in bytes."""
        return self._layouts.max_payload

    @property
    def max_headers(self) -> int:
        """The longest header block accepted, in bytes."""
        return self._layouts.max_headers

    @property
    def buffered(self) -> bytes:
        """The bytes that were fed and not returned in a frame."""
        return b"".join((memoryview(self._data)[self._position :], self._tail))

    @property
    def is_empty(self) -> bool:
        """Whether :attr:`buffered` is empty."""
        return not self._available

    def take_buffered(self) -> bytes:
        """Return :attr:`buffered` and forget it; a latched error and the end stay."""
        data = self.buffered
        self._data, self._position, self._tail = b"", 0, b""
        self._available, self._needed = 0, PRELUDE_LENGTH
        return data

    def _decode(self, frames: list[Frame], limit: int) -> None:
        """Decode from ``_data`` until it has no complete frame, or a batch is done."""
        self._needed = PRELUDE_LENGTH
        data, first = self._data, self._position
        start, end, stop = first, len(data), first + BATCH
        try:
            for _ in range(limit):
                if start >= stop or end - start < PRELUDE_LENGTH:
                    break
                total, head_length, split = self._layouts[data[start : start + PRELUDE_LENGTH]]
                if end - start < total:
                    self._needed = total
                    break
                head = data[start : start + head_length]
                headers, head_crc = self._heads.get(head) or (None, crc32(head))
                payload, crc = split(data, start + head_length)
                computed = crc32(payload, head_crc)
                if computed != crc:
                    raise MessageChecksumError(expected=crc, computed=computed)
                if headers is None:
                    headers = self._decode_headers(head, head_crc)
                frame = new_frame(Frame)  # without the constructor, which would copy the headers
                frame.headers = headers
                frame.payload = payload
                frame.wire_length = total
                frames.append(frame)
                start += total
        finally:
            self._position = start
            self._available -= start - first
        if start == end:
            self._data, self._position = b"", 0  # what was decoded is not kept in memory

    def _gather(self) -> bool:
        """Return whether the bytes needed for progress are there, joined in ``_data``.

        Raises:
            TruncatedStreamError: they are not, and no more will come.
        """
        if self._available < self._needed:
            if self._ended and self._available:
                raise self._truncated_error(self._available)
            return False
        if self._tail and len(self._data) - self._position < self._needed:
            self._data = self._data[self._position :] + self._tail
            self._position, self._tail = 0, b""
        return True

    def _decode_headers(self, head: bytes, head_crc: int) -> Mapping[str, HeaderValue]:
        """Decode the headers of a head that is not cached, and cache it.

        Heads that differ in their lengths alone share one headers object: callers that
        looked at it once know it again.
        """
        block = head[PRELUDE_LENGTH:]
        headers = self._blocks.get(block)
        if headers is None:
            headers = MappingProxyType(decode_headers(block))
        if len(head) <= LONGEST_CACHED_HEAD:
            self._cached += len(head)
            if self._cached > CACHED_BYTES:
                self._heads.clear()
                self._blocks.clear()
                self._cached = len(head)
            self._heads[head] = headers, head_crc
            self._blocks[block] = headers
        return headers

    def _truncated_error(self, buffered: int) -> StreamError:
        """Create the error for a stream that ends inside a frame."""
        missing = self._needed - buffered if self._needed > PRELUDE_LENGTH else None
        rest = "" if missing is None else f", {missing} bytes short of its end"
        msg = f"the stream ends inside a frame, after {buffered} bytes of it{rest}"
        return TruncatedStreamError(msg, buffered=buffered, missing=missing)
