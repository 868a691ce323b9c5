"""`WireFile`: a stream as a raw binary file of the bytes on the wire.

Short reads, as :class:`io.RawIOBase` promises them: what is there is given, and the
classes of :mod:`io` and :func:`shutil.copyfileobj` do the rest.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from awsio.connection.stream import READ_SIZE
from awsio.errors import StreamError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from awsio.connection.stream import FrameStream

__all__ = ("WireFile",)


class WireFile(io.RawIOBase):
    """A readable file of a stream's bytes; who inherits it makes the stream."""

    _stream: FrameStream

    def readable(self) -> bool:
        """True."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes of the wire: what is there, at most ``size``.

        Args:
            size: negative or None reads everything, as :meth:`readall`.

        Returns:
            The bytes, ``b""`` at the end.

        Raises:
            TruncatedStreamError: the bytes end inside a frame, or before the HTTP
                body's end; latched.
            StreamError: the transport broke or the frames before were damaged; latched.
            ValueError: the connection is closed.
        """
        if size is None or size < 0:
            return self.readall()
        return self._stream.read(size)

    def read1(self, size: int = -1, /) -> bytes:
        """Read what is there, as :meth:`read` with a size; negative asks for 64 KiB."""
        return self.read(READ_SIZE if size < 0 else size)

    def readinto(self, buffer: Buffer, /) -> int:
        """Read bytes into a buffer; gives how many. Raises what :meth:`read` raises."""
        target = memoryview(buffer).cast("B")
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Read bytes up to the end.

        Raises:
            StreamError: as in :meth:`read`; what came before the error is not lost but
                stays to be read.
        """
        pieces: list[bytes] = []
        try:
            while piece := self._stream.read(READ_SIZE):
                pieces.append(piece)
        except StreamError:
            self._stream.unread(b"".join(pieces))
            raise
        return b"".join(pieces)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line of the wire bytes, byte by byte, since events may follow.

        For many lines put ``io.BufferedReader`` around the connection.

        Raises:
            StreamError: as in :meth:`read`; what came of the line stays to be read.
        """
        limit = -1 if size is None else size
        line = bytearray()
        try:
            while len(line) != limit and (byte := self._stream.read(1)):
                line += byte
                if byte == b"\n":
                    break
        except StreamError:
            self._stream.unread(bytes(line))
            raise
        return bytes(line)

    def readlines(self, _hint: int | None = -1, /) -> list[bytes]:
        """Read all bytes of the wire as lines, which iterating does not give."""
        return io.BytesIO(self.readall()).readlines()

    def fileno(self) -> int:
        """Give the file descriptor of the source; it may say less than is buffered.

        Raises:
            OSError: there is none, or the body was read and its socket given back.
            ValueError: the connection is closed.
        """
        return self._stream.fileno()
