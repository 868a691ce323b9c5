"""Reads of joined payloads, and of lines, that fail in the middle lose nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import ServiceStreamError, StreamTimeoutError, TruncatedStreamError
from awsio.eventstream import encode_frame
from awsio.payload import PayloadFile, PayloadReader
from tests.support.frames import exception
from tests.support.wire import Answer, Gate

Connect = Callable[..., PawsConnection]
CSV = b"1,alpha\n2,beta\n3,gamma\n"
TIMEOUT = {"idle_timeout": 0.05}


def records(payload: bytes) -> bytes:
    headers = {":message-type": "event", ":event-type": "Records"}
    return encode_frame(headers, payload)


READS: dict[str, Callable[[Any], Any]] = {
    "read": lambda file: file.read(),
    "read of a size": lambda file: file.read(len(CSV)),
    "readlines": lambda file: b"".join(file.readlines()),
}


@pytest.mark.parametrize("name", READS)
def test_a_read_that_ran_out_of_time_can_be_tried_again(name: str, connect: Connect) -> None:
    gate = Gate()
    pieces = [records(CSV[:11]), gate, records(CSV[11:])]
    file = connect(Answer(pieces), **TIMEOUT).payload()
    with pytest.raises(StreamTimeoutError):
        READS[name](file)
    gate.open()
    assert READS[name](file) == CSV


def test_a_line_that_ran_out_of_time_comes_whole(connect: Connect) -> None:
    gate = Gate()
    file = connect(Answer([records(CSV[:11]), gate, records(CSV[11:])]), **TIMEOUT).payload()
    assert file.readline() == b"1,alpha\n"
    for _ in range(2):
        with pytest.raises(StreamTimeoutError):
            file.readline()
    gate.open()
    assert [*file] == [b"2,beta\n", b"3,gamma\n"]


def test_what_came_before_an_exception_can_still_be_read(connect: Connect) -> None:
    answer = Answer([records(CSV[:11]), exception("Whatever", {"message": "no"})])
    file = connect(answer, s3_parser()).payload()
    with pytest.raises(ServiceStreamError):
        file.read()
    assert file.read1() == CSV[:11]


def test_what_came_before_a_cut_can_still_be_read(connect: Connect) -> None:
    cut = records(CSV)[:-3]
    file = connect(Answer([records(CSV[:11]), cut], "close")).payload()
    with pytest.raises(TruncatedStreamError):
        file.read()
    assert file.read1() == CSV[:11]


def s3_parser() -> EventParser:
    from awsio.events import operation_model

    return EventParser.for_operation(operation_model("s3", "SelectObjectContent"))


def file_of(*pieces: bytes) -> PayloadFile:
    left = [*pieces]
    return PayloadFile(PayloadReader(lambda: left.pop(0) if left else None), 4096)


def buffered(data: bytes) -> io.BufferedReader:
    """Open the judge: a hint counts otherwise in BytesIO."""
    return io.BufferedReader(io.BytesIO(data))  # type: ignore[arg-type]  # it is no raw file


@pytest.mark.parametrize("cut", range(len(CSV)))
@pytest.mark.parametrize("size", [-1, 0, 1, 3, 8, 100])
def test_lines_are_those_of_a_buffered_file(cut: int, size: int) -> None:
    file, judge = file_of(CSV[:cut], CSV[cut:]), buffered(CSV)
    for _ in range(9):
        assert file.readline(size) == judge.readline(size)
    assert file_of(CSV[:cut], CSV[cut:]).readlines(size) == buffered(CSV).readlines(size)


@pytest.mark.parametrize("size", [-1, None, 0, 1, 5, 100])
def test_reads_are_those_of_bytesio(size: int | None) -> None:
    file, judge = file_of(CSV[:3], CSV[3:4], CSV[4:]), io.BytesIO(CSV)
    for _ in range(9):
        assert file.read(size) == judge.read(size)
    assert file_of(CSV).readline(None) == b"1,alpha\n"
    assert file_of(CSV).readlines(None) == io.BytesIO(CSV).readlines()


def test_readinto_fills_the_buffer_and_readinto1_takes_what_is_there() -> None:
    file, buffer = file_of(b"abc", b"def", b"g"), bytearray(5)
    assert file.readinto(buffer) == 5
    assert bytes(buffer) == b"abcde"
    assert file.readinto1(buffer) == 1
    assert file.readinto(buffer) == 1
    assert bytes(buffer) == b"gbcde"
    assert file.readinto(buffer) == file.readinto1(buffer) == 0


def test_a_line_of_the_wire_that_ran_out_of_time_stays_to_be_read(connect: Connect) -> None:
    gate = Gate()
    frame = records(b"x" * 30)
    con = connect(Answer([frame[:20], gate, frame[20:], records(b"y")]), **TIMEOUT)
    with pytest.raises(StreamTimeoutError):
        con.readline()
    gate.open()
    assert con.read(20) == frame[:20]
    rest = b""
    while len(rest) < len(frame) - 20:
        rest += con.read(len(frame) - 20 - len(rest))
    assert rest == frame[20:]
    assert con.read_frame().payload == b"y"


@pytest.mark.parametrize("size", [-1, None, 0, 3, 100])
def test_lines_of_the_wire_are_those_of_bytesio(size: int | None) -> None:
    text = b"one\ntwo\n\nno end"
    con, judge = PawsConnection(io.BytesIO(text)), io.BytesIO(text)
    for _ in range(6):
        assert con.readline(size) == judge.readline(size)
