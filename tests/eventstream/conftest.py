"""Fixtures for the tests of the codec."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TypeAlias
from zlib import crc32

import pytest

SealedFrame: TypeAlias = Callable[..., bytes]

LENGTHS = Struct(">II")
U32 = Struct(">I")


@pytest.fixture(scope="session")
def sealed_frame() -> SealedFrame:
    """Give a function that puts any bytes into a frame whose two checksums are right.

    It is written apart from the encoder, which would refuse most of what these tests need.
    """

    def seal(
        block: bytes = b"",
        payload: bytes = b"",
        *,
        total: int | None = None,
        headers_length: int | None = None,
    ) -> bytes:
        lengths = LENGTHS.pack(
            16 + len(block) + len(payload) if total is None else total,
            len(block) if headers_length is None else headers_length,
        )
        message = lengths + U32.pack(crc32(lengths)) + block + payload
        return message + U32.pack(crc32(message))

    return seal
