"""`StreamHandler`: the member of a response that is a stream."""

from __future__ import annotations

import logging
import weakref
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, overload

from botocore import xform_name
from botocore.eventstream import EventStream

from awsio.clients.wrapping import Feed, Relay
from awsio.closing import ClosedOnExit
from awsio.events.event import UNKNOWN_MEMBER, UnknownEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from awsio.connection import PawsConnection

__all__ = ("EventStreamHandler", "StreamHandler")

logger = logging.getLogger("awsio")

# Characters of an event's type in the log: the service has written it.
NAME_SHOWN = 100

DOCUMENTATION = (
    "https://docs.aws.amazon.com/boto3/latest/reference/services/{service}/client/{method}.html"
)

Result = TypeVar("Result")


class StreamHandler(ClosedOnExit):
    """The stream of a response, which can be read in three ways.

    - Called with a function, it calls the function with everything that arrives, and closes:
      ``resp.stream(lambda chunk: chunk.contentBlockDelta.delta.text)``.
    - Called with ``connection=True``, it returns the connection:
      ``con = resp.stream(connection=True)``.
    - It is also an instance of the class that boto3 returns, so code that iterates over it,
      reads it or checks its class still works.

    There are two kinds: :class:`~awsio.clients.stream_handler.EventStreamHandler` and
    :class:`~awsio.clients.body_handler.BodyHandler`.

    Args:
        service_name: botocore's name of the service.
        operation_name: the operation, such as ``ConverseStream``.
    """

    def __init__(self, service_name: str = "", operation_name: str = "") -> None:
        self._service_name = service_name
        self._operation_name = operation_name

    @overload
    def __call__(
        self, function: Callable[[Any], Result | None], *, require_terminal: bool | None = None
    ) -> list[Result]: ...

    @overload
    def __call__(
        self, *, connection: Literal[True], require_terminal: bool | None = None
    ) -> PawsConnection: ...

    def __call__(
        self,
        function: Callable[[Any], Any] | None = None,
        *,
        connection: bool = False,
        require_terminal: bool | None = None,
    ) -> list[Any] | PawsConnection:
        """Call a function with everything that arrives, or return the connection.

        Args:
            function: called with each event; for a body that is not an event stream, with
                each :class:`~awsio.ServerSentEvent` if its content type is
                ``text/event-stream``, otherwise with the bytes as they arrive. What it
                raises is raised here, and the stream stays open after the event.
            connection: return the connection instead. The caller closes it.
            require_terminal: sets :attr:`PawsConnection.require_terminal` of the
                connection, whether a clean end without the operation's terminal event
                is an error; None leaves the client's option in force. It changes nothing
                for a body that is not an event stream.

        Returns:
            The function's results without the Nones, or the
            :class:`~awsio.PawsConnection`.

        Raises:
            TypeError: neither ``function`` nor ``connection`` was given, or both.
            ValueError: the connection is closed already.
            Exception: what :meth:`PawsConnection.read_event` raises, or
                :meth:`PawsConnection.read`; the connection is closed then.
        """
        if (function is not None) == connection:
            msg = "give a function, or connection=True"
            raise TypeError(msg)
        if function is None:
            return self.connection(require_terminal=require_terminal)
        return self.each(function, require_terminal=require_terminal)

    def connection(self, *, require_terminal: bool | None = None) -> PawsConnection:
        """Return the connection, as calling with ``connection=True`` does.

        Unlike a call, a method is found through the proxies that tracers put around a stream.

        Args:
            require_terminal: as in :meth:`__call__`.
        """
        con = self._open_connection()
        if require_terminal is not None:
            con.require_terminal = require_terminal
        return con

    def each(
        self, function: Callable[[Any], Result | None], *, require_terminal: bool | None = None
    ) -> list[Result]:
        """Call a function with everything that arrives, as calling with one does.

        Args:
            function: as in :meth:`__call__`.
            require_terminal: as in :meth:`__call__`.

        Returns:
            The function's results without the Nones.

        Raises:
            ValueError: the connection is closed already.
            Exception: as in :meth:`__call__`.
        """
        con = self.connection(require_terminal=require_terminal)
        results = []
        while (item := self._next_item(con)) is not None:
            result = function(item)
            if result is not None:
                results.append(result)
        con.close()
        return results

    @abstractmethod
    def __iter__(self) -> Iterator[Any]:
        """Iterate as boto3 does: over events, or over the bytes in pieces of 1 KiB."""

    @abstractmethod
    def close(self) -> None:
        """Close the stream; see :meth:`PawsConnection.close`."""

    @abstractmethod
    def through(self, wrapper: Any) -> StreamHandler:
        """Return a handler of the same stream that reads through what was put around this one.

        Every function that takes a stream calls it with what it was given: a proxy passes the call
        on, so the handler learns what wraps it.

        Args:
            wrapper: what others have made of this handler, such as a tracer's proxy; or the
                handler itself, which then is the result.
        """

    @abstractmethod
    def _open_connection(self) -> PawsConnection:
        """Return the connection, always the same one."""

    @abstractmethod
    def _read_item(self, con: PawsConnection) -> Any:
        """Return the next argument for a function; None at the end."""

    def _next_item(self, con: PawsConnection) -> Any:
        """Return the next argument for a function; close a stream that breaks."""
        try:
            return self._read_item(con)
        except Exception:
            self.close()
            raise

    def __repr__(self) -> str:
        """Name the operation and its documentation."""
        method = xform_name(self._operation_name)
        page = DOCUMENTATION.format(service=self._service_name, method=method)
        return f"<StreamHandler {self._service_name}.{self._operation_name} {page}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied, as the connection does.

        Raises:
            TypeError: always.
        """
        msg = "a live connection cannot be pickled or copied: pass on what is read from it"
        raise TypeError(msg)


class EventStreamHandler(StreamHandler, EventStream):  # type: ignore[type-arg]  # generic in the stubs only
    """The event stream of a response: botocore's ``EventStream`` and more.

    Iterating over it returns events; those of types that the model does not know as the option
    ``unknown_events`` says, see :class:`~awsio.StreamOptions`. Where somebody has set
    ``_parse_event``, botocore's method for one raw message, it is called with each.

    Args:
        connection: the open connection.
        service_name: botocore's name of the service.
        operation_name: the operation, such as ``ConverseStream``.
    """

    def __init__(
        self, connection: PawsConnection, service_name: str = "", operation_name: str = ""
    ) -> None:
        # EventStream's own reading machinery is replaced, so its __init__ is not run.
        super().__init__(service_name, operation_name)
        self._connection: PawsConnection | None = connection
        self._feed = Feed()
        self._wrapped: weakref.ref[PawsConnection] | None = None  # of the inside of a wrapper

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the events."""
        if self._wrapped is not None:
            return iter(self._feed)
        con = self._open_connection()
        if con.options.unknown_events:
            return iter(con)
        return con._without(self._is_unknown)  # noqa: SLF001 - a part of this package

    def _is_unknown(self, event: Any) -> bool:
        """Return whether the model does not know an event's type, and log that it is skipped."""
        if not isinstance(event, UnknownEvent):
            return False
        name = event[UNKNOWN_MEMBER]["name"][:NAME_SHOWN]
        logger.info("%s sent an event of the unknown type %r: skipped", self._operation_name, name)
        return True

    def close(self) -> None:
        """Close the connection; see :meth:`PawsConnection.close`."""
        con = self._connection if self._wrapped is None else self._wrapped()
        # A wrapper that is closed because its stream has ended closes what it wraps.
        if con is not None and not (self._wrapped is not None and self._feed.finishing):
            con.close()

    @property
    def initial_response(self) -> Mapping[str, Any] | None:
        """See :attr:`PawsConnection.initial_response`."""
        return self._open_connection().initial_response

    def get_initial_response(self) -> Mapping[str, Any] | None:
        """Return :attr:`initial_response`, by the name in botocore's class."""
        return self.initial_response

    def through(self, wrapper: Any) -> EventStreamHandler:
        """Return a handler whose events pass through what was put around this one."""
        is_bare = wrapper is self
        if is_bare:
            return self
        con = self._open_connection()
        outer = EventStreamHandler(con, self._service_name, self._operation_name)
        outer._feed = self._feed
        # What the wrapper holds must not hold the connection, which holds the wrapper.
        self._connection, self._wrapped = None, weakref.ref(con)
        con.watch(Relay(wrapper, self._feed))
        return outer

    @property
    def _parse_event(self) -> Callable[[Any], Any]:
        """What botocore calls with each raw message, and others set."""
        return self._feed.override or self._feed.parsed

    @_parse_event.setter
    def _parse_event(self, function: Callable[[Any], Any]) -> None:
        if self._feed.override is None and self._wrapped is None:
            self._open_connection().watch(Relay(self._feed, self._feed))
        self._feed.override = function

    def _open_connection(self) -> PawsConnection:
        """Return the connection.

        Raises:
            ValueError: it is gone: what holds this handler is a wrapper, and no longer read.
        """
        con = self._connection if self._wrapped is None else self._wrapped()
        if con is None:
            msg = "I/O operation on closed connection: the stream was read through its wrapper"
            raise ValueError(msg)
        return con

    def _read_item(self, con: PawsConnection) -> Any:
        """Read an event."""
        return con.read_event()
