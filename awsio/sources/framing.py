"""Where an HTTP/1.1 body ends, and what in it is content (RFC 9112, sections 6 and 7).

Pure of I/O: push what the socket gives, take the content. A framing never asks for
more bytes than are there, which is what lets a reader deliver an event, or run out
of time, in the middle of anything: of a chunk, of its size line, of its line end.
"""

from __future__ import annotations

from typing import Protocol

from awsio.errors import ConnectionLostError, TruncatedStreamError, fresh_copy

__all__ = ("BodyFraming", "ChunkedFraming", "CloseFraming", "LengthFraming")

# http.client's own limit for a line; here for a whole trailer too.
MAX_LINE = 65536
LONG_PIECE = 4096
SHORT_LINE = 18  # of a size: 16 digits and its end
HEX_DIGITS = b"0123456789abcdefABCDEF"


class BodyFraming(Protocol):
    """Tells content from framing.

    Attributes:
        done: the body has come to its end.
        surplus: bytes came behind that end: the connection cannot be used again.
    """

    done: bool
    surplus: bool

    def feed(self, data: bytes) -> bytes:
        """Take what the socket gave; gives the content in it, which may be none.

        Content that came before broken framing is given; the error comes next time.

        Raises:
            ConnectionLostError: the bytes break HTTP's rules.
        """
        ...

    def feed_eof(self) -> None:
        """Say that the socket's end has come.

        Raises:
            TruncatedStreamError: the body should have gone on.
        """
        ...


class CloseFraming:
    """A body that ends with the connection."""

    def __init__(self) -> None:
        self.done = False
        self.surplus = False

    def feed(self, data: bytes) -> bytes:
        """All is content."""
        return data

    def feed_eof(self) -> None:
        """This is how it ends; a cut cannot be told from it here."""
        self.done = True


class LengthFraming:
    """A body of a ``Content-Length``.

    Args:
        length: bytes still to come.
    """

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0
        self.surplus = False

    def feed(self, data: bytes) -> bytes:
        """Content up to the length."""
        if len(data) > self._left:
            self.surplus = True
            data = data[: self._left]
        self._left -= len(data)
        self.done = self._left == 0
        return data

    def feed_eof(self) -> None:
        """Fail if bytes are missing."""
        msg = f"the HTTP body is {self._left} bytes shorter than its Content-Length"
        raise TruncatedStreamError(msg, missing=self._left)


class ChunkedFraming:
    """A body of ``Transfer-Encoding: chunked``.

    Args:
        left: where a chunk has been begun: bytes of it still to come, its line end not
            counted; None at the start of a size line.
    """

    def __init__(self, left: int | None = None) -> None:
        self.done = False
        self.surplus = False
        self._left = left or 0  # content of the current chunk
        self._line_end = left is not None  # whether a chunk's CRLF comes next, after it
        self._line = b""  # the part of a size or trailer line that has come
        self._in_trailer = False
        self._trailer_length = 0
        self._broken: ConnectionLostError | None = None

    def feed(self, data: bytes) -> bytes:
        """Take size lines, line ends and the trailer out.

        What breaks the rules behind good content is raised at the next call.
        """
        if self._broken is not None:
            raise fresh_copy(self._broken)
        pieces: list[bytes | memoryview] = []
        try:
            self._take(data, pieces)
        except ConnectionLostError as error:
            self._broken = fresh_copy(error)
            if not pieces:
                raise
        return b"".join(pieces)

    def feed_eof(self) -> None:
        """Fail unless the last chunk has come; what the trailer lacks is no loss."""
        if self._broken is not None:
            raise fresh_copy(self._broken)
        if not self._in_trailer:
            msg = "the HTTP body ends before its last chunk"
            raise TruncatedStreamError(msg, missing=self._left or None)
        self.done = True

    def _take(self, data: bytes, pieces: list[bytes | memoryview]) -> None:
        """Sort bytes into content and framing."""
        position, end = 0, len(data)
        while position < end and not self.done:
            if self._left:
                # A view of a long piece: the pieces are joined, which copies them once.
                long = self._left > LONG_PIECE
                piece = (memoryview(data) if long else data)[position : position + self._left]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                continue
            if not (self._line or self._line_end or self._in_trailer):
                position = take_chunks(data, position, pieces)
            line_at = data.find(b"\n", position)
            self._line += data[position : end if line_at < 0 else line_at]
            if len(self._line) + self._trailer_length > MAX_LINE:
                msg = f"the HTTP body's framing has above {MAX_LINE} bytes in a row"
                raise ConnectionLostError(msg)
            if line_at < 0:
                break
            line, self._line = self._line, b""
            position = line_at + 1
            self._take_line(line.strip(b"\r"))
        self.surplus = self.done and position < end

    def _take_line(self, line: bytes) -> None:
        """Take a line of framing: a chunk's end, a size, or one of the trailer."""
        if self._in_trailer:
            self._trailer_length += len(line)
            self.done = not line
        elif self._line_end:
            self._line_end = False
            if line:
                msg = f"an HTTP chunk is longer than it says: {line[:20]!r}"
                raise ConnectionLostError(msg)
        else:
            digits = line.partition(b";")[0].strip()
            # int() alone would also take signs, underscores and a prefix.
            if not digits or digits.strip(HEX_DIGITS):
                msg = f"an HTTP chunk has no size: {line[:20]!r}"
                raise ConnectionLostError(msg)
            self._left = int(digits, 16)
            self._in_trailer = self._left == 0
            self._line_end = not self._in_trailer


def take_chunks(data: bytes, position: int, pieces: list[bytes | memoryview]) -> int:
    """Take the chunks that are complete and plain, in which all is as it mostly is.

    A short cut: what is left to :meth:`ChunkedFraming._take` would come out the same.

    Args:
        data: what the socket gave.
        position: where a size line begins.
        pieces: where the content goes.

    Returns:
        Where the first chunk begins that is not complete, or the last one of the body, or
        one with an extension, or with a mistake.
    """
    end = len(data)
    while True:
        line_end = data.find(b"\r\n", position, position + SHORT_LINE)
        if line_end <= position:  # before any slice: -1 would copy all the rest
            return position
        digits = data[position:line_end]
        if digits.strip(HEX_DIGITS):
            return position
        size = int(digits, 16)
        stop = line_end + 2 + size
        if not size or stop + 2 > end or data[stop : stop + 2] != b"\r\n":
            return position
        piece = data if size <= LONG_PIECE else memoryview(data)
        pieces.append(piece[line_end + 2 : stop])
        position = stop + 2
