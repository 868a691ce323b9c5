"""One function per member of an event stream: frame in, event out.

A member is built of up to two parts: headers (``eventheader`` members) and a
payload, which is one marked member (``eventpayload``: bytes, text or a structure)
or all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.events.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import StructureShape

    from awsio.events.event import Event
    from awsio.events.formats import ReadDocument, ReadFormat
    from awsio.events.reading import Reader
    from awsio.eventstream import Frame

__all__ = ("MemberParser", "compile_members", "payload_member")

MemberParser: TypeAlias = "Callable[[Frame], Event]"


def compile_members(
    stream_shape: StructureShape, event: type[Event], documents: ReadFormat
) -> dict[Any, MemberParser]:
    """Compile the parser of each member of a stream.

    Args:
        stream_shape: the event stream's shape.
        event: the class of the stream's events.
        documents: the format of structured payloads.

    Returns:
        Event type to parser.
    """
    return {
        name: compile_member(name, shape, event, documents)
        for name, shape in stream_shape.members.items()
    }


def compile_member(
    name: str, shape: Any, event: type[Event], documents: ReadFormat
) -> MemberParser:
    """Compile one member."""
    payload_name, payload = payload_member(shape)
    headers = header_members(shape)
    read = documents.reader(shape) if payload is None else payload_reader(payload, documents)
    if headers:
        return with_headers(name, event, headers, payload_name, read)
    return without_headers(name, event, payload_name, read)


def without_headers(
    name: str, event: type[Event], payload_name: str | None, read_payload: ReadDocument
) -> MemberParser:
    """Make the parser of a member that is all in the payload."""

    def parse(frame: Frame) -> Event:
        result = event()  # setting the item is faster than copying a dict of one
        result[name] = read_payload(frame.payload)
        return result

    def parse_marked(frame: Frame) -> Event:
        result = event()
        result[name] = {payload_name: read_payload(frame.payload)}
        return result

    return parse if payload_name is None else parse_marked


def payload_member(shape: Any) -> tuple[str | None, Any]:
    """Find the member that is the whole payload, and its shape."""
    for name, member in shape.members.items():
        if member.serialization.get("eventpayload"):
            return name, member
    return None, None


def payload_reader(shape: Any, documents: ReadFormat) -> ReadDocument:
    """Make the reader of a member that is the whole payload."""
    if shape.type_name == "blob":
        return bytes
    if shape.type_name == "string":
        return bytes.decode
    return documents.reader(shape, nullable=True)


def header_members(shape: Any) -> dict[str, Reader | None]:
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
    read_payload: ReadDocument,
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


def read_header_time(value: Any) -> Any:
    """A timestamp header is in milliseconds."""
    return parse_timestamp(value / 1000.0)
