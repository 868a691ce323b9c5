"""The wire format ``application/vnd.amazon.eventstream``: bytes to frames and back.

Pure functions of bytes: nothing here reads, waits, logs or knows a service.

.. code-block:: text

    total length   u32    of the whole frame, at least 16
    headers length u32    at most total length - 16
    prelude CRC    u32    CRC-32 of the 8 bytes before it
    headers               name length u8, name, type u8, value; repeated
    payload
    message CRC    u32    CRC-32 of all bytes before it

Numbers are big-endian. The format is specified in Smithy's "Event stream"
document (``smithy.io/2.0/aws/amazon-eventstream.html``).
"""

from __future__ import annotations

from awsio.eventstream.decoder import FrameDecoder
from awsio.eventstream.frame import Frame, encode_frame
from awsio.eventstream.headers import (
    Byte,
    HeaderValue,
    Long,
    Short,
    Timestamp,
    decode_headers,
    encode_headers,
)
from awsio.eventstream.layout import MAX_HEADERS, MAX_PAYLOAD

__all__ = (
    "MAX_HEADERS",
    "MAX_PAYLOAD",
    "Byte",
    "Frame",
    "FrameDecoder",
    "HeaderValue",
    "Long",
    "Short",
    "Timestamp",
    "decode_headers",
    "encode_frame",
    "encode_headers",
)
