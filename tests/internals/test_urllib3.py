"""The private names of urllib3 are those of the urllib3 that is installed."""

# ruff: noqa: SLF001 - they are private

from __future__ import annotations

import http.client
import io
import sys
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from awsio.internals import urllib3 as private
from awsio.internals.http_client import body_file
from awsio.internals.private_names import PrivateNameError
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def response() -> Iterator[Any]:
    """Give a response whose body was not read."""
    with WireServer() as server, urllib3.PoolManager(retries=False) as pool:
        server.answer(Answer([b"hello", b"world"]))
        found = pool.request("GET", server.url, preload_content=False)
        yield found
        found.close()


def test_what_a_response_reads_from(response: Any) -> None:
    reader = private.http_response(response)
    assert isinstance(reader, http.client.HTTPResponse)
    assert body_file(reader) is reader.fp is not None
    assert private.loaded_body(response) is None


def test_the_connection_is_held_until_the_body_was_read(response: Any) -> None:
    held = private.connection(response)
    assert isinstance(held, http.client.HTTPConnection)
    response.read()
    assert private.connection(response) is None
    assert body_file(private.http_response(response)) is None


def test_what_is_left_of_a_chunk_that_stream_has_begun(response: Any) -> None:
    assert private.chunk_left(response) is None
    assert next(response.stream(2)) == b"he"
    assert private.chunk_left(response) == 3


def test_a_body_that_was_loaded(response: Any) -> None:
    assert response.data == b"helloworld"
    assert private.loaded_body(response) == b"helloworld"


def test_a_body_without_http_client() -> None:
    file = io.BytesIO(b"abc")
    response = urllib3.HTTPResponse(file, preload_content=False)
    assert private.http_response(response) is file
    assert body_file(file) is None


class StandIn:
    """A response of another class, with what its users read alone."""

    released = 0

    def release_conn(self) -> None:
        self.released += 1


@pytest.mark.parametrize("name", private.__all__)
def test_a_stand_in_needs_no_private_names(name: str) -> None:
    assert getattr(private, name)(StandIn()) is None


def test_a_stand_in_is_released_by_its_own_method() -> None:
    response = StandIn()
    private.release(response)
    assert response.released == 1


def test_a_connection_goes_back_once(response: Any) -> None:
    held, pool = private.connection(response), response._pool
    private.release(response)
    private.release(response)
    waiting = [pool.pool.get(block=False) for _ in range(pool.pool.qsize())]
    assert [one for one in waiting if one is not None] == [held]
    response.close()
    assert held.sock is not None
    held.close()


def test_a_connection_without_a_pool_is_let_go() -> None:
    held = object()
    response = urllib3.HTTPResponse(io.BytesIO(), preload_content=False, connection=held)  # type: ignore[arg-type]
    private.release(response)
    assert private.connection(response) is None


def test_an_interrupt_as_a_connection_goes_back_never_closes_the_next_response(
    response: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, pool = private.connection(response), response._pool
    put = pool._put_conn

    def interrupted(connection: Any) -> None:
        put(connection)
        raise KeyboardInterrupt

    monkeypatch.setattr(pool, "_put_conn", interrupted)
    with pytest.raises(KeyboardInterrupt):
        private.release(response)
    response.close()
    assert held.sock is not None
    held.close()


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("_fp", private.http_response),
        ("_body", private.loaded_body),
        ("chunk_left", private.chunk_left),
        ("_connection", private.release),
        ("_pool", private.release),
    ],
)
def test_a_name_that_urllib3_has_no_more_is_an_error(name: str, read: Any) -> None:
    response = urllib3.HTTPResponse(io.BytesIO(b"abc"), preload_content=False)
    delattr(response, name)
    pattern = rf"urllib3 {urllib3.__version__} has no HTTPResponse\.{name},"
    with pytest.raises(PrivateNameError, match=pattern):
        read(response)
    setattr(response, name, None)  # its own methods look at it at the end


def test_nothing_goes_back_to_a_pool_when_the_interpreter_exits(
    response: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with response._pool.pool.mutex, monkeypatch.context() as patch:  # a stopped thread has it
        patch.setattr(sys, "is_finalizing", lambda: True)
        private.release(response)
    assert private.connection(response) is not None
