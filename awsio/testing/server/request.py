"""A request as it came, and as the caller wrote it.

Parameters are read back into boto3's form by the input shape. botocore's response
parsers do the body and the headers: read with an input shape, a request is written
like a response. Labels and the query are this module's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from awsio.connection.log import masked
from awsio.events.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import OperationModel, Shape, StructureShape

__all__ = ("HttpRequest", "RecordedRequest", "parse_params")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request, read to its end.

    Attributes:
        method: as ``POST``.
        path: quoted, as it came, without the query.
        query: names and values, in order, unquoted.
        headers: lower-case names to values; of a repeated header the values are joined.
        body: all of it.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of_scope(cls, scope: Mapping[str, Any], body: bytes) -> HttpRequest:
        """Take a request from what ASGI says of it."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        path = scope["raw_path"].decode("latin-1")
        return cls(scope["method"], path, tuple(query), headers, body)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that the local server was sent.

    Attributes:
        service: botocore's name of the service; empty where no operation matched.
        operation: the operation, as ``ConverseStream``; empty where none matched.
        params: the arguments of the call, as boto3 takes them; blobs are bytes.
        method: the HTTP method.
        path: the path, quoted as it came, without the query.
        query: the query's names and values in order.
        headers: lower-case names to values.
        body: the bytes of the body.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        """Show the call and the headers, of which those with secrets are masked.

        Whoever leads a program of their own here may have led its real tokens here too.
        """
        call = f"{self.service}.{self.operation}" if self.operation else "no operation"
        return (
            f"RecordedRequest({call}, {self.method} {self.path}, params={self.params!r}, "
            f"headers={masked(self.headers)})"
        )


def parse_params(
    operation: OperationModel, request: HttpRequest, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Read the arguments of a call back.

    Args:
        operation: the operation's model.
        request: the request.
        labels: label to value, unquoted.

    Returns:
        The arguments in boto3's form.

    Raises:
        ValueError: the body or a value is not what the shape says.
        Exception: what else botocore's parsers raise on a malformed body.
    """
    shape = operation.input_shape
    if shape is None:
        return {}
    params = read_body_and_headers(operation, shape, request)
    query: dict[str, list[str]] = {}
    for name, value in request.query:
        query.setdefault(name, []).append(value)
    for name, member in shape.members.items():
        location, wire_name = member.serialization.get("location"), wire(name, member)
        if location == "uri":
            params[name] = from_text(labels[wire_name], member)
        elif location == "querystring" and wire_name in query:
            params[name] = from_query(query[wire_name], member)
    return params


def wire(name: str, member: Shape) -> str:
    """Give a member's name on the wire."""
    return str(member.serialization.get("name", name))


def read_body_and_headers(
    operation: OperationModel, shape: StructureShape, request: HttpRequest
) -> dict[str, Any]:
    """Read what botocore's parser of the protocol can read."""
    from botocore.parsers import create_parser  # noqa: PLC0415 - slow to import
    from urllib3 import HTTPHeaderDict  # noqa: PLC0415 - as above

    payload = shape.serialization.get("payload")
    is_raw = payload is not None and shape.members[payload].type_name in {"blob", "string"}
    protocol = operation.service_model.resolved_protocol
    parser = create_parser(protocol)
    if request.body and not is_raw and protocol.endswith("json"):
        json.loads(request.body)  # botocore takes what is no JSON for a message
    response = {
        "status_code": 200,
        "headers": HTTPHeaderDict(request.headers),
        "body": b"" if is_raw else request.body,
    }
    params: dict[str, Any] = parser.parse(response, shape)
    params.pop("ResponseMetadata", None)
    if payload is not None and is_raw:
        is_text = shape.members[payload].type_name == "string"
        params[payload] = request.body.decode() if is_text else request.body
    return params


FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: text == "true",
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "timestamp": parse_timestamp,
}


def from_text(text: str, shape: Shape) -> Any:
    """Read a scalar in a label or the query."""
    return FROM_TEXT.get(shape.type_name, str)(text)


def from_query(values: list[str], shape: Any) -> Any:
    """Read a value in the query, where lists are repeated names."""
    if shape.type_name == "list":
        return [from_text(value, shape.member) for value in values]
    return from_text(values[0], shape)
