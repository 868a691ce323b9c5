"""Shape writers: a function for each shape that turns a value into JSON or CBOR values.

The inverse of :mod:`awsio.events.shape_readers`. A :class:`ValueFormat` holds what
JSON and CBOR do differently: blobs, timestamps and member names.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from awsio.events.serializing.times import format_timestamp
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape

__all__ = (
    "JSON_VALUES",
    "ShapeWriter",
    "ShapeWriters",
    "ValueFormat",
    "to_bytes",
    "unknown_member",
)

ShapeWriter: TypeAlias = Callable[[Any], Any]


def to_bytes(value: Any) -> bytes:
    """Return the bytes of what boto3 accepts as a blob: bytes or text.

    Raises:
        TypeError: the value is neither.
    """
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    msg = f"a blob takes bytes or str, not {type(value).__name__}"
    raise TypeError(msg)


class ValueFormat(NamedTuple):
    """How JSON or CBOR represents the values that it has no type for.

    Attributes:
        blob: bytes to the format's value.
        timestamp: a datetime and the shape's ``timestampFormat`` to the format's value.
        wire_names: whether ``locationName`` names the members on the wire.
    """

    blob: ShapeWriter
    timestamp: Callable[[Any, str], Any]
    wire_names: bool = True


JSON_VALUES = ValueFormat(
    blob=lambda value: b2a_base64(to_bytes(value), newline=False).decode(),
    timestamp=format_timestamp,
)


class ShapeWriters:
    """The writers of the shapes of one service, each compiled once."""

    def __init__(self, values: ValueFormat) -> None:
        self.values = values
        self._writers: dict[str, ShapeWriter] = {}

    def of(self, shape: Shape) -> ShapeWriter | None:
        """Return the writer of a shape; None if values need no conversion."""
        compile_ = COMPILERS.get(shape.type_name)
        if compile_ is None or getattr(shape, "is_document_type", False):
            return None
        key = f"{shape.name} {shape.serialization}"
        if key not in self._writers:
            self._writers[key] = forward_reference(self._writers, key)
            self._writers[key] = compile_(self, shape)
        return self._writers[key]


def forward_reference(table: dict[str, ShapeWriter], key: str) -> ShapeWriter:
    """Return a writer that looks up, when it is called, the one that is being compiled."""

    def write(value: Any) -> Any:
        return table[key](value)

    return write


def compile_structure(writers: ShapeWriters, shape: Any) -> ShapeWriter:
    """Compile the writer of a structure."""
    renamed = writers.values.wire_names
    table = {
        name: (member.serialization.get("name", name) if renamed else name, writers.of(member))
        for name, member in shape.members.items()
    }

    def write(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            msg = f"{shape.name} takes a dict, not {type(value).__name__}"
            raise TypeError(msg)
        result = {}
        for name, item in value.items():
            if name not in table:
                raise unknown_member(shape, name)
            if item is not None:
                wire_name, write_member = table[name]
                result[wire_name] = item if write_member is None else write_member(item)
        return result

    return write


def unknown_member(shape: Any, name: object) -> ValueError:
    """Return the error for a member that a shape does not have, with similar names."""
    hint = did_you_mean(close_matches(name, shape.members))
    return ValueError(f"{shape.name} has no member {name!r}{hint}")


def compile_list(writers: ShapeWriters, shape: Any) -> ShapeWriter:
    """Compile the writer of a list."""
    write_member = writers.of(shape.member)

    def write(value: Any) -> list[Any]:
        if isinstance(value, (str, bytes, dict)):
            msg = f"{shape.name} takes a list, not {type(value).__name__}"
            raise TypeError(msg)
        return [
            item if item is None or write_member is None else write_member(item) for item in value
        ]

    return write


def compile_map(writers: ShapeWriters, shape: Any) -> ShapeWriter:
    """Compile the writer of a map."""
    write_member = writers.of(shape.value)

    def write(value: Any) -> dict[str, Any]:
        return {
            key: item if item is None or write_member is None else write_member(item)
            for key, item in value.items()
        }

    return write


def compile_blob(writers: ShapeWriters, _shape: Any) -> ShapeWriter:
    """Return the format's writer of blobs."""
    return writers.values.blob


def compile_timestamp(writers: ShapeWriters, shape: Any) -> ShapeWriter:
    """Compile the writer of timestamps in the shape's format."""
    timestamp_format = shape.serialization.get("timestampFormat", "unixTimestamp")
    write = writers.values.timestamp
    return lambda value: write(value, timestamp_format)


COMPILERS: Mapping[str, Callable[[ShapeWriters, Any], ShapeWriter]] = MappingProxyType(
    {
        "structure": compile_structure,
        "list": compile_list,
        "map": compile_map,
        "blob": compile_blob,
        "timestamp": compile_timestamp,
    }
)
