"""How a protocol writes documents: bytes to boto3's form, by shape.

JSON goes through compiled readers. XML and CBOR go through botocore's own parsers,
which already know these formats' corners.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias
from xml.etree import ElementTree

from awsio.events.documents import loads
from awsio.events.reading import JsonReaders
from awsio.internals.botocore import cbor_loads

__all__ = ("ReadDocument", "ReadFormat", "read_format")

ReadDocument: TypeAlias = Callable[[bytes], Any]


class ReadFormat(Protocol):
    """The documents of one protocol."""

    def loads(self, payload: bytes) -> Any:
        """Read a document whose shape is not known."""
        ...

    def reader(self, shape: Any, *, nullable: bool = False) -> ReadDocument:
        """Make the reader of a structure; an empty payload is an empty structure.

        Args:
            shape: the structure's shape.
            nullable: whether a null in the structure's place gives None.
        """
        ...


class JsonFormat:
    """JSON, for the protocols ``rest-json`` and ``json``."""

    def __init__(self) -> None:
        self._readers = JsonReaders()

    def loads(self, payload: bytes) -> Any:
        """Read a document as it is."""
        return loads(payload)

    def reader(self, shape: Any, *, nullable: bool = False) -> ReadDocument:
        """Make a reader that parses the text and walks it once."""
        read = self._readers.of(shape)
        if read is None:
            return lambda payload: loads(payload) if payload else {}

        def read_nullable(payload: bytes) -> Any:
            document = loads(payload) if payload else {}
            return None if document is None else read(document)

        return (
            read_nullable if nullable else lambda payload: read(loads(payload)) if payload else {}
        )


class XmlFormat:
    """XML, for the protocol ``rest-xml``."""

    def __init__(self) -> None:
        from botocore.parsers import create_parser  # noqa: PLC0415 - slow to import

        self._parser = create_parser("rest-xml")

    def loads(self, payload: bytes) -> Any:
        """Read the texts of the root's children, which is all that XML says by itself."""
        refuse_doctype(payload)
        root = ElementTree.fromstring(payload)  # noqa: S314 - entities are refused above
        return {child.tag.rpartition("}")[2]: child.text for child in root}

    def reader(self, shape: Any, *, nullable: bool = False) -> ReadDocument:  # noqa: ARG002 - as the protocol has it
        """Make a reader of botocore's parser; XML has no null."""

        def read(payload: bytes) -> Any:
            refuse_doctype(payload)
            response = {"status_code": 200, "headers": {}, "body": payload}
            members = self._parser.parse(response, shape)
            del members["ResponseMetadata"]
            refuse_elements(members)
            return members

        return read


def refuse_doctype(payload: bytes) -> None:
    """Refuse XML that no AWS protocol has.

    Raises:
        ValueError: the document declares its type, whose entities could make a hundred
            bytes of each one received.
    """
    if b"<!DOCTYPE" in payload:
        msg = "an XML document type declaration"
        raise ValueError(msg)


def refuse_elements(value: Any) -> None:
    """Refuse what botocore's parser makes of an element that comes twice where it may once.

    Raises:
        TypeError: nodes of the document stand in the value, in the place of a text.
    """
    if isinstance(value, dict):
        for item in value.values():
            refuse_elements(item)
    elif isinstance(value, list):
        for item in value:
            refuse_elements(item)
    elif isinstance(value, ElementTree.Element):
        msg = f"the element {value.tag!r} comes more than once"
        raise TypeError(msg)


class CborFormat:
    """CBOR, for the protocol ``smithy-rpc-v2-cbor``.

    As in botocore's parser of event streams, the document's own types are the values:
    no shape is walked. But a structure is a map, or it is none.
    """

    def __init__(self) -> None:
        from botocore.parsers import EventStreamCBORParser  # noqa: PLC0415 - slow to import

        self.loads: ReadDocument = cbor_loads(EventStreamCBORParser())

    def reader(self, shape: Any, *, nullable: bool = False) -> ReadDocument:
        """Make a reader of maps."""

        def read(payload: bytes) -> Any:
            document = self.loads(payload)
            if not isinstance(document, dict) and not (nullable and document is None):
                msg = f"the structure {shape.name} came as {type(document).__name__}"
                raise TypeError(msg)
            return document

        return read


def read_format(protocol: str) -> ReadFormat:
    """Give the format of a protocol."""
    if protocol == "rest-xml":
        return XmlFormat()
    if protocol == "smithy-rpc-v2-cbor":
        return CborFormat()
    return JsonFormat()
