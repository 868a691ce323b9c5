"""A call that delivers nothing changes nothing: what is checked afterwards still is."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import (
    FrameTooLargeError,
    IncompleteStreamError,
    ReaderConflictError,
    StreamTimeoutError,
    TruncatedStreamError,
    UnknownNameError,
)
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, SELECT, event

Ask: TypeAlias = Callable[[PawsConnection], Any]

WIRE = b"".join(CONVERSE)
UNTIL_STOP = CONVERSE[:4]  # without messageStop


class Pieces:
    """A source that has nothing in time until a piece is let through.

    Args:
        pieces: what comes.
    """

    timeout = None

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)
        self._here = b""

    def let_through(self) -> None:
        """Let the next piece come, or the end."""
        self._here += self._pieces.pop(0) if self._pieces else b""
        self._ended = not self._here

    _ended = False

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - never waits
        if not self._here and not self._ended:
            raise StreamTimeoutError("nothing came in time", resumable=True)
        data, self._here = self._here[:size], self._here[size:]
        return data

    def wake(self) -> None:
        """No one waits."""

    def close(self, *, drain: bool) -> None:
        """Nothing is held."""

    def fileno(self) -> int:
        raise OSError


def refused(error: type[BaseException], call: Callable[[PawsConnection], Any]) -> Ask:
    def ask(con: PawsConnection) -> None:
        with pytest.raises(error):
            call(con)

    return ask


ASKS: dict[str, Ask] = {
    "read(0)": lambda con: con.read(0),
    "read1(0)": lambda con: con.read1(0),
    "readinto of nothing": lambda con: con.readinto(bytearray()),
    "readline(0)": lambda con: con.readline(0),
    "is_complete": lambda con: con.is_complete(),
    "repr": repr,
    "initial_response": lambda con: con.initial_response,
    "is_framed": lambda con: con.is_framed(),
    "payload not read": refused(UnknownNameError, lambda con: con.payload()),
    "iter_json not read": lambda con: con.iter_json(),
    "select not read": lambda con: con.select("messageStop"),
    "write": refused(io.UnsupportedOperation, lambda con: con.write(b"x")),
    "seek": refused(io.UnsupportedOperation, lambda con: con.seek(0)),
    "truncate": refused(io.UnsupportedOperation, lambda con: con.truncate()),
    "a buffer that cannot be written to": refused(TypeError, lambda con: con.readinto(b"xxx")),  # type: ignore[arg-type]
    "read of no number": refused(TypeError, lambda con: con.read("a")),  # type: ignore[arg-type]
    "readline of no number": refused(TypeError, lambda con: con.readline(5.3)),  # type: ignore[arg-type]
    "readlines of no number": refused(TypeError, lambda con: con.readlines("x")),  # type: ignore[arg-type]
    "no lines": refused(ValueError, lambda con: con.read_lines(0)),
}
# Of a source that is late: each delivers nothing.
LATE_ASKS: dict[str, Ask] = {
    name: refused(StreamTimeoutError, call)
    for name, call in {
        "read": lambda con: con.read(7),
        "readinto": lambda con: con.readinto(bytearray(7)),
        "readall": lambda con: con.readall(),
        "readline": lambda con: con.readline(),
        "readlines": lambda con: con.readlines(),
        "readlines hint": lambda con: con.readlines(5),
        "read_event": lambda con: con.read_event(timeout=0),
        "is_framed": lambda con: con.is_framed(),
    }.items()
}


@pytest.mark.parametrize("name", ASKS)
def test_events_follow_a_call_that_asks_for_nothing(name: str, converse: EventParser) -> None:
    con = PawsConnection(io.BytesIO(WIRE), converse)
    ASKS[name](con)
    found = [con.read_event()]
    ASKS[name](con)
    assert [*found, *con] == CONVERSE_EVENTS
    assert con.is_complete()
    ASKS[name](con)
    assert con.read_event() is None
    assert con.is_complete()


@pytest.mark.parametrize("name", ASKS)
def test_the_terminal_event_is_still_awaited(name: str, converse: EventParser) -> None:
    con = PawsConnection(io.BytesIO(b"".join(UNTIL_STOP)), converse)
    ASKS[name](con)
    found = [con.read_event()]
    ASKS[name](con)
    found += [con.read_event() for _ in UNTIL_STOP[1:]]
    assert found == CONVERSE_EVENTS[:4]
    ASKS[name](con)
    for _ in range(2):
        with pytest.raises(IncompleteStreamError):
            con.read_event()
    assert not con.is_complete()


@pytest.mark.parametrize("name", ASKS)
def test_a_cut_frame_is_still_an_error(name: str, converse: EventParser) -> None:
    con = PawsConnection(io.BytesIO(WIRE[: len(CONVERSE[0]) + 20]), converse)
    assert con.read_event() == CONVERSE_EVENTS[0]
    ASKS[name](con)
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            con.read_event()
    assert not con.is_complete()


@pytest.mark.parametrize("name", LATE_ASKS)
def test_events_follow_a_read_that_delivered_nothing(name: str, converse: EventParser) -> None:
    source = Pieces(*CONVERSE)
    con = PawsConnection(source, converse)
    for expected in CONVERSE_EVENTS:
        if name != "is_framed" or expected is CONVERSE_EVENTS[0]:  # known from then on
            LATE_ASKS[name](con)
        source.let_through()
        assert con.read_event() == expected
    source.let_through()
    assert con.read_event() is None
    assert con.is_complete()


@pytest.mark.parametrize("name", LATE_ASKS)
def test_the_terminal_event_is_awaited_after_a_read_that_delivered_nothing(
    name: str, converse: EventParser
) -> None:
    source = Pieces(*UNTIL_STOP)
    con = PawsConnection(source, converse)
    LATE_ASKS[name](con)
    for expected in CONVERSE_EVENTS[:4]:
        source.let_through()
        assert con.read_event() == expected
    if name != "is_framed":
        LATE_ASKS[name](con)
    source.let_through()
    with pytest.raises(IncompleteStreamError):
        con.read_event()


@pytest.mark.parametrize("name", ["readall", "readline", "readlines", "readlines hint"])
def test_bytes_that_came_before_a_failure_are_read_next(name: str, converse: EventParser) -> None:
    """As events or as bytes: nothing was delivered."""
    for as_bytes in (False, True):
        source = Pieces(WIRE[:5], WIRE[5:9], WIRE[9:])
        con = PawsConnection(source, converse)
        for _ in range(2):
            source.let_through()
            LATE_ASKS[name](con)
        if as_bytes:
            assert con.read(7) == WIRE[:7]
            source.let_through()
            assert con.read(2) == WIRE[7:9]
            assert con.read(1000) == WIRE[9:]
            source.let_through()
            assert con.read() == b""
        else:
            source.let_through()
            assert con.read_event() == CONVERSE_EVENTS[0]
            LATE_ASKS[name](con)
            source.let_through()
            assert list(con) == CONVERSE_EVENTS[1:]
        assert con.is_complete()


def test_the_end_that_readall_finds_is_no_end_of_the_checks(converse: EventParser) -> None:
    con = PawsConnection(io.BytesIO(b"".join(UNTIL_STOP)), converse)
    assert [con.read_event() for _ in UNTIL_STOP] == CONVERSE_EVENTS[:4]
    assert (con.readall(), con.read(5), con.readlines()) == (b"", b"", [])
    with pytest.raises(IncompleteStreamError):
        con.read_event()


def test_a_frame_that_was_refused_for_its_size_is_delivered_with_its_error() -> None:
    con = PawsConnection(io.BytesIO(event("a", b"x" * 50) + event("b", b"")))
    with pytest.raises(FrameTooLargeError):
        con.read_frame(max_size=20)
    frame = con.read_frame()
    assert frame is not None
    assert frame.event_type == "b"


def test_a_conflict_of_readers_changes_nothing() -> None:
    con = PawsConnection(io.BytesIO(WIRE))
    assert con.read(5) == WIRE[:5]
    for _ in range(2):
        with pytest.raises(ReaderConflictError):
            con.read_frame()
    assert con.readall() == WIRE[5:]


def test_text_that_another_reader_holds_changes_nothing(select_rows: EventParser) -> None:
    con = PawsConnection(io.BytesIO(b"".join(SELECT)), select_rows)
    assert con.read_lines() == ["name,n"]
    with pytest.raises(ReaderConflictError):
        con.read_server_sent_event()
    with pytest.raises(ReaderConflictError):
        con.iter_json()
    assert con.read_lines(5) == ["aä,1", "bob,22"]
    assert con.is_complete()
