"""`WireFile`: a stream as a raw binary file of the bytes on the wire.

Short reads, as :class:`io.RawIOBase` promises them: what is there is returned, and the
classes of :mod:`io` and :func:`shutil.copyfileobj` do the rest. Where ``FileIO`` raises,
this does: for a mode it has not, an argument of the wrong type, a closed file.
"""

from __future__ import annotations

import io
from operator import index
from typing import TYPE_CHECKING, Any, NoReturn

from awsio.connection.transport import READ_SIZE
from awsio.connection.wire import ByteSide
from awsio.payload import writable_view

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from awsio.connection.stream import FrameStream

__all__ = ("WireFile",)


class WireFile(io.RawIOBase):
    """A readable file of a stream's bytes; the class that inherits it makes the stream."""

    _stream: FrameStream

    def readable(self) -> bool:
        """Return True.

        Raises:
            ValueError: the connection is closed.
        """
        self._check_open()
        return True

    def writable(self) -> bool:
        """Return False.

        Raises:
            ValueError: the connection is closed.
        """
        self._check_open()
        return False

    def seekable(self) -> bool:
        """Return False.

        Raises:
            ValueError: the connection is closed.
        """
        self._check_open()
        return False

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes of the wire: what is there, at most ``size``.

        Args:
            size: negative or None reads everything, as :meth:`readall`; 0 changes nothing.

        Returns:
            The bytes, ``b""`` at the end.

        Raises:
            TruncatedStreamError: the bytes end inside a frame, or before the HTTP
                body's end; latched.
            StreamError: the transport broke or the frames before were damaged; latched.
            ValueError: the connection is closed.
        """
        count = -1 if size is None else index(size)
        return self.readall() if count < 0 else self._stream.read(count)

    def read1(self, size: int = -1, /) -> bytes:
        """Read what is there, as :meth:`read` with a size; negative asks for 64 KiB."""
        count = index(size)
        return self.read(READ_SIZE if count < 0 else count)

    def readinto(self, buffer: Buffer, /) -> int:
        """Read bytes into a buffer and return how many.

        Raises:
            TypeError: the buffer cannot be written to; nothing was read.
            StreamError: as in :meth:`read`.
        """
        target = writable_view(buffer)
        self._check_open()
        return self._stream.read_bytes(lambda side: side.read_into(target)) if target else 0

    def readall(self) -> bytes:
        """Read bytes to the end.

        Raises:
            StreamError: as in :meth:`read`; what came before the error is not lost but
                stays to be read.
        """
        return self._stream.read_bytes(ByteSide.read_all)

    def readline(self, size: int | None = -1, /) -> bytes:
        """Read a line of the wire bytes, at most ``size`` of them; events may follow.

        Raises:
            StreamError: as in :meth:`read`; what came of the line stays to be read.
        """
        limit = -1 if size is None else index(size)
        self._check_open()
        return self._stream.read_bytes(lambda side: side.read_line(limit)) if limit else b""

    def readlines(self, hint: int | None = -1, /) -> list[bytes]:
        """Read lines of the wire bytes, which iterating does not give.

        Args:
            hint: no further line is begun when the lines have more bytes; 0, negative
                and None read all.

        Raises:
            StreamError: as in :meth:`read`; what came before the error stays to be read.
        """
        limit = 0 if hint is None else index(hint)
        return self._stream.read_bytes(lambda side: side.read_lines(limit))

    def write(self, _data: Any, /) -> NoReturn:
        """Refuse: the file is for reading.

        Raises:
            io.UnsupportedOperation: always, but for a closed connection (ValueError).
        """
        self._check_open()
        msg = "the connection is not open for writing"
        raise io.UnsupportedOperation(msg)

    def writelines(self, _lines: Iterable[Any], /) -> NoReturn:
        """Refuse: see :meth:`write`."""
        self.write(b"")

    def fileno(self) -> int:
        """Return the file descriptor of the source; it may say less than is buffered.

        Raises:
            OSError: there is none, or the body was read and its socket given back.
            ValueError: the connection is closed.
        """
        return self._stream.fileno()

    def _check_open(self) -> None:
        """Raise ValueError for a closed connection."""
        self._stream.check_open()
