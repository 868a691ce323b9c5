"""Private names of botocore: what its objects know and do not tell.

- ``StreamingBody`` and ``EventStream`` read in their own ways, which wait until all that
  was asked for is there, or go through a generator. awsio reads live, and so needs the
  stream under them: ``_raw_stream``.
- An ``EventStream`` that was read before has taken more bytes than it has delivered.
  They are in a local variable of its generator and nowhere else.
- What an ``EventStream`` is of, which makes its parser, has no public name either.
- An ``EventStream`` makes events of the raw messages of its generator by ``_parse_event``, which
  others override, in a class or in one object. awsio calls it as botocore does.
- ``StreamingBody`` keeps the length that was announced in ``_content_length``.
- ``StreamingChecksumBody`` compares its checksum only inside its own ``read``.
- The trait ``fault`` of an exception is left out of ``Shape.metadata``.
- The readers of CBOR take whole responses, but for one method.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.eventstream import EventStream, EventStreamBuffer

from awsio.internals.private_names import missing_name, read_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.eventstream import EventStreamMessage

__all__ = (
    "EventStreamState",
    "announced_length",
    "body_checksum",
    "cbor_loads",
    "check_body",
    "event_stream_state",
    "feed_messages",
    "is_parse_overridden",
    "is_server_fault",
    "message_of",
    "raw_stream",
)

read = partial(read_private, "botocore")

# botocore's parsers of events, to the protocol of each.
PROTOCOLS = {
    "EventStreamCBORParser": "smithy-rpc-v2-cbor",
    "EventStreamJSONParser": "json",
    "EventStreamXMLParser": "rest-xml",
}


class EventStreamState(NamedTuple):
    """What an ``EventStream`` knows.

    Attributes:
        raw: the stream under it, a urllib3 response.
        output_shape: the shape of the operation's events.
        operation_name: the operation, such as ``ConverseStream``; may be empty.
        protocol: the protocol of the service, as botocore spells it; any protocol of
            JSON is ``json``.
        begun: whether it was read before.
        undelivered: the bytes that it has read after the last event that it delivered.
    """

    raw: Any
    output_shape: Any
    operation_name: str
    protocol: str
    begun: bool
    undelivered: bytes


def event_stream_state(event_stream: Any) -> EventStreamState:
    """Read the state of an ``EventStream``.

    Raises:
        PrivateNameError: this version of botocore keeps it in another way.
    """
    generator = read(event_stream, "_event_generator")
    return EventStreamState(
        raw=raw_stream(event_stream),
        output_shape=read(event_stream, "_output_shape"),
        operation_name=read(event_stream, "_operation_name") or "",
        protocol=protocol_of(read(event_stream, "_parser")),
        begun=inspect.getgeneratorstate(generator) != inspect.GEN_CREATED,
        undelivered=undelivered(generator),
    )


def is_parse_overridden(event_stream: Any) -> bool:
    """Return whether an ``EventStream`` has another ``_parse_event`` than botocore's class.

    Raises:
        PrivateNameError: botocore's class has no such method.
    """
    own = read(EventStream, "_parse_event")
    return getattr(read(event_stream, "_parse_event"), "__func__", None) is not own


def feed_messages(event_stream: Any, messages: Iterator[Any]) -> Any:
    """Have an ``EventStream`` iterate over other messages; return the generator it had.

    That closes the body when it is collected, and so has to be kept.

    Raises:
        PrivateNameError: the generator has another name.
    """
    generator = read(event_stream, "_event_generator")
    event_stream._event_generator = messages  # noqa: SLF001 - see above
    return generator


def message_of(wire: bytes) -> EventStreamMessage:
    """Return the bytes of a frame as botocore's message."""
    buffer = EventStreamBuffer()
    buffer.add_data(wire)
    return next(buffer)


def protocol_of(parser: Any) -> str:
    """Return the protocol of a parser of events, by its class or one that it derives from.

    Raises:
        PrivateNameError: it is of none of the classes known.
    """
    for cls in type(parser).__mro__:
        if cls.__name__ in PROTOCOLS:
            return PROTOCOLS[cls.__name__]
    raise missing_name("botocore", f"known parser in the place of {type(parser).__name__}")


def undelivered(generator: Any) -> bytes:
    """Return what the generator of an ``EventStream`` has read and not yielded.

    Raises:
        PrivateNameError: its variable has another name.
    """
    if inspect.getgeneratorstate(generator) in {inspect.GEN_CREATED, inspect.GEN_CLOSED}:
        return b""
    try:
        buffer = generator.gi_frame.f_locals["event_stream_buffer"]
    except KeyError as error:
        name = "variable event_stream_buffer in EventStream._create_raw_event_generator"
        raise missing_name("botocore", name) from error
    return bytes(read(buffer, "_data"))


def raw_stream(body: Any) -> Any:
    """Return the stream under a ``StreamingBody`` or an ``EventStream``.

    Raises:
        PrivateNameError: it has another name.
    """
    return read(body, "_raw_stream")


def announced_length(body: Any) -> int | None:
    """Return the length that a body is to have; None where nothing tells it.

    Of a body that is not botocore's, such as one that a tracer has put in its place, the name
    may be missing.
    """
    length = getattr(body, "_content_length", None)
    try:
        return None if length is None else int(length)
    except (TypeError, ValueError):
        return None


def body_checksum(body: Any) -> Any:
    """Return the checksum of a ``StreamingChecksumBody``, an object with ``update(data)``.

    It has the public name ``checksum`` since botocore 1.40.

    Raises:
        PrivateNameError: it has neither name.
    """
    public = getattr(body, "checksum", None)
    return public if public is not None else read(body, "_checksum")


def check_body(body: Any) -> None:
    """Compare the checksum of a ``StreamingChecksumBody`` with the one announced.

    Raises:
        botocore.exceptions.FlexibleChecksumError: they differ.
        PrivateNameError: the method has another name.
    """
    read(body, "_validate_checksum")()


def is_server_fault(shape: Any) -> bool:
    """Return whether the model calls an exception the server's fault.

    Raises:
        PrivateNameError: the shape's model has another name.
    """
    return bool(read(shape, "_shape_model").get("fault"))


def cbor_loads(parser: Any) -> Callable[[bytes], Any]:
    """Return the function of an ``EventStreamCBORParser`` that reads a document.

    Raises:
        PrivateNameError: it has another name.
    """
    loads: Callable[[bytes], Any] = read(parser, "_initial_body_parse")
    return loads
