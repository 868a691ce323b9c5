"""A connection knows how long its transport waits, whatever the bytes come through."""

from __future__ import annotations

import copy
import io
import pickle
import socket
from typing import TYPE_CHECKING, Any

import pytest

from awsio import PawsConnection
from tests.support.frames import CONVERSE
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable


def test_it_is_that_of_the_response_s_socket(connect: Callable[..., PawsConnection]) -> None:
    con = connect(Answer(CONVERSE), timeout=7.5)
    assert con.transport_timeout == 7.5
    assert len(list(con)) == len(CONVERSE)
    assert con.transport_timeout is None


def test_it_is_found_under_a_content_encoding(
    server: WireServer, request_body: Callable[..., Any]
) -> None:
    server.answer(Answer(CONVERSE, headers={"Content-Encoding": "identity"}))
    with PawsConnection(request_body(timeout=6.5)) as con:
        assert con.transport_timeout == 6.5
        assert len(list(con)) == len(CONVERSE)
        assert con.transport_timeout is None


def test_a_socket_s_file_has_that_of_the_socket() -> None:
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(5.5)
        with PawsConnection(near.makefile("rb")) as con:
            assert con.transport_timeout == 5.5
            near.settimeout(0)  # as while another thread looks into it
            assert con.transport_timeout is None


def test_other_files_wait_without_end() -> None:
    assert PawsConnection(io.BytesIO()).transport_timeout is None


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_connection_cannot_be_pickled_or_copied_and_stays_usable(
    copied: Callable[[Any], Any],
) -> None:
    con = PawsConnection(io.BytesIO(CONVERSE[0]))
    with pytest.raises(TypeError, match="a live connection cannot be pickled"):
        copied(con)
    assert con.read_event() is not None
