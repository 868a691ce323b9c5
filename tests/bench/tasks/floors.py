"""Floors: what no reader of these streams can leave out."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from zlib import crc32

from awsio.eventstream import FrameDecoder
from tests.bench.tasks.counting import by_clock, by_cpu
from tests.bench.tasks.serving import serve
from tests.bench.wire import records, tokens

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

REQUEST = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n"


def json_and_crc(_stack: ExitStack, *, events: int, size: int | None = None) -> Callable[[], Any]:
    """For each event one CRC over its bytes and one ``json.loads`` of its payload.

    The payload is decoded first: given bytes, ``json.loads`` would guess their encoding.
    """
    frames = tokens(events, size)
    parts = [(frame, payload_of(frame)) for frame in frames]

    def work() -> int:
        found = 0
        for frame, payload in parts:
            crc32(frame)
            json.loads(payload.decode())
            found += 1
        return found

    return by_cpu(work, events)


def crc(_stack: ExitStack, *, events: int, size: int | None = None) -> Callable[[], Any]:
    """For each event one CRC over its bytes."""
    frames = tokens(events, size)

    def work() -> int:
        found = 0
        for frame in frames:
            crc32(frame)
            found += 1
        return found

    return by_cpu(work, events)


def copy_and_crc(_stack: ExitStack, *, size: int) -> Callable[[], Any]:
    """One copy and one CRC of the bytes of a big frame."""
    wire = bytearray(records(size))

    def work() -> int:
        crc32(bytes(wire))
        return 1

    return by_cpu(work, 1)


def payload_of(frame: bytes) -> bytes:
    """Take the payload out of a frame."""
    decoder = FrameDecoder()
    decoder.feed(frame)
    return next(iter(decoder)).payload


def receive(
    stack: ExitStack, *, server: dict[str, Any], units: int, size: int, checked: bool = False
) -> Callable[[], Any]:
    """A bare socket's loop over a body of a known length.

    Args:
        stack: closes what is opened.
        server: its script, with the framing ``length``.
        units: that the body counts for.
        size: of the buffer.
        checked: whether a CRC is computed of the bytes.
    """
    url = serve(stack, server).hello["url"]
    host, _, port = url.removeprefix("http://").rpartition(":")
    sock = stack.enter_context(socket.create_connection((host, int(port))))
    buffer = memoryview(bytearray(size))

    def work() -> int:
        sock.sendall(REQUEST)
        head = b""
        while b"\r\n\r\n" not in head:
            head = sock.recv(4096, socket.MSG_PEEK)
        head = sock.recv(head.index(b"\r\n\r\n") + 4)
        wanted = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while wanted:
            count = sock.recv_into(buffer)
            if checked:
                crc32(buffer[:count])
            wanted -= count
        return units

    return by_clock(work, units)
