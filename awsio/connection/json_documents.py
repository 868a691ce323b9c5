"""`JsonDocuments`: what a payload of JSON says, document by document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from awsio.errors import EventParseError
from awsio.events.json import loads
from awsio.json_text import JsonDecoder
from awsio.text import decoder_of

if TYPE_CHECKING:
    from awsio.connection.connection import PawsConnection

__all__ = ("JsonDocuments",)

READ_SIZE = 64 * 1024
SHOWN = 60
SSE = "text/event-stream"


class JsonDocuments:
    """An iterator; see :meth:`PawsConnection.iter_json`.

    It is no generator: one that has raised an error is over, and this one goes on.

    Args:
        connection: what is read. Its decoder, with what came and was not taken, is the
            connection's own.
        member: of which event the bytes are taken.
        max_size: the longest document accepted, in bytes.
    """

    def __init__(
        self, connection: PawsConnection, member: str | None, max_size: int | None
    ) -> None:
        self._connection = connection
        self._member = member
        self._max_size = max_size
        decoder_of(connection, JsonDecoder, max_size)  # a conflict is found here already

    def __iter__(self) -> Self:
        """Give itself."""
        return self

    def __next__(self) -> Any:
        """Give the next document."""
        decoder = decoder_of(self._connection, JsonDecoder, self._max_size)
        while (document := decoder.next_document()) is None:
            if decoder.ended:
                raise StopIteration
            self._feed(decoder)
        try:
            return loads(document)
        except (ValueError, RecursionError) as error:
            msg = f"this is no JSON ({error}): {document[:SHOWN]!r}"
            raise EventParseError(msg, data=document) from error

    def _feed(self, decoder: JsonDecoder) -> None:
        """Read the next piece and feed it to the decoder."""
        con = self._connection
        piece: bytes | None
        if con.is_framed:
            piece = con.read_payload(self._member)
        else:
            if (con.content_type or "").lower() == SSE:
                decoder.expect_events()
            piece = con.read(READ_SIZE) or None
        if piece is None:
            decoder.feed_eof()
        else:
            decoder.feed(piece)
