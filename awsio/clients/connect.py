"""Connections without a client: to botocore's event streams, and to stored ones."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import lru_cache
from os import PathLike
from typing import TYPE_CHECKING, Any

from botocore.eventstream import EventStream
from botocore.response import StreamingBody

from awsio.clients import names
from awsio.clients.body_handler import BodyHandler
from awsio.clients.botocore_errors import ClientSource
from awsio.clients.doors import is_async, stream_kinds
from awsio.clients.stream_handler import StreamHandler
from awsio.clients.wrapping import MessageFeed, Relay, unwrapped
from awsio.connection import PawsConnection
from awsio.connection.options import DEFAULT_OPTIONS, StreamOptions
from awsio.errors import UnknownOperationError
from awsio.events import EventParser, operation_model
from awsio.internals.botocore import event_stream_state, feed_messages, is_parse_overridden
from awsio.sources import make_source

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from awsio.connection.options import StreamOptionArguments
    from awsio.internals.botocore import EventStreamState

__all__ = ("connect", "open_stream")


def connect(
    event_stream: Any,
    client: Any = None,
    *,
    options: StreamOptions = DEFAULT_OPTIONS,
    **changes: Unpack[StreamOptionArguments],
) -> PawsConnection:
    """Turn the event stream of a response already received into a connection.

    What botocore has received and not delivered is taken over: the connection starts at the
    first event that was not returned by iterating.

    Args:
        event_stream: botocore's ``EventStream``, such as ``resp["stream"]``, or its
            ``StreamingBody``, such as ``resp["Body"]``. It must not be read any more. For
            a :class:`~awsio.StreamHandler` the result is the handler's own connection,
            with the options of its client. A wrapper of one of these, such as a tracer puts
            into a response, is unwrapped; the events still pass through its loop, and it
            learns the end.
        client: the client that made the call, for its modelled exceptions and its
            operation's terminal event; without it, an exception from the stream is a
            :class:`~awsio.errors.ServiceStreamError` and botocore's
            ``EventStreamError``.
        options: the options of the stream. A stream that was read before may have delivered
            its terminal event then, so ``require_terminal`` does not hold for it.
        changes: single options by name, which take precedence over ``options``; see
            :class:`~awsio.StreamOptions`.

    Returns:
        The connection.

    Raises:
        TypeError: ``event_stream`` is none of these, an option does not exist, or an
            option has a value of the wrong type.
        ValueError: an option has an impossible value.
    """
    options = options.with_changes(changes)
    inner = unwrapped(event_stream, (StreamHandler, EventStream, StreamingBody))
    if inner is None or is_async(inner):
        wanted = "connect() takes a botocore EventStream or StreamingBody"
        raise TypeError(stream_kinds(wanted, event_stream))
    if isinstance(inner, StreamHandler):
        return inner.through(event_stream).connection()
    if isinstance(inner, StreamingBody):
        return BodyHandler(event_stream, options=options).connection()
    connection = connect_event_stream(inner, client, options)
    if event_stream is not inner or is_parse_overridden(inner):
        feed = MessageFeed()
        connection.watch(Relay(event_stream, feed, keep=feed_messages(inner, feed)))
    return connection


def connect_event_stream(event_stream: Any, client: Any, options: StreamOptions) -> PawsConnection:
    """Turn botocore's event stream into a connection; see :func:`connect`."""
    state = event_stream_state(event_stream)
    if client is not None:
        model = client.meta.service_model.operation_model(state.operation_name)
        parser = EventParser.for_operation(model, client.exceptions)
    else:
        parser = EventParser(state.output_shape, state.protocol, state.operation_name)
    source = TakenOver(event_stream, state)
    if state.begun:
        options = replace(options, require_terminal=False)
    return PawsConnection(source, parser, options=options)


class TakenOver(ClientSource):
    """A byte source: what botocore has read and not delivered, then the body itself.

    Args:
        event_stream: kept, because its generator would close the body when it is collected.
        state: the event stream's.
    """

    def __init__(self, event_stream: Any, state: EventStreamState) -> None:
        super().__init__(make_source(state.raw))
        self._event_stream = event_stream
        self._rest = state.undelivered

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return the rest first."""
        if self._rest:
            data, self._rest = self._rest[:size], self._rest[size:]
            return data
        return super().read(size, deadline)


@lru_cache(maxsize=64)
def parser_of(service: str, operation: str) -> EventParser:
    """Return the parser of an operation, created once."""
    model = operation_model(names.resolve(service) or service, operation)
    if not model.has_event_stream_output:
        msg = f"{service} {model.name} does not answer with an event stream"
        raise UnknownOperationError(msg)
    return EventParser.for_operation(model)


def open_stream(
    source: str | PathLike[str] | bytes | bytearray | Any,
    service: str | None = None,
    operation: str | None = None,
    *,
    options: StreamOptions = DEFAULT_OPTIONS,
    **changes: Unpack[StreamOptionArguments],
) -> PawsConnection:
    """Open a stored event stream, which is then read as a live one.

    Args:
        source: a path, the bytes themselves, or a file opened for reading bytes.
        service: the service, in any spelling that :func:`awsio.client` takes; without
            it, events are frames.
        operation: the operation, such as ``ConverseStream`` or ``converse_stream``.
        options: the options of the stream.
        changes: single options by name, which take precedence over ``options``; see
            :class:`~awsio.StreamOptions`.

    Returns:
        The connection. Closing it closes a file that was passed.

    Raises:
        TypeError: only one of ``service`` and ``operation`` was given, no bytes can be
            read from ``source``, or an option does not exist or has a value of the wrong
            type.
        ValueError: an option has an impossible value.
        UnknownServiceError: botocore has no such service.
        UnknownOperationError: the service has no such operation, or it does not stream.
        OSError: the path cannot be opened.

    Example:
        >>> import awsio
        >>> wire = awsio.testing.encode_events("s3", "SelectObjectContent", [{"End": {}}])
        >>> with awsio.open(wire, "s3", "SelectObjectContent") as con:
        ...     print(list(con))
        [{'End': {}}]
    """
    options = options.with_changes(changes)  # before a file is opened
    if (service is None) != (operation is None):
        msg = "service and operation go together"
        raise TypeError(msg)
    parser = parser_of(service, operation) if service and operation else None
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = io.BytesIO(source)
    elif isinstance(source, (str, PathLike)):
        source = open(source, "rb")  # noqa: PTH123, SIM115 - the connection closes it
    return PawsConnection(source, parser, options=options)
