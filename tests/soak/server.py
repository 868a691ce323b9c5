"""The server, a process of its own: it prints its ports, and serves until its input ends.

``python -m tests.soak.server CERTIFICATE``
"""

from __future__ import annotations

import gzip
import json
import random
import re
import select
import socket
import ssl
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.soak.content import FOREIGN, frames
from tests.soak.plan import Request
from tests.support.wire import EVENT_STREAM, Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("serve",)

find_model = re.compile(r"POST \S*/model/([^/ ]+)/(\S+) ").match
#: Seconds that a connection may be idle.
IDLE = 120.0
#: Bytes of one write of a flood.
FLOOD = 1 << 16
#: Seconds that the last bytes of a body are late, at most.
LATEST = 4e-4
COUNTS = {"connections": 0, "requests": 0, "reused after surplus": 0}


def head(request: Request, length: int) -> bytes:
    """Return the head of an answer."""
    how = {
        "chunked": "Transfer-Encoding: chunked",
        "length": f"Content-Length: {length}",
        "close": "Connection: close",
    }[request.framing]
    encoding = "Content-Encoding: gzip\r\n" if request.encoding == "gzip" else ""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {EVENT_STREAM}\r\n{encoding}{how}\r\n\r\n".encode()


def split(rng: random.Random, data: bytes, largest: int) -> Iterator[bytes]:
    """Return data in pieces of any lengths."""
    at = 0
    while at < len(data):
        size = rng.randrange(1, largest + 1)
        yield data[at : at + size]
        at += size


def chunked(pieces: list[bytes]) -> bytes:
    """Return a body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def wire(request: Request, operation: str, rng: random.Random) -> bytes:
    """Return the body as it is framed."""
    parts = frames(operation, request.stream, request.count)
    if request.encoding == "gzip":
        parts = list(split(rng, gzip.compress(b"".join(parts)), 500))
    if request.framing != "chunked":
        return b"".join(parts)
    if rng.random() < 0.5:  # chunks need not be frames
        parts = list(split(rng, b"".join(parts), 2000))
    return chunked(parts)


def cut_at(request: Request, operation: str, body: bytes, rng: random.Random) -> int:
    """Return where a body is cut, so that its reader can know it.

    A body that ends with the connection is cut inside a frame, for its end says nothing.
    """
    if request.framing != "close":
        return rng.randrange(max(len(body) - 5, 1))  # the last line end of chunks is no loss
    parts = frames(operation, request.stream, request.count) or [b""]
    number = rng.randrange(len(parts))
    inside = rng.randrange(1, len(parts[number])) if parts[number] else 0
    return len(b"".join(parts[:number])) + inside


def pause(sock: socket.socket, seconds: float) -> None:
    """Wait, or until the client has gone.

    Raises:
        ConnectionError: it has.
    """
    ready, _, _ = select.select([sock], [], [], seconds)
    if ready:
        raise ConnectionError


def answer(connection: Connection, request: Request, operation: str) -> bool:
    """Answer a request; return whether the connection is kept."""
    rng = random.Random(request.seed)  # noqa: S311 - it is to be repeatable
    body = wire(request, operation, rng)
    sock = connection.sock
    length = len(body)
    sock.sendall(head(request, length))
    if request.mode == "cut":
        sock.sendall(body[: cut_at(request, operation, body, rng)])
        connection.drop(rng.choice(("fin", "ragged", "rst")))
        return False
    if request.mode == "stall" and body:
        # Before its last byte: a client that has it all may send its next request.
        at = rng.randrange(length)
        sock.sendall(body[:at])
        pause(sock, rng.choice((0.005, 0.05, 0.3)))
        sock.sendall(body[at:])
    elif request.mode == "late":
        # With chunks, the reader waits for the end alone, and the connection goes back with it.
        at = max(length - rng.randrange(1, 6), 0)
        sock.sendall(body[:at])
        pause(sock, rng.random() * LATEST)
        sock.sendall(body[at:])
    elif request.mode == "trickle":
        for piece in split(rng, body, 40):
            if rng.random() < 0.02:  # before it: after the last one, see above
                pause(sock, 0.002)
            sock.sendall(piece)
    elif request.mode == "surplus":
        evil = Request(FOREIGN, "whole", "chunked", 3, 0, "plain")
        wrong = wire(evil, operation, rng)
        sock.sendall(body + head(evil, 0) + wrong)
    else:
        for at in range(0, length, FLOOD):
            sock.sendall(body[at : at + FLOOD])
    return request.framing != "close"


def serve_requests(connection: Connection) -> None:
    """Answer the requests of one connection."""
    tainted = False
    while (found := connection.read_request()) is not None:
        if found[0].startswith("GET /counts"):
            body = json.dumps(COUNTS).encode()
            connection.sock.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            )
            continue
        COUNTS["requests"] += 1
        COUNTS["reused after surplus"] += tainted
        match = find_model(found[0])
        assert match is not None, found[0]
        request = Request.of(match[1])
        if not answer(connection, request, match[2]):
            return
        tainted |= request.mode == "surplus"


def serve(sock: socket.socket, context: ssl.SSLContext | None) -> None:
    """Serve one connection."""
    COUNTS["connections"] += 1
    connection = Connection(sock)
    try:
        sock.settimeout(IDLE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            connection.sock = context.wrap_socket(sock, server_side=True)
        serve_requests(connection)
    except OSError:  # the client has gone
        pass
    finally:
        with suppress(OSError):
            connection.drop("fin")


def listen(context: ssl.SSLContext | None) -> int:
    """Accept connections in a thread; return the port."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)

    def accept() -> None:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=serve, args=(sock, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def main(certificate: str) -> None:
    """Serve plain and over TLS until the input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    print(json.dumps([listen(None), listen(context)]), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
