"""Shape readers: a function for each shape that turns parsed JSON into boto3's form.

botocore walks the shape for every event. Here each shape is walked once and compiled
to a closure. The result is the same: unknown members and nulls are left out, wire
names become member names, blobs are decoded, timestamps become datetimes.

One difference is intended: a union with no member set, which some servers send, is
``{}`` (botocore raises).
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.events.times import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape

__all__ = ("ShapeReader", "ShapeReaders")

ShapeReader: TypeAlias = Callable[[Any], Any]
# By wire name: the member's name and reader, None if the value needs none.
MemberTable: TypeAlias = dict[str, tuple[str, ShapeReader | None]]


class ShapeReaders:
    """The readers of the shapes of one service, each compiled once."""

    def __init__(self) -> None:
        self._readers: dict[str, ShapeReader] = {}

    def of(self, shape: Shape) -> ShapeReader | None:
        """Return the reader of a shape; None if parsed JSON is the value already."""
        compile_ = COMPILERS.get(shape.type_name)
        if compile_ is None or getattr(shape, "is_document_type", False):
            return None
        # By name and traits: a reference may give a shape another format.
        key = f"{shape.name} {shape.serialization}"
        if key not in self._readers:
            # A shape may contain itself: the key is set before the members are compiled.
            self._readers[key] = forward_reference(self._readers, key)
            self._readers[key] = compile_(self, shape)
        return self._readers[key]


def forward_reference(table: dict[str, ShapeReader], key: str) -> ShapeReader:
    """Return a reader that looks up, when it is called, the one that is being compiled."""

    def read(value: Any) -> Any:
        return table[key](value)

    return read


def compile_structure(readers: ShapeReaders, shape: Any) -> ShapeReader:
    """Compile the reader of a structure."""
    table = {
        member.serialization.get("name", name): (name, readers.of(member))
        for name, member in shape.members.items()
    }
    read = structure_reader(table)
    return compile_union(shape, table, read) if shape.is_tagged_union else read


def structure_reader(table: MemberTable) -> ShapeReader:
    """Return the reader of a structure with these members."""
    # The loop is over the members of the shape: for events of Bedrock and Live Tail it is
    # 5 % and 13 % faster than one over the members of the value, for others equal.
    fields = [(wire_name, name, read_member) for wire_name, (name, read_member) in table.items()]

    def read(value: dict[str, Any]) -> dict[str, Any]:
        result = {}
        get = value.get
        for wire_name, name, read_member in fields:
            item = get(wire_name)
            if item is not None:
                result[name] = item if read_member is None else read_member(item)
        return result

    return read


def compile_union(shape: Any, table: MemberTable, read_structure: ShapeReader) -> ShapeReader:
    """Compile the reader of a union: one member, which the model may not know yet."""
    plain = {tag for tag, (name, read) in table.items() if read is None and name == tag}

    def read(value: dict[str, Any]) -> dict[str, Any]:
        if len(value) == 1:  # the common case; parsed JSON is then the result: 0.11 for 0.32 us
            (tag,) = value
            if tag in plain and value[tag] is not None:
                return value
        tags = [tag for tag, item in value.items() if item is not None and tag != "__type"]
        if len(tags) > 1:
            msg = f"the union {shape.name} has {len(tags)} members set: {', '.join(tags)}"
            raise ValueError(msg)
        if tags and tags[0] not in table:
            return {"SDK_UNKNOWN_MEMBER": {"name": tags[0]}}
        result: dict[str, Any] = read_structure(value)
        return result

    return read


def compile_list(readers: ShapeReaders, shape: Any) -> ShapeReader:
    """Compile the reader of a list; null items are None."""
    read_member = readers.of(shape.member)

    def read(value: list[Any]) -> list[Any]:
        if type(value) is not list:
            msg = f"the list {shape.name} came as {type(value).__name__}"
            raise TypeError(msg)
        if read_member is None:
            return value
        return [item if item is None else read_member(item) for item in value]

    return read


def compile_map(readers: ShapeReaders, shape: Any) -> ShapeReader:
    """Compile the reader of a map; null values are None."""
    read_member = readers.of(shape.value)

    def read(value: dict[str, Any]) -> dict[str, Any]:
        if read_member is None:
            return dict(value.items())
        return {key: item if item is None else read_member(item) for key, item in value.items()}

    return read


def compile_blob(_readers: ShapeReaders, _shape: Any) -> ShapeReader:
    """Return the reader of blobs, which are base64 in JSON."""
    return a2b_base64


def compile_timestamp(_readers: ShapeReaders, _shape: Any) -> ShapeReader:
    """Return the reader of timestamps, which are epoch seconds or strings in JSON."""
    return parse_timestamp


COMPILERS: Mapping[str, Callable[[ShapeReaders, Any], ShapeReader]] = MappingProxyType(
    {
        "structure": compile_structure,
        "list": compile_list,
        "map": compile_map,
        "blob": compile_blob,
        "timestamp": compile_timestamp,
    }
)
