"""The private names of http.client and socket are those of this Python."""

from __future__ import annotations

import http.client
import io
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from awsio.internals import http_client as private
from awsio.internals.private_names import PrivateNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    near, far = socket.socketpair()
    with closing(near), closing(far):
        yield near, far


def response_of(pair: tuple[socket.socket, socket.socket], rest: bytes) -> Any:
    near, far = pair
    far.sendall(b"HTTP/1.1 200 OK\r\n" + rest)
    response = http.client.HTTPResponse(near)
    response.begin()
    return response


def test_the_file_under_a_body_and_the_socket_under_that(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with response_of(pair, b"Content-Length: 3\r\n\r\nabc") as response:
        file = private.body_file(response)
        assert file.peek(3) == b"abc"
        assert private.underlying_socket(file) is pair[0]
        assert response.read() == b"abc"
        assert private.body_file(response) is None


def test_the_state_of_a_body_with_a_length(pair: tuple[socket.socket, socket.socket]) -> None:
    with response_of(pair, b"Content-Length: 3\r\n\r\nabc") as response:
        assert private.body_state(response) == (False, None, 3)
        response.read(1)
        assert private.body_state(response) == (False, None, 2)


def test_the_state_of_a_chunked_body(pair: tuple[socket.socket, socket.socket]) -> None:
    with response_of(pair, CHUNKED) as response:
        assert private.body_state(response) == (True, None, None)
        response.read(2)
        assert private.body_state(response) == (True, 3, None)


def test_the_state_of_a_body_that_ends_with_the_connection(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with response_of(pair, b"\r\n") as response:
        assert private.body_state(response) == (False, None, None)


def test_files_that_no_socket_is_under() -> None:
    assert private.underlying_socket(io.BytesIO()) is None
    assert private.underlying_socket(io.BufferedReader(io.BytesIO())) is None  # type: ignore[arg-type]
    assert private.underlying_socket(None) is None


class StandIn:
    """A response of another class, with what its users read alone."""


def test_a_stand_in_needs_no_private_names() -> None:
    assert not private.is_response(StandIn())
    assert private.body_file(StandIn()) is None


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("fp", private.body_file),
        ("chunked", private.body_state),
        ("chunk_left", private.body_state),
        ("length", private.body_state),
    ],
)
def test_a_name_that_http_client_has_no_more_is_an_error(
    name: str, read: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    response = response_of(pair, CHUNKED)
    response.flush()
    file = response.fp
    delattr(response, name)
    with pytest.raises(PrivateNameError, match=rf"of Python .* no HTTPResponse\.{name},"):
        read(response)
    response.fp = file
    response.close()


def test_a_name_that_socket_has_no_more_is_an_error(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    with pair[0].makefile("rb") as file:
        raw: Any = file.raw
        sock, raw._sock = raw._sock, None  # noqa: SLF001 - it is what the test is of
        assert private.underlying_socket(file) is None
        del raw._sock  # noqa: SLF001 - as above
        with pytest.raises(PrivateNameError, match=r"SocketIO\._sock"):
            private.underlying_socket(file)
        raw._sock = sock  # noqa: SLF001 - as above
