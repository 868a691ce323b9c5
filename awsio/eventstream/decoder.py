"""Bytes in, frames out.

The rules: push bytes with :meth:`FrameDecoder.feed`, pull frames with
:meth:`FrameDecoder.next_frame`; None means that more bytes are needed. No length
is believed before its checksum. Any malformed input is a documented error, and
that error is latched, for framing is lost with it.

The cost is linear in the bytes fed, whatever the pieces: bytes wait in ``_tail``
until a frame is complete; frames are cut from an immutable ``bytes`` by position, so
the bytes of a big feed are moved once at most. Frames are decoded some at a time;
those not taken yet wait in ``ready``.

A decoder is for one thread at a time, but for ``ready``: any thread may take the first
frame from it. So whoever works on the decoder may find it shorter at any moment, and
adds to it in one step only, at the end.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

from awsio.errors import MessageChecksumError, StreamError, TruncatedStreamError, fresh_copy
from awsio.eventstream.checksum import crc32
from awsio.eventstream.frame import Frame
from awsio.eventstream.headers import HeaderValue, decode_headers
from awsio.eventstream.layout import MAX_HEADERS, MAX_PAYLOAD, PRELUDE, layouts_within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ("FrameDecoder",)


# Header blocks repeat from frame to frame. Both bounds keep a hostile stream from
# growing the cache: at most 64 blocks of at most 1 KiB.
CACHED_BLOCKS = 64
CACHED_BLOCK_LENGTH = 1024

# Bytes from which no further frame is decoded ahead: enough to share out what a batch
# costs, few enough that the first frame does not wait for the others.
BATCH = 8 * 1024
# From this length on, a frame's checksum is taken through a view rather than a copy.
LONG_FRAME = 16 * 1024

new_frame = object.__new__


class FrameDecoder:
    """Decodes frames from bytes that come in any pieces.

    Args:
        max_payload: the longest payload accepted, in bytes.
        max_headers: the longest header block accepted, in bytes.

    Attributes:
        ready: frames that are decoded and not taken, oldest first. Taking the first one
            from it is what :meth:`next_frame` does, and is safe in any thread.
        hungry: where it is True, nothing can be decoded before something is fed; False
            says that it may be worth a look.
        watch: called with the headers of frames before they are ready, at least once for
            each distinct header block; None if nobody asks.

    Example:
        >>> from awsio.eventstream import FrameDecoder, encode_frame
        >>> decoder = FrameDecoder()
        >>> decoder.feed(encode_frame({":event-type": "End"}, b"bye"))
        >>> [frame.payload for frame in decoder]
        [b'bye']
    """

    def __init__(self, *, max_payload: int = MAX_PAYLOAD, max_headers: int = MAX_HEADERS) -> None:
        self.ready: deque[Frame] = deque()
        self.hungry = True
        self.watch: Callable[[Mapping[str, HeaderValue]], None] | None = None
        self._data = b""
        self._position = 0
        self._tail: bytes | bytearray = b""  # what came behind _data
        self._need = PRELUDE  # bytes from _position on, with which a look is worth it
        self._ended = False
        self._error: StreamError | None = None
        self._layouts = layouts_within(max_payload, max_headers)
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
        left, tail = len(self._data) - self._position, self._tail
        if left + len(tail) + len(data) >= self._need:
            self.hungry = False
        if tail:
            if type(tail) is bytes:  # the second piece behind _data, of many perhaps
                self._tail = tail = bytearray(tail)
            tail += data
        elif left < self._need <= left + len(data):
            # What was missing, and this piece is the first to bring it: joined at once.
            self._data, self._position = self._data[self._position :] + data, 0
        else:
            self._tail = data

    def feed_eof(self) -> None:
        """Say that no more bytes will come."""
        self._ended = True
        self.hungry = False

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
        if self.ready:
            try:
                return self.ready.popleft()
            except IndexError:  # another thread has taken it
                pass
        frames = None if self.hungry else self._decode()
        if not frames:
            return None
        if len(frames) > 1:
            self.ready.extend(frames[1:])
        return frames[0]

    def peek(self) -> Frame | None:
        """Look at the frame that :meth:`next_frame` would give; raises what that raises."""
        if not self.ready and not self.hungry:
            self.ready.extend(self._decode())
        try:
            return self.ready[0]
        except IndexError:
            return None

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
        """The bytes that were fed and not yet delivered in a frame."""
        return self._bytes_from(self.ready.copy())

    @property
    def is_empty(self) -> bool:
        """Whether :attr:`buffered` is empty."""
        return not self.ready and self._position == len(self._data) and not self._tail

    def take_buffered(self) -> bytes:
        """Give up the bytes of :attr:`buffered`; a latched error and the end stay."""
        ahead = []
        with suppress(IndexError):  # one by one, for another thread may take some
            while True:
                ahead.append(self.ready.popleft())
        data = self._bytes_from(ahead)
        self._data, self._position, self._tail = b"", 0, b""
        self._need = PRELUDE
        return data

    def _bytes_from(self, ahead: Iterable[Frame]) -> bytes:
        """Give frames as they came, and all bytes behind them."""
        encoded = (frame.encode() for frame in ahead)
        return b"".join((*encoded, memoryview(self._data)[self._position :], self._tail))

    def _decode(self) -> list[Frame]:
        """Decode the next complete frames, up to a batch of them.

        Raises:
            FrameError: the next bytes are no frame; latched.
            TruncatedStreamError: the end was fed in the middle of a frame; latched.
        """
        if self._error is not None:
            raise fresh_copy(self._error)
        frames: list[Frame] = []
        try:
            # Twice at most: a prelude may tell that the rest of its frame is in _tail.
            while not frames and (len(self._data) - self._position >= self._need or self._gather()):
                self._decode_batch(frames)
        except StreamError as error:
            # What stands behind good frames is met again when they have been taken.
            if not frames:
                self._error = fresh_copy(error)  # a copy: the one raised refers to its callers
                raise
        left = len(self._data) - self._position
        if not left:
            self._data, self._position = b"", 0  # what was decoded is not kept in memory
        self.hungry = not self._ended and left + len(self._tail) < self._need
        return frames

    def _decode_batch(self, frames: list[Frame]) -> None:
        """Decode from ``_data`` until it has no complete frame, or a batch is done."""
        self._need = PRELUDE
        data, start = self._data, self._position
        end, stop = len(data), start + BATCH
        while start < stop and end - start >= PRELUDE:
            total, split = self._layouts[data[start : start + PRELUDE]]
            if end - start < total:
                self._need = total
                return
            block, payload, crc = split(data, start + PRELUDE)
            checked = data if total < LONG_FRAME else memoryview(data)
            computed = crc32(checked[start : start + total - 4])
            if computed != crc:
                raise MessageChecksumError(expected=crc, computed=computed)
            headers = self._cache.get(block)
            if headers is None:
                headers = self._decode_headers(block)
            frame = new_frame(Frame)  # past the constructor, which would copy the headers
            frame.headers = headers
            frame.payload = payload
            frames.append(frame)
            self._position = start = start + total

    def _gather(self) -> bool:
        """Join the waiting pieces if they reach what is needed; tell whether they do.

        Raises:
            TruncatedStreamError: they do not, and no more will come.
        """
        available = len(self._data) - self._position + len(self._tail)
        if available < self._need:
            if self._ended and available:
                raise self._truncated_error(available)
            return False
        self._data = self._data[self._position :] + self._tail
        self._position, self._tail = 0, b""
        return True

    def _decode_headers(self, block: bytes) -> Mapping[str, HeaderValue]:
        """Decode a header block that the cache does not hold."""
        headers = MappingProxyType(decode_headers(block))
        if len(block) <= CACHED_BLOCK_LENGTH:
            if len(self._cache) >= CACHED_BLOCKS:
                del self._cache[next(iter(self._cache))]
            self._cache[block] = headers
        if self.watch is not None:
            self.watch(headers)
        return headers

    def _truncated_error(self, buffered: int) -> StreamError:
        """Say how far the stream came into a frame."""
        missing = self._need - buffered if self._need > PRELUDE else None
        rest = "" if missing is None else f", {missing} bytes short of its end"
        msg = f"the stream ends inside a frame, after {buffered} bytes of it{rest}"
        return TruncatedStreamError(msg, buffered=buffered, missing=missing)
