"""`awsio.resume`: how fast a stream is opened again, and when it is given up."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.config import Config

import awsio
from awsio.errors import NoProgressError, StreamTimeoutError, TruncatedStreamError
from awsio.resuming import pacing
from tests.support.calls import KINESIS_CALL, LOGS_CALL
from tests.support.frames import event, initial
from tests.support.shard import BEGIN, FAST, LAST, after, batch, failure, numbers, numbers_in
from tests.support.waiting import Task
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from awsio.resuming import Resumed

MakeClient: TypeAlias = Callable[..., Any]
Resume: TypeAlias = Callable[..., "Resumed[Any]"]

#: One event, and the end; again and again, it moves the position no more than once.
SAME = Answer([batch(1)])
#: A session without an event.
EMPTY = Answer([initial()])
CUT = Answer([batch(1)], end="fin", last_chunk=False)
START = event("sessionStart", {"sessionId": "1"})
UPDATE = event("sessionUpdate", {"sessionResults": []})
INTERVAL = 0.12
#: A call may be seen as late as this after it has begun.
LATE = 0.05


def openings(client: MakeClient, answers: list[Any], reads: int, **options: Any) -> list[float]:
    """Read some events, and return the seconds from each opening to the next."""
    kinesis = client("kinesis", *answers)
    times: list[float] = []

    def open_at(_: Any) -> Any:
        times.append(time.monotonic())
        return kinesis.subscribe_to_shard(**KINESIS_CALL)

    with awsio.resume(open_at, BEGIN, **options) as events:
        for _ in range(reads):
            next(events)
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.parametrize(
    "answers",
    [
        [Answer([batch(number)]) for number in range(1, 5)],
        [SAME],
        [EMPTY, Answer([batch(1)]), EMPTY, Answer([batch(2)]), *[SAME] * 2],
        [Answer([batch(number)], end="fin", last_chunk=False) for number in range(1, 5)],
        [failure("InternalFailure", 500), SAME],
    ],
    ids=["progress", "same", "empty", "cut", "refused"],
)
def test_two_openings_are_at_least_the_interval_apart(
    answers: list[Any], client: MakeClient
) -> None:
    found = openings(client, answers, 4, base=0, interval=INTERVAL)
    assert len(found) >= 3
    assert min(found) >= INTERVAL - LATE


def test_without_an_interval_given_it_is_a_second(client: MakeClient) -> None:
    assert inspect.signature(awsio.resume).parameters["interval"].default == 1.0
    (found,) = openings(client, [SAME], 2, base=0)
    assert found >= 1.0 - LATE


def test_an_interval_that_has_passed_costs_no_wait(client: MakeClient) -> None:
    kinesis = client("kinesis", Answer([batch(1)]), Answer([batch(2), LAST]))
    with awsio.resume(
        lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), BEGIN, base=0, interval=0.5
    ) as events:
        next(events)
        time.sleep(0.55)
        begun = time.monotonic()
        assert numbers_in(next(events)) == [2]
        assert time.monotonic() - begun < 0.4


def test_the_interval_holds_after_an_error_that_the_caller_got(client: MakeClient) -> None:
    kinesis = client("kinesis", failure("AccessDeniedException"), SAME)
    events = awsio.resume(
        lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), BEGIN, interval=INTERVAL
    )
    begun = time.monotonic()
    with pytest.raises(kinesis.exceptions.ClientError):
        next(events)
    assert numbers_in(next(events)) == [1]
    assert time.monotonic() - begun >= INTERVAL
    events.close()


def test_a_timeout_of_the_caller_covers_the_interval(subscribe: Resume, server: WireServer) -> None:
    events = subscribe(Answer([batch(1)]), Answer([batch(2), LAST]), interval=1000)
    assert numbers_in(next(events)) == [1]
    for timeout in (0.05, 0):
        with pytest.raises(StreamTimeoutError, match="opened again") as caught:
            events.read_event(timeout=timeout)
        assert caught.value.resumable
    assert len(server.requests) == 1


@pytest.mark.parametrize("interval", [1000, float("inf"), 10**400], ids=["1000", "inf", "10**400"])
def test_closing_wakes_a_reader_in_the_interval(interval: float, subscribe: Resume) -> None:
    events = subscribe(SAME, interval=interval)
    next(events)
    reader = Task(lambda: next(events))
    reader.wait_inside("wait")
    events.close()
    with pytest.raises(ValueError, match="closed"):
        reader.result(5)


# Giving up


@pytest.mark.parametrize(
    ("answer", "opened"),
    [(SAME, 5), (EMPTY, 4), (Answer([event("Heartbeat", {"Beat": 1})]), 4)],
    ids=["same", "empty", "unknown"],
)
def test_sessions_without_progress_are_given_up_and_the_next_read_begins_anew(
    answer: Answer, opened: int, subscribe: Resume, server: WireServer
) -> None:
    """The first session with an event moves the position, the others do not."""
    events = subscribe(answer, max_sessions=4)
    with pytest.raises(NoProgressError, match=r"SubscribeToShard .* 4 times") as caught:
        list(events)
    assert (caught.value.operation_name, caught.value.sessions) == ("SubscribeToShard", 4)
    assert len(server.requests) == opened
    assert (events.closed, events.connection) == (False, None)
    server.answer(Answer([batch(2), LAST]))
    assert numbers(events) == [2]


def test_ten_sessions_without_progress_are_too_many_where_nothing_is_set(
    subscribe: Resume, server: WireServer
) -> None:
    with pytest.raises(NoProgressError):
        list(subscribe(EMPTY))
    assert len(server.requests) == 10


def test_without_a_limit_sessions_never_are_given_up(subscribe: Resume, server: WireServer) -> None:
    events = subscribe(*[EMPTY] * 30, Answer([batch(1), LAST]), max_sessions=None)
    assert numbers(events) == [1]
    assert len(server.requests) == 31


def test_progress_ends_the_row_of_sessions(subscribe: Resume, server: WireServer) -> None:
    rows = [Answer([batch(1)]), SAME, SAME, Answer([batch(2)]), EMPTY, EMPTY]
    events = subscribe(*rows, Answer([batch(3), LAST]), max_sessions=3)
    assert numbers(events) == [1, 1, 1, 2, 3]
    assert len(server.requests) == 7


def test_one_session_may_end_with_progress_where_one_without_is_too_many(
    subscribe: Resume,
) -> None:
    events = subscribe(Answer([batch(1)]), Answer([batch(2)]), EMPTY, max_sessions=1)
    assert numbers_in(next(events)) + numbers_in(next(events)) == [1, 2]
    with pytest.raises(NoProgressError):
        next(events)


def test_the_same_event_does_not_end_the_row_of_failures(
    subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(CUT, attempts=3)
    with pytest.raises(TruncatedStreamError) as caught:
        list(events)
    assert "3" in caught.value.__notes__[0]
    assert events.position == after(1)
    assert len(server.requests) == 3


def test_a_long_session_with_events_counts_as_progress(
    subscribe: Resume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shard to which nothing is written may keep its position for hours."""
    monkeypatch.setattr(pacing, "LONG_SESSION", 0.0)
    events = subscribe(*[SAME] * 20, Answer([LAST]), max_sessions=2)
    assert numbers(events) == [1] * 20


# Live Tail has no positions


@pytest.mark.parametrize("position", [None, "any"])
def test_events_of_live_tail_are_progress_and_the_start_of_a_session_is_not(
    client: MakeClient, server: WireServer, position: Any
) -> None:
    config = Config(inject_host_prefix=False)
    logs = client("logs", *[Answer([initial(), START, UPDATE])] * 6, config=config)
    server.answer(*[Answer([initial(), START, UPDATE])] * 6, Answer([initial(), START]))
    events = awsio.resume(
        lambda _: logs.start_live_tail(**LOGS_CALL), position, **FAST, max_sessions=3
    )
    found: list[str] = []
    with pytest.raises(NoProgressError, match="StartLiveTail"):
        found.extend(name for one in events for name in one)
    assert found == ["sessionStart", "sessionUpdate"] * 6 + ["sessionStart"] * 3


# What is refused


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"interval": -1}, ValueError),
        ({"interval": float("nan")}, ValueError),
        ({"interval": "1"}, TypeError),
        ({"interval": None}, TypeError),
        ({"interval": True}, TypeError),
        ({"max_sessions": 0}, ValueError),
        ({"max_sessions": 1.5}, TypeError),
        ({"max_sessions": True}, TypeError),
    ],
    ids=str,
)
def test_numbers_that_make_no_sense_are_refused(
    options: dict[str, Any], kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=next(iter(options))):
        awsio.resume(lambda _: {}, None, **options)
