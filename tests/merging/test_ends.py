"""Several connections in one loop: whatever ends it, all are closed."""

from __future__ import annotations

import gc
import io
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import (
    ConnectionLostError,
    EventParseError,
    ServiceStreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.eventstream import encode_frame
from awsio.testing import LocalServer
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, exception
from tests.support.merging import Endless, frame, gated, payloads_of, stored
from tests.support.waiting import PATIENCE, Task
from tests.support.wire import Answer, Gate, WireServer

Connect: TypeAlias = Callable[..., list[PawsConnection]]


# --- the end ----------------------------------------------------------------------------------


def test_the_sockets_of_streams_that_ended_are_used_again(
    connect: Connect, server: WireServer
) -> None:
    answers = [Answer([frame(n)]) for n in range(3)]
    assert len(payloads_of(awsio.merge(*connect(*answers)))) == 3
    accepted = server.accepted
    assert len(payloads_of(awsio.merge(*connect(*answers)))) == 3
    assert server.accepted == accepted


def close_it(merged: Any) -> None:
    merged.close()


def leave_the_with(merged: Any) -> None:
    with merged:
        pass


def drop_it(_merged: Any) -> None:
    pass


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("end", [close_it, leave_the_with, drop_it])
def test_an_early_end_closes_every_socket(
    connect: Connect, server: WireServer, end: Callable[[Any], None], *, begun: bool
) -> None:
    cons = connect(*(Answer([frame(n), Gate()]) for n in range(4)))
    merged: Any = awsio.merge(*cons)
    if begun:
        next(merged)
    end(merged)
    del merged
    assert all(con.closed for con in cons)
    for connection in server.connections:
        assert connection.closed.wait(PATIENCE)
        assert connection.closed_by_client


def test_an_error_in_the_loop_closes_every_connection(connect: Connect) -> None:
    cons = connect(*(Answer([frame(n), Gate()]) for n in range(3)))
    with pytest.raises(KeyError):
        fail_at_the_first(cons)
    assert all(con.closed for con in cons)


def fail_at_the_first(cons: list[PawsConnection]) -> None:
    for con, _ in awsio.merge(*cons):
        raise KeyError(con)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer([exception("throttlingException", "slow")]), ServiceStreamError),
        (Answer([CONVERSE[1][:20]]), TruncatedStreamError),
        (Answer([CONVERSE[0]], end="rst", last_chunk=False), ConnectionLostError),
        (
            Answer([encode_frame({":event-type": "messageStop", ":message-type": "event"}, b"{")]),
            EventParseError,
        ),
    ],
    ids=["exception", "truncated", "reset", "not JSON"],
)
def test_an_error_of_one_stream_passes_and_closes_the_others(
    connect: Connect, server: WireServer, converse: EventParser, answer: Answer, kind: Any
) -> None:
    waiting = [Answer([CONVERSE[0], Gate()]) for _ in range(3)]
    cons = connect(*waiting, answer, parser=converse)
    merged = awsio.merge(*cons)
    with pytest.raises(kind):
        list(merged)
    assert all(con.closed for con in cons)
    for connection in server.connections[:3]:
        assert connection.closed.wait(PATIENCE)
        assert connection.closed_by_client
    assert list(merged) == []


def test_events_before_an_error_are_given_first(connect: Connect) -> None:
    (con,) = connect(Answer([frame(1), frame(2) + frame(3)[:-1]]))
    merged = awsio.merge(con)
    assert [next(merged)[1].payload for _ in range(2)] == [b"1", b"2"]
    with pytest.raises(TruncatedStreamError):
        next(merged)


def test_a_file_that_cannot_be_closed_does_not_keep_the_others_open() -> None:
    class Stuck(io.BytesIO):
        def close(self) -> None:
            super().close()
            raise OSError("stuck")

    before, after = stored(1), stored(2)
    merged = awsio.merge(before, PawsConnection(Stuck(frame(3))), after)
    with pytest.raises(OSError, match="stuck"):
        merged.close()
    assert before.closed
    assert after.closed


# --- the transport's timeout ------------------------------------------------------------------


def test_a_stream_silent_for_longer_than_its_transport_waits_is_an_error(
    connect: Connect,
) -> None:
    (patient,) = connect(Answer([frame(1), Gate()]))
    (hasty,) = connect(Answer([frame(2), Gate()]), timeout=0.3)
    merged = awsio.merge(patient, hasty)
    assert {next(merged)[0], next(merged)[0]} == {patient, hasty}
    began = time.monotonic()
    with pytest.raises(StreamTimeoutError) as caught:
        next(merged)
    assert 0.25 < time.monotonic() - began < 10
    assert (caught.value.timeout, caught.value.resumable) == (0.3, False)
    assert patient.closed


def test_a_connection_s_own_idle_timeout_goes_before_that_of_its_transport(
    connect: Connect,
) -> None:
    pieces, (gate,) = gated(1)
    (patient,) = connect(Answer(pieces), timeout=0.2)
    patient.idle_timeout = PATIENCE
    merged = awsio.merge(patient)
    opener = threading.Timer(0.6, gate.open)
    opener.start()
    assert payloads_of(merged) == ["1"]
    opener.join()
    (hasty,) = connect(Answer([Gate()]))
    hasty.idle_timeout = 0.2
    with pytest.raises(StreamTimeoutError) as caught:
        next(awsio.merge(hasty))
    assert caught.value.timeout == 0.2


def test_a_stream_that_speaks_is_not_late_though_it_takes_longer_than_the_timeout(
    connect: Connect,
) -> None:
    pieces, gates = gated(*range(8))
    (con,) = connect(Answer(pieces), timeout=1.0)
    merged = awsio.merge(con)
    began = time.monotonic()
    for gate in gates:
        opener = threading.Timer(0.2, gate.open)
        opener.start()
        next(merged)
        opener.join()
    assert time.monotonic() - began > 1.0
    assert list(merged) == []


def test_the_time_that_the_loop_itself_takes_is_not_counted_as_silence(
    connect: Connect,
) -> None:
    pieces, gates = gated(1, 2)
    (con,) = connect(Answer(pieces), timeout=1.0)
    merged = awsio.merge(con)
    gates[0].open()
    next(merged)
    time.sleep(1.1)  # what the loop does with the event
    gates[1].open()
    assert payloads_of(merged) == ["2"]


def test_a_source_that_gives_up_by_itself_ends_the_merge() -> None:
    class GivesUp(Endless):
        def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - as every source's
            raise StreamTimeoutError("the transport gave up")

    other = stored(1)
    with pytest.raises(StreamTimeoutError, match="gave up"):
        list(awsio.merge(PawsConnection(GivesUp()), other))
    assert other.closed


# --- connections closed on the way ------------------------------------------------------------


def test_a_connection_closed_in_the_loop_is_left_out_and_the_others_go_on(
    connect: Connect,
) -> None:
    pieces, (gate,) = gated("later")
    one, two = connect(Answer([frame(n) for n in range(3)]), Answer(pieces))
    found = []
    for con, event in awsio.merge(one, two):
        found.append(event.payload)
        if con is one:
            one.close()
            gate.open()
    assert found == [b"0", b"later"]


def test_a_silent_connection_closed_in_the_loop_holds_up_nothing(connect: Connect) -> None:
    pieces, (gate,) = gated("later")
    silent, one = connect(Answer([Gate()]), Answer([frame("now"), *pieces]))
    merged = awsio.merge(silent, one)
    assert next(merged)[1].payload == b"now"
    silent.close()
    reader = Task(lambda: payloads_of(merged))
    reader.wait_inside("_wait")
    gate.open()
    assert reader.result() == ["later"]


def test_closing_the_connections_in_another_thread_ends_a_merge_that_waits(
    connect: Connect,
) -> None:
    cons = connect(Answer([Gate()]), Answer([Gate()]))
    merged = awsio.merge(*cons)
    reader = Task(lambda: list(merged))
    reader.wait_inside("_wait")
    began = time.monotonic()
    merged.close()
    assert reader.result() == []
    assert time.monotonic() - began < 5


def test_threads_may_share_a_merge_and_each_event_goes_to_one(connect: Connect) -> None:
    answers = [Answer([frame(f"{n}-{i}") for i in range(200)]) for n in range(4)]
    merged = awsio.merge(*connect(*answers))
    tasks = [Task(lambda: payloads_of(merged)) for _ in range(4)]
    found = [payload for task in tasks for payload in task.result()]
    assert sorted(found) == sorted(f"{n}-{i}" for n in range(4) for i in range(200))


# --- what may be merged -----------------------------------------------------------------------


def test_nothing_to_merge_is_an_iterator_without_events() -> None:
    assert list(awsio.merge()) == []


def test_a_connection_given_twice_counts_once() -> None:
    con = stored(1, 2)
    assert payloads_of(awsio.merge(con, con)) == ["1", "2"]


def test_two_connections_on_one_descriptor_share_its_bytes() -> None:
    read_end, write_end = os.pipe()
    first = open(read_end, "rb", buffering=0)  # noqa: PTH123, SIM115 - closed by the merge
    second = open(read_end, "rb", buffering=0, closefd=False)  # noqa: SIM115 - as above
    merged = awsio.merge(PawsConnection(first), PawsConnection(second))
    for payload in range(4):
        os.write(write_end, frame(payload))
        assert next(merged)[1].payload == str(payload).encode()
    os.close(write_end)
    assert list(merged) == []
    gc.collect()


def test_a_handler_stands_for_its_connection() -> None:
    with LocalServer() as server, server.client("bedrock-runtime") as client:
        server.add("bedrock-runtime", "ConverseStream", CONVERSE_EVENTS)
        streams = [client.converse_stream(modelId="m", messages=[]).stream for _ in range(2)]
        found = list(awsio.merge(*streams))
    for stream in streams:
        own = stream(connection=True)
        assert [event for con, event in found if con is own] == CONVERSE_EVENTS


@pytest.mark.parametrize("wrong", [3, io.BytesIO(), {"stream": 1}])
def test_anything_else_is_a_type_error_and_the_connections_stay_open(wrong: Any) -> None:
    con = stored(1)
    with pytest.raises(TypeError, match=type(wrong).__name__):
        awsio.merge(con, wrong)
    assert con.read_event().payload == b"1"


def test_a_callable_that_gives_no_connection_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not a dict"):
        awsio.merge(dict)


def test_a_connection_closed_before_is_a_value_error_and_the_others_stay_open() -> None:
    con, closed = stored(1), stored(2)
    closed.close()
    with pytest.raises(ValueError, match="closed"):
        awsio.merge(con, closed)
    assert con.read_event().payload == b"1"
