"""`BodyHandler`: a body that is not an event stream, such as S3's objects or Polly's audio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from botocore.response import StreamingBody

from awsio.clients.body_source import BodySource
from awsio.clients.stream_handler import StreamHandler
from awsio.connection import PawsConnection
from awsio.connection.options import DEFAULT_OPTIONS, StreamOptions
from awsio.errors import ReaderConflictError
from awsio.media_type import SERVER_SENT_EVENTS, media_type
from awsio.readers import resp_stream_raw, resp_stream_sse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer, Unpack

    from awsio.connection import Exchange
    from awsio.connection.options import StreamOptionArguments

__all__ = ("BodyHandler",)


class BodyHandler(StreamHandler, StreamingBody):
    """The streaming body of a response: botocore's ``StreamingBody`` and more.

    - Its methods (``read``, ``iter_lines``, ``iter_chunks``, ``set_socket_timeout``, ...)
      are those of botocore's body, which it reads through: botocore checks lengths and
      checksums, and errors are botocore's. There is one difference: ``with`` gives the
      handler, where botocore gives the urllib3 response.
    - ``connection=True`` returns a connection without a parser, for bytes, lines,
      server-sent events and JSON as they arrive; its errors are awsio's.
    - A function is called with each :class:`~awsio.ServerSentEvent` of a
      ``text/event-stream``, and for any other body with the bytes as they arrive.

    Once the connection was handed out, the body is read through it alone.

    Args:
        body: botocore's body, unread or partly read.
        service_name: botocore's name of the service.
        operation_name: the operation, such as ``GetObject``.
        content_type: the body's content type in the response's headers.
        exchange: what is known of the HTTP exchange, for the connection.
        options: the options of the connection.
        changes: single options by name, which take precedence over ``options``; see
            :class:`~awsio.StreamOptions`.

    Raises:
        TypeError: an option does not exist, or has a value of the wrong type.
        ValueError: an option has an impossible value.
    """

    def __init__(
        self,
        body: StreamingBody,
        service_name: str = "",
        operation_name: str = "",
        *,
        content_type: str | None = None,
        exchange: Exchange | None = None,
        options: StreamOptions = DEFAULT_OPTIONS,
        **changes: Unpack[StreamOptionArguments],
    ) -> None:
        # StreamingBody's attributes are taken from the body that is read, so its __init__ is
        # not run.
        super().__init__(service_name, operation_name)
        self._body = body
        self._content_type = content_type
        self._exchange = exchange
        self._options = options.with_changes(changes)
        self._connection: PawsConnection | None = None
        self._closed = False

    def read(self, amt: int | None = None) -> bytes:
        """Read as botocore's body does: ``amt`` bytes, fewer at the end; None reads all.

        Raises:
            botocore.exceptions.BotoCoreError: the transport broke, or the bytes differ from
                the announced length or from the checksum.
            ReaderConflictError: the connection was handed out.
        """
        return self._readable_body().read(amt)

    def readinto(self, b: Buffer) -> int:  # type: ignore[override]  # the stubs take IO[bytes]
        """Read into a buffer as botocore's body does; raise what :meth:`read` raises."""
        return self._readable_body().readinto(b)  # type: ignore[arg-type]  # as above

    def readlines(self) -> list[bytes]:  # type: ignore[override]  # as botocore has it
        """Read all lines as botocore's body does, without its checks."""
        return self._readable_body().readlines()

    def __iter__(self) -> Iterator[bytes]:
        """Iterate over the bytes in pieces of 1 KiB."""
        return StreamingBody.__iter__(self)

    def close(self) -> None:
        """Close the body, and the connection if it was handed out."""
        self._closed = True
        if self._connection is not None:
            self._connection.close()
        else:
            self._body.close()

    def __getattr__(self, name: str) -> Any:
        """Return any other attribute of botocore's body, private ones too."""
        if name == "_body":  # of a handler whose __init__ was not run
            raise AttributeError(name)
        return getattr(self._body, name)

    def through(self, wrapper: Any) -> BodyHandler:
        """Return a handler that reads the methods of what was put around this one.

        Args:
            wrapper: also another body, which others have put in the place of this one.
        """
        is_bare = wrapper is self
        if is_bare:
            return self
        return BodyHandler(
            wrapper,
            self._service_name,
            self._operation_name,
            content_type=self._content_type,
            exchange=self._exchange,
            options=self._options,
        )

    def _readable_body(self) -> StreamingBody:
        """Return the body for a read by botocore's methods."""
        if self._connection is not None:
            self._refuse(self._connection)
        return self._body

    def _refuse(self, con: PawsConnection) -> NoReturn:
        """Raise the error that says why botocore's methods cannot read any more."""
        if con.closed:
            msg = "I/O operation on closed body"
            raise ValueError(msg)
        msg = "the body was handed out as a connection: read it there"
        raise ReaderConflictError(msg)

    def _open_connection(self) -> PawsConnection:
        """Return the connection, created at the first call: it starts where reads stopped."""
        if self._connection is None:
            self._connection = PawsConnection(
                BodySource(self._body), exchange=self._exchange, options=self._options
            )
            if self._closed:
                self._connection.close()
        return self._connection

    def _read_item(self, con: PawsConnection) -> Any:
        """Read a server-sent event, or the bytes that have arrived."""
        is_sse = media_type(self._content_type) == SERVER_SENT_EVENTS
        read = resp_stream_sse if is_sse else resp_stream_raw
        return read(con)
