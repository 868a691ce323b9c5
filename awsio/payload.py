"""The pieces that events carry, as one readable file.

S3 rows, SageMaker parts, Lambda chunks and Bedrock bytes are cut anywhere; whoever
reads CSV or lines wants them joined. :class:`PayloadReader` is the raw layer: it gives
a piece as soon as it is there and never joins two. :class:`PayloadFile` around it does
lines and full reads, and loses nothing when one of them fails in the middle.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ("PayloadFile", "PayloadReader")


class PayloadReader(io.RawIOBase):
    """A raw binary file over a function that gives the next piece.

    Closing it does not close what the pieces come from.

    Args:
        next_piece: gives the next bytes, None at the end; what it raises passes
            through, and the next read goes on after it.
    """

    def __init__(self, next_piece: Callable[[], bytes | None]) -> None:
        super().__init__()
        self._next_piece = next_piece
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer from one piece; 0 at the end.

        Raises:
            ValueError: the reader is closed.
        """
        if self.closed:
            msg = "I/O operation on closed file"
            raise ValueError(msg)
        target = memoryview(buffer).cast("B")
        while not self._rest and target:
            piece = self._next_piece()
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def unread(self, data: bytes) -> None:
        """Put bytes back, to be read before all others."""
        self._rest = memoryview(data + bytes(self._rest))


class PayloadFile(io.BufferedReader):
    """A buffered file over a :class:`PayloadReader`.

    ``io.BufferedReader`` forgets what it has gathered when a read fails in the middle;
    this one puts it back, so that after a timeout, or an exception of the service, the
    same read can be tried again, or what had come be taken with ``read1``.

    Args:
        reader: the raw file.
        buffer_size: of the buffer, in bytes.
    """

    def __init__(self, reader: PayloadReader, buffer_size: int) -> None:
        super().__init__(reader, buffer_size)
        self._reader = reader

    def read(self, size: int | None = -1, /) -> bytes:
        """Read ``size`` bytes, fewer at the end; negative or None reads all."""
        left = -1 if size is None else size
        pieces: list[bytes] = []
        try:
            while left and (piece := self.read1(left)):
                pieces.append(piece)
                left -= len(piece) if left > 0 else 0
        except BaseException:
            self._put_back(pieces)
            raise
        return b"".join(pieces)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read up to the end of the line, at most ``size`` bytes if it is not negative."""
        left = -1 if size is None else size
        pieces: list[bytes] = []
        try:
            while left and (there := self.peek(1)):
                end = there.find(b"\n") + 1
                length = end or len(there)
                piece = self.read1(length if left < 0 else min(length, left))
                pieces.append(piece)
                left -= len(piece) if left > 0 else 0
                if piece.endswith(b"\n"):
                    break
        except BaseException:
            self._put_back(pieces)
            raise
        return b"".join(pieces)

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read lines, until they have ``hint`` bytes if it is positive."""
        lines: list[bytes] = []
        try:
            while line := self.readline():
                lines.append(line)
                if hint is not None and 0 < hint <= sum(map(len, lines)):
                    break
        except BaseException:
            self._put_back(lines)
            raise
        return lines

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer from what is there, as ``readinto1``: one read that fails or not."""
        return self.readinto1(buffer)

    def _put_back(self, pieces: list[bytes]) -> None:
        """Undo reads. When one has failed, the buffer under this file is empty."""
        self._reader.unread(b"".join(pieces))
