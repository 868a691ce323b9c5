"""`ContentReaders`: what the events of a stream carry, as bytes, lines or documents."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any, Self

from awsio.connection.arguments import check_charset, check_limit
from awsio.connection.text_reader import END
from awsio.connection.transport import READ_SIZE
from awsio.errors import AwsioError
from awsio.payload import PayloadFile, PayloadReader

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from awsio.connection.pieces import PayloadPieces
    from awsio.connection.stream import FrameStream
    from awsio.connection.text_reader import TextReader
    from awsio.sse import ServerSentEvent

__all__ = ("ContentReaders",)


class ContentReaders:
    """Readers of contents; the class that inherits them reads the events."""

    _pieces: PayloadPieces
    _stream: FrameStream
    _texts: TextReader

    if TYPE_CHECKING:

        def read_event(self) -> Any:
            """Read the next event."""

    def read_payload(self, member: str | None = None) -> bytes | None:
        """Read to the next event that carries bytes, and return them.

        Args:
            member: only of this event, such as ``Records``; its blob member may be named
                after a dot, as in ``Records.Payload``. None takes every event's.

        Returns:
            The bytes of one event, without a parser the payload of one frame; None at
            the end. Events without bytes are skipped.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
            ServiceStreamError: as in :meth:`PawsConnection.read_event`; also for an
                ordinary event that reports a failure, such as Lambda's ``InvokeComplete``
                with an error code.
            StreamError: as in :meth:`PawsConnection.read_event`.
        """
        wanted = self._pieces.event_type(member)
        # A loop that reads in its condition could be interrupted between that and its body.
        while True:
            event = self.read_event()
            if event is None:
                return None
            try:
                piece = self._pieces.piece_of(event, wanted)
            except AwsioError:
                raise
            except BaseException as error:
                self._stream.lost = True  # interrupted with the event in hand
                self._stream.lose(error)
                raise
            if piece is not None:
                return piece

    def payload(self, member: str | None = None) -> io.BufferedReader:
        """Return a readable binary file of what the events carry, joined.

        For S3 rows, SageMaker parts, Lambda chunks and Bedrock bytes, which are cut
        anywhere: ``pandas.read_csv(con.payload())``, ``for line in con.payload()``,
        ``io.TextIOWrapper(con.payload())``.

        Args:
            member: as in :meth:`read_payload`.

        Returns:
            The file. Its ``read1`` returns what is there; closing it leaves the
            connection open. It raises what :meth:`read_payload` raises, and a read that
            fails loses nothing: the next one begins where it began. Threads may share it.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
        """
        self._pieces.event_type(member)
        return PayloadFile(PayloadReader(lambda: self.read_payload(member)), READ_SIZE)

    def select(self, expression: str) -> Iterator[Any]:
        """Iterate over what a JMESPath expression finds in the events.

        Args:
            expression: the expression, such as ``contentBlockDelta.delta.text``. Unknown
                events are selected by ``SDK_UNKNOWN_MEMBER``.

        Returns:
            An iterator over the results; events where the result is null are left out.

        Raises:
            jmespath.exceptions.JMESPathError: the expression is wrong; raised here,
                not at the first result.
            UnknownNameError: no event of the operation has one of the names, so it never
                finds anything; raised here, too.
        """
        import jmespath  # noqa: PLC0415 - needed by select() only

        compiled = jmespath.compile(expression)
        check = getattr(self._pieces.parser, "check_expression", None)  # other parsers may lack it
        if check is not None:
            check(compiled.parsed)
        search = compiled.search
        events = iter(self.read_event, None)
        return (found for event in events if (found := search(event)) is not None)

    def read_lines(
        self, count: int = 1, *, max_size: int | None = None, charset: str | None = None
    ) -> list[str] | None:
        """Read lines, which may cross the frames of an event stream.

        LF and CR LF end a line, a CR alone does not, as in httr2.

        Args:
            count: how many to read.
            max_size: the longest line accepted, in bytes.
            charset: of the text; by default UTF-8 for what events carry, and for other
                bodies what the response's content type names.

        Returns:
            ``count`` lines without their ends, fewer at the end, then None. Each line goes
            to one thread.

        Raises:
            ValueError: ``count`` is not positive, ``max_size`` is negative, or the
                connection is closed.
            TypeError: an argument is of the wrong type.
            LineTooLongError: a line is above ``max_size``.
            TextDecodeError: the text is not in the charset, or Python does not have it.
            ReaderConflictError: the connection was read as another kind of text before.
            StreamError: as in :meth:`read_payload`.
        """
        check_limit(max_size)
        check_charset(charset)
        count = index(count)
        if count <= 0:
            msg = f"a read takes at least one line, not {count}"
            raise ValueError(msg)
        return self._texts.read_lines(count, max_size, charset)

    def read_server_sent_event(self, *, max_size: int | None = None) -> ServerSentEvent | None:
        """Read the next server-sent event of a ``text/event-stream``.

        The text is that of the events' bytes where the body is an event stream, and
        otherwise the body. An event that the end cuts off is dropped, as the WHATWG's rules
        say, and a warning is logged.

        Args:
            max_size: the longest event accepted, in bytes of all its lines.

        Returns:
            The event with ``type``, ``data``, ``id`` and ``retry``, None at the end.

        Raises:
            LineTooLongError: an event is above ``max_size``.
            ReaderConflictError: the connection was read as another kind of text before.
            StreamError: as in :meth:`read_payload`.
        """
        check_limit(max_size)
        return self._texts.read_event(max_size)

    def iter_json(self, member: str | None = None, *, max_size: int | None = None) -> Iterator[Any]:
        """Iterate over the JSON documents that the events carry, or the body itself.

        For Bedrock's chunks, one document each; for JSON lines, documents one after
        another, and server-sent events with JSON as data (``[DONE]`` is skipped), which
        SageMaker and Lambda cut anywhere; and for bodies of JSON that are not event
        streams. A document is returned as soon as its last byte is there; a number or a
        literal that stands alone, when white space or the end follows it.

        Args:
            member: as in :meth:`read_payload`.
            max_size: the longest document accepted, in bytes; of server-sent events, the
                longest event.

        Returns:
            An iterator over the parsed documents. What came and was not taken stays for
            the next call, and ``next()`` may continue after an error.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
            ReaderConflictError: the connection was read as another kind of text before.
            EventParseError: from the iterator: something is not JSON; it is skipped.
            TruncatedStreamError: from the iterator: the end came inside a document.
            LineTooLongError: from the iterator: a document is above ``max_size``.
            StreamError: from the iterator, as in :meth:`read_payload`.

        Example:
            >>> import io
            >>> from awsio import PawsConnection
            >>> con = PawsConnection(io.BytesIO(b'{"token": "Hel"} {"token": "lo"}'))
            >>> [document["token"] for document in con.iter_json()]
            ['Hel', 'lo']
        """
        check_limit(max_size)
        # Without a member the body may be JSON itself, of an operation whose events carry none.
        wanted = self._pieces.event_type(member) if member is not None else None
        self._texts.check_json(max_size)
        return JsonDocuments(self, self._texts, wanted, max_size)


class JsonDocuments:
    """An iterator over documents. Not a generator: one that has raised is over.

    Args:
        connection: kept open as long as its documents are read.
        texts: reads them.
        wanted: of which event the bytes are taken; None for every event.
        max_size: the longest document accepted, in bytes.
    """

    def __init__(
        self,
        connection: ContentReaders,
        texts: TextReader,
        wanted: str | None,
        max_size: int | None,
    ) -> None:
        self._connection = connection
        self._texts = texts
        self._wanted = wanted
        self._max_size = max_size

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> Any:
        """Return the next document."""
        document = self._texts.read_document(self._wanted, self._max_size)
        if document is END:
            raise StopIteration
        return document
