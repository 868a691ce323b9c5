"""A function for each member of an event stream: frame in, event out.

An event has up to two parts: headers (its ``eventheader`` members) and a payload, which
is one member (``eventpayload``: bytes, text or a structure) or all other members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.events.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import StructureShape

    from awsio.events.event import Event
    from awsio.events.formats import PayloadFormat, PayloadParser
    from awsio.events.shape_readers import ShapeReader
    from awsio.eventstream import Frame

__all__ = ("MemberParser", "compile_members", "payload_member")

MemberParser: TypeAlias = "Callable[[Frame], Event]"


def compile_members(
    stream_shape: StructureShape, event: type[Event], payloads: PayloadFormat
) -> dict[Any, MemberParser]:
    """Compile the parsers of the members of a stream.

    Args:
        stream_shape: the event stream's shape.
        event: the class of the stream's events.
        payloads: the format of structured payloads.

    Returns:
        The parsers by event type.
    """
    return {
        name: compile_member(name, shape, event, payloads)
        for name, shape in stream_shape.members.items()
    }


def compile_member(
    name: str, shape: Any, event: type[Event], payloads: PayloadFormat
) -> MemberParser:
    """Compile the parser of a member."""
    payload_name, payload = payload_member(shape)
    headers = header_members(shape)
    parse_payload = payloads.parser(shape) if payload is None else payload_parser(payload, payloads)
    if headers:
        return with_headers(name, event, headers, payload_name, parse_payload)
    return without_headers(name, event, payload_name, parse_payload)


def without_headers(
    name: str, event: type[Event], payload_name: str | None, parse_payload: PayloadParser
) -> MemberParser:
    """Return the parser of a member without headers."""

    def parse(frame: Frame) -> Event:
        result = event()  # setting an item takes 0.10 us, copying a dict of one 0.15 us
        result[name] = parse_payload(frame.payload)
        return result

    def parse_payload_member(frame: Frame) -> Event:
        result = event()
        result[name] = {payload_name: parse_payload(frame.payload)}
        return result

    return parse if payload_name is None else parse_payload_member


def payload_member(shape: Any) -> tuple[str | None, Any]:
    """Return the member that is the whole payload, and its shape; None without one."""
    for name, member in shape.members.items():
        if member.serialization.get("eventpayload"):
            return name, member
    return None, None


def payload_parser(shape: Any, payloads: PayloadFormat) -> PayloadParser:
    """Return the parser of a member that is the whole payload."""
    if shape.type_name == "blob":
        return bytes
    if shape.type_name == "string":
        return bytes.decode
    return payloads.parser(shape, nullable=True)


def header_members(shape: Any) -> dict[str, ShapeReader | None]:
    """Return the members that are headers, with a reader if the value needs one."""
    return {
        name: read_header_timestamp if member.type_name == "timestamp" else None
        for name, member in shape.members.items()
        if member.serialization.get("eventheader")
    }


def with_headers(
    name: str,
    event: type[Event],
    headers: dict[str, ShapeReader | None],
    payload_name: str | None,
    parse_payload: PayloadParser,
) -> MemberParser:
    """Return the parser of a member with headers."""

    def parse(frame: Frame) -> Event:
        members = {
            header: frame.headers[header] if read is None else read(frame.headers[header])
            for header, read in headers.items()
            if header in frame.headers
        }
        value = parse_payload(frame.payload)
        if payload_name is None:
            members.update(value)
        else:
            members[payload_name] = value
        return event({name: members})

    return parse


def read_header_timestamp(value: Any) -> Any:
    """Return a timestamp header, which is in milliseconds, as a datetime."""
    return parse_timestamp(value / 1000.0)
