"""The formats of structured payloads, one for each protocol: bytes to boto3's form.

JSON is parsed by compiled shape readers, XML and CBOR by botocore's own parsers, which
already handle the corner cases of these formats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias
from xml.etree import ElementTree

from awsio.events.json import loads
from awsio.events.shape_readers import ShapeReaders
from awsio.events.xml_limits import check_xml
from awsio.internals.botocore import cbor_loads

__all__ = ("PayloadFormat", "PayloadParser", "payload_format")

PayloadParser: TypeAlias = Callable[[bytes], Any]


class PayloadFormat(Protocol):
    """The structured payloads of one protocol."""

    def loads(self, payload: bytes) -> Any:
        """Parse a payload whose shape is not known."""
        ...

    def parser(self, shape: Any, *, nullable: bool = False) -> PayloadParser:
        """Return the parser of a structure; an empty payload is an empty structure.

        Args:
            shape: the structure's shape.
            nullable: whether null in place of the structure is None rather than an error.
        """
        ...


class JsonFormat:
    """JSON, for the protocols ``rest-json`` and ``json``."""

    def __init__(self) -> None:
        self._readers = ShapeReaders()

    def loads(self, payload: bytes) -> Any:
        """Parse a payload as it is."""
        return loads(payload)

    def parser(self, shape: Any, *, nullable: bool = False) -> PayloadParser:
        """Return a parser that parses the text and reads it by the shape."""
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
        """Return the texts of the root's children, by their names."""
        check_xml(payload)
        root = ElementTree.fromstring(payload)  # noqa: S314 - entities are refused above
        return {child.tag.rpartition("}")[2]: child.text for child in root}

    def parser(self, shape: Any, *, nullable: bool = False) -> PayloadParser:  # noqa: ARG002 - as the protocol has it
        """Return a parser that calls botocore's; XML has no null."""

        def read(payload: bytes) -> Any:
            if payload:  # botocore takes no bytes for an empty structure
                check_xml(payload)
            response = {"status_code": 200, "headers": {}, "body": payload}
            members = self._parser.parse(response, shape)
            del members["ResponseMetadata"]
            refuse_elements(members)
            return members

        return read


def refuse_elements(value: Any) -> None:
    """Refuse what botocore's parser returns for an element that occurs twice but may once.

    Raises:
        TypeError: the value contains nodes of the document in place of texts.
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

    As in botocore's parser of event streams, the types of CBOR are the values and no
    shape is walked. Only what should be a structure must be a map.
    """

    def __init__(self) -> None:
        from botocore.parsers import EventStreamCBORParser  # noqa: PLC0415 - slow to import

        # The only CBOR parser of botocore that does not need a whole response.
        self.loads: PayloadParser = cbor_loads(EventStreamCBORParser())

    def parser(self, shape: Any, *, nullable: bool = False) -> PayloadParser:
        """Return a parser of maps."""

        def read(payload: bytes) -> Any:
            document = self.loads(payload)
            if not isinstance(document, dict) and not (nullable and document is None):
                msg = f"the structure {shape.name} came as {type(document).__name__}"
                raise TypeError(msg)
            return document

        return read


# Every other protocol that has event streams uses JSON.
FORMATS: Mapping[str, Callable[[], PayloadFormat]] = MappingProxyType(
    {"rest-xml": XmlFormat, "smithy-rpc-v2-cbor": CborFormat}
)


def payload_format(protocol: str) -> PayloadFormat:
    """Return the format of a protocol's structured payloads."""
    return FORMATS.get(protocol, JsonFormat)()
