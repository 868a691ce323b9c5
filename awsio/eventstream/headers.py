"""Header blocks: names with typed values.

A value keeps its wire type through Python, so that what was decoded encodes to
the same bytes again:

====  ==========  =========================
type  wire        Python
====  ==========  =========================
0, 1  true/false  ``bool``
2     i8          :class:`Byte`
3     i16         :class:`Short`
4     i32         ``int``
5     i64         :class:`Long`
6     u16 length  ``bytes``
7     u16 length  ``str`` (UTF-8)
8     i64         :class:`Timestamp` (ms since the epoch)
9     16 bytes    :class:`uuid.UUID`
====  ==========  =========================
"""

from __future__ import annotations

import datetime as datetime_  # the class below has a property of that name
from collections.abc import Callable, Mapping
from struct import Struct
from typing import ClassVar, Self, TypeAlias
from uuid import UUID

from awsio.errors import DuplicateHeaderError, FrameTooLargeError, HeaderError

__all__ = (
    "Byte",
    "HeaderValue",
    "Long",
    "Short",
    "Timestamp",
    "decode_headers",
    "encode_headers",
)

MAX_NAME = 255
MAX_VALUE = 65535
SHOWN_BITS = 128  # Python refuses to print an int of some thousand digits
TRUE, FALSE, BYTE, SHORT, INTEGER, LONG, BYTE_ARRAY, STRING, TIMESTAMP, UUID_TYPE = range(10)

U16 = Struct(">H")
I8, I16, I32, I64 = Struct(">b"), Struct(">h"), Struct(">i"), Struct(">q")


class WireInteger(int):
    """An int that is written with a fixed number of bits."""

    bits: ClassVar[int] = 32

    def __new__(cls, value: int = 0) -> Self:
        """Check the range.

        Raises:
            HeaderError: ``value`` does not fit.
        """
        check_range(value, cls.bits, cls.__name__)
        return super().__new__(cls, value)

    def __repr__(self) -> str:
        """Show the wire type."""
        return f"{type(self).__name__}({int(self)})"

    __str__ = int.__repr__


class Byte(WireInteger):
    """Header type 2: a signed 8-bit integer."""

    bits = 8


class Short(WireInteger):
    """Header type 3: a signed 16-bit integer."""

    bits = 16


class Long(WireInteger):
    """Header type 5: a signed 64-bit integer."""

    bits = 64


class Timestamp(WireInteger):
    """Header type 8: milliseconds since 1970-01-01T00:00Z, signed, 64 bits.

    An int, because the wire holds times that ``datetime`` cannot.
    """

    bits = 64

    @property
    def datetime(self) -> datetime_.datetime:
        """The time as an aware UTC datetime.

        Raises:
            OverflowError: the year is outside 1 to 9999.
        """
        return EPOCH + datetime_.timedelta(milliseconds=int(self))

    @classmethod
    def from_datetime(cls, value: datetime_.datetime) -> Self:
        """Make a timestamp of a datetime, cut to whole milliseconds.

        Args:
            value: a datetime; a naive one is read as UTC, as botocore does.
        """
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime_.UTC)
        return cls((value - EPOCH) // datetime_.timedelta(milliseconds=1))


EPOCH = datetime_.datetime(1970, 1, 1, tzinfo=datetime_.UTC)

HeaderValue: TypeAlias = bool | int | bytes | str | UUID
"""What a header's value can be; :class:`Byte`, :class:`Short`, :class:`Long` and
:class:`Timestamp` are ints."""


def check_range(value: int, bits: int, name: str) -> None:
    """Raise :class:`HeaderError` unless ``value`` fits a signed integer of ``bits``."""
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        hint = "; wrap it in Long" if name == "integer" else ""
        shown = value if int(value).bit_length() <= SHOWN_BITS else "an integer too long to show"
        msg = f"{shown} does not fit {name}, a signed integer of {bits} bits{hint}"
        raise HeaderError(msg)


# Reading. Each reader takes (block, position of the value) and gives (value, position after it).
Reader: TypeAlias = Callable[[bytes, int], tuple[HeaderValue, int]]


def fixed(size: int, convert: Callable[[bytes], HeaderValue]) -> Reader:
    """Make a reader of values of ``size`` bytes."""

    def read(block: bytes, position: int) -> tuple[HeaderValue, int]:
        end = position + size
        if end > len(block):
            raise overrun()
        return convert(block[position:end]), end

    return read


def counted(convert: Callable[[bytes], HeaderValue]) -> Reader:
    """Make a reader of values behind a u16 length."""

    def read(block: bytes, position: int) -> tuple[HeaderValue, int]:
        start = position + 2
        if start > len(block):
            raise overrun()
        end = start + U16.unpack_from(block, position)[0]
        if end > len(block):
            raise overrun()
        return convert(block[start:end]), end

    return read


def overrun() -> HeaderError:
    """Make the error for a header that its block cuts off."""
    return HeaderError("a header runs past the end of its block")


def utf8(data: bytes) -> str:
    """Decode a name or a string value.

    Raises:
        HeaderError: the bytes are not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        msg = f"a header holds a string that is not UTF-8: {error}"
        raise HeaderError(msg) from None


READERS: tuple[Reader, ...] = (
    fixed(0, lambda _: True),
    fixed(0, lambda _: False),
    fixed(1, lambda data: Byte(*I8.unpack(data))),
    fixed(2, lambda data: Short(*I16.unpack(data))),
    fixed(4, lambda data: int(*I32.unpack(data))),
    fixed(8, lambda data: Long(*I64.unpack(data))),
    counted(bytes),
    counted(utf8),
    fixed(8, lambda data: Timestamp(*I64.unpack(data))),
    fixed(16, lambda data: UUID(bytes=data)),
)


def decode_headers(block: bytes) -> dict[str, HeaderValue]:
    """Decode a header block.

    Args:
        block: the bytes between prelude and payload.

    Returns:
        The headers in wire order.

    Raises:
        HeaderError: a name of length 0, an unknown value type, bytes that are not
            UTF-8, or a header that runs past the end of the block.
        DuplicateHeaderError: a name stands twice.
    """
    headers: dict[str, HeaderValue] = {}
    position, end = 0, len(block)
    while position < end:
        start = position + 1
        value_at = start + block[position]
        if value_at == start:
            msg = "a header name has length 0"
            raise HeaderError(msg)
        if value_at >= end:
            raise overrun()
        name = utf8(block[start:value_at])
        if name in headers:
            raise DuplicateHeaderError(name=name)
        wire_type = block[value_at]
        if wire_type >= len(READERS):
            msg = f"header {name!r} has the unknown value type {wire_type}"
            raise HeaderError(msg)
        headers[name], position = READERS[wire_type](block, value_at + 1)
    return headers


# Writing. Each writer gives the type byte and the value's bytes.
def write_bool(value: bool) -> bytes:  # noqa: FBT001 - the table's signature
    """Write types 0 and 1, which have no bytes but the type's."""
    return bytes((TRUE if value else FALSE,))


def write_integer(value: int) -> bytes:
    """Write type 4."""
    check_range(value, 32, "integer")
    return bytes((INTEGER,)) + I32.pack(value)


def write_bytes(value: bytes, wire_type: int = BYTE_ARRAY) -> bytes:
    """Write type 6, or 7 for encoded text."""
    if len(value) > MAX_VALUE:
        raise FrameTooLargeError(part="header value", length=len(value), limit=MAX_VALUE)
    return bytes((wire_type,)) + U16.pack(len(value)) + value


def write_string(value: str) -> bytes:
    """Write type 7."""
    return write_bytes(to_utf8(value), STRING)


def to_utf8(text: str) -> bytes:
    """Encode a name or a string value.

    Raises:
        HeaderError: the text holds lone surrogates.
    """
    try:
        return text.encode()
    except (UnicodeEncodeError, AttributeError) as error:
        msg = f"a header string cannot be written as UTF-8: {error}"
        raise HeaderError(msg) from None


WRITERS: dict[type, Callable[..., bytes]] = {
    bool: write_bool,
    Byte: lambda value: bytes((BYTE,)) + I8.pack(value),
    Short: lambda value: bytes((SHORT,)) + I16.pack(value),
    int: write_integer,
    Long: lambda value: bytes((LONG,)) + I64.pack(value),
    bytes: write_bytes,
    str: write_string,
    Timestamp: lambda value: bytes((TIMESTAMP,)) + I64.pack(value),
    UUID: lambda value: bytes((UUID_TYPE,)) + value.bytes,
}


def encode_headers(headers: Mapping[str, HeaderValue]) -> bytes:
    """Encode headers, the inverse of :func:`decode_headers`.

    Args:
        headers: names (1 to 255 bytes of UTF-8) to values; the Python type decides
            the wire type.

    Returns:
        The header block.

    Raises:
        HeaderError: a name or a value cannot be written.
        FrameTooLargeError: a string or bytes value is longer than 65,535 bytes.
    """
    block = bytearray()
    for name, value in headers.items():
        encoded = to_utf8(name)
        if not 1 <= len(encoded) <= MAX_NAME:
            msg = f"a header name takes 1 to {MAX_NAME} bytes, not {len(encoded)}"
            raise HeaderError(msg)
        write = WRITERS.get(type(value)) or writer_of_base(value, name)
        block.append(len(encoded))
        block += encoded
        block += write(value)
    return bytes(block)


def wire_class(value: HeaderValue) -> type:
    """Give the class of the value's wire type, which may be a base of its own."""
    cls = type(value)
    return cls if cls in WRITERS else next((b for b in cls.__mro__ if b in WRITERS), cls)


def writer_of_base(value: object, name: str) -> Callable[..., bytes]:
    """Find the writer for a subclass, such as a ``StrEnum`` member.

    Raises:
        HeaderError: no header can hold such a value.
    """
    for base in type(value).__mro__:
        if base in WRITERS:
            return WRITERS[base]
    msg = f"header {name!r} cannot hold a {type(value).__name__}"
    raise HeaderError(msg)
