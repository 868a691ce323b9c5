"""A TLS server that sends one answer, its records cut where the test says."""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import select
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.wire import HEAD_END, PATIENCE, Gate

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("TlsServer", "make_certificate")


def make_certificate(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 into one file; skip where none can be made."""
    needed = pytest.importorskip("cryptography.x509", reason="cryptography makes the certificate")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = needed.Name([needed.NameAttribute(needed.NameOID.COMMON_NAME, "awsio test")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    address = needed.IPAddress(ipaddress.IPv4Address("127.0.0.1"))
    certificate = (
        needed.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(needed.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(needed.SubjectAlternativeName([address]), critical=False)
        .add_extension(needed.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            needed.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    private = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path


class TlsServer:
    """Answers each connection with the same body, in chunks of HTTP.

    Args:
        certificate: of :func:`make_certificate`.
        pieces: parts of the body: each is one chunk, and one TLS record; or a place to
            wait at; or a pair (piece, gate): a record of which one half is sent before
            the gate and one behind it.

    Attributes:
        url: where it answers.
    """

    def __init__(self, certificate: Path, pieces: list[bytes | Gate | tuple[bytes, Gate]]) -> None:
        self._pieces = pieces
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._sockets: list[socket.socket] = []
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join(PATIENCE)
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):  # it is closed already
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            sock.settimeout(PATIENCE)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        records = Records(self._context, sock)
        try:
            records.read_head()
            sock.sendall(records.of(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
            for piece in self._pieces:
                if isinstance(piece, Gate):
                    self._wait(piece, sock)
                elif isinstance(piece, bytes):
                    sock.sendall(records.of(b"%x\r\n%s\r\n" % (len(piece), piece)))
                else:
                    content, gate = piece
                    record = records.of(b"%x\r\n%s\r\n" % (len(content), content))
                    sock.sendall(record[: len(record) // 2])
                    self._wait(gate, sock)
                    sock.sendall(record[len(record) // 2 :])
            sock.sendall(records.of(b"0\r\n\r\n"))
            while sock.recv(65536):
                pass
        except OSError:
            pass  # the client has gone
        finally:
            sock.close()

    def _wait(self, gate: Gate, sock: socket.socket) -> None:
        """Wait for the test, or for the client to close."""
        gate.reached.set()
        ready, _, _ = select.select([sock, gate.reader], [], [], PATIENCE)
        if gate.reader not in ready:
            raise ConnectionError


class Records:
    """The server's side of TLS, whose records come as bytes, to be sent in parts."""

    def __init__(self, context: ssl.SSLContext, sock: socket.socket) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._sock = sock

    def of(self, data: bytes) -> bytes:
        """Encrypt data as one record."""
        self._tls.write(data)
        return self._out.read()

    def read_head(self) -> None:
        """Shake hands, and read up to the end of the request's head."""
        self._until(self._tls.do_handshake)
        head = b""
        while HEAD_END not in head:
            head += self._until(lambda: self._tls.read(65536))

    def _until(self, step: object) -> bytes:
        """Take a step of TLS, with bytes of the socket as long as it asks for them."""
        while True:
            try:
                done: bytes = step()
            except ssl.SSLWantReadError:
                self._sock.sendall(self._out.read())
                data = self._sock.recv(65536)
                if not data:
                    raise ConnectionError from None
                self._in.write(data)
            else:
                self._sock.sendall(self._out.read())
                return done
