"""Writing XML by the rules of the protocol ``rest-xml``.

Parsing is left to botocore. Member names come from ``locationName``;
lists wrap their items in ``member`` unless they are flattened; maps have entries
of key and value; blobs are base64 and timestamps ISO 8601.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from awsio.events.serializing.shape_writers import JSON_VALUES, unknown_member
from awsio.events.serializing.times import format_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("dumps",)

# Everything outside the production Char: https://www.w3.org/TR/xml/#charsets
find_forbidden = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search


def dumps(value: Any, shape: Any) -> bytes:
    """Return a structure as an XML document whose root has the shape's name.

    Args:
        value: a dict in boto3's form.
        shape: the structure's shape.

    Raises:
        ValueError: the shape does not have a member, or XML cannot hold a value.
    """
    parent = ElementTree.Element("document")
    write_structure(parent, shape.serialization.get("name", shape.name), value, shape)
    document: bytes = ElementTree.tostring(parent[0], encoding="utf-8")
    return document.replace(b"\r", b"&#13;")  # a parser reads a bare CR as LF


def write(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Add a value as a child element."""
    WRITERS.get(shape.type_name, write_text)(parent, name, value, shape)


def write_structure(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Add a structure: an element or an attribute for each member that is set."""
    node = ElementTree.SubElement(parent, name)
    namespace = shape.serialization.get("xmlNamespace")
    if isinstance(namespace, dict):
        prefix = namespace.get("prefix")
        node.set(f"xmlns:{prefix}" if prefix else "xmlns", namespace["uri"])
    for member_name, item in value.items():
        if member_name not in shape.members:
            raise unknown_member(shape, member_name)
        member = shape.members[member_name]
        wire_name = member.serialization.get("name", member_name)
        if item is None or member.serialization.get("eventheader"):
            continue
        if member.serialization.get("xmlAttribute"):
            node.set(wire_name, xml_text(str(item)))
        else:
            write(node, wire_name, item, member)


def write_list(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Add a list, inside an element of its own unless it is flattened."""
    item_name = shape.member.serialization.get("name")
    if shape.serialization.get("flattened"):
        node, item_name = parent, item_name or name
    else:
        node, item_name = ElementTree.SubElement(parent, name), item_name or "member"
    for item in value:
        write(node, item_name, item, shape.member)


def write_map(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Add a map: an element for each entry."""
    flattened = shape.serialization.get("flattened")
    node = parent if flattened else ElementTree.SubElement(parent, name)
    for key, item in value.items():
        entry = ElementTree.SubElement(node, name if flattened else "entry")
        write(entry, shape.key.serialization.get("name", "key"), key, shape.key)
        write(entry, shape.value.serialization.get("name", "value"), item, shape.value)


def write_text(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Add a scalar."""
    if shape.type_name == "boolean":
        value = "true" if value else "false"
    elif shape.type_name == "blob":
        value = JSON_VALUES.blob(value)
    elif shape.type_name == "timestamp":
        value = format_timestamp(value, shape.serialization.get("timestampFormat", "iso8601"))
    if value is None:
        msg = f"XML has no null for an item of {name!r}"
        raise ValueError(msg)
    ElementTree.SubElement(parent, name).text = xml_text(str(value))


def xml_text(text: str) -> str:
    """Return a text that XML can hold, unchanged.

    Raises:
        ValueError: the text contains a control character or a surrogate.
    """
    found = find_forbidden(text)
    if found:
        msg = f"XML cannot hold the character {found[0]!r}"
        raise ValueError(msg)
    return text


WRITERS: Mapping[str, Callable[[ElementTree.Element, str, Any, Any], None]] = MappingProxyType(
    {"structure": write_structure, "list": write_list, "map": write_map}
)
