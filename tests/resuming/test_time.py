"""`awsio.resume` and time: timeouts, silence, pauses, and closing from another thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.config import Config

import awsio
from awsio.errors import (
    StreamTimeoutError,
)
from tests.support.calls import KINESIS_CALL
from tests.support.frames import initial
from tests.support.shard import (
    FAST,
    FOUR,
    LAST,
    REST,
    batch,
    failure,
    numbers,
    numbers_in,
)
from tests.support.waiting import Task, wait_until
from tests.support.wire import Answer, Gate, Pause, WireServer

if TYPE_CHECKING:
    from awsio.resuming import Resumed

MakeClient: TypeAlias = Callable[..., Any]
Resume: TypeAlias = Callable[..., "Resumed[Any]"]


# Time


def test_a_timeout_of_the_caller_opens_nothing_again(subscribe: Resume, server: WireServer) -> None:
    gate = Gate()
    events = subscribe(Answer([batch(1), gate, batch(2), LAST]))
    assert numbers_in(events.read_event(timeout=20)) == [1]
    for timeout in (0, 0.02, -1):
        with pytest.raises(StreamTimeoutError) as caught:
            events.read_event(timeout=timeout)
        assert (caught.value.timeout, caught.value.resumable) == (timeout, True)
    gate.open()
    assert numbers_in(events.read_event(timeout=20)) == [2]
    assert len(server.requests) == 1


def test_a_timeout_of_the_caller_covers_the_pause_which_then_goes_on(
    subscribe: Resume, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)
    events = subscribe(Answer(FOUR[:2], end="fin", last_chunk=False), REST, base=0.4, cap=0.4)
    assert numbers_in(next(events)) + numbers_in(next(events)) == [1, 2, 3]
    for timeout in (0.05, 0):
        with pytest.raises(StreamTimeoutError, match="opened again") as caught:
            events.read_event(timeout=timeout)
        assert (caught.value.timeout, caught.value.resumable) == (timeout, True)
        assert len(server.requests) == 1
    assert numbers_in(events.read_event(timeout=20)) == [4]
    assert len(server.requests) == 2


@pytest.mark.parametrize("timeout", [0, 0.05])
def test_a_timeout_of_the_caller_is_kept_where_there_are_no_pauses(
    timeout: float, subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(failure("InternalFailure", 500), attempts=None, base=0)
    for _ in range(2):
        before = len(server.requests)
        reader = Task(lambda: events.read_event(timeout=timeout))
        with pytest.raises(StreamTimeoutError, match="opened again") as caught:
            reader.result(5)
        assert (caught.value.timeout, caught.value.resumable) == (timeout, True)
        opened = len(server.requests) - before
        assert opened == 1 if timeout == 0 else opened > 1
    server.answer(Answer([*FOUR, LAST]))
    assert numbers(events) == [1, 2, 3, 4]


def test_sessions_that_end_and_take_longer_to_open_than_the_timeout_do_not_go_on_for_ever(
    client: MakeClient,
) -> None:
    kinesis = client("kinesis", Answer([initial()]))
    called: list[Any] = []

    def open_at(position: Any) -> Any:
        called.append(position)
        time.sleep(0.03)  # behind the deadline
        return kinesis.subscribe_to_shard(**KINESIS_CALL)

    with awsio.resume(open_at, None, base=0, interval=0) as events:
        for number in (1, 2, 3):
            reader = Task(lambda: events.read_event(timeout=0.02))
            with pytest.raises(StreamTimeoutError) as caught:
                reader.result(5)
            assert (caught.value.timeout, caught.value.resumable) == (0.02, True)
            assert len(called) == number


@pytest.mark.parametrize("timeout", [None, float("inf")])
@pytest.mark.parametrize("seconds", [float("inf"), 1e300, 10**400], ids=["inf", "1e300", "10**400"])
def test_a_pause_may_be_as_long_as_one_likes(
    seconds: float,
    timeout: float | None,
    subscribe: Resume,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)
    events = subscribe(failure("InternalFailure", 500), base=seconds, cap=seconds)
    reader = Task(lambda: events.read_event(timeout=timeout))
    reader.wait_inside("wait")
    events.close()
    with pytest.raises(ValueError, match="closed"):
        reader.result(5)


@pytest.mark.parametrize("seconds", [float("inf"), 1e300, 10**400], ids=["inf", "1e300", "10**400"])
def test_silence_may_be_as_long_as_one_likes(seconds: float, subscribe: Resume) -> None:
    gate = Gate()
    events = subscribe(Answer([batch(1), gate, batch(2), LAST]), idle_timeout=seconds)
    assert numbers_in(events.read_event(timeout=20)) == [1]
    reader = Task(lambda: next(events))
    reader.wait_inside("wait_readable")
    gate.open()
    assert numbers_in(reader.result()) == [2]


@pytest.mark.parametrize("timeout", [None, 0.004, 0])
def test_silence_ends_a_connection_for_reads_with_a_timeout_too(
    timeout: float | None, subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(Answer([*FOUR[:2], Gate()]), REST, idle_timeout=0.1)
    found: list[int] = []
    while events.position is not None:
        try:
            found += numbers_in(events.read_event(timeout=timeout))
        except StreamTimeoutError as error:
            assert (error.timeout, error.resumable) == (timeout, True)  # noqa: PT017 - not all raise
    assert found == [1, 2, 3, 4]
    assert len(server.requests) == 2


def test_each_connection_has_the_idle_timeout_given(subscribe: Resume) -> None:
    events = subscribe(Answer([batch(1)]), Answer([batch(2), Gate()]), idle_timeout=7)
    for _ in range(2):
        next(events)
        assert events.connection is not None
        assert events.connection.idle_timeout == 7


def test_silence_begins_when_a_stream_is_opened_and_with_each_event(
    subscribe: Resume, server: WireServer
) -> None:
    pieces = [Pause(0.4), batch(1), Pause(0.4), batch(2), Gate()]
    events = subscribe(Answer(pieces), idle_timeout=0.7)
    assert numbers_in(events.read_event(timeout=20)) == [1]
    assert numbers_in(events.read_event(timeout=20)) == [2]
    with pytest.raises(StreamTimeoutError):
        events.read_event(timeout=0.05)
    assert len(server.requests) == 1


def test_what_came_while_the_caller_did_something_else_is_no_silence(
    subscribe: Resume, server: WireServer
) -> None:
    gate, sent = Gate(), Gate()
    answer = Answer([batch(1), gate, batch(2)[:9], sent, batch(2)[9:], LAST])
    events = subscribe(answer, idle_timeout=0.5)
    assert numbers_in(next(events)) == [1]
    gate.open()
    assert sent.reached.wait(20)
    time.sleep(0.6)  # longer than a connection may be silent
    task = Task(lambda: events.read_event(timeout=20))
    task.wait_inside("wait_readable")
    sent.open()
    assert numbers_in(task.result()) == [2]
    assert len(server.requests) == 1


def test_the_silence_allowed_is_the_transports_where_nothing_else_is_set(
    client: MakeClient, server: WireServer
) -> None:
    config = Config(read_timeout=0.1, retries={"total_max_attempts": 1})
    kinesis = client("kinesis", Answer([batch(1), Gate()]), REST, config=config)
    events = awsio.resume(lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), None, **FAST)
    assert numbers_in(events.read_event(timeout=20)) == [1]
    assert numbers_in(events.read_event(timeout=20)) == [4]
    assert len(server.requests) == 2
    events.close()


def test_bytes_of_an_event_that_is_not_whole_are_no_silence(
    subscribe: Resume, server: WireServer
) -> None:
    frame = batch(1)
    pieces = [part for at in range(0, len(frame), 20) for part in (frame[at : at + 20], Pause(0.1))]
    events = subscribe(Answer([*pieces, LAST]), idle_timeout=0.3)
    assert len(pieces) * 0.1 / 2 > 0.6
    found: list[int] = []
    while not found:
        try:
            found = numbers_in(events.read_event(timeout=0.15))
        except StreamTimeoutError:
            continue
    assert found == [1]
    assert len(server.requests) == 1


def test_a_second_reader_waits_no_longer_than_it_wants(subscribe: Resume) -> None:
    gate = Gate()
    events = subscribe(Answer([gate, batch(1), LAST]))
    first = Task(lambda: next(events))
    assert gate.reached.wait(20)
    with pytest.raises(StreamTimeoutError, match="another thread") as caught:
        events.read_event(timeout=0.02)
    assert caught.value.resumable
    second = Task(events.read_event)
    gate.open()
    got = [task.result() for task in (first, second)]
    assert sorted(numbers(found for found in got if found)) == [1]


# Closing


def test_closing_wakes_a_reader_that_waits_for_an_event(
    subscribe: Resume, server: WireServer
) -> None:
    gate = Gate()
    events = subscribe(Answer([gate]))
    reader = Task(lambda: next(events))
    assert gate.reached.wait(20)
    events.close()
    with pytest.raises(ValueError, match="closed"):
        reader.result(5)
    wait_until(lambda: server.connections[0].closed_by_client)
    assert len(server.requests) == 1


def test_closing_wakes_a_reader_in_a_pause(
    subscribe: Resume, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("random.random", lambda: 1.0)
    events = subscribe(failure("InternalFailure", 500), base=1000, cap=1000)
    readers = [Task(lambda: next(events)), Task(lambda: events.read_event(timeout=1000))]
    readers[0].wait_inside("wait")
    events.close()
    events.close()
    for reader in readers:
        with pytest.raises(ValueError, match="closed"):
            reader.result(5)
    assert len(server.requests) == 1


@pytest.mark.parametrize("last", [Answer([batch(1), Gate()]), failure("AccessDeniedException")])
def test_closing_while_it_is_opened_closes_what_is_opened(
    last: Answer, client: MakeClient, server: WireServer
) -> None:
    kinesis = client("kinesis", last)
    gate = Gate()

    def open_at(_: Any) -> Any:
        gate.reached.set()
        wait_until(lambda: events.closed)
        return kinesis.subscribe_to_shard(**KINESIS_CALL)

    events = awsio.resume(open_at, None)
    reader = Task(lambda: next(events))
    assert gate.reached.wait(20)
    events.close()
    with pytest.raises(ValueError, match="closed"):
        reader.result()
    if last.status == 200:
        wait_until(lambda: server.connections[0].closed_by_client)


def test_what_is_closed_gives_nothing(subscribe: Resume, server: WireServer) -> None:
    with subscribe(Answer([*FOUR, LAST])) as events:
        assert "open" in repr(events)
    assert events.closed
    assert "closed" in repr(events)
    with pytest.raises(ValueError, match="closed"):
        next(events)
    assert server.requests == []
    events = subscribe(Answer([*FOUR, LAST]))
    assert len([*events]) == 4
    events.close()
    with pytest.raises(ValueError, match="closed"):
        next(events)
