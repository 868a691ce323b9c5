"""JSON documents in bytes that come in pieces.

Pure of I/O: push pieces with ``feed``, pull what is whole. Only borders are looked
for here: strings, escapes and nesting; whether a document is right its parser says.

Rules:

- a document is given as soon as its last byte is there. A number or a literal at the
  top has none that is the last by itself: white space, the next document or the end
  has to follow;
- bytes are cut only at documents, so no character and no escape is broken;
- every byte is looked at a fixed number of times, whatever the pieces are.
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

from awsio.errors import LineTooLongError, TruncatedStreamError
from awsio.sse import BOM, SseDecoder

__all__ = ("JsonDecoder", "JsonSplitter")

QUOTE = ord('"')
BACKSLASH = ord("\\")
OPENING = b"[{"
SPACE = b" \t\n\r"
DONE = "[DONE]"  # what services of models send as the last data, and no JSON
# The lines of server-sent events begin so, and no JSON document does.
SSE_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
STARTS = (BOM, *SSE_STARTS)
SHOWN = 60

find_start = re.compile(rb"[^ \t\n\r]").search
find_scalar_end = re.compile(rb'[ \t\n\r\[{"]').search
# No possessive quantifier and no atomic group: Python before 3.11.5 matches them wrongly,
# https://github.com/python/cpython/issues/106052. The patterns need none: wherever they are,
# one alternative matches, so the matcher never goes back to try another. Going back has a price
# even so, a record of each repetition of a group: so they are repeated a limited number of times.
PLAIN = rb'[^"\\]*'
BETWEEN = rb'[^"\[\]{}]*'
# The rest of a string, up to its quote. Where that is not found, group CUT is: it holds the
# backslash whose character is still to come, if the data end in one. The first alternative is
# the second without a backslash: it is much faster.
STRING = PLAIN + rb'(?:"|(?:\\.' + PLAIN + rb'){0,100}(?:"|(\\\Z|)))'
pass_string = re.compile(STRING, re.DOTALL).match
# Up to a bracket, the end of the data, a string that is cut, or the limit of repetitions.
find_brackets = re.compile(
    BETWEEN + rb'(?:"' + STRING + b"(?(1)|" + BETWEEN + rb")){0,100}(?:([\[{])|([\]}])|)",
    re.DOTALL,
).finditer
CUT, OPENS, CLOSES = 1, 2, 3  # the numbers of the groups
is_cut_scalar = re.compile(
    rb"t(?:ru?)?|f(?:a(?:ls?)?)?|n(?:ul?)?|-|-?[0-9][0-9.eE+-]*[.eE+-]"
).fullmatch


class JsonSplitter:
    """Cuts bytes into JSON documents: one after another, with white space or without.

    What cannot be JSON is given too, up to the next white space, so that the parser
    can say what is wrong with it and the documents behind it are not lost.

    Args:
        max_size: the longest document accepted, in bytes; None for no limit.
    """

    def __init__(self, max_size: int | None = None) -> None:
        self.max_size = max_size
        self._documents: deque[bytes] = deque()
        self._pieces: list[bytes] = []  # of the document that has no end yet
        self._length = 0
        self._open = False  # whether there is such a document
        self._depth = 0  # its brackets that are open
        self._in_string = False
        self._escaped = False  # the piece before ended behind a backslash
        self._ended = False

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        start = position = 0
        while position < len(data):
            if not self._open:
                start = position
                if data[start] in SPACE:  # a search costs much more than this look
                    found = find_start(data, position)
                    if found is None:
                        return
                    start = found.start()
                position = self._begin(data, start)
            elif self._in_string:
                position = self._pass_string(data, position)
            elif self._depth:
                position = self._pass_nested(data, position)
            else:
                position = self._pass_scalar(data, position)
            if not self._open:
                self._finish(data[start:position])
        if self._open:
            self._pieces.append(data[start:])
            self._length += len(data) - start

    def feed_eof(self) -> None:
        """Say that no more will come: it ends a number or a literal that is whole."""
        if self._open and not self._depth and not self._in_string:
            scalar = b"".join(self._pieces)
            if is_cut_scalar(scalar) is None:
                self._open = False
                self._finish(b"")
        self._ended = True

    def next_document(self) -> bytes | None:
        """Take a document; None if none is whole.

        Raises:
            LineTooLongError: the document, or what there is of it, is above
                ``max_size``.
            TruncatedStreamError: the end came inside a document.
        """
        length = len(self._documents[0]) if self._documents else self._length
        if self.max_size is not None and length > self.max_size:
            msg = f"a JSON document of {length} bytes is above the limit of {self.max_size}"
            raise LineTooLongError(msg, length=length, limit=self.max_size)
        if self._documents:
            return self._documents.popleft()
        if self._open and self._ended:
            head = b"".join(self._pieces)[:SHOWN]
            msg = f"the stream ends inside a JSON document: {head!r}"
            raise TruncatedStreamError(msg, buffered=self._length)
        return None

    def take_open(self) -> bytes | None:
        """Take the document that has no end, as it is; None if there is none."""
        if not self._open:
            return None
        self._open = self._in_string = self._escaped = False
        self._depth = 0
        self._finish(b"")
        return self._documents.pop()

    @property
    def buffered(self) -> int:
        """Bytes of documents that were fed and not yet taken."""
        return self._length + sum(map(len, self._documents))

    def _begin(self, data: bytes, start: int) -> int:
        """Open a document by its first byte; gives where to go on."""
        self._open = True
        first = data[start]
        if first in OPENING:
            self._depth = 1
        elif first == QUOTE:
            self._in_string = True
        else:
            return start  # a scalar's end may be told by any byte but its first
        return start + 1

    def _pass_scalar(self, data: bytes, position: int) -> int:
        """Go to the end of a number, a literal, or of what is no JSON."""
        end = find_scalar_end(data, position)
        if end is None:
            return len(data)
        self._open = False
        return end.start()

    def _pass_string(self, data: bytes, position: int) -> int:
        """Return the position after the quote that ends the string, or after a part of it."""
        if self._escaped:
            self._escaped = False
            position += 1
        found: Any = pass_string(data, position)
        if found.lastindex == CUT:
            self._escaped = bool(found[CUT])
        else:
            self._in_string = False
            self._open = self._depth > 0
        end: int = found.end()
        return end

    def _pass_nested(self, data: bytes, position: int) -> int:
        """Return the position after the bracket that ends the document, or in a string."""
        depth = self._depth
        for found in find_brackets(data, position):  # pragma: no branch - the end is found, too
            group = found.lastindex
            if group == OPENS:
                depth += 1
            elif group == CLOSES:
                depth -= 1
                if not depth:
                    self._open = False
                    position = found.end()
                    break
            elif group == CUT:
                self._in_string = True
                self._escaped = bool(found[CUT])
                position = found.end()
                break
            elif found.end() == len(data):
                position = len(data)
                break
        self._depth = depth
        return position

    def _finish(self, last: bytes) -> None:
        """End the document that was open."""
        if self._pieces:
            self._pieces.append(last)
            last = b"".join(self._pieces)
            self._pieces.clear()
            self._length = 0
        self._documents.append(last)


class JsonDecoder:
    """Finds documents in a payload, be it JSON or server-sent events with JSON as data.

    The first bytes tell which, where nothing else has.

    Args:
        max_size: the longest document accepted, in bytes, or the longest event; None
            for no limit.

    Attributes:
        ended: whether :meth:`feed_eof` was called.
    """

    def __init__(self, max_size: int | None = None) -> None:
        self.ended = False
        self.max_size = max_size
        self._splitter = JsonSplitter()
        self._events: SseDecoder | None = None
        self._head: bytes | None = b""  # while it is not known what comes
        self._marked = False  # a byte order mark came: a second one is no mark

    def expect_events(self) -> None:
        """Say that server-sent events will come, before anything is fed."""
        if self._head is not None:
            self._begin(SseDecoder())

    def feed(self, data: bytes) -> None:
        """Add a piece."""
        if self._head is not None:
            data = (self._head + data).lstrip(SPACE)
            if not self._marked and data.startswith(BOM):
                self._marked = True
                data = data.removeprefix(BOM).lstrip(SPACE)
            is_sse = data.startswith(SSE_STARTS)
            if not is_sse and any(start.startswith(data) for start in STARTS):
                self._head = data
                return
            self._begin(SseDecoder() if is_sse else None)
        (self._events or self._splitter).feed(data)

    def feed_eof(self) -> None:
        """Say that no more will come; an event without its blank line counts."""
        self.ended = True
        if self._head is not None:
            head = self._head
            self._begin(None)
            self._splitter.feed(head)
        if self._events is not None:
            self._events.feed(b"\n\n")
        else:
            self._splitter.feed_eof()

    def next_document(self) -> bytes | None:
        """Take a document, not parsed; None if none is whole.

        Raises:
            LineTooLongError: it is above ``max_size``.
            TruncatedStreamError: the end came inside a document.
        """
        self._splitter.max_size = self.max_size
        while (document := self._splitter.next_document()) is None:
            if self._events is None:
                return None
            # The event has ended, though the stream has not: so has its document.
            document = self._splitter.take_open()
            if document is not None:
                break
            self._events.max_size = self.max_size
            event = self._events.next_event()
            if event is None:
                return None
            if event.data.strip() != DONE:
                self._splitter.feed(event.data.encode())
                if self.ended:
                    self._splitter.feed_eof()
        return document

    @property
    def buffered(self) -> int:
        """Bytes that were fed and belong to no document taken yet."""
        waiting = self._events.buffered if self._events is not None else len(self._head or b"")
        return waiting + self._splitter.buffered

    def _begin(self, events: SseDecoder | None) -> None:
        """Start with what the payload has turned out to be."""
        self._events = events
        self._head = None
