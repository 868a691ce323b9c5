"""`FrameStream`: the one read loop, from a byte source to frames or bytes.

Rules:

- what is complete is delivered before the source is asked for more, and an error of
  the source only after it; the error of a broken stream is latched;
- bytes and frames are two views of one position: bytes start at the first
  undelivered frame, and frames go on where bytes reached a frame's end;
- a read holds the lock, but for a frame that is decoded already: taking one from the
  decoder's queue is atomic. So each frame goes to one thread;
- ``close()`` never waits for the lock: it wakes the reader, who then frees the source.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from awsio.connection.end_watch import EndWatch
from awsio.errors import (
    FrameError,
    FrameTooLargeError,
    IncompleteStreamError,
    NotAnEventStreamError,
    PreludeChecksumError,
    ReaderConflictError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
    fresh_copy,
)
from awsio.eventstream import Frame, FrameBorders, FrameDecoder, looks_like_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsio.connection.log import StreamLog
    from awsio.sources import ByteSource

__all__ = ("FrameParser", "FrameStream", "idle_seconds")

# Bytes asked of the source for frames: more and more while it gives what it is asked for,
# since one big read costs much less than many small ones.
READ_SIZE = 64 * 1024
MAX_READ = 1024 * 1024  # in byte mode too: a bigger buffer is filled in several reads
HEAD_SHOWN = 256
EVENT_STREAM = "application/vnd.amazon.eventstream"
INFORMATIONAL = range(100, 200)


def idle_seconds(value: float | None) -> float | None:
    """Check an idle timeout.

    Raises:
        ValueError: it is negative, or no number.
    """
    if value is not None and not value >= 0:
        msg = f"idle_timeout is in seconds, 0 or more, or None: not {value!r}"
        raise ValueError(msg)
    return value


class FrameParser(Protocol):
    """What a connection asks of a parser; see :class:`awsio.events.EventParser`.

    Attributes:
        operation_name: the operation, for errors.
        terminal: event types of which one must come before the end; may be empty.
        blobs: event type to the name of the event's member of bytes.
    """

    operation_name: str
    terminal: frozenset[str]
    blobs: Mapping[str, str]

    def parse(self, frame: Frame) -> Any:
        """Make an event of a frame; None for an initial response, which is none."""
        ...

    def parse_initial(self, frame: Frame) -> Mapping[str, Any] | None:
        """Read an initial response; None for any other frame."""
        ...

    def payload_of(self, event: Any) -> bytes | None:
        """Give the bytes that an event carries; None for one that carries none."""
        ...


class FrameStream:
    """Frames or bytes of one source.

    Args:
        source: where the bytes come from; closed with the stream.
        decoder: a new decoder, with its limits.
        operation_name: for errors.
        terminal: event types of which one must come before the end.
        status_code: the HTTP status, for errors.
        content_type: the body's content type as the response gives it.
        framed: False where it is known that the body is to be read as bytes, whatever
            they look like.

    Attributes:
        require_terminal: whether an end without a terminal event is an error.
        idle_timeout: seconds without a byte after which a read that has no timeout of
            its own gives up; None waits as long as the transport does.
        closed: whether :meth:`close` was called.
        log: who is told of frames and reads, None for nobody.
        received: bytes that have come from the source.
    """

    def __init__(
        self,
        source: ByteSource,
        decoder: FrameDecoder,
        *,
        operation_name: str = "",
        terminal: frozenset[str] = frozenset(),
        status_code: int | None = None,
        content_type: str | None = None,
        framed: bool = True,
    ) -> None:
        self.require_terminal = True
        self.idle_timeout: float | None = None
        self.closed = False
        self.log: StreamLog | None = None
        self.received = 0
        self._source = source
        self._decoder = decoder
        self._operation_name = operation_name
        self._ready = decoder.ready
        self._watch = EndWatch(terminal)
        decoder.watch = self._watch.look
        self._status_code = status_code
        self._content_type = content_type
        self._framed = framed
        self._lock = threading.Lock()
        self._started = False  # whether there was a first frame
        self._bytes = memoryview(b"")  # in byte mode: what came and is not delivered
        self._borders: FrameBorders | None = None  # in byte mode: where frames begin
        self._unread = 0  # in byte mode: bytes that come again, and went by the borders
        self._read_size = READ_SIZE
        # A source that waits until it can give all that was asked for is not asked for more.
        self._most_read = READ_SIZE if getattr(source, "fills", False) else MAX_READ
        self._ended = False  # the source gave its last byte
        self._error: StreamError | None = None
        self._freed = False

    def next_frame(self, timeout: float | None = None) -> Frame | None:
        """Take the next frame, None at the end; see ``PawsConnection.read_frame``."""
        if self._ready and self.log is None and not self.closed:  # the hot path
            try:
                return self._ready.popleft()
            except IndexError:  # another thread took the last one
                pass
        if timeout is None and self.idle_timeout is None:
            try:
                with self._lock:
                    if self.closed:
                        self._check_open()
                    return self._next_frame(None)
            finally:
                if self.closed:
                    self._free()
        deadline = self._acquire(timeout)
        try:
            return self._next_frame(deadline)
        except StreamTimeoutError as error:
            if error.resumable and timeout is not None:
                error.timeout = timeout
            raise
        finally:
            self._release()

    def peek(self) -> Frame | None:
        """Look at the next frame without taking it; waits for the stream's first one only.

        None at the end, or where nothing is known of a later frame.
        """
        self._acquire(None)
        try:
            if not self._started:
                return self._await_frame(self._decoder.peek, None)
            return self._decoder.peek() if self._ready else None
        finally:
            self._release()

    def read(self, size: int) -> bytes:
        """Take bytes: what is there, at most ``size``; ``b""`` at the end."""
        self._acquire(None)
        try:
            borders = self._enter_byte_mode()
            if not size:
                return b""
            if not self._bytes:
                self._raise_latched(frames=False)
                self._bytes = memoryview(self._receive(min(size, MAX_READ), None))
                if not self._bytes and borders.inside:
                    msg = "the stream ends inside a frame"
                    self._fail(TruncatedStreamError(msg, missing=borders.missing))
            piece = self._bytes[:size]
            self._bytes = self._bytes[len(piece) :]
            again = min(len(piece), self._unread)
            self._unread -= again
            borders.advance(piece[again:])
            return bytes(piece)
        finally:
            self._release()

    def unread(self, data: bytes) -> None:
        """Put back bytes that a failed read had taken."""
        self._lock.acquire()
        self._bytes = memoryview(data + bytes(self._bytes))
        self._unread += len(data)
        self._release()

    def is_complete(self) -> bool:
        """Whether the end was reached and nothing is left to deliver."""
        waiting = self._bytes or not self._decoder.is_empty
        as_bytes = self._borders is not None and isinstance(self._error, NotAnEventStreamError)
        return self._ended and not waiting and (self._error is None or as_bytes)

    def is_framed(self) -> bool:
        """Whether the body holds frames; waits for its first bytes.

        Raises:
            StreamError: the first bytes are no good frame, and no other body either.
        """
        if not self._framed:
            return False
        if self._started or self._borders is not None:
            return self._started or not (self._borders is None or self._borders.lost)
        try:
            self.peek()
        except NotAnEventStreamError:
            return False
        return self._started

    def close(self) -> None:
        """Wake a reader and free the source. Never waits for the lock."""
        self.closed = True
        if not self._free():
            self._source.wake()

    def fileno(self) -> int:
        """Give the source's descriptor."""
        self._check_open()
        return self._source.fileno()

    @property
    def transport_timeout(self) -> float | None:
        """Seconds that the source waits for bytes; None without end."""
        return self._source.timeout

    # The lock and the end of things

    def _acquire(self, timeout: float | None) -> float | None:
        """Take the lock for a read; gives the deadline."""
        if timeout is None:
            deadline = None
            if self.idle_timeout is None:
                self._lock.acquire()
            elif not self._lock.acquire(blocking=False):
                self._acquire_unless_idle(self.idle_timeout)
        else:
            timeout = max(timeout, 0.0)
            deadline = time.monotonic() + timeout
            if not self._lock.acquire(timeout=min(timeout, threading.TIMEOUT_MAX)):
                msg = f"another thread was reading for all of the {timeout} s"
                raise StreamTimeoutError(msg, timeout=timeout, resumable=True)
        if self.closed:
            self._release()
            self._check_open()
        return deadline

    def _acquire_unless_idle(self, seconds: float) -> None:
        """Take the lock; give up only if the reader who has it got nothing all the while."""
        received = self.received
        while not self._lock.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            if received == self.received:
                msg = f"another thread was reading, and nothing came for {seconds} s"
                raise StreamTimeoutError(msg, timeout=seconds, resumable=True)
            received = self.received

    def _release(self) -> None:
        """Give the lock back after a read."""
        self._lock.release()
        if self.closed:  # close() found the lock taken and left the source to the reader
            self._free()

    def _free(self) -> bool:
        """Close the source, unless a reader is inside it; tell whether that is done."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            if not self._freed:
                self._freed = True
                over = self._watch.over and not self._end_is_ahead()
                drain = over and not self._ended and self._error is None
                self._source.close(drain=drain)
        finally:
            self._lock.release()
        return True

    def _end_is_ahead(self) -> bool:
        """Tell whether the frame that the watch has seen is still to be taken."""
        return any(self._watch.is_end(frame.headers) for frame in self._ready.copy())

    def _check_open(self) -> None:
        if self.closed:
            msg = "I/O operation on closed connection"
            raise ValueError(msg)

    def _fail(self, error: StreamError) -> NoReturn:
        """Latch an error and raise it.

        A copy is kept: the one raised comes to refer, by its traceback, to whoever
        reads, and would keep the connection alive in a circle.
        """
        if self._error is None or isinstance(self._error, NotAnEventStreamError):
            self._error = fresh_copy(error)  # what the transport says stays, whatever is made of it
        try:
            raise error
        finally:
            del error  # or this frame and the traceback would hold each other

    def _raise_latched(self, *, frames: bool) -> None:
        """Raise the error that broke the stream; a body of another kind still has bytes."""
        error = self._error
        if error is not None and (frames or not isinstance(error, NotAnEventStreamError)):
            raise fresh_copy(error)

    # Bytes from the source

    def _receive(self, size: int, deadline: float | None) -> bytes:
        """Read from the source once; ``b""`` at its end."""
        if self._ended:
            return b""
        idle = self.idle_timeout if deadline is None else None
        if idle is not None:
            deadline = time.monotonic() + idle
        try:
            data: Any = self._source.read(size, deadline)
        except StreamError as error:
            self._check_open()
            if isinstance(error, StreamTimeoutError) and error.resumable:
                error.timeout = idle
                raise
            self._freed = True
            self._source.close(drain=False)
            self._fail(error)
        if self.closed:
            self._check_open()
        if not isinstance(data, bytes):
            kind = type(self._source).__name__
            msg = f"read() of a {kind} gave {type(data).__name__}, not bytes"
            raise TypeError(msg)
        self.received += len(data)
        if not data and self._status_code in INFORMATIONAL:
            self._fail_informational()
        self._ended = not data
        if self.log is not None:
            self.log.received(data)
        return data

    def _fail_informational(self) -> NoReturn:
        """Say that the empty body is that of no answer.

        http.client takes any informational response but 100 for the answer itself, which
        comes behind it and is never read.
        """
        msg = (
            f"the server sent an informational response, {self._status_code}, before its "
            "answer, and the answer could not be read"
        )
        self._fail(
            NotAnEventStreamError(
                msg, status_code=self._status_code, content_type=self._content_type
            )
        )

    def _enter_byte_mode(self) -> FrameBorders:
        """Let bytes begin at the first frame that was not delivered."""
        if self._borders is None:
            if self._end_is_ahead():
                self._watch.over = False
            self._bytes = memoryview(self._decoder.take_buffered())
            self._borders = FrameBorders()
            self._borders.lost = not self._framed
            self._watch.awaited = frozenset()  # a terminal event among the bytes would not be seen
        return self._borders

    def _leave_byte_mode(self, borders: FrameBorders) -> None:
        """Let frames go on where bytes stopped.

        Raises:
            ReaderConflictError: bytes stopped inside a frame.
        """
        stopped_inside = self._unread or not borders.at_border
        if stopped_inside and not (self._ended and not self._bytes):
            missing = borders.missing
            rest = "" if missing is None else f"; {missing} bytes up to its end"
            msg = f"bytes were read up to the middle of a frame{rest}"
            raise ReaderConflictError(msg, missing=missing)
        if self._bytes:
            self._decoder.feed(self._bytes)
            self._bytes = memoryview(b"")
        self._borders = None
        self._started = self._started or borders.passed

    # Frames

    def _next_frame(self, deadline: float | None) -> Frame | None:
        """Take the next frame; the lock is held."""
        frame = self._await_frame(self._decoder.next_frame, deadline)
        if self.log is not None and frame is not None:
            self.log.frame(frame)
        return frame

    def _await_frame(
        self, find: Callable[[], Frame | None], deadline: float | None
    ) -> Frame | None:
        """Read until the decoder has a frame; None at the end."""
        if self._error is not None:
            self._raise_latched(frames=True)
        if self._borders is not None:
            self._leave_byte_mode(self._borders)
        decoder = self._decoder
        try:
            while (found := find()) is None:
                if self._ended:
                    self._check_end()
                    return None
                data = self._receive(self._read_size, deadline)
                if not data:
                    decoder.feed_eof()  # a part of a frame that is left is an error then
                    continue
                decoder.feed(data)
                if len(data) > self._read_size // 2:
                    self._read_size = min(self._read_size * 2, self._most_read)
                elif self._read_size > READ_SIZE:
                    self._read_size //= 2
        except (FrameError, TruncatedStreamError) as error:
            self._fail(self._judge(error))
        self._started = True
        return found

    def _check_end(self) -> None:
        """Check that the stream may end where its source has.

        Raises:
            IncompleteStreamError: no terminal event has come.
        """
        awaited = self._watch.awaited
        if awaited and self.require_terminal:
            expected = sorted(awaited)
            msg = (
                f"the stream of {self._operation_name} ended without {' or '.join(expected)}: "
                "what came may not be all (require_terminal=False accepts such an end)"
            )
            self._fail(
                IncompleteStreamError(msg, operation_name=self._operation_name, expected=expected)
            )

    def _judge(self, error: StreamError) -> StreamError:
        """Tell a damaged event stream from a body that never was one.

        Judged are the first bytes, then the content type: servers send right bodies
        under wrong types, and gateways pages of text under the right one.
        """
        if self._started or not isinstance(error, (PreludeChecksumError, TruncatedStreamError)):
            return error
        head = self._decoder.buffered[:HEAD_SHOWN]
        media_type = (self._content_type or "").partition(";")[0].strip().lower()
        named_so = media_type in {"", EVENT_STREAM, "application/octet-stream"}
        damaged = named_so or isinstance(error, TruncatedStreamError)
        if damaged and not looks_like_text(head):
            return error
        kind = "it says it is" if media_type == EVENT_STREAM else media_type or "of unknown type"
        msg = f"the body is no event stream but {kind}: {head[:60]!r}"
        return NotAnEventStreamError(
            msg, status_code=self._status_code, content_type=self._content_type, head=head
        )


def check_size(frame: Frame, max_size: int) -> None:
    """Refuse a frame that is longer than one read accepts.

    Raises:
        FrameTooLargeError: it is.
    """
    length = len(frame.encode())
    if length > max_size:
        raise FrameTooLargeError(part="frame", length=length, limit=max_size)
