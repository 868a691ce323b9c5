"""One function per member of an event stream: frame in, event out.

A member is built of up to two parts: headers (``eventheader`` members) and a
payload, which is one marked member (``eventpayload``: bytes, text or a structure)
or all the rest. JSON payloads go through compiled readers; XML and CBOR payloads
through botocore's own parsers, which already know these formats' corners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.events.documents import loads
from awsio.events.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import Shape, StructureShape

    from awsio.events.event import Event
    from awsio.events.reading import JsonReaders, Reader
    from awsio.eventstream import Frame

__all__ = ("MemberParser", "compile_members")

MemberParser: TypeAlias = "Callable[[Frame], Event]"


def compile_members(
    stream_shape: StructureShape, protocol: str, event: type[Event], readers: JsonReaders
) -> dict[Any, MemberParser]:
    """Compile the parser of each member of a stream.

    Args:
        stream_shape: the event stream's shape.
        protocol: the service's protocol.
        event: the class of the stream's events.
        readers: the readers of the service's shapes.

    Returns:
        Event type to parser.
    """
    if protocol == "rest-xml":
        structured = botocore_parser("EventStreamXMLParser", stream_shape, event)
    elif protocol == "smithy-rpc-v2-cbor":
        structured = botocore_parser("EventStreamCBORParser", stream_shape, event)
    else:
        structured = None
    return {
        name: compile_member(name, shape, event, readers, structured)
        for name, shape in stream_shape.members.items()
    }


def botocore_parser(
    class_name: str, stream_shape: StructureShape, event: type[Event]
) -> MemberParser:
    """Make a member parser of one of botocore's event-stream parsers."""
    from botocore import parsers  # noqa: PLC0415 - slow to import, and JSON does without

    parser = getattr(parsers, class_name)()

    def parse(frame: Frame) -> Event:
        response = {"status_code": 200, "headers": frame.headers, "body": frame.payload}
        return event(parser.parse(response, stream_shape))

    return parse


def compile_member(
    name: str,
    shape: Any,
    event: type[Event],
    readers: JsonReaders,
    structured: MemberParser | None,
) -> MemberParser:
    """Compile one member; ``structured`` parses what is neither bytes nor text."""
    payload_name, payload = payload_member(shape)
    headers = header_members(shape)
    read_payload: Callable[[bytes], Any]
    if payload is not None and payload.type_name in {"blob", "string"}:
        read_payload = read_text if payload.type_name == "string" else read_blob
    elif structured is not None:
        return structured
    elif payload is not None:
        read_payload = json_reader(readers.of(payload))
    else:
        read_payload = json_reader(readers.of(shape))
    if headers:
        return with_headers(name, event, headers, payload_name, read_payload)
    if payload_name is not None:
        return lambda frame: event({name: {payload_name: read_payload(frame.payload)}})
    return lambda frame: event({name: read_payload(frame.payload)})


def payload_member(shape: StructureShape) -> tuple[str | None, Shape | None]:
    """Find the member that is the whole payload."""
    for name, member in shape.members.items():
        if member.serialization.get("eventpayload"):
            return name, member
    return None, None


def header_members(shape: StructureShape) -> dict[str, Reader | None]:
    """Find the members that travel as headers, with a reader where the value needs one."""
    return {
        name: read_header_time if member.type_name == "timestamp" else None
        for name, member in shape.members.items()
        if member.serialization.get("eventheader")
    }


def with_headers(
    name: str,
    event: type[Event],
    headers: dict[str, Reader | None],
    payload_name: str | None,
    read_payload: Callable[[bytes], Any],
) -> MemberParser:
    """Make the parser of a member that has headers."""

    def parse(frame: Frame) -> Event:
        members = {
            header: frame.headers[header] if read is None else read(frame.headers[header])
            for header, read in headers.items()
            if header in frame.headers
        }
        value = read_payload(frame.payload)
        if payload_name is None:
            members.update(value)
        else:
            members[payload_name] = value
        return event({name: members})

    return parse


def read_blob(payload: bytes) -> bytes:
    """Bytes are the value."""
    return payload


def read_text(payload: bytes) -> str:
    """Text is UTF-8."""
    return payload.decode()


def json_reader(read: Reader | None) -> Callable[[bytes], Any]:
    """Make the reader of a JSON payload; an empty one is an empty structure."""
    if read is None:
        return lambda payload: loads(payload) if payload else {}
    return lambda payload: read(loads(payload)) if payload else {}


def read_header_time(value: Any) -> Any:
    """A timestamp header is in milliseconds."""
    return parse_timestamp(value / 1000.0)
