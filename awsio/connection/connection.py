"""`PawsConnection`: the public face of a stream, thin layers on one read loop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn, Self

from awsio.connection.arguments import check_frame, check_limit
from awsio.connection.body import ResponseFacts
from awsio.connection.contents import ContentReaders
from awsio.connection.log import StreamLog
from awsio.connection.options import DEFAULT_OPTIONS, StreamOptions
from awsio.connection.pieces import PayloadPieces, check_skipped
from awsio.connection.response import Exchange, ResponseInfo
from awsio.connection.skipping import Skipping
from awsio.connection.stream import FrameStream
from awsio.connection.text_reader import TextReader
from awsio.connection.watching import WatchedBytes, WatchedParser
from awsio.connection.wire_file import WireFile
from awsio.errors import AwsioError
from awsio.eventstream import FrameDecoder
from awsio.sources import make_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Unpack

    from awsio.connection.options import StreamOptionArguments
    from awsio.connection.parser import FrameParser
    from awsio.connection.watching import StreamWatcher
    from awsio.eventstream import Frame

__all__ = ("PawsConnection",)


class PawsConnection(ResponseInfo, ContentReaders, WireFile):
    """A readable binary file over an event stream, which also returns frames and events.

    ``for event in con``, ``con.read_event()`` and ``con.read_frame()`` return what the
    stream carries; ``read``, ``readinto`` and everything built on them return the bytes
    of the wire. They may be mixed: bytes start at the first undelivered frame.

    Args:
        source: a urllib3 response; any object whose ``read`` returns bytes, such as an
            open file, ``BytesIO`` or a socket file; or a :class:`~awsio.sources.ByteSource`. The
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
        self._facts = ResponseFacts(self.status_code, self.headers.get("content-type"))
        self._stream = FrameStream(
            byte_source,
            FrameDecoder(max_payload=options.max_payload, max_headers=options.max_headers),
            terminal=parser.terminal if parser is not None else frozenset(),
            facts=self._facts,
            opens_with_initial=getattr(parser, "opens_with_initial", False),
        )
        self._stream.frames.operation_name = parser.operation_name if parser is not None else ""
        self._pieces = PayloadPieces(self._stream, parser)
        self._watched: WatchedParser | None = None
        self._texts = TextReader(self._stream, self._pieces, self._facts)
        self._apply(options)

    # Events and frames

    def read_event(
        self, *, raw: bool = False, timeout: float | None = None, max_size: int | None = None
    ) -> Any:
        """Read the next event.

        Args:
            raw: return the frame instead, as :meth:`read_frame` does.
            timeout: the longest wait in seconds for the event; 0 takes only what is
                there; None waits as :attr:`idle_timeout` says.
            max_size: the longest frame accepted by this read, in bytes. A longer one is
                an error and skipped.

        Returns:
            The event, a dict of one member in boto3's form; without a parser the
            :class:`~awsio.eventstream.Frame`; None at the end, again and again.

        Raises:
            StreamTimeoutError: it did not arrive within ``timeout``, or nothing arrived
                within :attr:`idle_timeout`. Nothing is lost: the next call continues. The
                transport's own timeout is latched.
            ServiceStreamError: the service sent an exception or an error.
            EventParseError: the frame is not what the model says; the next call continues.
            FrameError: the bytes are damaged; latched.
            NotAnEventStreamError: the body is something else; latched, its bytes can
                still be read.
            TruncatedStreamError: the bytes end inside a frame, or before the HTTP
                body's end; latched.
            IncompleteStreamError: the terminal event never came, or not a single frame of
                a stream that opens with an initial response; latched.
            ConnectionLostError: the transport broke; latched.
            ReaderConflictError: a byte read stands inside a frame.
            ValueError: the connection is closed.
        """
        if max_size is not None:
            check_limit(max_size)
        parser = self._pieces.parser
        deadline = None if timeout is None else time.monotonic() + timeout
        skipped = 0
        frame = None
        try:
            while (frame := self._stream.next_frame(timeout)) is not None:
                if max_size is not None:
                    check_frame(frame, max_size)
                if raw or parser is None:
                    return frame if self._watched is None else self._watched.look(frame)
                event = parser.parse(frame)
                if event is not None:
                    return event
                self._pieces.initial = parser.parse_initial(frame)
                frame = None
                skipped += 1
                if deadline is not None:
                    timeout = deadline - time.monotonic()
                check_skipped(skipped, timeout)
        except AwsioError as error:
            self._stream.raise_known(error)
            raise
        except BaseException:
            if frame is not None:  # interrupted: it is read again
                self._stream.frames.queue.appendleft(frame)
            raise
        return None

    def read_frame(
        self, *, timeout: float | None = None, max_size: int | None = None
    ) -> Frame | None:
        """Read the next frame as it is on the wire, whatever it carries.

        Args:
            timeout: as in :meth:`read_event`.
            max_size: as in :meth:`read_event`.

        Returns:
            The frame, None at the end.

        Raises:
            StreamError: as in :meth:`read_event`, except what a parser raises.
            ReaderConflictError: a byte read stands inside a frame.
            ValueError: the connection is closed.
        """
        check_limit(max_size)
        frame = self._stream.next_frame(timeout)
        if frame is not None:
            if max_size is not None:
                try:
                    check_frame(frame, max_size)
                except AwsioError as error:
                    self._stream.raise_known(error)
                    raise
            if self._watched is not None:
                try:
                    self._watched.look(frame)
                except BaseException:
                    self._stream.frames.queue.appendleft(frame)
                    raise
        return frame

    def __iter__(self) -> Self:
        """Iterate over events, where files return lines; see :meth:`read_event`.

        Raises:
            ValueError: the connection is closed.
        """
        self._stream.check_open()
        return self

    def _without(self, skips: Callable[[Any], bool]) -> Iterator[Any]:
        """Iterate over the events but those for which a function is true."""
        self._stream.check_open()
        return Skipping(self, self._stream, skips)

    def __next__(self) -> Any:
        """Return the next event."""
        event = self.read_event()
        if event is None:
            raise StopIteration
        return event

    @property
    def initial_response(self) -> Mapping[str, Any] | None:
        """The output members that RPC protocols send as the stream's first frame.

        Waits for the first frame if none was read. None where the stream has no such
        frame, or where it was read raw.

        Raises:
            StreamError: as in :meth:`read_event`.
        """
        pieces = self._pieces
        if pieces.initial is None and pieces.parser is not None and not self.closed:
            frame = self._stream.peek()
            if frame is not None:
                pieces.initial = pieces.parser.parse_initial(frame)
        return pieces.initial

    @property
    def parser(self) -> FrameParser | None:
        """What makes events of frames; it knows the operation. None: events are frames."""
        parser = self._pieces.parser
        return parser.parser if isinstance(parser, WatchedParser) else parser

    @property
    def received(self) -> int:
        """Bytes of the body that have arrived so far, delivered or not; gzip is unpacked."""
        return self._stream.transport.received

    @property
    def require_terminal(self) -> bool:
        """Whether a clean end without the operation's terminal event is an error."""
        return self._options.require_terminal

    @require_terminal.setter
    def require_terminal(self, value: bool) -> None:
        self._apply(self._options.with_changes({"require_terminal": value}))

    @property
    def idle_timeout(self) -> float | None:
        """Seconds of silence after which a read without a timeout of its own gives up.

        It holds for every read, of events, frames, bytes and text, and restarts with each
        byte that arrives. When it passes, a resumable
        :class:`~awsio.errors.StreamTimeoutError` is raised: the next read continues. It
        takes the place of
        :attr:`transport_timeout`, longer or shorter; None leaves that one in force.

        Raises:
            ValueError: when it is set to less than 0.
        """
        return self._options.idle_timeout

    @idle_timeout.setter
    def idle_timeout(self, seconds: float | None) -> None:
        self._apply(self._options.with_changes({"idle_timeout": seconds}))

    @property
    def verbosity(self) -> int:
        """What is logged to the logger ``awsio``, 0 to 3; logging starts when it is set.

        Raises:
            TypeError: when it is set to something other than an int.
            ValueError: when it is set to less than 0 or more than 3.
        """
        return self._options.verbosity

    @verbosity.setter
    def verbosity(self, value: int) -> None:
        self._stream.log = None  # the headers are logged each time that it is set
        self._apply(self._options.with_changes({"verbosity": value}))

    @property
    def options(self) -> StreamOptions:
        """The options in force."""
        return self._options

    def _apply(self, options: StreamOptions) -> None:
        """Put options into force."""
        self._options = options
        stream = self._stream
        stream.frames.require_terminal = options.require_terminal
        stream.transport.idle_timeout = options.idle_timeout
        if not options.verbosity:
            stream.log = None
        elif stream.log is None or stream.log.verbosity != options.verbosity:
            log = stream.log = StreamLog(options.verbosity)
            log.exchange(self)

    def watch(self, watcher: StreamWatcher) -> None:
        """Let an object see every event that is read, and how the stream ends.

        Args:
            watcher: a :class:`~awsio.StreamWatcher`. It takes the place of one set before,
                and is kept until the connection is gone.

        Example:
            >>> import awsio
            >>> class Count:
            ...     events = 0
            ...     def event(self, event, frame):
            ...         self.events += 1
            ...         return event
            ...     def ended(self, error):
            ...         print("ended after", self.events, error)
            ...     def closed(self):
            ...         print("closed")
            >>> wire = awsio.testing.encode_events("s3", "SelectObjectContent", [{"End": {}}])
            >>> with awsio.open(wire, "s3", "SelectObjectContent") as con:
            ...     con.watch(Count())
            ...     print(list(con))
            ended after 1 None
            [{'End': {}}]
            closed
        """
        self._stream.watcher = watcher
        parser = self.parser
        if parser is not None:
            self._pieces.parser = self._watched = WatchedParser(parser, watcher)
            self._stream.bytes.watch = WatchedBytes(self._watched).look

    def is_framed(self) -> bool:
        """Return whether the body is an event stream; waits for its first bytes.

        Raises:
            StreamError: the first bytes are a damaged frame, or cannot come.
        """
        return self._stream.is_framed()

    def is_complete(self) -> bool:
        """Return whether the end was reached and everything was delivered. Never waits.

        Everything: also the text that :meth:`read_lines` and its siblings have received and
        not yet returned.
        """
        return self._stream.is_complete() and not self._texts.buffered

    @property
    def transport_timeout(self) -> float | None:
        """Seconds that the transport waits for bytes before it gives up; None waits without end.

        botocore's clients have it from ``Config(read_timeout=...)``, 60 if nothing is set.
        """
        return self._stream.transport.timeout

    def close(self) -> None:
        """Close the connection; safe to call twice, and from any thread.

        A reader in another thread is woken and gets a ``ValueError``. After the
        terminal event the body's end is read, within 64 KiB and 50 ms, so that the
        HTTP connection can be reused; otherwise it is closed.
        """
        super().close()
        stream = self.__dict__.get("_stream")  # absent if __init__ failed
        if stream is not None:
            stream.close()  # each time: the first one may have been interrupted

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied: the bytes that arrive can have one reader only.

        Raises:
            TypeError: always.
        """
        msg = (
            "a live connection cannot be pickled or copied: pass on the events that it gives, "
            "or the arguments of the call that opened it"
        )
        raise TypeError(msg)

    def __repr__(self) -> str:
        """Show the operation, the status and the state."""
        parser = self._pieces.parser
        operation = parser.operation_name if parser is not None else ""
        state = "closed" if self.closed else "complete" if self.is_complete() else "open"
        status = f" {self.status_code}" if self.status_code is not None else ""
        return f"<{type(self).__name__} {operation or 'frames'}{status} {state}>"
