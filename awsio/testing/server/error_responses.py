"""Errors before the stream, in the form of each protocol."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from awsio.events import cbor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botocore.model import OperationModel

__all__ = ("ErrorResponse", "error_response", "unknown_operation_response")


class ErrorResponse(NamedTuple):
    """An HTTP response that says that a call failed.

    Attributes:
        status: the HTTP status.
        headers: its headers.
        body: its body.
    """

    status: int
    headers: dict[str, str]
    body: bytes


def error_response(
    operation: OperationModel, name: str, message: str, request_id: str, status: int | None = None
) -> ErrorResponse:
    """Write an error of an operation.

    Args:
        operation: the operation's model.
        name: the error: a shape's name, or a code, which may be one that the service
            does not model.
        message: what it says.
        request_id: for the protocols that have it in the body.
        status: the HTTP status; None for what the model says, and 400 where it is silent.
    """
    code, modelled_status = name, HTTPStatus.BAD_REQUEST.value
    shapes: Sequence[Any] = operation.service_model.error_shapes
    for shape in shapes:
        if name in {shape.name, shape.error_code}:
            code = shape.error_code
            modelled_status = shape.metadata.get("error", {}).get("httpStatusCode", modelled_status)
            break
    protocol = operation.service_model.resolved_protocol
    return write_error(protocol, code, message, request_id, status or modelled_status)


def write_error(
    protocol: str, code: str, message: str, request_id: str, status: int
) -> ErrorResponse:
    """Write an error in the form of a protocol."""
    if protocol == "rest-xml":
        fields = {"Code": code, "Message": message, "RequestId": request_id}
        inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
        return ErrorResponse(status, {"content-type": "application/xml"}, body)
    document = {"__type": code, "message": message}
    if protocol == "smithy-rpc-v2-cbor":
        headers = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return ErrorResponse(status, headers, cbor.dumps(document))
    version = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
    headers = {"content-type": version, "x-amzn-errortype": code}
    return ErrorResponse(status, headers, json.dumps(document).encode())


def unknown_operation_response(message: str, request_id: str, *, is_xml: bool) -> ErrorResponse:
    """Say that no operation of the local server matches."""
    protocol = "rest-xml" if is_xml else "rest-json"
    code = "UnknownOperationException"
    return write_error(protocol, code, message, request_id, HTTPStatus.NOT_FOUND.value)
