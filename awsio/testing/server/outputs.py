"""What an operation returns besides events, as an HTTP response in its protocol."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.errors import EventSerializeError
from awsio.suggestions import close_matches, did_you_mean
from awsio.testing.encoding import has_initial_response
from awsio.testing.server.bodies import ReplayedPieces, body_pieces, is_whole
from awsio.testing.server.customizations import undo_customizations
from awsio.testing.server.documents import (
    content_type,
    document_writer,
    query_document,
    unwrapped_document,
)
from awsio.testing.server.protocols import CBOR, QUERY, REST
from awsio.testing.server.scalars import header_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel, Shape

    from awsio.events import EventSerializer

__all__ = (
    "Output",
    "check_stream_output",
    "location",
    "non_stream_members",
    "output_headers",
    "output_status",
    "raw_payload",
    "write_output",
)

#: Statuses that have no body (RFC 9110, sections 15.3.5 and 15.3.6).
BODILESS = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.RESET_CONTENT})
#: S3's one operation whose body is a member's text in an element of its own; see
#: https://smithy.io/2.0/aws/customizations/s3-customizations.html
UNWRAPPED = {("s3", "GetBucketLocation"): "LocationConstraint"}


class Output(NamedTuple):
    """An HTTP response.

    Attributes:
        status: the HTTP status.
        headers: lower-case names to values.
        pieces: the body, one HTTP chunk each.
        length: bytes of the body; None where it has none, or comes in pieces.
    """

    status: int
    headers: dict[str, str]
    pieces: tuple[bytes, ...] | ReplayedPieces = ()
    length: int | None = None


def location(member: Shape) -> str | None:
    """Return where a member travels: a header, the status, or a body (None)."""
    found: str | None = member.serialization.get("location")
    return found


def non_stream_members(operation: OperationModel) -> dict[str, Shape]:
    """Return the members of the output that are not an event stream."""
    shape: Any = operation.output_shape
    stream = shape.event_stream_name
    return {name: member for name, member in shape.members.items() if name != stream}


def raw_payload(operation: OperationModel, protocol: str) -> str | None:
    """Return the member that is the body as it is; None where there is none."""
    shape: Any = operation.output_shape
    name = shape.serialization.get("payload") if shape is not None and protocol in REST else None
    is_raw = name is not None and shape.members[name].type_name in {"blob", "string"}
    return str(name) if is_raw else None


def check_stream_output(
    operation: OperationModel, serializer: EventSerializer, output: Mapping[str, Any]
) -> None:
    """Check that an operation can send these members besides its event stream.

    Raises:
        EventSerializeError: it cannot.
    """
    members = non_stream_members(operation)
    for name in output:
        has_place = name in members and (has_initial_response(operation) or location(members[name]))
        if not has_place:
            known = ", ".join(members) or "none"
            msg = f"{operation.name} sends no {name!r} outside its stream; what it has: {known}"
            raise EventSerializeError(msg)
    if has_initial_response(operation):
        serializer.serialize_initial(output)


def write_output(
    operation: OperationModel, protocol: str, output: Mapping[str, Any], request_id: str = ""
) -> Output:
    """Write the response of a call.

    Args:
        operation: the operation's model; it has no event stream in its output.
        protocol: the protocol of the request.
        output: members in boto3's form; one that is missing or None is not sent.
        request_id: for the protocols that have it in the body.

    Raises:
        EventSerializeError: the output has no such member, or a value is wrong.
    """
    shape: Any = operation.output_shape
    members = shape.members if shape is not None else {}
    for name in output:
        if name not in members:
            hint = did_you_mean(close_matches(name, members))
            msg = f"the output of {operation.name} has no member {name!r}{hint}"
            raise EventSerializeError(msg)
    given = {name: value for name, value in output.items() if value is not None}
    try:
        sent = undo_customizations(operation, given)
        written = write_members(operation, protocol, sent, request_id)
    except EventSerializeError:
        raise
    except Exception as error:
        msg = f"the output of {operation.name}: {error}"
        raise EventSerializeError(msg) from error
    declared = written.headers.get("content-length", "")
    if operation.http.get("method") != "HEAD" and declared.isdigit():
        check_length(operation, written, int(declared))
    return written


def check_length(operation: OperationModel, output: Output, declared: int) -> None:
    """Check that a body is not longer than its header says. A shorter one is cut off.

    Raises:
        EventSerializeError: it is longer.
    """
    if output.length is not None and output.length > declared:
        msg = f"the body of {operation.name} has {output.length} bytes, but its header {declared}"
        raise EventSerializeError(msg)


def write_members(
    operation: OperationModel, protocol: str, output: dict[str, Any], request_id: str
) -> Output:
    """Write each member to its place."""
    shape = operation.output_shape
    if protocol in QUERY:
        body = query_document(operation, protocol, output, request_id)
    elif protocol not in REST:
        write = document_writer(operation.service_model, protocol)
        empty = b"" if protocol == CBOR else b"{}"
        body = write(shape, output) if shape is not None else empty
    else:
        return write_rest(operation, protocol, output)
    headers = {"content-type": content_type(operation.service_model, protocol)}
    if protocol == CBOR:
        headers["smithy-protocol"] = "rpc-v2-cbor"
    return Output(HTTPStatus.OK.value, headers, (body,), len(body))


def write_rest(operation: OperationModel, protocol: str, output: dict[str, Any]) -> Output:
    """Write the members of a REST protocol."""
    if operation.output_shape is None:
        return Output(output_status(operation, output), {}, (), 0)
    headers = output_headers(operation, output)
    raw = raw_payload(operation, protocol)
    if raw is not None:
        member = operation.output_shape.members[raw]
        kind = "text/plain" if member.type_name == "string" else "application/octet-stream"
        content = output.get(raw, b"")
        pieces = body_pieces(content)
        length = len(pieces[0]) if is_whole(content) and isinstance(pieces, tuple) else None
    else:
        kind = content_type(operation.service_model, protocol)
        body = rest_document(operation, protocol, output)
        pieces, length = (body,), len(body)
    status = output_status(operation, output)
    if status in BODILESS and length != 0:
        status = HTTPStatus.OK.value
    return Output(status, {"content-type": kind, **headers}, pieces, length)


def rest_document(operation: OperationModel, protocol: str, output: dict[str, Any]) -> bytes:
    """Write the members that travel in a document; b"" where there are none."""
    shape: Any = operation.output_shape
    write = document_writer(operation.service_model, protocol)
    payload = shape.serialization.get("payload")
    if payload is not None:
        return write(shape.members[payload], output[payload]) if payload in output else b""
    unwrapped = UNWRAPPED.get((operation.service_model.service_name, operation.name))
    if unwrapped is not None:
        return unwrapped_document(unwrapped, str(output.get(unwrapped, "")))
    if all(map(location, shape.members.values())):
        return b""
    body = {name: value for name, value in output.items() if not location(shape.members[name])}
    is_empty = not body and operation.http.get("responseCode") in BODILESS
    return b"" if is_empty else write(shape, body)


def output_headers(operation: OperationModel, output: Mapping[str, Any]) -> dict[str, str]:
    """Write the members that travel as HTTP headers."""
    headers: dict[str, str] = {}
    members: dict[str, Any] = non_stream_members(operation)
    for name, member in members.items():
        value, wire_name = output.get(name), member.serialization.get("name", name)
        if location(member) == "header" and value is not None:
            headers[wire_name.lower()] = header_text(value, member)
        elif location(member) == "headers" and value is not None:
            # The name is a prefix here, and the map's keys follow it.
            prefix = member.serialization.get("name", "").lower()
            for key, item in value.items():
                headers[prefix + key.lower()] = header_text(item, member.value)
    return headers


def output_status(operation: OperationModel, output: Mapping[str, Any]) -> int:
    """Return the HTTP status: a member's value, else what the model says."""
    shape = operation.output_shape
    for name, member in (shape.members if shape is not None else {}).items():
        if location(member) == "statusCode" and output.get(name) is not None:
            return int(output[name])
    return int(operation.http.get("responseCode", HTTPStatus.OK.value))
