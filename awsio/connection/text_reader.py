"""`TextReader`: the text of a connection as lines, server-sent events or JSON documents.

The text is that of the events' bytes where the body is an event stream, and otherwise the
body itself. What came and was not taken stays here, in one decoder at a time, guarded by
the stream's lock: each line, event and document goes to one thread.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from awsio.errors import EventParseError, ReaderConflictError
from awsio.lines import LineDecoder
from awsio.media_type import SERVER_SENT_EVENTS, media_type
from awsio.sse import ServerSentEvent, SseDecoder

if TYPE_CHECKING:
    from awsio.connection.body import ResponseFacts
    from awsio.connection.pieces import PayloadPieces
    from awsio.connection.stream import FrameStream
    from awsio.json_text import JsonDecoder

__all__ = ("END", "TextReader")

logger = logging.getLogger("awsio")

TEXT_PIECE = 64 * 1024
SHOWN = 60
#: What :meth:`TextReader.read_document` returns at the end, for a document may be null.
END: Any = object()


class TextDecoder(Protocol):
    """What takes text in pieces.

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


class TextReader:
    """Reads the text of one connection.

    Args:
        stream: the stream.
        pieces: the bytes of its events.
        facts: what the response says of the body.
    """

    def __init__(self, stream: FrameStream, pieces: PayloadPieces, facts: ResponseFacts) -> None:
        self._stream = stream
        self._pieces = pieces
        self._facts = facts
        self._decoder: TextDecoder | None = None  # guarded by the stream's lock

    @property
    def buffered(self) -> int:
        """Bytes of text that were read and not yet returned."""
        return 0 if self._decoder is None else self._decoder.buffered

    def read_lines(self, count: int, max_size: int | None, charset: str | None) -> list[str] | None:
        """Return lines, fewer at the end, then None."""

        def step(deadline: float | None) -> list[str] | None:
            decoder = self.use(LineDecoder, max_size)
            decoder.use_charset(charset or self._charset(deadline))
            lines: list[str] = []
            try:
                while len(lines) < count:
                    line = decoder.next_line()
                    if line is None:
                        piece = self._next_piece(None, deadline)
                        if piece is not None:
                            decoder.feed(piece)
                            continue
                        decoder.feed_eof()
                        line = decoder.next_line()
                        if line is None:
                            break
                    lines.append(line)
            except BaseException:
                decoder.unread(lines)  # they are still there after the error
                raise
            return lines or None

        return self._stream.exclusively(step)

    def read_event(self, max_size: int | None) -> ServerSentEvent | None:
        """Return the next server-sent event, None at the end."""

        def step(deadline: float | None) -> ServerSentEvent | None:
            decoder = self.use(SseDecoder, max_size)
            while (event := decoder.next_event()) is None:
                piece = self._next_piece(None, deadline)
                if piece is None:
                    dropped = decoder.feed_eof()
                    if dropped:
                        logger.warning(
                            "The stream ended inside a server-sent event: %s bytes are dropped",
                            dropped,
                        )
                    return None
                decoder.feed(piece)
            return event

        return self._stream.exclusively(step)

    def read_document(self, wanted: str | None, max_size: int | None) -> Any:
        """Return the next JSON document, parsed, or :data:`END`."""
        # What JSON needs: a caller that reads events alone need not wait for it.
        from awsio.events.json import loads  # noqa: PLC0415 - as the line above says
        from awsio.json_text import JsonDecoder  # noqa: PLC0415 - as above

        def step(deadline: float | None) -> tuple[Any] | None:
            decoder = self.use(JsonDecoder, max_size)
            while (document := decoder.next_document()) is None:
                if decoder.ended:
                    return None
                self._feed_json(decoder, wanted, deadline)
            try:
                return (loads(document),)
            except (ValueError, RecursionError) as error:
                msg = f"this is not JSON ({error}): {document[:SHOWN]!r}"
                raise EventParseError(msg, data=document) from error

        found = self._stream.exclusively(step)
        return END if found is None else found[0]

    def check_json(self, max_size: int | None) -> None:
        """Begin to read JSON.

        Raises:
            ReaderConflictError: another kind of reader holds text.
        """
        from awsio.json_text import JsonDecoder  # noqa: PLC0415 - as in read_document

        def step(_: float | None) -> None:
            self.use(JsonDecoder, max_size)

        self._stream.exclusively(step)

    def use(self, kind: type[Decoder], max_size: int | None) -> Decoder:
        """Return the decoder of a kind inside a step, the same one as long as it holds text.

        Raises:
            ReaderConflictError: a decoder of another kind holds text.
        """
        decoder = self._decoder
        if not isinstance(decoder, kind):
            if decoder is not None and decoder.buffered:
                msg = f"{decoder.buffered} bytes wait in the reader used before; read them with it"
                raise ReaderConflictError(msg)
            decoder = self._decoder = kind(max_size)
        decoder.max_size = max_size
        return decoder

    def _charset(self, deadline: float | None) -> str:
        """Return the charset of the text: a response speaks of its own body alone."""
        return "utf-8" if self._stream.holds_frames(deadline) else self._facts.charset

    def _feed_json(self, decoder: JsonDecoder, wanted: str | None, deadline: float | None) -> None:
        """Feed the next piece of text."""
        is_sse = media_type(self._facts.content_type) == SERVER_SENT_EVENTS
        if is_sse and not self._stream.holds_frames(deadline):
            decoder.expect_events()
        piece = self._next_piece(wanted, deadline)
        if piece is None:
            decoder.feed_eof()
        else:
            decoder.feed(piece)

    def _next_piece(self, wanted: str | None, deadline: float | None) -> bytes | None:
        """Return the next piece of text; None at the end."""
        if self._stream.holds_frames(deadline):
            if wanted is None:
                self._pieces.event_type(None)  # some event has to carry bytes
            return self._pieces.next_piece(wanted, deadline)
        return self._stream.take_bytes(TEXT_PIECE) or None
