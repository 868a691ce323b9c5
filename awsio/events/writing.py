"""Compiled writers: the inverse of the readers, boto3's form to JSON or CBOR values.

A writer turns a value into what the document format holds. What the formats do
differently (blobs, timestamps) is given by a :class:`ValueFormat`.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from awsio.events.times import write_timestamp
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from botocore.model import Shape

__all__ = ("JSON_VALUES", "ValueFormat", "Writer", "Writers", "to_bytes")

Writer: TypeAlias = Callable[[Any], Any]


def to_bytes(value: Any) -> bytes:
    """Take what boto3 takes for a blob: bytes or text.

    Raises:
        TypeError: anything else.
    """
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    msg = f"a blob takes bytes or str, not {type(value).__name__}"
    raise TypeError(msg)


class ValueFormat(NamedTuple):
    """How a document format holds what plain values cannot say.

    Attributes:
        blob: bytes to the format's value.
        timestamp: a datetime and the shape's ``timestampFormat`` to the format's value.
        wire_names: whether ``locationName`` names the members on the wire.
    """

    blob: Writer
    timestamp: Callable[[Any, str], Any]
    wire_names: bool = True


JSON_VALUES = ValueFormat(
    blob=lambda value: b2a_base64(to_bytes(value), newline=False).decode(),
    timestamp=write_timestamp,
)


class Writers:
    """Writers for the shapes of one service, each compiled once."""

    def __init__(self, values: ValueFormat) -> None:
        self.values = values
        self._writers: dict[str, Writer] = {}

    def of(self, shape: Shape) -> Writer | None:
        """Give the writer of a shape; None where the value is written as it is."""
        compile_ = COMPILERS.get(shape.type_name)
        if compile_ is None or getattr(shape, "is_document_type", False):
            return None
        key = f"{shape.name} {shape.serialization}"
        if key not in self._writers:
            self._writers[key] = later(self._writers, key)
            self._writers[key] = compile_(self, shape)
        return self._writers[key]


def later(table: dict[str, Writer], key: str) -> Writer:
    """Stand in for a writer that is still being compiled."""

    def write(value: Any) -> Any:
        return table[key](value)

    return write


def compile_structure(writers: Writers, shape: Any) -> Writer:
    """Compile a structure: member name to wire name and writer."""
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
    """Name the member that a shape does not have, and near ones."""
    hint = did_you_mean(close_matches(name, shape.members))
    return ValueError(f"{shape.name} has no member {name!r}{hint}")


def compile_list(writers: Writers, shape: Any) -> Writer:
    """Compile a list."""
    write_member = writers.of(shape.member)

    def write(value: Any) -> list[Any]:
        if isinstance(value, (str, bytes, dict)):
            msg = f"{shape.name} takes a list, not {type(value).__name__}"
            raise TypeError(msg)
        return [
            item if item is None or write_member is None else write_member(item) for item in value
        ]

    return write


def compile_map(writers: Writers, shape: Any) -> Writer:
    """Compile a map."""
    write_member = writers.of(shape.value)

    def write(value: Any) -> dict[str, Any]:
        return {
            key: item if item is None or write_member is None else write_member(item)
            for key, item in value.items()
        }

    return write


def compile_blob(writers: Writers, _shape: Any) -> Writer:
    """Blobs as the format holds them."""
    return writers.values.blob


def compile_timestamp(writers: Writers, shape: Any) -> Writer:
    """Timestamps as the format holds them."""
    timestamp_format = shape.serialization.get("timestampFormat", "unixTimestamp")
    write = writers.values.timestamp
    return lambda value: write(value, timestamp_format)


COMPILERS: dict[str, Callable[[Writers, Any], Writer]] = {
    "structure": compile_structure,
    "list": compile_list,
    "map": compile_map,
    "blob": compile_blob,
    "timestamp": compile_timestamp,
}
