"""The connection as a file of the wire's bytes."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from awsio import EventParser, PawsConnection
from tests.support.frames import CONVERSE, event, text
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate

if TYPE_CHECKING:
    from pathlib import Path

Connect = Callable[..., PawsConnection]
WIRE = b"".join(CONVERSE)


def test_read_gives_what_is_there_and_does_not_fill_up(connect: Connect, framing: str) -> None:
    gate = Gate()
    con = connect(Answer([CONVERSE[0], gate, *CONVERSE[1:]], framing))
    assert Task(lambda: con.read(1 << 20)).result() == CONVERSE[0]
    gate.open()
    assert con.read() == WIRE[len(CONVERSE[0]) :]
    assert con.read() == b""


def test_read1_and_readinto_do_not_fill_up_either(connect: Connect, framing: str) -> None:
    gates = [Gate(), Gate()]
    con = connect(Answer([b"abc", gates[0], b"defg", gates[1], b"h"], framing))
    assert Task(con.read1).result() == b"abc"
    gates[0].open()
    buffer = bytearray(8)
    assert Task(lambda: con.readinto(buffer)).result() == 4
    assert buffer == b"defg\0\0\0\0"
    gates[1].open()
    assert con.read1(1) == b"h"
    assert con.readinto(buffer) == 0


def test_at_most_what_was_asked_for(connect: Connect, framing: str) -> None:
    con = connect(Answer(CONVERSE, framing))
    assert con.read(0) == b""
    assert con.readinto(bytearray()) == 0
    got = b""
    for size in (5, 3, 1, 200, 2, 7):
        got += (piece := con.read(size))
        assert 1 <= len(piece) <= size
        got += (piece := con.read1(size))
        assert 1 <= len(piece) <= size
        count = con.readinto(buffer := bytearray(size))
        assert 1 <= count <= size
        got += buffer[:count]
    rest = b"".join(iter(lambda: con.read(7), b""))
    assert got + rest == WIRE


def test_readall_and_read_with_no_size_read_everything(connect: Connect, framing: str) -> None:
    for read in ("readall", "read"):
        con = connect(Answer(CONVERSE, framing))
        assert getattr(con, read)() == WIRE
        assert con.is_complete()
    assert connect(Answer(CONVERSE, framing)).read(None) == WIRE


def test_a_body_longer_than_every_buffer(connect: Connect, framing: str) -> None:
    frames = [event("Records", bytes([n]) * 200_000) for n in range(10)]
    con = connect(Answer(frames, framing))
    assert con.readall() == b"".join(frames)


def test_lines_are_lines_of_the_wire(connect: Connect) -> None:
    frames = [text("a\nb"), event("Records", b"1,2\n3,4\n")]
    lines = io.BytesIO(b"".join(frames)).readlines()
    assert connect(Answer(frames)).readlines() == lines
    con = connect(Answer(frames))
    assert [con.readline(), con.readline()] == lines[:2]


def test_a_buffered_reader_reads_in_full(connect: Connect, framing: str) -> None:
    reader = io.BufferedReader(connect(Answer(CONVERSE, framing)))
    assert reader.read(10) == WIRE[:10]
    assert reader.peek(1)[:1] == WIRE[10:11]
    assert reader.read() == WIRE[10:]
    reader.close()
    assert reader.raw.closed


def test_a_text_wrapper_reads_text(connect: Connect, framing: str) -> None:
    body = "prvá\ndruhá\n".encode()
    con = connect(Answer([body[:4], body[4:]], framing, content_type="text/plain"))
    with io.TextIOWrapper(con, encoding="utf-8") as lines:
        assert list(lines) == ["prvá\n", "druhá\n"]
    assert con.closed


def test_copyfileobj_writes_the_wire(connect: Connect, framing: str, tmp_path: Path) -> None:
    con = connect(Answer(CONVERSE, framing))
    with (tmp_path / "wire").open("wb") as file:
        shutil.copyfileobj(con, file)
    assert (tmp_path / "wire").read_bytes() == WIRE


def test_it_is_a_raw_readable_file(connect: Connect) -> None:
    con = connect(Answer(CONVERSE))
    assert isinstance(con, io.RawIOBase)
    assert con.readable()
    assert not con.writable()
    assert not con.seekable()


def test_the_descriptor_is_the_socket_s(connect: Connect) -> None:
    gate = Gate()
    con = connect(Answer([*CONVERSE, gate]))
    assert con.fileno() > 0
    gate.open()


def test_no_descriptor_is_an_oserror(connect: Connect) -> None:
    con = connect(Answer(CONVERSE))
    con.readall()
    with pytest.raises(OSError):  # noqa: PT011 - the words are the platform's
        con.fileno()
    with pytest.raises(OSError):  # noqa: PT011 - the words are the platform's
        PawsConnection(io.BytesIO()).fileno()


def test_bytes_of_an_operation_s_stream_know_no_terminal_event(
    connect: Connect, converse: EventParser
) -> None:
    con = connect(Answer(CONVERSE[:2]), converse)
    assert con.readall() == b"".join(CONVERSE[:2])
    assert con.read_event() is None
