"""A raw HTTP/1.1 server that answers with given bytes, in given pieces, and can break off.

A piece may be a :class:`Gate`, at which an answer waits until the test opens it or the
client closes the connection; no test has to guess how long something takes. A
:class:`Pause` lets a stream come at a pace, where the pace is what is tested.
"""

from __future__ import annotations

import os
import select
import socket
import ssl
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

__all__ = ("EVENT_STREAM", "Answer", "Connection", "Gate", "Pause", "WireServer")

EVENT_STREAM = "application/vnd.amazon.eventstream"
# Nothing here takes so long: a test that hangs fails instead of standing still.
PATIENCE = 20.0
HEAD_END = b"\r\n\r\n"


class Gate:
    """A place in an answer where the server waits."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        self.reached = threading.Event()

    def open(self) -> None:
        """Let the answer go on; safe to call twice."""
        if self._writer >= 0:
            os.close(self._writer)  # the end of the pipe is readable from now on
            self._writer = -1

    def __del__(self) -> None:
        self.open()
        os.close(self.reader)


@dataclass(frozen=True)
class Pause:
    """A time in which an answer stands still."""

    seconds: float


Piece: TypeAlias = bytes | Gate | Pause


@dataclass
class Answer:
    """What the server says to one request.

    Attributes:
        pieces: the body, each piece sent by itself; in chunked framing each is a chunk.
        framing: how the body's end is told.
        status: the status line's code.
        content_type: the header; None leaves it out.
        headers: more headers.
        length: the Content-Length to claim instead of the right one.
        last_chunk: whether the chunk that ends the body is sent.
        end: keep the connection for the next request, or break it off: ``fin``, over TLS
            with its own goodbye before; ``ragged``, without that; or ``rst``.
        raw: pieces that go out as they are, after the body's pieces.
        before: what goes out before the head, as an informational response.
        cut: bytes behind the head after which the answer breaks off, all that is left
            out; None sends all.
        split: the most bytes of one write, 1 for a trickle; None writes whole pieces.
    """

    pieces: Iterable[Piece] = ()
    framing: Literal["chunked", "length", "close"] = "chunked"
    status: int = 200
    content_type: str | None = EVENT_STREAM
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    last_chunk: bool = True
    end: Literal["keep", "fin", "ragged", "rst"] = "keep"
    raw: Iterable[Piece] = ()
    before: bytes = b""
    cut: int | None = None
    split: int | None = None

    def __post_init__(self) -> None:
        self.pieces = list(self.pieces)

    def head(self) -> bytes:
        """Give the status line and the headers."""
        lines = {"Content-Type": self.content_type, **self.headers}
        if self.framing == "chunked":
            lines["Transfer-Encoding"] = "chunked"
        elif self.framing == "close":
            lines["Connection"] = "close"
        else:
            real = sum(len(piece) for piece in self.pieces if isinstance(piece, bytes))
            lines["Content-Length"] = str(real if self.length is None else self.length)
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        return f"HTTP/1.1 {self.status} Answer\r\n{text}\r\n".encode()

    def wire(self) -> Iterable[Piece]:
        """Give everything that is sent, gates between."""
        yield from self._splits(self.before + self.head())
        left = self.cut
        for piece in self._behind_the_head():
            if not isinstance(piece, bytes):
                yield piece
                continue
            if left is not None:
                piece = piece[:left]  # noqa: PLW2901 - the rest is never sent
                left -= len(piece)
            yield from self._splits(piece)
            if left == 0:
                return

    def _splits(self, data: bytes) -> Iterable[bytes]:
        """Give bytes in the writes that they go out in."""
        if self.split is None:
            yield data
        else:
            yield from (data[at : at + self.split] for at in range(0, len(data), self.split))

    def _behind_the_head(self) -> Iterable[Piece]:
        """Give the body as it is framed."""
        for piece in self.pieces:
            chunked = self.framing == "chunked" and isinstance(piece, bytes)
            yield b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
        yield from self.raw
        if self.framing == "chunked" and self.last_chunk:
            yield b"0\r\n\r\n"


class Connection:
    """One accepted connection.

    Attributes:
        closed: set once the client has closed it, or the server's side is over.
        closed_by_client: whether the client was first.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.closed = threading.Event()
        self.closed_by_client = False
        self.buffer = b""

    def read_request(self) -> tuple[str, bytes] | None:
        """Read a request: head and body; None if the client closes instead."""
        while HEAD_END not in self.buffer:
            if not self._more():
                return None
        head, _, rest = self.buffer.partition(HEAD_END)
        text = head.decode("latin-1")
        length = 0
        for line in text.lower().splitlines():
            if line.startswith("content-length:"):
                length = int(line.partition(":")[2])
        self.buffer = rest
        while len(self.buffer) < length:
            if not self._more():
                return None
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return text, body

    def send(self, part: Piece) -> bool:
        """Send bytes, or wait; False if the client has gone."""
        if isinstance(part, bytes):
            try:
                self.sock.sendall(part)
            except OSError:
                self.closed_by_client = True
                return False
            return True
        if isinstance(part, Pause):
            ready, _, _ = select.select([self.sock], [], [], part.seconds)
            self.closed_by_client = bool(ready)
            return not ready
        part.reached.set()
        ready, _, _ = select.select([self.sock, part.reader], [], [], PATIENCE)
        if part.reader in ready:
            return True
        self.closed_by_client = self.sock in ready
        return False

    def drop(self, how: str) -> None:
        """Close: with a reset, or with a FIN, before which TLS says goodbye."""
        if how == "fin" and isinstance(self.sock, ssl.SSLSocket):
            with suppress(OSError, ValueError):  # it need not be answered; or it is closed
                self.sock.settimeout(0)
                self.sock.unwrap()
        if how == "rst":
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _more(self) -> bool:
        """Read from the socket; False at its end."""
        try:
            data = self.sock.recv(65536)
        except OSError:
            data = b""
        self.buffer += data
        self.closed_by_client = not data
        return bool(data)


MakeAnswer: TypeAlias = "Callable[[str], Answer]"


class WireServer:
    """The server, on a free port of 127.0.0.1.

    Args:
        certificate: speak TLS, with this file of certificate and key.

    Attributes:
        url: where it answers.
        connections: every connection accepted so far.
        requests: head and body of every request so far.
    """

    def __init__(self, certificate: Path | None = None) -> None:
        self.connections: list[Connection] = []
        self.requests: list[tuple[str, bytes]] = []
        self._answers: list[Answer | MakeAnswer] = [Answer()]
        self._lock = threading.Lock()
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def answer(self, *answers: Answer | MakeAnswer) -> None:
        """Say how to answer: one after another, the last one for all that follow.

        A function makes the answer of the request's head.
        """
        with self._lock:
            self._answers = list(answers)

    @property
    def accepted(self) -> int:
        """How many connections were accepted."""
        return len(self.connections)

    def close(self) -> None:
        """Stop, and close every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        for connection in self.connections:
            with suppress(OSError):  # it may be closed already
                connection.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        """Accept connections, a thread for each."""
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock)
            self.connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: Connection) -> None:
        """Answer the requests of one connection."""
        try:
            if self._context is not None:
                connection.sock = self._context.wrap_socket(connection.sock, server_side=True)
            while (request := connection.read_request()) is not None:
                with self._lock:
                    self.requests.append(request)
                    answers = self._answers
                    answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if callable(answer):
                    answer = answer(request[0])
                if not all(connection.send(part) for part in answer.wire()):
                    return
                if answer.end != "keep" or answer.framing == "close":
                    connection.drop(answer.end)
                    return
        except OSError:  # of the handshake: the client does not want to
            pass
        finally:
            connection.drop("fin")
            connection.closed.set()
