"""The pieces that events carry, as one readable file.

S3 rows, SageMaker parts, Lambda chunks and Bedrock bytes are cut anywhere; a caller that
reads CSV or lines wants them joined. :class:`PayloadReader` is the raw layer: it returns
a piece as soon as it is there and never joins two. :class:`PayloadFile` is
``io.BufferedReader`` around it, which adds that a read that fails loses nothing, and
that threads may share the file.
"""

from __future__ import annotations

import io
import threading
from collections import deque
from operator import index
from typing import TYPE_CHECKING, Any, TypeVar

from awsio.errors import ConnectionLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ("PayloadFile", "PayloadReader", "writable_view")

Result = TypeVar("Result")


class PayloadReader(io.RawIOBase):
    """A raw binary file over a function that returns the next piece.

    Closing it does not close what the pieces come from.

    It keeps what it has handed out until its file's caller has it, because
    ``io.BufferedReader`` forgets what it has gathered when a read fails in the middle.

    Args:
        next_piece: returns the next bytes, None at the end; what it raises passes
            through, and the next read continues after it.

    Attributes:
        delivered: bytes that the caller of the file around this one has.
    """

    def __init__(self, next_piece: Callable[[], bytes | None]) -> None:
        super().__init__()
        self.delivered = 0
        self._next_piece = next_piece
        self._rest: bytes | memoryview = b""
        self._handed: deque[bytes | memoryview] = deque()  # the end of what was handed out
        self._handed_length = 0
        self._position = 0  # bytes handed out

    def readable(self) -> bool:
        """Return True."""
        check_open(self)
        return True

    def tell(self) -> int:
        """Return the number of bytes handed out."""
        check_open(self)
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer from one piece; return 0 at the end.

        Raises:
            ValueError: the reader is closed.
            TypeError: the buffer cannot be written to.
        """
        check_open(self)
        target = writable_view(buffer)
        size = len(target)
        while not self._rest and size:
            piece = self._next_piece()
            if piece is None:
                return 0
            self._rest = piece
        self._forget_delivered()
        rest = memoryview(self._rest)
        part = rest[:size]
        count = len(part)
        target[:count] = part
        # No call from here on, after which an interrupt could come.
        self._handed += (part,)
        self._handed_length += count
        self._position += count
        self._rest = rest[count:]
        return count

    def take_back(self) -> None:
        """Return what was handed out and not delivered, to be read again."""
        handed = b"".join(self._handed)
        undelivered = self._position - self.delivered
        rest = b"".join((handed[len(handed) - undelivered :], self._rest))
        empty: deque[bytes | memoryview] = deque()
        # No call from here on, after which an interrupt could come.
        self._handed, self._handed_length = empty, 0
        self._position, self._rest = self.delivered, rest

    def _forget_delivered(self) -> None:
        """Drop the pieces that the caller has."""
        undelivered = self._position - self.delivered
        while self._handed and self._handed_length - len(self._handed[0]) >= undelivered:
            self._handed_length -= len(self._handed[0])
            del self._handed[0]


class PayloadFile(io.BufferedReader):
    """A buffered file over a :class:`PayloadReader`.

    After a timeout, or an exception of the service, the same read can be tried again, or
    what had come be taken with ``read1``. Each byte goes to one thread.

    Args:
        reader: the raw file.
        buffer_size: of the buffer, in bytes.
    """

    def __init__(self, reader: PayloadReader, buffer_size: int) -> None:
        super().__init__(reader, buffer_size)
        self._reader = reader
        self._buffer_size = buffer_size
        self._lock = threading.RLock()
        # Guarded by _lock:
        self._unsettled = False  # whether its owner is inside a read, or one has failed
        self._failed = False  # whether one has failed, and was not recovered from
        self._lost = False  # whether an interrupt took what a read had in hand

    def read(self, size: int | None = -1, /) -> bytes:
        """Read ``size`` bytes, fewer at the end; -1 or None reads all."""
        count = -1 if size is None else index(size)
        if count == -1 or count > self._buffer_size:
            return self._deliver(PayloadFile._gather, count)
        return self._deliver(io.BufferedReader.read, count)

    def read1(self, size: int = -1, /) -> bytes:
        """Read what is there, at most ``size`` bytes."""
        return self._deliver(io.BufferedReader.read1, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read to the end of the line, at most ``size`` bytes if it is not negative."""
        return self._deliver(io.BufferedReader.readline, size)

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read lines, until they have more than ``hint`` bytes if it is positive."""
        limit = 0 if hint is None else index(hint)
        return self._deliver(PayloadFile._gather_lines, limit, total)

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer, less at the end; return the number of bytes."""
        return self._deliver(PayloadFile._fill, writable_view(buffer), int)

    def readinto1(self, buffer: Buffer, /) -> int:
        """Read what is there into the buffer; return the number of bytes."""
        return self._deliver(PayloadFile._fill1, writable_view(buffer), int)

    def peek(self, size: int = 0, /) -> bytes:
        """Return what is there without taking it."""
        return self._deliver(io.BufferedReader.peek, size, nothing)

    def detach(self) -> io.RawIOBase:
        """Return the raw file, which continues where this one stopped."""
        with self._lock:
            self._recover()
            return super().detach()

    def _deliver(
        self,
        read: Callable[[PayloadFile, Any], Result],
        argument: Any,
        measure: Callable[[Result], int] = len,  # type: ignore[assignment]
    ) -> Result:
        """Read so that a failure loses nothing.

        Args:
            read: a method that reads by those of ``io.BufferedReader``.
            argument: its argument.
            measure: returns how many bytes were taken by the result of ``read``.

        Raises:
            RuntimeError: this thread is inside a read already.
            ConnectionLostError: bytes were lost by an interrupt.
        """
        result: Any = None
        try:
            with self._lock:
                if self._unsettled:
                    self._check_begin()
                self._unsettled = True
                try:
                    result = read(self, argument)
                    self._reader.delivered += measure(result)
                except BaseException:
                    result = None
                    self._failed = True
                    self._recover()
                    raise
                self._unsettled = False
        except BaseException:
            if result:
                self._lost = self._failed = self._unsettled = True
            raise
        found: Result = result
        return found

    def _check_begin(self) -> None:
        """Check that a read may begin.

        Raises:
            RuntimeError: this thread is inside one.
            ConnectionLostError: one was interrupted with the result in hand.
        """
        if not self._failed:
            msg = "a read inside a read: a signal or log handler may not read this file"
            raise RuntimeError(msg)
        if self._lost:
            msg = "a read was interrupted with bytes in hand, which are lost: open the stream again"
            raise ConnectionLostError(msg)
        self._recover()  # an interrupt has broken that off

    def _gather(self, size: int) -> bytes:
        """Read more than the buffer holds, in pieces; all of them for -1."""
        check_open(self)
        pieces: list[bytes] = []
        left = size
        read1 = super().read1
        while left and (piece := read1(self._buffer_size if left < 0 else left)):
            pieces.append(piece)
            left = left - len(piece) if left > 0 else left
        return b"".join(pieces)

    def _gather_lines(self, hint: int) -> list[bytes]:
        """Read lines."""
        check_open(self)
        lines: list[bytes] = []
        left = hint
        readline = super().readline
        while line := readline():
            lines.append(line)
            left -= len(line)
            if left < 0 < hint:
                break
        return lines

    def _fill(self, target: memoryview) -> int:
        """Fill a buffer."""
        size = len(target)
        data = self._gather(size) if size > self._buffer_size else super().read(size)
        target[: len(data)] = data
        return len(data)

    def _fill1(self, target: memoryview) -> int:
        """Read what is there into a buffer."""
        data = super().read1(len(target))
        target[: len(data)] = data
        return len(data)

    def _recover(self) -> None:
        """After a failed read, have everything that was not delivered read again.

        A read that failed below has dropped what it gathered, and the buffer with it. One
        that was interrupted on its way back has left a rest in the buffer. One that was
        refused has taken nothing. May be called again where it was interrupted.
        """
        try:
            buffered = self._reader.tell() - self.tell()
        except ValueError:  # closed or detached
            return
        if buffered:
            super().read1(buffered)
        self._reader.take_back()
        self._failed = self._unsettled = False


def check_open(file: io.IOBase) -> None:
    """Raise for a closed file.

    Raises:
        ValueError: it is closed.
    """
    if file.closed:
        msg = "I/O operation on closed file"
        raise ValueError(msg)


def total(lines: list[bytes]) -> int:
    """Return how many bytes lines have."""
    return sum(map(len, lines))


def nothing(_data: bytes) -> int:
    """Return 0: what was looked at was not taken."""
    return 0


def writable_view(buffer: Buffer) -> memoryview:
    """Return a view of a buffer's bytes, checked before anything is read for it.

    Raises:
        TypeError: it is not a contiguous buffer that can be written to.
    """
    view = memoryview(buffer)
    if view.readonly:
        msg = f"readinto() takes a buffer that can be written to, not {type(buffer).__name__}"
        raise TypeError(msg)
    return view.cast("B")
