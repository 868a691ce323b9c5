"""The bodies of ordinary outputs, in each protocol.

JSON, CBOR and XML are written by the writers of :mod:`awsio.events`; the envelopes of the
query protocols are this module's.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from awsio.events.serializing import cbor, xml
from awsio.events.serializing import json as json_text
from awsio.events.serializing.shape_writers import JSON_VALUES, ShapeWriters
from awsio.testing.server.protocols import CBOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.model import OperationModel, ServiceModel

__all__ = (
    "content_type",
    "document_writer",
    "query_document",
    "unwrapped_document",
    "xml_bytes",
    "xml_namespace",
)


def content_type(model: ServiceModel, protocol: str) -> str:
    """Return the media type of a protocol's structures."""
    if protocol == "json":
        return f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.1')}"
    return CONTENT_TYPES[protocol]


CONTENT_TYPES = {
    CBOR: "application/cbor",
    "ec2": "text/xml",
    "query": "text/xml",
    "rest-json": "application/json",
    "rest-xml": "application/xml",
}


@lru_cache(maxsize=128)
def document_writer(
    model: ServiceModel,  # noqa: ARG001 - shapes' names are unique in one service
    protocol: str,
) -> Callable[[Any, Any], bytes]:
    """Return the function that writes a value of a shape, as ``write(shape, value)``.

    Args:
        model: the service's model.
        protocol: ``json``, ``rest-json``, ``rest-xml`` or ``smithy-rpc-v2-cbor``.
    """
    if protocol == "rest-xml":
        return lambda shape, value: xml.dumps(value, shape)
    dumps = cbor.dumps if protocol == CBOR else json_text.dumps
    writers = ShapeWriters(cbor.CBOR_VALUES if protocol == CBOR else JSON_VALUES)
    compiling = threading.Lock()  # the server's thread and a user's write at the same time

    def write(shape: Any, value: Any) -> bytes:
        with compiling:
            to_document = writers.of(shape)
        return dumps(value if to_document is None else to_document(value))

    return write


def query_document(
    operation: OperationModel, protocol: str, output: Mapping[str, Any], request_id: str
) -> bytes:
    """Write the response of a query protocol.

    In ``query`` the output has an element of its own beside the metadata; in ``ec2`` its
    members and the request's ID stand side by side.
    """
    document = ElementTree.Element("document")
    name, shape = f"{operation.name}Response", operation.output_shape
    wrapper = result_wrapper(operation, protocol)
    if shape is not None and wrapper is None:
        xml.write_structure(document, name, output, shape)
        root = document[0]
    else:
        root = ElementTree.SubElement(document, name)
        if shape is not None and wrapper is not None:
            xml.write_structure(root, wrapper, output, shape)
    root.set("xmlns", xml_namespace(operation.service_model))
    if protocol == "ec2":
        ElementTree.SubElement(root, "requestId").text = request_id
    else:
        metadata = ElementTree.SubElement(root, "ResponseMetadata")
        ElementTree.SubElement(metadata, "RequestId").text = request_id
    return xml_bytes(root)


def result_wrapper(operation: OperationModel, protocol: str) -> str | None:
    """Return the element that holds the output; None where there is none."""
    shape = operation.output_shape
    if shape is None or protocol == "ec2":
        return None
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper is None and operation.service_model.resolved_protocol != protocol:
        # The model is of the protocol that came after; the old clients' had this one.
        return f"{operation.name}Result"
    return None if wrapper is None else str(wrapper)


def xml_namespace(model: ServiceModel) -> str:
    """Return the namespace of a service's documents."""
    default = f"http://{model.endpoint_prefix}.amazonaws.com/doc/{model.api_version}/"
    return str(model.metadata.get("xmlNamespace", default))


def unwrapped_document(name: str, text: str) -> bytes:
    """Write a document that is one element with a text."""
    root = ElementTree.Element(name, xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    root.text = text
    return xml_bytes(root)


def xml_bytes(root: ElementTree.Element) -> bytes:
    """Write an element; a parser would read a bare CR as LF."""
    text: bytes = ElementTree.tostring(root, encoding="utf-8")
    return text.replace(b"\r", b"&#13;")
