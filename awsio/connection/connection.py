"""`PawsConnection`: the public face of a stream, thin layers on one read loop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn, Self

from awsio.connection.log import StreamLog, verbosity_level
from awsio.connection.options import DEFAULT_OPTIONS, StreamOptions
from awsio.connection.response import Exchange, ResponseInfo
from awsio.connection.stream import (
    READ_SIZE,
    FrameParser,
    FrameStream,
    check_size,
    idle_seconds,
)
from awsio.connection.wire_file import WireFile
from awsio.errors import UnknownNameError
from awsio.eventstream import Frame, FrameDecoder
from awsio.payload import PayloadFile, PayloadReader
from awsio.sources import make_source

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Mapping

    from typing_extensions import Unpack

    from awsio.connection.options import StreamOptionArguments

__all__ = ("PawsConnection",)


class PawsConnection(ResponseInfo, WireFile):
    """A readable binary file over an event stream, which also gives frames and events.

    ``for event in con``, ``con.read_event()`` and ``con.read_frame()`` give what the
    stream carries; ``read``, ``readinto`` and everything built on them give the bytes
    of the wire. They may be mixed: bytes start at the first undelivered frame.

    Args:
        source: a urllib3 response, any object whose ``read`` gives bytes: an open
            file, ``BytesIO``, a socket file; or a :class:`~awsio.sources.ByteSource`. The
            connection owns it: closing the connection closes it.
        parser: makes events of frames; without one, events are frames.
        exchange: what is known of the HTTP exchange.
        options: the options of the stream.
        changes: single options by name, which take precedence over ``options``; see
            :class:`~awsio.StreamOptions`.

    Raises:
        TypeError: no bytes can be read from ``source``, or an option does not exist or has
            a value of the wrong type.
        ValueError: an option has an impossible value.

    Example:
        >>> import io
        >>> from awsio import PawsConnection
        >>> from awsio.eventstream import encode_frame
        >>> wire = encode_frame({":event-type": "End"}, b"bye")
        >>> with PawsConnection(io.BytesIO(wire)) as con:
        ...     for frame in con:
        ...         print(frame.event_type, frame.payload)
        End b'bye'
    """

    def __init__(
        self,
        source: Any,
        parser: FrameParser | None = None,
        *,
        exchange: Exchange | None = None,
        options: StreamOptions = DEFAULT_OPTIONS,
        **changes: Unpack[StreamOptionArguments],
    ) -> None:
        super().__init__()
        options = options.with_changes(changes)
        byte_source = make_source(source)
        self._http = getattr(byte_source, "http", None)
        self._exchange = exchange or Exchange()
        self._parser = parser
        self._initial: Mapping[str, Any] | None = None
        self._stream = FrameStream(
            byte_source,
            FrameDecoder(max_payload=options.max_payload, max_headers=options.max_headers),
            operation_name=parser.operation_name if parser is not None else "",
            terminal=parser.terminal if parser is not None else frozenset(),
            status_code=self.status_code,
            content_type=self.headers.get("content-type"),
            framed=getattr(byte_source, "framed", True),
        )
        self._stream.require_terminal = options.require_terminal
        self.idle_timeout = options.idle_timeout
        self.verbosity = options.verbosity

    # Events and frames

    def read_event(
        self, *, raw: bool = False, timeout: float | None = None, max_size: int | None = None
    ) -> Any:
        """Read the next event.

        Args:
            raw: give the frame instead, as :meth:`read_frame` does.
            timeout: the longest wait in seconds for the event; 0 takes only what is
                there; None waits as :attr:`idle_timeout` says.
            max_size: the longest frame accepted by this read, in bytes. A longer one is
                an error and passed over.

        Returns:
            The event, a dict of one member in boto3's form; without a parser the
            :class:`~awsio.eventstream.Frame`; None at the end, again and again.

        Raises:
            StreamTimeoutError: it did not come within ``timeout``, or nothing came
                within :attr:`idle_timeout`. Nothing is lost: the next call goes on. The
                transport's own timeout is latched.
            ServiceStreamError: the service sent an exception or an error.
            EventParseError: the frame is not what the model says; the next call goes on.
            FrameError: the bytes are damaged; latched.
            NotAnEventStreamError: the body is something else; latched, its bytes can
                still be read.
            TruncatedStreamError: the bytes end inside a frame, or before the HTTP
                body's end; latched.
            IncompleteStreamError: the terminal event never came; latched.
            ConnectionLostError: the transport broke; latched.
            ReaderConflictError: a byte read stands inside a frame.
            ValueError: the connection is closed.
        """
        parser = self._parser
        deadline = None if timeout is None else time.monotonic() + timeout
        while (frame := self._stream.next_frame(timeout)) is not None:
            if max_size is not None:
                check_size(frame, max_size)
            if raw or parser is None:
                return frame
            event = parser.parse(frame)
            if event is not None:
                return event
            self._initial = parser.parse_initial(frame)
            if deadline is not None:
                timeout = deadline - time.monotonic()
        return None

    def read_frame(
        self, *, timeout: float | None = None, max_size: int | None = None
    ) -> Frame | None:
        """Read the next frame as it is on the wire, whatever it carries.

        Args:
            timeout: as in :meth:`read_event`.
            max_size: likewise.

        Returns:
            The frame, None at the end.

        Raises:
            StreamError: as in :meth:`read_event`, but for what a parser raises.
            ReaderConflictError: a byte read stands inside a frame.
            ValueError: the connection is closed.
        """
        frame = self._stream.next_frame(timeout)
        if max_size is not None and frame is not None:
            check_size(frame, max_size)
        return frame

    def __iter__(self) -> Self:
        """Iterate over events, where files give lines; see :meth:`read_event`."""
        return self

    def __next__(self) -> Any:
        """Give the next event."""
        # As read_event() without arguments, in one call less for each event of a loop.
        parser = self._parser
        while (frame := self._stream.next_frame()) is not None:
            if parser is None:
                return frame
            event = parser.parse(frame)
            if event is not None:
                return event
            self._initial = parser.parse_initial(frame)
        raise StopIteration

    @property
    def initial_response(self) -> Mapping[str, Any] | None:
        """The output members that RPC protocols send as the stream's first frame.

        Waits for the first frame if none was read. None where the stream has no such
        frame, or where it was read raw.

        Raises:
            StreamError: as in :meth:`read_event`.
        """
        if self._initial is None and self._parser is not None and not self.closed:
            frame = self._stream.peek()
            if frame is not None:
                self._initial = self._parser.parse_initial(frame)
        return self._initial

    @property
    def parser(self) -> FrameParser | None:
        """What makes events of frames; it knows the operation. None: events are frames."""
        return self._parser

    @property
    def received(self) -> int:
        """Bytes of the body that have come so far, delivered or not; those of gzip unpacked."""
        return self._stream.received

    @property
    def require_terminal(self) -> bool:
        """Whether a clean end without the operation's terminal event is an error."""
        return self._stream.require_terminal

    @require_terminal.setter
    def require_terminal(self, value: bool) -> None:
        self._stream.require_terminal = value

    @property
    def idle_timeout(self) -> float | None:
        """Seconds of silence after which a read without a timeout of its own gives up.

        It is asked of every read, of events, frames and bytes, and begins anew with
        each byte that comes. Running out is a :class:`~awsio.errors.StreamTimeoutError`
        that is resumable: the next read goes on. It takes the place of
        :attr:`transport_timeout`, longer or shorter; None leaves that one in force.

        Raises:
            ValueError: when it is set to less than 0.
        """
        return self._stream.idle_timeout

    @idle_timeout.setter
    def idle_timeout(self, seconds: float | None) -> None:
        self._stream.idle_timeout = idle_seconds(seconds)

    @property
    def verbosity(self) -> int:
        """What is told to the logger ``awsio``, 0 to 3; telling begins when it is set.

        Raises:
            TypeError: when it is set to what is no int.
            ValueError: when it is set to less than 0 or more than 3.
        """
        return 0 if self._stream.log is None else self._stream.log.verbosity

    @verbosity.setter
    def verbosity(self, value: int) -> None:
        self._stream.log = log = StreamLog(value) if verbosity_level(value) else None
        if log is not None:
            log.exchange(self)

    @property
    def is_framed(self) -> bool:
        """Whether the body is an event stream; waits for its first bytes.

        Raises:
            StreamError: the first bytes are a damaged frame, or cannot come.
        """
        return self._stream.is_framed()

    def is_complete(self) -> bool:
        """Tell whether the end was reached and all was delivered. Never waits."""
        return self._stream.is_complete()

    # What events carry

    def read_payload(self, member: str | None = None) -> bytes | None:
        """Read on to the next event that carries bytes, and give them.

        Args:
            member: only of this event, as ``Records``; its blob member may be named
                behind a dot, as ``Records.Payload``. None takes every event's.

        Returns:
            The bytes of one event, without a parser the payload of one frame; None at
            the end. Events without bytes are passed over.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
            ServiceStreamError: as in :meth:`read_event`; also for an ordinary event
                that tells a failure, as Lambda's ``InvokeComplete`` with an error code.
            StreamError: as in :meth:`read_event`.
        """
        wanted = self._blob_of(member)
        while (event := self.read_event()) is not None:
            if self._parser is None:
                if wanted in {None, event.event_type}:
                    payload: bytes = event.payload
                    return payload
                continue
            piece = self._parser.payload_of(event)
            if piece is not None and (wanted is None or wanted in event):
                return piece
        return None

    def _blob_of(self, member: str | None) -> str | None:
        """Find the event that a member of :meth:`read_payload` means; None for every event.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
        """
        if member is None:
            if self._parser is not None and not self._parser.blobs:
                msg = f"no event of {self._parser.operation_name} carries bytes: read its events"
                raise UnknownNameError(msg)
            return None
        event_type, _, blob = member.partition(".")
        if self._parser is not None:
            blobs = self._parser.blobs
            if blobs.get(event_type) is None or blob not in {"", blobs[event_type]}:
                known = [f"{name}.{field}" for name, field in blobs.items()]
                msg = f"{self._parser.operation_name} has no bytes in {member!r}"
                raise UnknownNameError(msg, suggestions=known)
        return event_type

    def payload(self, member: str | None = None) -> io.BufferedReader:
        """Give a readable binary file of what the events carry, joined.

        For S3 rows, SageMaker parts, Lambda chunks and Bedrock bytes, which are cut
        anywhere: ``pandas.read_csv(con.payload())``, ``for line in con.payload()``,
        ``io.TextIOWrapper(con.payload())``.

        Args:
            member: as in :meth:`read_payload`.

        Returns:
            The file. Its ``read1`` gives what is there; closing it leaves the
            connection open. It raises what :meth:`read_payload` raises, and a read that
            fails loses nothing: the next one begins where it began.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
        """
        self._blob_of(member)
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
        check = getattr(self._parser, "check_expression", None)  # other parsers may lack it
        if check is not None:
            check(compiled.parsed)
        search = compiled.search
        return (found for event in self if (found := search(event)) is not None)

    def iter_json(self, member: str | None = None, *, max_size: int | None = None) -> Iterator[Any]:
        """Iterate over the JSON documents that the events carry, or the body itself.

        For Bedrock's chunks, one document each; for JSON lines, documents one behind
        another, and server-sent events with JSON as data (``[DONE]`` is passed over),
        which SageMaker and Lambda cut anywhere; and for bodies of JSON that are no event
        streams. A document is given as soon as its last byte is there; a number or a
        literal that stands alone, when white space or the end comes behind it.

        Args:
            member: as in :meth:`read_payload`.
            max_size: the longest document accepted, in bytes; of server-sent events, the
                longest event.

        Returns:
            An iterator over the parsed documents. What came and was not taken stays for
            the next call, and ``next()`` may go on after an error.

        Raises:
            UnknownNameError: no event of the operation carries such bytes.
            ReaderConflictError: the connection was read as lines before.
            EventParseError: from the iterator: something is no JSON; it is passed over.
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
        if member is not None:  # without one, the body may be JSON itself
            self._blob_of(member)
        # What JSON needs: who reads events alone need not wait for it.
        from awsio.connection.json_documents import JsonDocuments  # noqa: PLC0415 - as said

        return JsonDocuments(self, member, max_size)

    @property
    def transport_timeout(self) -> float | None:
        """Seconds that the transport waits for bytes before it gives up; None: no end.

        botocore's clients have it from ``Config(read_timeout=...)``, 60 if nothing is set.
        """
        return self._stream.transport_timeout

    def close(self) -> None:
        """Close the connection; safe to call twice, and from any thread.

        A reader in another thread is woken and gets a ``ValueError``. After the
        terminal event the body's end is read, within 64 KiB and 50 ms, so that the
        HTTP connection can be used again; otherwise it is closed.
        """
        if not self.closed:
            super().close()
            stream = self.__dict__.get("_stream")  # absent if __init__ failed
            if stream is not None:
                stream.close()

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: there is one reader of the bytes that come.

        Raises:
            TypeError: always.
        """
        msg = (
            "a live connection cannot be pickled or copied: pass on the events that it gives, "
            "or the arguments of the call that opened it"
        )
        raise TypeError(msg)

    def __repr__(self) -> str:
        """Show what is read and how far it is."""
        operation = self._parser.operation_name if self._parser is not None else ""
        state = "closed" if self.closed else "complete" if self.is_complete() else "open"
        status = f" {self.status_code}" if self.status_code is not None else ""
        return f"<{type(self).__name__} {operation or 'frames'}{status} {state}>"
