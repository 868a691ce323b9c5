"""The states of a stream: every transition that is listed happens, and no other."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio import EventParser, PawsConnection
from awsio.connection.state import TRANSITIONS, State, Status
from awsio.errors import (
    AwsioError,
    ConnectionLostError,
    NotAnEventStreamError,
    StreamError,
    StreamTimeoutError,
)
from awsio.events import operation_model
from tests.support.frames import event, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONVERSE = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
TOKEN = text(" world")
END = event("messageStop", {"stopReason": "end_turn"})
PAGE = b"<html>a gateway's page</html>"
LOST = ConnectionLostError("reset")


class Script:
    """A byte source that gives pieces; an error among them is raised.

    Args:
        pieces: what reads give, one after another; then the end.
    """

    timeout = None

    def __init__(self, *pieces: bytes | StreamError) -> None:
        self._pieces = list(pieces)

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - never waits
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if isinstance(piece, StreamError):
            raise piece
        self._pieces[:0] = [piece[size:]] if len(piece) > size else []
        return piece[:size]

    def wake(self) -> None:
        """No one waits."""

    def close(self, *, drain: bool) -> None:
        """Nothing is held."""

    def fileno(self) -> int:
        raise OSError


@pytest.fixture
def moves(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[State, State]]]:
    """Give the transitions that happen; one that is not listed fails at once."""
    seen: list[tuple[State, State]] = []
    move = Status.move

    def watched(status: Status, state: State) -> None:
        if state is not status.state:
            assert state in TRANSITIONS[status.state]
            seen.append((status.state, state))
        move(status, state)

    monkeypatch.setattr(Status, "move", watched)
    yield seen
    seen.clear()


def refuses(read: Callable[[], Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        read()


def connection(*pieces: bytes | StreamError, **options: Any) -> PawsConnection:
    return PawsConnection(Script(*pieces), CONVERSE, **options)


S = State


def foreign() -> PawsConnection:
    con = connection(PAGE, LOST)
    refuses(con.read_event, NotAnEventStreamError)
    assert con.read(5) == PAGE[:5]
    return con


def ways() -> dict[tuple[State, State], Callable[[], Any]]:
    """Return a way to make each transition happen."""

    def begun(*pieces: bytes | StreamError) -> PawsConnection:
        con = connection(TOKEN, *pieces)
        con.read_event()
        return con

    def in_bytes(*pieces: bytes | StreamError) -> PawsConnection:
        con = connection(TOKEN, *pieces)
        con.read(len(TOKEN))
        return con

    def ended() -> PawsConnection:
        con = connection(TOKEN, END)
        assert len(list(con)) == 2
        return con

    def broken() -> PawsConnection:
        con = connection(LOST)
        refuses(con.read_event, ConnectionLostError)
        return con

    return {
        (S.START, S.FRAMES): begun,
        (S.START, S.BYTES): in_bytes,
        (S.START, S.FOREIGN): foreign,
        (S.START, S.ENDED): lambda: connection(require_terminal=False).read_event(),
        (S.START, S.BROKEN): broken,
        (S.START, S.CLOSED): lambda: connection().close(),
        (S.FRAMES, S.BYTES): lambda: begun(END).read(3),
        (S.FRAMES, S.ENDED): ended,
        (S.FRAMES, S.BROKEN): lambda: refuses(begun(LOST).read_event, ConnectionLostError),
        (S.FRAMES, S.CLOSED): lambda: begun(END).close(),
        (S.BYTES, S.START): bytes_to_start,
        (S.BYTES, S.FRAMES): lambda: in_bytes(END).read_event(),
        (S.BYTES, S.ENDED): lambda: in_bytes().readall(),
        (S.BYTES, S.BROKEN): lambda: refuses(lambda: in_bytes(LOST).read(1), ConnectionLostError),
        (S.BYTES, S.CLOSED): lambda: in_bytes(END).close(),
        (S.FOREIGN, S.BROKEN): lambda: refuses(foreign().readall, ConnectionLostError),
        (S.FOREIGN, S.CLOSED): lambda: foreign().close(),
        (S.ENDED, S.BROKEN): terminal_missing_after_bytes,
        (S.ENDED, S.CLOSED): lambda: ended().close(),
        (S.BROKEN, S.CLOSED): lambda: broken().close(),
    }


def bytes_to_start() -> None:
    """A body of another kind that was read whole as bytes, and then asked for an event."""
    con = connection(b"abc", require_terminal=False)
    assert con.readline() == b"abc"
    assert con.read_event() is None


def terminal_missing_after_bytes() -> None:
    """Events, the end as bytes, and the missing terminal event is still an error."""
    con = connection(TOKEN)
    con.read_event()
    assert con.read(1) == b""
    refuses(con.read_event, StreamError)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (before, after)
        for before, states in TRANSITIONS.items()
        for after in State
        if after in states
    ],
)
def test_every_transition_that_is_listed_happens(
    before: State, after: State, moves: list[tuple[State, State]]
) -> None:
    ways()[before, after]()
    assert (before, after) in moves


def test_a_transition_that_is_not_listed_is_a_mistake() -> None:
    status = Status()
    status.move(State.ENDED)
    with pytest.raises(AssertionError, match=r"ENDED to State\.FRAMES"):
        status.move(State.FRAMES)


PIECES = st.sampled_from([TOKEN, TOKEN[:7], TOKEN[7:], END, PAGE, b"\0" * 20, b"ab", LOST])
LATE = StreamTimeoutError("late", resumable=True)
ACTIONS: list[Callable[[PawsConnection], Any]] = [
    lambda con: con.read_event(),
    lambda con: con.read_frame(timeout=0),
    lambda con: con.read(0),
    lambda con: con.read(5),
    lambda con: con.readall(),
    lambda con: con.readline(),
    lambda con: con.is_framed(),
    lambda con: con.initial_response,
    lambda con: con.read_lines(),
    lambda con: con.read_payload(),
    lambda con: con.close(),
]


@given(
    st.lists(PIECES | st.just(LATE), max_size=6),
    st.lists(st.sampled_from(ACTIONS), max_size=8),
)
def test_no_other_transition_happens_whatever_is_read(
    pieces: list[bytes | StreamError], actions: list[Callable[[PawsConnection], Any]]
) -> None:
    con = connection(*pieces)
    for action in [*actions, ACTIONS[-1]]:
        with suppress(AwsioError, ValueError):  # an unlisted transition is an AssertionError
            action(con)
        assert con.is_complete() in {True, False}
    assert con._stream.state is State.CLOSED  # noqa: SLF001 - it is what the test is of


def test_a_poll_and_a_look_at_a_closed_stream_say_closed() -> None:
    con = PawsConnection(io.BytesIO(TOKEN))
    con.close()
    for action in ACTIONS[:6]:
        refuses(lambda action=action: action(con), ValueError)


def test_the_first_error_stays_and_a_state_may_be_gone_to_again() -> None:
    status = Status()
    status.move(State.FRAMES)
    status.move(State.FRAMES)
    status.latch(LOST)
    status.latch(StreamTimeoutError("late"))
    assert status.state is State.BROKEN
    assert isinstance(status.error, ConnectionLostError)


def test_an_error_of_a_closed_stream_is_kept_and_it_stays_closed() -> None:
    status = Status()
    status.move(State.CLOSED)
    status.latch(LOST)
    assert status.state is State.CLOSED
    assert isinstance(status.error, ConnectionLostError)
