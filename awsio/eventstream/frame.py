"""A frame: headers and a payload.

Frames are made in great numbers, so the class is small and plain: three slots, and
everything else is derived when asked for.
"""

from __future__ import annotations

import json
from struct import Struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from awsio.errors import EventParseError, FrameTooLargeError
from awsio.eventstream.checksum import crc32
from awsio.eventstream.headers import HeaderValue, encode_headers, wire_class
from awsio.eventstream.layout import FRAME_OVERHEAD, LENGTH_FIELD, MAX_FRAME
from awsio.media_type import is_json, media_type

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("Frame", "encode_frame")

LENGTHS = Struct(">II")
SHOWN = 40


class Frame:
    """One message of an event stream. Read-only by agreement.

    Frames are equal if their payloads are, and their headers by name, value and wire
    type, in any order.

    Attributes:
        headers: names to values, read-only, in wire order. Values keep their wire
            type, see :data:`~awsio.eventstream.HeaderValue`.
        payload: the bytes between the headers and the message CRC.
        wire_length: the length of the whole frame on the wire in bytes, None for a frame
            that was not decoded; equality does not look at it.
    """

    __slots__ = ("headers", "payload", "wire_length")

    headers: Mapping[str, HeaderValue]
    payload: bytes
    wire_length: int | None

    def __init__(
        self, headers: Mapping[str, HeaderValue] = MappingProxyType({}), payload: bytes = b""
    ) -> None:
        self.headers = MappingProxyType(dict(headers))
        self.payload = payload if type(payload) is bytes else bytes(memoryview(payload))
        self.wire_length = None

    @property
    def message_type(self) -> str | None:
        """``event``, ``exception`` or ``error``: the header ``:message-type``."""
        return self.text_header(":message-type")

    @property
    def event_type(self) -> str | None:
        """The header ``:event-type``, in an exception frame ``:exception-type``."""
        return self.text_header(":event-type") or self.text_header(":exception-type")

    @property
    def content_type(self) -> str | None:
        """The header ``:content-type``: the media type of the payload."""
        return self.text_header(":content-type")

    @property
    def body(self) -> Any:
        """The payload in the form that its content type names.

        JSON is parsed (an empty payload gives None), text is decoded as UTF-8, and
        anything else stays bytes.

        Raises:
            EventParseError: the payload is not what its content type says.
        """
        kind = media_type(self.content_type)
        holds_json = is_json(kind)
        if not holds_json and not kind.startswith("text/"):
            return self.payload
        try:
            text = self.payload.decode()
            if not holds_json:
                return text
            return json.loads(text) if text else None
        except (ValueError, RecursionError) as error:
            msg = f"the payload is not {kind}: {error}"
            raise EventParseError(msg, frame=self) from None

    def encode(self) -> bytes:
        """Encode the frame; see :func:`encode_frame` for what it raises."""
        return encode_frame(self.headers, self.payload)

    def text_header(self, name: str) -> str | None:
        """A header's value where it is a string, else None."""
        value = self.headers.get(name)
        return value if isinstance(value, str) else None

    def typed_headers(self) -> dict[str, tuple[type, HeaderValue]]:
        """The headers with their types, which ``1 == True == Byte(1)`` would hide."""
        return {name: (wire_class(value), value) for name, value in self.headers.items()}

    def __eq__(self, other: object) -> bool:
        """Compare payloads, header values and the values' wire types."""
        if not isinstance(other, Frame):
            return NotImplemented
        return self.payload == other.payload and self.typed_headers() == other.typed_headers()

    def __hash__(self) -> int:
        """Hash what equality compares."""
        return hash((self.payload, frozenset(self.headers.items())))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the read-only view, which cannot be pickled."""
        slots = {"wire_length": self.wire_length}
        return Frame, (dict(self.headers), self.payload), (None, slots)

    def __repr__(self) -> str:
        """Show the headers and the head of the payload."""
        payload = repr(self.payload[:SHOWN])
        if len(self.payload) > SHOWN:
            payload += f"... {len(self.payload)} bytes"
        return f"Frame({dict(self.headers)!r}, {payload})"


def encode_frame(headers: Mapping[str, HeaderValue], payload: bytes = b"") -> bytes:
    """Encode headers and payload into one frame.

    Args:
        headers: names to values; the Python type of a value decides its wire type.
        payload: any bytes.

    Returns:
        The frame's bytes, both checksums in place.

    Raises:
        HeaderError: a header cannot be written.
        FrameTooLargeError: the frame or a header value is longer than its length
            field can say. The limits of a decoder are its own and not checked here.
    """
    block = encode_headers(headers)
    length = len(payload) if type(payload) is bytes else memoryview(payload).nbytes
    total = FRAME_OVERHEAD + len(block) + length
    if total > MAX_FRAME:
        raise FrameTooLargeError(part="frame", length=total, limit=MAX_FRAME)
    lengths = LENGTHS.pack(total, len(block))
    prelude_crc = crc32(lengths)
    message = b"".join((lengths, LENGTH_FIELD.pack(prelude_crc), block, payload))
    return message + LENGTH_FIELD.pack(crc32(message))
