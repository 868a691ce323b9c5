"""Responses of http.client itself, whose connection stays with the caller."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from awsio import PawsConnection
from tests.support.frames import CONVERSE
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"


@pytest.fixture
def caller(server: WireServer) -> Iterator[http.client.HTTPConnection]:
    address = urlsplit(server.url).netloc
    connection = http.client.HTTPConnection(address, timeout=20)
    yield connection
    connection.close()


def get(caller: http.client.HTTPConnection) -> http.client.HTTPResponse:
    caller.request("GET", "/")
    return caller.getresponse()


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_after_the_body_the_connection_is_used_again(
    server: WireServer, caller: http.client.HTTPConnection, framing: str
) -> None:
    server.answer(Answer(CONVERSE, framing), Answer([b"next"]))
    with PawsConnection(get(caller)) as con:
        assert [frame.encode() for frame in con] == CONVERSE
    assert get(caller).read() == b"next"


@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("there", [True, False], ids=["is there", "comes later"])
def test_what_is_left_of_a_body_never_answers_the_next_request(
    server: WireServer, caller: http.client.HTTPConnection, framing: str, *, there: bool
) -> None:
    gate = Gate()
    rest = [EVIL, gate] if there else [gate, EVIL]
    server.answer(Answer([CONVERSE[0], *rest], framing), Answer([b"next"]))
    with PawsConnection(get(caller)) as con:
        assert con.read_frame().encode() == CONVERSE[0]
    gate.open()
    with pytest.raises((OSError, http.client.HTTPException)):
        get(caller)
    caller.close()  # as after any error
    assert get(caller).read() == b"next"


def test_a_body_that_was_not_begun_is_left_like_one_that_was(
    server: WireServer, caller: http.client.HTTPConnection
) -> None:
    server.answer(Answer([EVIL], "length"), Answer([b"next"]))
    PawsConnection(get(caller)).close()
    with pytest.raises((OSError, http.client.HTTPException)):
        get(caller)
