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
from operator import index
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ("PayloadFile", "PayloadReader", "writable_view")


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
        self._rest = memoryview(b"")
        self._handed: list[memoryview] = []  # the end of what was handed out
        self._position = 0  # bytes handed out

    def readable(self) -> bool:
        """Return True."""
        self._check_open()
        return True

    def tell(self) -> int:
        """Return the number of bytes handed out."""
        self._check_open()
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer from one piece; return 0 at the end.

        Raises:
            ValueError: the reader is closed.
            TypeError: the buffer cannot be written to.
        """
        self._check_open()
        target = writable_view(buffer)
        while not self._rest and target:
            piece = self._next_piece()
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        part = self._rest[:count]
        target[:count] = part
        self._forget_delivered()
        self._handed.append(part)
        self._position += count
        self._rest = self._rest[count:]
        return count

    def take_back(self) -> None:
        """Return what was handed out and not delivered, to be read again."""
        undelivered = self._position - self.delivered
        handed = b"".join(self._handed)
        self._handed.clear()
        self._position = self.delivered
        self._rest = memoryview(handed[len(handed) - undelivered :] + bytes(self._rest))

    def unread(self, delivered: bytes, buffered: bytes) -> None:
        """Put bytes back, to be read before all others.

        Args:
            delivered: bytes that count as delivered and are not.
            buffered: bytes after them that the file around this one had not delivered.
        """
        self.delivered -= len(delivered)
        self._position = self.delivered
        self._handed.clear()
        self._rest = memoryview(delivered + buffered + bytes(self._rest))

    def _forget_delivered(self) -> None:
        """Drop the pieces that the caller has."""
        undelivered = self._position - self.delivered
        if not undelivered:
            self._handed.clear()
        while self._handed and sum(map(len, self._handed[1:])) >= undelivered:
            del self._handed[0]

    def _check_open(self) -> None:
        if self.closed:
            msg = "I/O operation on closed file"
            raise ValueError(msg)


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

    def read(self, size: int | None = -1, /) -> bytes:
        """Read ``size`` bytes, fewer at the end; -1 or None reads all."""
        with self._lock:
            if size is None or (count := index(size)) == -1:
                return self._read_long(None)
            if count > self._buffer_size:
                return self._read_long(count)
            return self._deliver(io.BufferedReader.read, count)

    def read1(self, size: int = -1, /) -> bytes:
        """Read what is there, at most ``size`` bytes."""
        with self._lock:
            return self._deliver(io.BufferedReader.read1, size)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read to the end of the line, at most ``size`` bytes if it is not negative."""
        with self._lock:
            return self._deliver(io.BufferedReader.readline, size)

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read lines, until they have ``hint`` bytes if it is positive."""
        limit = -1 if hint is None else index(hint)
        lines: list[bytes] = []
        with self._lock:
            began = self._reader.delivered
            try:
                self._check_open()
                while line := self.readline():
                    lines.append(line)
                    if 0 < limit <= self._reader.delivered - began:
                        break
            except BaseException:
                self._undeliver(lines)
                raise
        return lines

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer, less at the end; return the number of bytes."""
        target = writable_view(buffer)
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def readinto1(self, buffer: Buffer, /) -> int:
        """Read what is there into the buffer; return the number of bytes."""
        target = writable_view(buffer)
        data = self.read1(len(target))
        target[: len(data)] = data
        return len(data)

    def peek(self, size: int = 0, /) -> bytes:
        """Return what is there without taking it."""
        with self._lock:
            return super().peek(size)

    def _deliver(self, read: Callable[..., bytes], size: int | None) -> bytes:
        """Read by a method of ``io.BufferedReader``, so that a failure loses nothing."""
        reader = self._reader
        try:
            data = read(self, size)
        except BaseException:
            self._recover()
            raise
        reader.delivered += len(data)
        return data

    def _read_long(self, size: int | None) -> bytes:
        """Read more than the buffer holds, in pieces."""
        self._check_open()
        pieces: list[bytes] = []
        left = size
        try:
            while left != 0 and (piece := self.read1(self._buffer_size if left is None else left)):
                pieces.append(piece)
                left = None if left is None else left - len(piece)
        except BaseException:
            self._undeliver(pieces)
            raise
        return b"".join(pieces)

    def _recover(self) -> None:
        """After a failed read, have everything that was not delivered read again.

        A read that failed below has dropped what it gathered, and the buffer with it. One
        that was interrupted on its way back has left a rest in the buffer. One that was
        refused has taken nothing.
        """
        try:
            taken = self.tell() != self._reader.delivered
        except ValueError:  # closed or detached
            return
        if taken:
            self._drain_buffer()
            self._reader.take_back()

    def _undeliver(self, pieces: list[bytes]) -> None:
        """Put back pieces that reads within a failed read have returned."""
        if pieces:
            self._reader.unread(b"".join(pieces), self._drain_buffer())

    def _drain_buffer(self) -> bytes:
        """Take what the buffer holds."""
        buffered = self._reader.tell() - self.tell()
        return super().read1(buffered) if buffered else b""

    def _check_open(self) -> None:
        if self.closed:
            msg = "I/O operation on closed file"
            raise ValueError(msg)


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
