"""Where an HTTP/1.1 body ends, and what in it is content (RFC 9112, sections 6 and 7).

Pure of I/O: push what the socket gave, take the content. A framing never asks for more
bytes than are there, which lets a reader deliver an event, or run out of time, in the
middle of a chunk, of its size line or of its line end.

Rules kept here:

- Content before a break of HTTP's rules is delivered; :meth:`BodyFraming.check` raises the
  error right after it, without another byte. A break is found at the first byte that no
  right body can have there.
- The same bytes give the same content and the same error in whatever pieces they come.
- Bytes without content are bounded; see :mod:`awsio.sources.limits`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from enum import Enum, auto
from typing import TypeAlias

from awsio.errors import ConnectionLostError, StreamError, TruncatedStreamError, fresh_copy
from awsio.sources.limits import (
    MAX_DIGITS,
    MAX_LENGTH,
    MAX_LINE,
    MAX_LINE_START,
    Overhead,
)

__all__ = ("BodyFraming", "BrokenFraming", "ChunkedFraming", "CloseFraming", "LengthFraming")

CRLF = b"\r\n"
LONG_PIECE = 4096
SHORT_LINE = 18  # bytes of a size line: 16 digits and its end
LINE_ENDS = 4  # bytes of the line ends of a size line and of a chunk
HEX_DIGITS = b"0123456789abcdefABCDEF"
# What is optional is SP and HTAB, RFC 9110, section 5.6.3; bytes.strip() takes VT and FF too.
WHITE_SPACE = b" \t"

# A line before its LF, as far as it has come: up to a ";", and up to a ":".
SIZE_START = re.compile(
    rb"[ \t]*(?:(?:0+[0-9A-Fa-f]{0,%(n)d}|[0-9A-Fa-f]{1,%(n)d})[ \t]*\r?)?" % {b"n": MAX_DIGITS}
)
NAME_START = re.compile(rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*|\r)?")

Pieces: TypeAlias = list[bytes | memoryview]


class BodyFraming(ABC):
    """Tells content from framing.

    Attributes:
        done: the body has ended.
        surplus: the connection cannot be used again after that end: it has more bytes, or
            where the body ends is not certain.
    """

    def __init__(self) -> None:
        self.done = False
        self.surplus = False
        self._broken: StreamError | None = None

    def check(self) -> None:
        """Raise the error that was found after the content delivered last.

        A reader calls this before it asks the socket for more.

        Raises:
            ConnectionLostError: the body breaks HTTP's rules.
            HttpHeaderError: the response's headers do not tell how to read it.
            TruncatedStreamError: these headers are cut.
        """
        if self._broken is not None:
            raise fresh_copy(self._broken)

    @abstractmethod
    def feed(self, data: bytes) -> bytes:
        """Take what the socket gave; return the content in it, which may be none.

        Content before a break is returned; :meth:`check` and the next call then raise.

        Raises:
            ConnectionLostError: the bytes break HTTP's rules.
            HttpHeaderError: see :meth:`check`.
        """
        ...

    @abstractmethod
    def feed_eof(self) -> None:
        """Signal the end of the socket's bytes.

        Raises:
            TruncatedStreamError: the body should have continued.
            ConnectionLostError: see :meth:`check`.
            HttpHeaderError: see :meth:`check`.
        """
        ...


class BrokenFraming(BodyFraming):
    """A body that cannot be read.

    Args:
        error: says why; raised at every call.
    """

    def __init__(self, error: StreamError) -> None:
        super().__init__()
        self._error = self._broken = fresh_copy(error)

    def feed(self, data: bytes) -> bytes:  # noqa: ARG002 - as every framing's
        """Raise the error."""
        raise fresh_copy(self._error)

    def feed_eof(self) -> None:
        """Raise the error."""
        raise fresh_copy(self._error)


class CloseFraming(BodyFraming):
    """A body that ends with the connection."""

    def feed(self, data: bytes) -> bytes:
        """Return the bytes: they are all content."""
        return data

    def feed_eof(self) -> None:
        """End the body; a cut cannot be told from this."""
        self.done = True


class LengthFraming(BodyFraming):
    """A body with a ``Content-Length``.

    Args:
        length: bytes still to come.
    """

    def __init__(self, length: int) -> None:
        super().__init__()
        self._left = length
        self.done = length == 0

    def feed(self, data: bytes) -> bytes:
        """Return the content up to the length."""
        if len(data) > self._left:
            self.surplus = True
            data = data[: self._left]
        self._left -= len(data)
        self.done = self._left == 0
        return data

    def feed_eof(self) -> None:
        """Raise: bytes are missing."""
        msg = f"the HTTP body is {self._left} bytes shorter than its Content-Length"
        raise TruncatedStreamError(msg, missing=self._left)


class Part(Enum):
    """What comes next in a chunked body, unless it is the content of a chunk."""

    SIZE = auto()
    CHUNK_END = auto()
    TRAILER = auto()


class ChunkedFraming(BodyFraming):
    """A body with ``Transfer-Encoding: chunked``.

    A line may end with LF alone, as RFC 9112, section 2.2, allows for other lines; any
    other CR, and NUL, is a break. Trailer fields are checked and dropped.

    Args:
        left: where a chunk has been begun: bytes of it still to come, its line end not
            counted; None at the start of a size line.
    """

    def __init__(self, left: int | None = None) -> None:
        super().__init__()
        self._left = min(left or 0, MAX_LENGTH)  # content of the current chunk
        self._part = Part.SIZE if left is None else Part.CHUNK_END  # after that content
        self._line = bytearray()  # of the current line, what has come
        self._trailer_length = 0  # bytes of the trailer's complete lines
        self._overhead = Overhead("the HTTP body's chunked framing")

    def feed(self, data: bytes) -> bytes:
        """Return the content, without size lines, line ends and the trailer.

        See :meth:`BodyFraming.feed`.
        """
        self.check()
        pieces: Pieces = []
        try:
            self._take(data, pieces)
        except ConnectionLostError as error:
            self._broken = fresh_copy(error)
            if not pieces:
                raise
        return b"".join(pieces)

    def feed_eof(self) -> None:
        """Raise unless the last chunk has come; a cut in the trailer loses nothing."""
        self.check()
        if self._part is not Part.TRAILER:
            msg = "the HTTP body ends before its last chunk"
            raise TruncatedStreamError(msg, missing=self._left or None)
        self.done = True

    def _take(self, data: bytes, pieces: Pieces) -> None:
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
            if not self._line and self._part is not Part.TRAILER:
                # The common case: whole lines, with nothing in them to look into.
                if self._part is Part.CHUNK_END and data.startswith(CRLF, position):
                    self._part = Part.SIZE
                    position += len(CRLF)
                begun = position
                if self._part is Part.SIZE:
                    position = self._take_plain_chunks(data, position, pieces)
                if position > begun or position == end:
                    continue
            line_at = data.find(b"\n", position)
            position = self._take_line_part(data, position, line_at)
        self.surplus |= self.done and position < end

    def _take_plain_chunks(self, data: bytes, position: int, pieces: Pieces) -> int:
        """Take chunks of the common case, and the size line of one that is incomplete.

        Returns:
            Where the first other line begins, or the content of that chunk.
        """
        count = len(pieces)
        reached, left = take_chunks(data, position, pieces)
        if self._overhead.excess:
            content = sum(map(len, pieces[count:]))
            framing = reached - position - content + (len(CRLF) if left else 0)
            self._overhead.add(framing, content + left)
        if left:
            self._left, self._part = left, Part.CHUNK_END
        return reached

    def _take_line_part(self, data: bytes, position: int, line_at: int) -> int:
        """Take a line, or what there is of it; return the position after it.

        Args:
            data: what the socket gave.
            position: where the line begins or continues in it.
            line_at: where its LF is; -1 if that is still to come.
        """
        part = data[position : len(data) if line_at < 0 else line_at]
        self._line += part
        if len(self._line) + self._trailer_length > MAX_LINE:
            msg = f"the HTTP body's framing has above {MAX_LINE} bytes in a row"
            raise ConnectionLostError(msg)
        self._check_part(part)
        if line_at < 0:
            return len(data)
        line = bytes(self._line.removesuffix(b"\r"))
        self._line.clear()
        self._end_line(line)
        return line_at + 1

    def _check_part(self, part: bytes) -> None:
        """Check what came of a line, in time that depends on this part alone."""
        line, begun = self._line, len(self._line) - len(part)
        if begun <= MAX_LINE_START:
            self._check_start(bytes(line[: MAX_LINE_START + 1]))
        cr_at = part.find(b"\r", 0, -1)
        if cr_at >= 0 or b"\0" in part or (part and line[begun - 1 : begun] == b"\r"):
            msg = f"a line of the HTTP body's framing has a bare CR or a NUL: {bytes(line[:20])!r}"
            raise ConnectionLostError(msg)

    def _check_start(self, start: bytes) -> None:
        """Check a line up to its ";" or ":", which need not have come."""
        if self._part is Part.CHUNK_END:
            if start not in {b"", b"\r"}:
                msg = f"an HTTP chunk is longer than it says: {start[:20]!r}"
                raise ConnectionLostError(msg)
            return
        is_size = self._part is Part.SIZE
        if not is_size and start.startswith((b" ", b"\t")) and self._trailer_length:
            return  # the line before is continued, RFC 9112, section 5.2
        head, mark, _ = start.partition(b";" if is_size else b":")
        right = (SIZE_START if is_size else NAME_START).fullmatch(head)
        empty = mark and not head.strip(WHITE_SPACE)
        if not right or empty or (not mark and len(start) > MAX_LINE_START):
            raise ConnectionLostError(start_problem(start, is_size=is_size))

    def _end_line(self, line: bytes) -> None:
        """Take a complete line, without its end."""
        if self._part is Part.CHUNK_END:
            self._part = Part.SIZE
        elif self._part is Part.SIZE:
            digits = line.partition(b";")[0].strip(WHITE_SPACE)
            if not digits:
                raise ConnectionLostError(start_problem(line, is_size=True))
            self._left = int(digits, 16)
            self._part = Part.CHUNK_END if self._left else Part.TRAILER
            self._overhead.add(len(line) + LINE_ENDS, self._left)
            self._overhead.check()
        else:
            if line and b":" not in line and not line.startswith((b" ", b"\t")):
                raise ConnectionLostError(start_problem(line, is_size=False))
            self._trailer_length += len(line)
            self.done = not line


def start_problem(start: bytes, *, is_size: bool) -> str:
    """Return what is wrong with the start of a size line or a trailer line."""
    shown = repr(start[:20])
    digits = start.partition(b";")[0].strip(WHITE_SPACE + b"\r").lstrip(b"0")
    if is_size and len(digits) > MAX_DIGITS and not digits.strip(HEX_DIGITS):
        return f"an HTTP chunk's size has more than {MAX_DIGITS} digits: {shown}"
    if len(start) > MAX_LINE_START:
        return f"a line of the HTTP body begins with above {MAX_LINE_START} bytes: {shown}"
    if is_size:
        return f"an HTTP chunk has no size: {shown}"
    return f"a trailer line of the HTTP body has no field name: {shown}"


def take_chunks(data: bytes, position: int, pieces: Pieces) -> tuple[int, int]:
    """Take the chunks that are plain: the common case.

    A short cut: :meth:`ChunkedFraming.feed` gives the same content without it.

    Args:
        data: what the socket gave.
        position: where a size line begins.
        pieces: where the content of complete chunks goes.

    Returns:
        The start of the first chunk that is the last one of the body, or has an extension,
        a mistake or an incomplete size line, and 0. Or the start of the content of a chunk
        that is incomplete, or does not end where it should, and its length.
    """
    end = len(data)
    while True:
        line_end = data.find(b"\r\n", position, position + SHORT_LINE)
        if line_end <= position:  # before any slice: -1 would copy all the rest
            return position, 0
        digits = data[position:line_end]
        if digits.strip(HEX_DIGITS):
            return position, 0
        size = int(digits, 16)
        if not size:
            return position, 0
        start = line_end + 2
        stop = start + size
        after = stop + 2
        if after > end or data[stop:after] != b"\r\n":
            return start, size
        piece = data if size <= LONG_PIECE else memoryview(data)
        pieces.append(piece[start:stop])
        position = after
