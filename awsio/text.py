"""Text that comes in pieces: lines, and server-sent events.

Pure of I/O: push pieces with ``feed``, pull what is whole. A line is decoded only
when it is whole, so a character cut in two by a piece's end is not broken.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple, Protocol, TypeVar
from weakref import WeakKeyDictionary

from awsio.errors import LineTooLongError, ReaderConflictError

__all__ = ("LineSplitter", "ServerSentEvent", "SseDecoder", "TextDecoder", "decoder_of")

BOM = b"\xef\xbb\xbf"
RETRY_DIGITS = 19  # more milliseconds than 64 bits hold mean nothing


class LineSplitter:
    """Cuts bytes into lines at LF, CR LF and CR.

    A line is given as soon as its end is there: a CR ends it at once, and an LF that
    follows in the next piece belongs to that CR.

    Args:
        max_size: the longest line accepted, in bytes; None for no limit.
    """

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = max_size
        self._lines: deque[bytes] = deque()
        self._pieces: list[bytes] = []  # of the line that has no end yet
        self._length = 0
        self._after_cr = False

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        if not data:
            return
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        first, *others = data.split(b"\n")
        if first:
            self._pieces.append(first)
            self._length += len(first)
        for line in others:
            self._finish()
            if line:
                self._pieces.append(line)
                self._length = len(line)

    def feed_eof(self) -> None:
        """Say that no more will come: what has no end yet is the last line."""
        if self._pieces:
            self._finish()

    def next_line(self) -> bytes | None:
        """Take a line without its end; None if none is whole.

        Raises:
            LineTooLongError: the line, or what there is of it, is above ``max_size``.
        """
        length = len(self._lines[0]) if self._lines else self._length
        if self.max_size is not None and length > self.max_size:
            raise LineTooLongError(length=length, limit=self.max_size)
        return self._lines.popleft() if self._lines else None

    def unread(self, lines: list[bytes]) -> None:
        """Put back lines that were taken and not used."""
        self._lines.extendleft(reversed(lines))

    @property
    def buffered(self) -> int:
        """Bytes that were fed and not yet taken, line ends aside."""
        return self._length + sum(map(len, self._lines))

    def _finish(self) -> None:
        """End the line that was open."""
        self._lines.append(b"".join(self._pieces))
        self._pieces.clear()
        self._length = 0


class ServerSentEvent(NamedTuple):
    """An event of a ``text/event-stream``.

    Attributes:
        type: ``message`` where the stream names no other.
        data: the data lines, joined by newlines.
        id: the last event id that the stream has set, ``""`` where it has set none.
        retry: the reconnection time in milliseconds, if this event sets it.
    """

    type: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None


class SseDecoder:
    """Decodes server-sent events by the WHATWG's rules.

    See https://html.spec.whatwg.org/multipage/server-sent-events.html: a byte-order
    mark at the start is skipped, invalid UTF-8 is replaced, comments and unknown
    fields are passed over, an event without data is not given, and one that the end
    cuts off is dropped.

    Args:
        max_size: the longest event accepted, in bytes of all its lines; None for no
            limit.
    """

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = max_size
        self._lines = LineSplitter()
        self._at_start = True
        self._id = ""
        self._type = ""
        self._data: list[str] = []
        self._length = 0  # bytes of the event's lines so far
        self._retry: int | None = None
        self._head = b""

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        if self._at_start:
            data = self._head + data
            if len(data) < len(BOM) and BOM.startswith(data):
                self._head = data
                return
            self._at_start, self._head = False, b""
            data = data.removeprefix(BOM)
        self._lines.feed(data)

    def feed_eof(self) -> None:
        """Say that no more will come; an event without its blank line is dropped."""
        self._lines = LineSplitter()
        self._data, self._length, self._head = [], 0, b""

    def next_event(self) -> ServerSentEvent | None:
        """Take an event; None if none is whole.

        Raises:
            LineTooLongError: the event is above ``max_size``; so does every later call.
        """
        while (line := self._next_line()) is not None:
            if line:
                self._field(line.decode(errors="replace"))
            else:
                event = self._dispatch()
                if event is not None:
                    return event
        return None

    @property
    def buffered(self) -> int:
        """Bytes that were fed and belong to no event taken yet."""
        return self._length + self._lines.buffered + len(self._head)

    def _next_line(self) -> bytes | None:
        """Take a line, unless the event gets too long with it."""
        limit = self.max_size
        self._lines.max_size = None if limit is None else limit - self._length
        try:
            line = self._lines.next_line()
        except LineTooLongError as error:
            length = self._length + error.length
            raise LineTooLongError(length=length, limit=self.max_size or 0) from None
        self._length += len(line or b"")
        return line

    def _field(self, line: str) -> None:
        """Process one line that is not blank."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) < RETRY_DIGITS:
            self._retry = int(value)

    def _dispatch(self) -> ServerSentEvent | None:
        """End the event at a blank line; one without data is none."""
        event = None
        if self._data:
            event = ServerSentEvent(
                self._type or "message", "\n".join(self._data), self._id, self._retry
            )
        self._type, self._data, self._length, self._retry = "", [], 0, None
        return event


class TextDecoder(Protocol):
    """What holds the text of a connection that was read and not yet taken.

    Attributes:
        max_size: the longest thing accepted, in bytes; None for no limit.
    """

    max_size: int | None

    def __init__(self, max_size: int | None = None) -> None: ...

    @property
    def buffered(self) -> int:
        """Bytes that were fed and not yet taken."""
        ...


Decoder = TypeVar("Decoder", bound=TextDecoder)

# By what is read as text, a connection. A decoder does not refer to it, so it stays free
# to go.
decoders: WeakKeyDictionary[Any, TextDecoder] = WeakKeyDictionary()


def decoder_of(owner: Any, kind: type[Decoder], max_size: int | None) -> Decoder:
    """Give the decoder of a connection, the same one at each read.

    Args:
        owner: the connection.
        kind: the decoder's class.
        max_size: what the decoder is to accept from now on.

    Raises:
        ReaderConflictError: another kind of decoder holds bytes.
    """
    decoder = decoders.get(owner)
    if not isinstance(decoder, kind):
        if decoder is not None and decoder.buffered:
            msg = f"{decoder.buffered} bytes wait in the reader used before; read them with it"
            raise ReaderConflictError(msg)
        decoder = kind(max_size)
        decoders[owner] = decoder
    decoder.max_size = max_size
    return decoder
