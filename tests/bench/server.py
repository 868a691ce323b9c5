"""The server of the rows that go over sockets: bare sockets and prepared bytes.

Started with a JSON document, which :class:`Script` describes. It parses of a request only
where it ends. Asked anything, it tells how many connections and requests there were.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from tests.bench.child import answer_parent
from tests.bench.wire import cut, records, select_end, tokens

__all__ = ("Script", "main")

HEAD_END = b"\r\n\r\n"
# Nothing that is measured is silent for so long: after this, the client is gone.
PATIENCE = 120.0


@dataclass(frozen=True)
class Script:
    """What every request is answered with.

    Attributes:
        body: ``tokens`` of Converse or ``records`` of S3 Select.
        count: events, the last ones included.
        size: payload bytes of each records event.
        framing: how HTTP tells the body's end: ``chunked``, ``length`` or ``close``.
        chunk: bytes of an HTTP chunk, 0 for one event a chunk. Records go one a chunk.
        pace: seconds between two events; 0 sends all at once.
        gate: bodies begin when so many requests wait for theirs.
        hold: send the head and the first event only, and wait until the client goes.
    """

    body: str = "tokens"
    count: int = 5
    size: int = 65536
    framing: str = "chunked"
    chunk: int = 0
    pace: float = 0.0
    gate: int = 0
    hold: bool = False

    def parts(self) -> list[tuple[bytes, int]]:
        """Give the body: bytes, and how often they are sent in a row."""
        if self.body == "records":
            parts = [(records(self.size), self.count - 1), (select_end(), 1)]
        elif self.pace or self.hold:
            parts = [(frame, 1) for frame in tokens(self.count)]
        else:
            frames = tokens(self.count)
            frames = cut(b"".join(frames), self.chunk) if self.chunk else frames
            if self.framing == "chunked":
                frames = [chunked(frame) for frame in frames] + [chunked(b"")]
            return [(b"".join(frames), 1)]
        if self.framing == "chunked":
            return [(chunked(part), times) for part, times in parts] + [(chunked(b""), 1)]
        return parts

    def head(self, parts: list[tuple[bytes, int]]) -> bytes:
        """Give the response's head for its body."""
        length = sum(len(part) * times for part, times in parts)
        end = {
            "chunked": "Transfer-Encoding: chunked",
            "length": f"Content-Length: {length}",
            "close": "Connection: close",
        }[self.framing]
        kind = "application/vnd.amazon.eventstream"
        return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{end}\r\n\r\n".encode()


def chunked(data: bytes) -> bytes:
    """Give a chunk of HTTP; of nothing, the last one."""
    return b"%x\r\n%s\r\n" % (len(data), data)


class Server:
    """Answers on a free port of 127.0.0.1, a thread for each connection.

    Args:
        script: what is answered.

    Attributes:
        url: where.
        connections: how many were accepted.
        requests: how many were answered.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._parts = script.parts()
        self._head = script.head(self._parts)
        self._gate = threading.Barrier(script.gate) if script.gate else None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.requests = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def facts(self, _question: str) -> dict[str, Any]:
        """Tell what has been counted."""
        return {"connections": self.connections, "requests": self.requests}

    def _accept(self) -> None:
        while True:
            sock, _ = self._listener.accept()
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        """Answer the requests of one connection."""
        with sock:
            try:
                while read_request(sock):
                    self.requests += 1
                    self._answer(sock)
                    if self._script.framing == "close":
                        return
            except OSError:  # the client has read what it wanted
                return

    def _answer(self, sock: socket.socket) -> None:
        """Send a response."""
        script, parts = self._script, self._parts
        if script.hold:
            sock.sendall(self._head + parts[0][0])
            sock.recv(1)
        elif script.pace:
            self._answer_slowly(sock)
        elif len(parts) == 1 and self._gate is None:
            sock.sendall(self._head + parts[0][0])
        else:
            sock.sendall(self._head)
            for part, times in parts:
                for _ in range(times):
                    sock.sendall(part)

    def _answer_slowly(self, sock: socket.socket) -> None:
        """Send an event whenever its time has come; the first one at once."""
        pending = self._head
        if self._gate is not None:
            sock.sendall(pending)
            pending = b""
            self._gate.wait(PATIENCE)
        due = time.monotonic()
        for part, _ in self._parts:
            time.sleep(max(due - time.monotonic(), 0))
            sock.sendall(pending + part)
            pending = b""
            due += self._script.pace


def read_request(sock: socket.socket) -> bool:
    """Read a request to its end; False if the client closes instead."""
    data = b""
    while HEAD_END not in data:
        more = sock.recv(65536)
        if not more:
            return False
        data += more
    head, _, body = data.partition(HEAD_END)
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        more = sock.recv(65536)
        if not more:
            return False
        body += more
    return True


def main(spec: dict[str, Any]) -> None:
    """Serve until the parent is through."""
    server = Server(Script(**spec))
    answer_parent({"url": server.url}, server.facts)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
