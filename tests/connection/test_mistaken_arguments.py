"""An argument that cannot be right is said so, and costs the stream nothing."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import TextDecodeError
from tests.support.frames import CONVERSE, CONVERSE_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b'{"a": 1}\n{"b": 2}\n'

ON_TEXT: dict[str, tuple[Callable[[PawsConnection], Any], type[Exception]]] = {
    "a count with a fraction": (lambda con: con.read_lines(1.5), TypeError),
    "a count in words": (lambda con: con.read_lines("one"), TypeError),
    "no lines": (lambda con: con.read_lines(0), ValueError),
    "a charset by number": (lambda con: con.read_lines(charset=1252), TypeError),
    "a charset with a NUL": (lambda con: con.read_lines(charset="a\0b"), TextDecodeError),
    "a charset of half a pair": (lambda con: con.read_lines(charset="\ud800"), TextDecodeError),
    "no charset": (lambda con: con.read_lines(charset="hex"), TextDecodeError),
    "lines below nothing": (lambda con: con.read_lines(max_size=-1), ValueError),
    "a limit of lines in words": (lambda con: con.read_lines(max_size="x"), TypeError),
    "a limit of events in words": (
        lambda con: con.read_server_sent_event(max_size=b"x"),
        TypeError,
    ),
    "documents below nothing": (lambda con: con.iter_json(max_size=-1), ValueError),
    "a limit of documents as a list": (lambda con: con.iter_json(max_size=[]), TypeError),
    "bytes in words": (lambda con: con.read("x"), TypeError),
    "bytes with a fraction": (lambda con: con.read1(1.5), TypeError),
    "a line with a fraction": (lambda con: con.readline(1.5), TypeError),
    "lines with a fraction": (lambda con: con.readlines(1.5), TypeError),
    "a buffer that is none": (lambda con: con.readinto("x"), TypeError),
}


@pytest.mark.parametrize("name", ON_TEXT)
def test_of_a_read_of_text(name: str) -> None:
    call, error = ON_TEXT[name]
    con = PawsConnection(io.BytesIO(TEXT))
    for _ in range(2):
        with pytest.raises(error):
            call(con)
    assert con.read_lines(2) == ['{"a": 1}', '{"b": 2}']
    with pytest.raises(error):
        call(con)
    assert con.read_lines() is None
    assert con.is_complete()


ON_EVENTS: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "a limit below nothing": ({"max_size": -1}, ValueError),
    "a limit that is no number": ({"max_size": float("nan")}, ValueError),
    "a limit in words": ({"max_size": "1 MiB"}, TypeError),
    "a timeout in words": ({"timeout": "1"}, TypeError),
}


@pytest.mark.parametrize("read", [PawsConnection.read_event, PawsConnection.read_frame])
@pytest.mark.parametrize("name", ON_EVENTS)
def test_of_a_read_of_events(converse: EventParser, name: str, read: Callable[..., Any]) -> None:
    arguments, error = ON_EVENTS[name]
    con = PawsConnection(io.BytesIO(b"".join(CONVERSE)), converse)
    for _ in range(2):
        with pytest.raises(error):
            read(con, **arguments)
    assert con.read_event(max_size=float("inf")) == CONVERSE_EVENTS[0]
    with pytest.raises(error):
        read(con, **arguments)
    assert [*con] == CONVERSE_EVENTS[1:]


def test_a_number_of_another_type_is_a_number() -> None:
    class Number:
        def __index__(self) -> int:
            return 2

    number: Any = Number()
    con = PawsConnection(io.BytesIO(b"abcdefgh\ni\nj\nk\n"))
    assert con.read(number) == b"ab"
    assert con.read1(number) == b"cd"
    assert con.readline(number) == b"ef"
    assert con.readlines(number) == [b"gh\n"]
    assert con.read_lines(number) == ["i", "j"]
