"""A socket under a response, where it is not an ordinary one, or not ours any more."""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from awsio import PawsConnection
from awsio.errors import ConnectionLostError, StreamTimeoutError
from awsio.sources import body_socket, waiting
from awsio.sources.body_socket import BodySocket
from awsio.sources.waiting import Readiness
from tests.support.frames import CONVERSE
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator


class Wrapped:
    """A socket of TLS that is none of ssl's, as pyOpenSSL's; its first read wants to write."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.waits: list[type[Exception]] = [ssl.SSLWantWriteError]
        self.pending_bytes = 0

    def recv(self, size: int) -> bytes:
        if self.waits:
            raise self.waits.pop()
        return self._sock.recv(size)

    def pending(self) -> int:
        return self.pending_bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class FileOf:
    """http.client's file over such a socket, without bytes of its own."""

    def __init__(self, sock: Any) -> None:
        self.raw = self
        self._sock = sock

    def read1(self, _size: int) -> bytes:
        return b""

    def peek(self, _size: int) -> bytes:
        return b""

    def fileno(self) -> int:
        number: int = self._sock.fileno()
        return number


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(15)
        yield ours, theirs


def test_tls_that_has_to_write_before_it_can_read_waits_for_that(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    body = BodySocket(FileOf(Wrapped(ours)))
    theirs.sendall(b"abc")
    assert body.receive(10, None) == b"abc"


def test_waiting_to_write_and_waiting_to_read_take_turns(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    readiness = Readiness(ours)
    assert readiness.wait_readable(0, selectors.EVENT_WRITE)
    assert not readiness.wait_readable(0)
    theirs.sendall(b"a")
    assert readiness.wait_readable(0)


def test_a_wait_without_end_is_made_of_long_ones(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    waits = []

    class Counting(waiting.Selector):  # type: ignore[misc,valid-type]
        def select(self, timeout: float | None = None) -> Any:
            waits.append(timeout)
            if len(waits) == 3:
                theirs.sendall(b"a")
            return super().select(timeout)

    monkeypatch.setattr(waiting, "LONGEST_WAIT", 0.01)
    monkeypatch.setattr(waiting, "Selector", Counting)
    assert Readiness(ours).wait_readable(None)
    assert waits == [0.01] * 3


def test_a_socket_of_another_kind_is_woken_by_its_own_shutdown(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, _ = pair
    body = BodySocket(FileOf(Wrapped(ours)))
    reader = Task(lambda: body.receive(10, None))
    reader.wait_inside("wait_readable")
    body.wake()
    assert reader.result() == b""


def test_bytes_that_tls_has_decrypted_forbid_that_it_is_used_again(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    sock = Wrapped(ours)
    body = BodySocket(FileOf(sock))
    theirs.sendall(b"a")
    assert body.receive(1, None) == b"a"
    sock.pending_bytes = 4
    assert not body.give_up(reuse=True, disconnect=False)
    assert ours.gettimeout() == 15


def test_what_was_given_up_is_not_read(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, _ = pair
    body = BodySocket(ours.makefile("rb"))
    body.give_up(reuse=False, disconnect=False)
    body.wake()
    with pytest.raises(ConnectionLostError, match="closed during the read"):
        body.receive(1, None)


def test_a_child_closes_its_copy_of_the_descriptor_alone(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pair
    copy = ours.dup()
    body = BodySocket(copy.makefile("rb"))
    with pytest.raises(StreamTimeoutError):
        body.receive(1, time.monotonic())
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    body.wake()
    assert body.in_child
    body.close_in_child()
    assert copy.fileno() == -1
    theirs.sendall(b"still open")
    assert ours.recv(20) == b"still open"


def test_a_socket_that_never_blocked_and_one_that_blocks_again(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    ours.settimeout(0)
    body = BodySocket(ours.makefile("rb"))
    with pytest.raises(StreamTimeoutError):
        body.receive(1, time.monotonic())
    ours.settimeout(7)  # as botocore's set_socket_timeout does
    with pytest.raises(StreamTimeoutError):
        body.receive(1, time.monotonic())
    assert (ours.gettimeout(), body.timeout) == (0, 7)
    theirs.sendall(b"a")
    assert body.receive(1, None) == b"a"


def test_a_connection_closed_in_a_child_leaves_the_parent_s_alone(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = Gate()
    server.answer(Answer([CONVERSE[0], rest, *CONVERSE[1:]]))
    with urllib3.PoolManager(retries=False, timeout=20.0) as pool:
        response = pool.request("GET", server.url, preload_content=False)
        con = PawsConnection(response)
        assert con.read_frame().encode() == CONVERSE[0]
        with socket.socket(fileno=os.dup(con.fileno())) as parent:
            parent.settimeout(20)
            closing = os.getpid() + 1
            monkeypatch.setattr(os, "getpid", lambda: closing)
            con.close()
            monkeypatch.undo()
            rest.open()
            received = b""
            while not received.endswith(b"0\r\n\r\n"):
                received += parent.recv(65536)
        assert CONVERSE[1] in received


def test_nothing_waits_for_a_lock_when_the_interpreter_exits(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As daemon threads that were stopped hold it: see tests/faults/test_exit.py."""
    ours, theirs = pair
    body = BodySocket(ours.makefile("rb"))
    inside, go = threading.Event(), threading.Event()

    def stopped(*_: object) -> None:
        inside.set()
        go.wait(20)

    monkeypatch.setattr(body_socket, "shut_down", stopped)
    holder = Task(body.wake)
    assert inside.wait(20)
    monkeypatch.undo()
    monkeypatch.setattr(sys, "is_finalizing", lambda: True)
    body.wake()
    assert not body.give_up(reuse=True, disconnect=False)
    with pytest.raises(ConnectionLostError):
        body.receive(1, None)
    assert not holder.done
    theirs.sendall(b"still open")
    assert ours.recv(20) == b"still open"
    go.set()
    holder.result()
