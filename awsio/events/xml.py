"""Writing XML by the rules of the protocol ``rest-xml``.

Reading is left to botocore's parser. Member names come from ``locationName``;
lists wrap their items in ``member`` unless they are flattened; maps have entries
of key and value; blobs are base64 and timestamps ISO 8601.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from awsio.events.times import write_timestamp
from awsio.events.writing import JSON_VALUES, unknown_member

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("dumps",)

# What the production Char of the XML specification leaves out.
find_forbidden = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]").search


def dumps(value: Any, shape: Any) -> bytes:
    """Write a structure as an XML document whose root has the shape's name.

    Args:
        value: a dict in boto3's form.
        shape: the structure's shape.

    Raises:
        ValueError: a member that the shape does not have.
    """
    parent = ElementTree.Element("document")
    write_structure(parent, shape.serialization.get("name", shape.name), value, shape)
    document: bytes = ElementTree.tostring(parent[0], encoding="utf-8")
    return document.replace(b"\r", b"&#13;")  # a parser reads a bare CR as LF


def write(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Write a value as a child, by its shape's type."""
    WRITERS.get(shape.type_name, write_text)(parent, name, value, shape)


def write_structure(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Write a structure: a child per member that is set, or an attribute."""
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
            node.set(wire_name, checked(str(item)))
        else:
            write(node, wire_name, item, member)


def write_list(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Write a list, inside an element of its own unless it is flattened."""
    item_name = shape.member.serialization.get("name")
    if shape.serialization.get("flattened"):
        node, item_name = parent, item_name or name
    else:
        node, item_name = ElementTree.SubElement(parent, name), item_name or "member"
    for item in value:
        write(node, item_name, item, shape.member)


def write_map(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Write a map: an element per entry."""
    flattened = shape.serialization.get("flattened")
    node = parent if flattened else ElementTree.SubElement(parent, name)
    for key, item in value.items():
        entry = ElementTree.SubElement(node, name if flattened else "entry")
        write(entry, shape.key.serialization.get("name", "key"), key, shape.key)
        write(entry, shape.value.serialization.get("name", "value"), item, shape.value)


def write_text(parent: ElementTree.Element, name: str, value: Any, shape: Any) -> None:
    """Write a scalar."""
    if shape.type_name == "boolean":
        value = "true" if value else "false"
    elif shape.type_name == "blob":
        value = JSON_VALUES.blob(value)
    elif shape.type_name == "timestamp":
        value = write_timestamp(value, shape.serialization.get("timestampFormat", "iso8601"))
    if value is None:
        msg = f"XML has no null for an item of {name!r}"
        raise ValueError(msg)
    ElementTree.SubElement(parent, name).text = checked(str(value))


def checked(text: str) -> str:
    """Give text that XML can hold.

    Raises:
        ValueError: it holds a control character or a surrogate.
    """
    found = find_forbidden(text)
    if found:
        msg = f"XML cannot hold the character {found[0]!r}"
        raise ValueError(msg)
    return text


WRITERS: dict[str, Callable[[ElementTree.Element, str, Any, Any], None]] = {
    "structure": write_structure,
    "list": write_list,
    "map": write_map,
}
