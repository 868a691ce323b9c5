"""Lines of text that comes in pieces, in any charset.

Pure of I/O: push pieces with ``feed``, pull what is whole.

Most charsets write a line feed as the byte 0A and nothing else with it: their lines are cut
as bytes and decoded when they are whole, so a character cut in two by a piece's end is not
broken. UTF-16, UTF-32 and EBCDIC do not: their text is decoded first.
"""

from __future__ import annotations

import codecs
from collections import deque

from awsio.errors import LineTooLongError, TextDecodeError, fresh_copy

__all__ = ("LineDecoder", "LineSplitter")

SHOWN = 60


class LineSplitter:
    """Cuts bytes into lines at LF and CR LF, and at a bare CR if asked to.

    Args:
        max_size: the longest line accepted, in bytes; None for no limit.
        bare_cr: whether a CR alone ends a line, at once: an LF that follows in the next
            piece then belongs to that CR.
    """

    def __init__(self, max_size: int | None = None, *, bare_cr: bool = False) -> None:
        self.max_size = max_size
        self._bare_cr = bare_cr
        self._lines: deque[bytes] = deque()
        self._pieces: list[bytes] = []  # of the line that has no end yet
        self._length = 0
        self._after_cr = False

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        if not data:
            return
        if self._bare_cr:
            data = self._without_cr(data)
        first, *others = data.split(b"\n")
        if first:
            self._pieces.append(first)
            self._length += len(first)
        for line in others:
            self._finish(ended=True)
            if line:
                self._pieces.append(line)
                self._length = len(line)

    def feed_eof(self) -> None:
        """Signal that no more will come: what has no end yet is the last line."""
        if self._pieces:
            self._finish(ended=False)

    def next_line(self) -> bytes | None:
        """Return a line without its end; None if none is whole.

        Raises:
            LineTooLongError: the line, or what there is of it, is above ``max_size``.
        """
        length = len(self._lines[0]) if self._lines else self._open_length()
        if self.max_size is not None and length > self.max_size:
            raise LineTooLongError(length=length, limit=self.max_size)
        return self._lines.popleft() if self._lines else None

    def _open_length(self) -> int:
        """Return the length of the line that has no end yet; a last CR may be part of that."""
        may_end = not self._bare_cr and self._pieces and self._pieces[-1].endswith(b"\r")
        return self._length - 1 if may_end else self._length

    def unread(self, lines: list[bytes]) -> None:
        """Put back lines that were taken and not used."""
        self._lines.extendleft(reversed(lines))

    @property
    def buffered(self) -> int:
        """Bytes that were fed and not yet taken, line ends aside."""
        return self._length + sum(map(len, self._lines))

    def _without_cr(self, data: bytes) -> bytes:
        """Make one LF of each line end."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data

    def _finish(self, *, ended: bool) -> None:
        """End the line that was open."""
        line = b"".join(self._pieces)
        if ended and not self._bare_cr:
            line = line.removesuffix(b"\r")
        self._lines.append(line)
        self._pieces.clear()
        self._length = 0


class LineDecoder:
    """Decodes lines of one charset.

    Args:
        max_size: the longest line accepted, in bytes; None for no limit.
    """

    def __init__(self, max_size: int | None = None) -> None:
        self._splitter = LineSplitter(max_size)
        self._charset = "utf-8"
        self._transcoder: codecs.IncrementalDecoder | None = None
        self._undecoded = 0  # bytes of a cut character, or from the first mistake on
        self._mistake: TextDecodeError | None = None  # of the transcoder, after what is whole

    @property
    def max_size(self) -> int | None:
        """The longest line accepted, in bytes; None for no limit."""
        return self._splitter.max_size

    @max_size.setter
    def max_size(self, value: int | None) -> None:
        self._splitter.max_size = value

    def use_charset(self, charset: str) -> None:
        """Decode what comes by a charset; where lines are cut as bytes, also what waits.

        Raises:
            TextDecodeError: Python has no such charset, or bytes wait that were decoded by
                another one.
        """
        if charset == self._charset:
            return
        try:
            cut_as_bytes = "\n".encode(charset) == b"\n"
        except (LookupError, ValueError) as error:  # ValueError: a NUL in the name
            msg = f"the text cannot be decoded: Python has no charset {charset!r}"
            raise TextDecodeError(msg, charset=charset) from error
        if self.buffered and (self._transcoder is not None or not cut_as_bytes):
            msg = f"lines that were read as {self._charset} wait: read them before {charset}"
            raise TextDecodeError(msg, charset=charset)
        self._charset = charset
        self._transcoder = None if cut_as_bytes else codecs.getincrementaldecoder(charset)()

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        if self._transcoder is not None:
            data = self._transcoded(self._transcoder, data, final=False)
        self._splitter.feed(data)

    def feed_eof(self) -> None:
        """Signal that no more will come: what has no end yet is the last line."""
        if self._transcoder is not None:
            self._splitter.feed(self._transcoded(self._transcoder, b"", final=True))
        if self._mistake is None:
            self._splitter.feed_eof()

    def next_line(self) -> str | None:
        """Return a line without its end; None if none is whole.

        Raises:
            LineTooLongError: the line, or what there is of it, is above ``max_size``.
            TextDecodeError: it is not in the charset. It stays, to be read in another if
                lines of this one are cut as bytes.
        """
        line = self._splitter.next_line()
        if line is None:
            if self._mistake is not None:
                raise fresh_copy(self._mistake)
            return None
        if self._transcoder is not None:
            return line.decode()
        try:
            return line.decode(self._charset)
        except UnicodeError as error:
            self._splitter.unread([line])
            msg = f"a line is not in the charset {self._charset!r} ({error}): {line[:SHOWN]!r}"
            raise TextDecodeError(msg, charset=self._charset, data=line) from error

    def unread(self, lines: list[str]) -> None:
        """Put back lines that were taken and not used."""
        charset = "utf-8" if self._transcoder is not None else self._charset
        self._splitter.unread([line.encode(charset) for line in lines])

    @property
    def buffered(self) -> int:
        """Bytes that were fed and not yet taken, line ends aside."""
        return self._splitter.buffered + self._undecoded

    def _transcoded(
        self, transcoder: codecs.IncrementalDecoder, data: bytes, *, final: bool
    ) -> bytes:
        """Return text in UTF-8; up to a mistake, which is kept."""
        if self._mistake is not None:
            self._mistake.data += data
            self._undecoded += len(data)
            return b""
        held = transcoder.getstate()[0]
        try:
            text = transcoder.decode(data, final).encode()
        except UnicodeError as error:
            # Some codecs do not say where: UTF-16's does not, for a text without its mark.
            good = error.start if isinstance(error, UnicodeDecodeError) else 0
            rest = held + data
            msg = f"the text is not in the charset {self._charset!r}: {error}"
            self._mistake = TextDecodeError(msg, charset=self._charset, data=rest[good:])
            self._undecoded = len(rest) - good
            return transcoder.decode(rest[len(held) : good]).encode()
        self._undecoded = len(transcoder.getstate()[0])
        return text
