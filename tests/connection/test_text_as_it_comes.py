"""Text is returned as it comes, however little came and whatever was read before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from awsio import PawsConnection
from awsio.errors import StreamTimeoutError
from tests.support.wire import Answer, Gate

Connect = Callable[..., PawsConnection]
READS: dict[str, Callable[[PawsConnection], bytes | list[bytes]]] = {
    "read": lambda con: con.read(5),
    "readline": lambda con: con.readline(),
    "readall": lambda con: con.readall(),
}


@pytest.mark.parametrize("text", ["x\n", "ping\n", "eleven byt\n"])
def test_a_line_shorter_than_a_prelude(connect: Connect, text: str) -> None:
    gate = Gate()
    con = connect(Answer([text.encode(), gate, b"more\n"], content_type="text/plain"))
    assert con.read_lines() == [text[:-1]]
    gate.open()
    assert con.read_lines() == ["more"]
    assert con.read_lines() is None


def test_an_event_and_a_document_shorter_than_a_prelude(connect: Connect) -> None:
    gate = Gate()
    con = connect(Answer([b"data: 1\n\n", gate], content_type="text/event-stream"))
    event = con.read_server_sent_event()
    assert event is not None
    assert event.data == "1"
    con = connect(Answer([b'{"a": 1}', gate], content_type="application/json"))
    assert next(con.iter_json()) == {"a": 1}
    con = connect(Answer([b"no", gate]))
    assert not con.is_framed()


@pytest.mark.parametrize("name", READS)
def test_after_a_read_of_bytes_that_ran_out_of_time(connect: Connect, name: str) -> None:
    gate, second = Gate(), Gate()
    con = connect(Answer([gate, b"a line of text\nanother\n", second]), idle_timeout=0.05)
    with pytest.raises(StreamTimeoutError):
        READS[name](con)
    con.idle_timeout = None
    gate.open()
    assert not con.is_framed()
    assert con.read_lines() == ["a line of text"]
    assert con.read_lines() == ["another"]
    second.open()
    assert con.read_lines() is None


def test_after_bytes_of_the_text(connect: Connect) -> None:
    con = connect(Answer([b"a line of text\nanother\n"]))
    assert con.read(2) == b"a "
    assert not con.is_framed()
    assert con.read_lines(2) == ["line of text", "another"]
