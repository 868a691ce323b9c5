"""The output outside the stream: HTTP headers and status, or an initial response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.errors import EventSerializeError
from awsio.events.times import write_timestamp
from awsio.testing.encoding import has_initial_response
from awsio.testing.samples import sample_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel, Shape

    from awsio.events import EventSerializer

__all__ = ("check_output", "output_headers", "output_status", "sample_output")

CONTENT_TYPE = "content-type"
SUCCESS = 200


def non_stream_members(operation: OperationModel) -> dict[str, Shape]:
    """Give the members of the output that are not the stream."""
    shape: Any = operation.output_shape
    stream = shape.event_stream_name
    return {name: member for name, member in shape.members.items() if name != stream}


def location(member: Shape) -> str | None:
    """Tell where a member travels: ``header``, ``statusCode``, or in a body (None)."""
    found: str | None = member.serialization.get("location")
    return found


def check_output(
    operation: OperationModel, serializer: EventSerializer, output: Mapping[str, Any]
) -> None:
    """Check that an operation can send these members.

    Raises:
        EventSerializeError: it cannot.
    """
    members = non_stream_members(operation)
    for name in output:
        is_sent = name in members and (has_initial_response(operation) or location(members[name]))
        if not is_sent:
            known = ", ".join(members) or "none"
            msg = f"{operation.name} sends no {name!r} outside its stream; what it has: {known}"
            raise EventSerializeError(msg)
    if has_initial_response(operation):
        serializer.serialize_initial(output)


def sample_output(operation: OperationModel, params: Mapping[str, Any]) -> dict[str, Any]:
    """Make an output: what was asked for where it has the same name, else samples.

    The members whose header is ``Content-Type`` stay out: it tells that a stream comes.
    """
    return {
        name: params.get(name, sample_value(member, name))
        for name, member in non_stream_members(operation).items()
        if location(member) != "statusCode"
        and member.serialization.get("name", "").lower() != CONTENT_TYPE
    }


def output_headers(operation: OperationModel, output: Mapping[str, Any]) -> dict[str, str]:
    """Write the members that travel as HTTP headers."""
    return {
        member.serialization["name"].lower(): header_text(output[name], member)
        for name, member in non_stream_members(operation).items()
        if location(member) == "header" and output.get(name) is not None
    }


def output_status(operation: OperationModel, output: Mapping[str, Any]) -> int:
    """Give the HTTP status: a member's value, else what the model says."""
    for name, member in non_stream_members(operation).items():
        if location(member) == "statusCode" and output.get(name) is not None:
            return int(output[name])
    return int(operation.http.get("responseCode", SUCCESS))


def header_text(value: Any, member: Shape) -> str:
    """Write a header's value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if member.type_name == "timestamp":
        return str(write_timestamp(value, member.serialization.get("timestampFormat", "rfc822")))
    return str(value)
