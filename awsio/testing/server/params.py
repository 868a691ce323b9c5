"""The arguments of a call, read back from its request into boto3's form.

botocore's response parsers read the body and the headers: read with an input shape, a
request is written like a response. Labels, the query and forms are read here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from awsio.testing.server.forms import parse_form
from awsio.testing.server.protocols import CBOR, QUERY, REST, XML
from awsio.testing.server.scalars import from_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import StructureShape

    from awsio.testing.server.request import HttpRequest
    from awsio.testing.server.routes import Match

__all__ = ("parse_params",)


def parse_params(match: Match, request: HttpRequest) -> dict[str, Any]:
    """Read the arguments of a call back.

    Args:
        match: the operation that the request calls.
        request: the request.

    Returns:
        The arguments in boto3's form.

    Raises:
        ValueError: the body or a value is not what the shape says.
        Exception: what else botocore's parsers raise on a malformed body.
    """
    shape = match.operation.input_shape
    if shape is None:
        return {}
    if match.protocol in QUERY:
        return parse_form(dict(request.form), shape, match.protocol)
    params = read_body_and_headers(match.protocol, shape, request)
    if match.protocol in REST:
        params |= read_uri(match, shape, request)
    return params


def read_uri(match: Match, shape: StructureShape, request: HttpRequest) -> dict[str, Any]:
    """Read the labels and the query."""
    params: dict[str, Any] = {}
    query: dict[str, list[str]] = {}
    for name, value in request.form:  # a form is a GET that was too long for a URL
        query.setdefault(name, []).append(value)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = str(member.serialization.get("name", name))
        if location == "uri":
            params[name] = from_text(match.labels[wire_name], member)
        elif location == "querystring" and member.type_name == "map":
            params[name] = from_query_map(query, shape, member)
        elif location == "querystring" and wire_name in query:
            params[name] = from_query(query[wire_name], member)
    return params


def from_query(values: list[str], shape: Any) -> Any:
    """Read a value in the query, where lists are repeated names."""
    if shape.type_name == "list":
        return [from_text(value, shape.member) for value in values]
    return from_text(values[0], shape)


def from_query_map(query: Mapping[str, list[str]], shape: Any, member: Any) -> dict[str, Any]:
    """Read a map in the query: all names that are not another member's."""
    others = {
        other.serialization.get("name", name)
        for name, other in shape.members.items()
        if other.serialization.get("location") == "querystring" and other is not member
    }
    return {
        name: from_query(values, member.value)
        for name, values in query.items()
        if name not in others
    }


def read_body_and_headers(
    protocol: str, shape: StructureShape, request: HttpRequest
) -> dict[str, Any]:
    """Read what botocore's parser of the protocol can read."""
    from botocore.parsers import create_parser  # noqa: PLC0415 - slow to import
    from urllib3 import HTTPHeaderDict  # noqa: PLC0415 - as above

    payload = shape.serialization.get("payload") if protocol in REST else None
    is_raw = payload is not None and shape.members[payload].type_name in {"blob", "string"}
    body = b"" if request.is_long_get else request.content
    is_absent = payload is not None and not is_raw and not body
    if body and not is_raw and protocol.endswith("json"):
        json.loads(body)  # botocore takes what is no JSON for a message
    if protocol == CBOR and not body:
        return {}
    response = {
        "status_code": 200,
        "headers": HTTPHeaderDict(request.headers),
        "body": b"" if is_raw else body,
    }
    if is_absent:  # botocore would take no body for an empty structure, or an invalid union
        response["body"] = b"<none><none/></none>" if protocol in XML else b"null"
    params: dict[str, Any] = create_parser(protocol).parse(response, shape)
    params.pop("ResponseMetadata", None)
    if is_absent and payload is not None:
        params.pop(payload, None)
    if payload is not None and is_raw:
        is_text = shape.members[payload].type_name == "string"
        params[payload] = body.decode() if is_text else body
    return params
