"""Errors instead of an output, in the form of each protocol."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from xml.etree import ElementTree

from awsio.events.serializing import cbor
from awsio.events.serializing import json as json_text
from awsio.testing.server.documents import content_type, xml_bytes, xml_namespace
from awsio.testing.server.protocols import CBOR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botocore.model import OperationModel, ServiceModel

__all__ = ("ErrorResponse", "error_response", "unknown_operation_response")

UNKNOWN = "UnknownOperationException"


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


class ServiceError(NamedTuple):
    """What an error says, in any protocol.

    Attributes:
        name: the name of the error's shape; the code where the service has no such shape.
        code: the code.
        message: what it says.
        status: the HTTP status.
        request_id: the request's ID.
    """

    name: str
    code: str
    message: str
    status: int
    request_id: str

    @property
    def at_fault(self) -> str:
        """The side that is at fault, in the words of the query protocol."""
        return "Sender" if self.status < HTTPStatus.INTERNAL_SERVER_ERROR else "Receiver"


def error_response(
    operation: OperationModel,
    protocol: str,
    name: str,
    message: str,
    request_id: str,
    status: int | None = None,
) -> ErrorResponse:
    """Write an error of an operation.

    Args:
        operation: the operation's model.
        protocol: the protocol of the request.
        name: the error: a shape's name, or a code, which may be one that the service
            does not model.
        message: what it says.
        request_id: for the protocols that have it in the body.
        status: the HTTP status; None for what the model says, and 400 where it is silent.
    """
    shape_name = code = name
    modelled_status = HTTPStatus.BAD_REQUEST.value
    shapes: Sequence[Any] = operation.service_model.error_shapes
    for shape in shapes:
        if name in {shape.name, shape.error_code}:
            shape_name, code = shape.name, shape.error_code
            modelled_status = shape.metadata.get("error", {}).get("httpStatusCode", modelled_status)
            break
    error = ServiceError(shape_name, code, message, status or modelled_status, request_id)
    return WRITERS[protocol](operation.service_model, error)


def unknown_operation_response(message: str, request_id: str, protocol: str) -> ErrorResponse:
    """Write, in the caller's protocol, that the server has no such operation."""
    status = HTTPStatus.NOT_FOUND.value
    return WRITERS[protocol](None, ServiceError(UNKNOWN, UNKNOWN, message, status, request_id))


Write: TypeAlias = Callable[["ServiceModel | None", ServiceError], ErrorResponse]


def write_json(model: ServiceModel | None, error: ServiceError) -> ErrorResponse:
    """Write an error of the protocol ``json``."""
    kind = "application/x-amz-json-1.1" if model is None else content_type(model, "json")
    headers = {"content-type": kind, **query_compatible_headers(model, error)}
    headers.setdefault("x-amzn-errortype", error.code)
    return ErrorResponse(error.status, headers, json_text.dumps(document_of(model, error)))


def write_rest_json(_model: ServiceModel | None, error: ServiceError) -> ErrorResponse:
    """Write an error of the protocol ``rest-json``."""
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    return ErrorResponse(error.status, headers, json_text.dumps(document_of(None, error)))


def write_cbor(model: ServiceModel | None, error: ServiceError) -> ErrorResponse:
    """Write an error of the protocol ``smithy-rpc-v2-cbor``."""
    headers = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
    headers |= query_compatible_headers(model, error)
    return ErrorResponse(error.status, headers, cbor.dumps(document_of(model, error)))


def is_query_compatible(model: ServiceModel | None) -> bool:
    """Return whether a service was one of the query protocol once."""
    return model is not None and "awsQueryCompatible" in model.metadata


def document_of(model: ServiceModel | None, error: ServiceError) -> dict[str, str]:
    """Make the document of an error."""
    name = error.name if is_query_compatible(model) else error.code
    return {"__type": name, "message": error.message}


def query_compatible_headers(model: ServiceModel | None, error: ServiceError) -> dict[str, str]:
    """Name the code that an error has in the query protocol, where it is another one.

    See https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#x-amzn-query-error
    """
    if not is_query_compatible(model) or error.code == error.name:
        return {}
    return {"x-amzn-query-error": f"{error.code};{error.at_fault}"}


def write_rest_xml(model: ServiceModel | None, error: ServiceError) -> ErrorResponse:
    """Write an error of the protocol ``rest-xml``; S3's has no element around it."""
    if model is None or model.service_name == "s3":
        root = ElementTree.Element("Error")
        add_texts(root, Code=error.code, Message=error.message, RequestId=error.request_id)
        return ErrorResponse(error.status, {"content-type": "application/xml"}, xml_bytes(root))
    return write_query(model, error)


def write_query(model: ServiceModel | None, error: ServiceError) -> ErrorResponse:
    """Write an error of the protocol ``query``."""
    root = ElementTree.Element("ErrorResponse")
    if model is not None:
        root.set("xmlns", xml_namespace(model))
    details = ElementTree.SubElement(root, "Error")
    add_texts(details, Type=error.at_fault, Code=error.code, Message=error.message)
    add_texts(root, RequestId=error.request_id)
    return ErrorResponse(error.status, {"content-type": "text/xml"}, xml_bytes(root))


def write_ec2(_model: ServiceModel | None, error: ServiceError) -> ErrorResponse:
    """Write an error of the protocol ``ec2``."""
    root = ElementTree.Element("Response")
    details = ElementTree.SubElement(ElementTree.SubElement(root, "Errors"), "Error")
    add_texts(details, Code=error.code, Message=error.message)
    add_texts(root, RequestID=error.request_id)
    return ErrorResponse(error.status, {"content-type": "text/xml"}, xml_bytes(root))


def add_texts(parent: ElementTree.Element, **texts: str) -> None:
    """Add an element for each text."""
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = text


WRITERS: dict[str, Write] = {
    CBOR: write_cbor,
    "ec2": write_ec2,
    "json": write_json,
    "query": write_query,
    "rest-json": write_rest_json,
    "rest-xml": write_rest_xml,
}
