"""`awsio.resume`: what is opened again, where and how often, and what passes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import awsio
from awsio.errors import (
    EventParseError,
    FrameError,
    FrameTooLargeError,
    NotAnEventStreamError,
    ServiceStreamError,
    TruncatedStreamError,
)
from tests.support.calls import KINESIS_CALL
from tests.support.frames import event, exception, initial
from tests.support.shard import (
    BEGIN,
    FAST,
    FOUR,
    LAST,
    REST,
    after,
    batch,
    failure,
    numbers,
    numbers_in,
    positions,
)
from tests.support.waiting import Task, wait_until
from tests.support.wire import Answer, Gate, Pause, WireServer

if TYPE_CHECKING:
    from awsio.resuming import Resumed

MakeClient: TypeAlias = Callable[..., Any]
Resume: TypeAlias = Callable[..., "Resumed[Any]"]


# What is opened again


@pytest.mark.parametrize(
    "broken",
    [
        Answer(FOUR[:2]),
        Answer([*FOUR[:2], FOUR[2][:-1]]),
        Answer([*FOUR[:2], FOUR[2][:20]], "close"),
        Answer([*FOUR[:2], FOUR[2][:20]], end="fin", last_chunk=False),
        Answer([*FOUR[:2], Pause(0.05)], end="rst", last_chunk=False),
        Answer([*FOUR[:2], exception("InternalFailureException", "sorry")]),
        Answer([*FOUR[:2], exception("KMSThrottlingException", "slow down")]),
        Answer([*FOUR[:2], exception("ThrottlingException", "slow down")]),
        Answer([*FOUR[:2], Gate()]),
    ],
    ids=["ended", "cut", "unframed", "chunk", "reset", "failed", "key", "throttled", "silent"],
)
def test_a_shard_goes_on_behind_the_last_event_that_was_given(
    broken: Answer, subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(broken, REST, idle_timeout=0.5 if broken.end == "rst" else 0.05)
    assert (events.position, events.restarts, events.connection) == (BEGIN, 0, None)
    assert numbers_in(events.read_event()) == [1, 2]
    assert (events.position, events.restarts) == (after(2), 0)
    assert numbers(events) == [3, 4]
    assert (events.position, events.restarts, events.connection) == (None, 1, None)
    assert positions(server) == [BEGIN, after(3)]


@pytest.mark.parametrize(
    "failed",
    [
        failure("ResourceInUseException"),
        failure("LimitExceededException"),
        failure("ThrottlingException"),
        failure("InternalFailure", 500),
        failure("SomethingElse", 503),
        Answer(end="fin", before=b"HTT"),
    ],
    ids=["in use", "limit", "throttled", "500", "503", "cut"],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_call_that_opens_it_is_repeated(
    failed: Answer, subscribe: Resume, server: WireServer, *, first: bool
) -> None:
    before = [] if first else [Answer(FOUR[:2])]
    rest = Answer([*FOUR, LAST]) if first else REST
    events = subscribe(*before, failed, failed, rest)
    assert numbers(events) == [1, 2, 3, 4]
    assert events.restarts == len(before)
    assert positions(server)[len(before) :] == [BEGIN if first else after(3)] * 3


def test_a_server_that_is_not_there_is_called_again(client: MakeClient) -> None:
    with WireServer() as gone:
        kinesis = client("kinesis", endpoint=gone.url)
    events = awsio.resume(
        lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), None, attempts=3, **FAST
    )
    with pytest.raises(EndpointConnectionError) as caught:
        next(events)
    assert "3" in caught.value.__notes__[0]


def test_events_that_came_and_were_not_given_come_again(
    subscribe: Resume, server: WireServer
) -> None:
    """They are in one piece, and it is closed between them."""
    events = subscribe(Answer([b"".join(FOUR)]))
    assert numbers_in(next(events)) == [1, 2]
    events.close()
    rest = subscribe(Answer([batch(3), batch(4), LAST]), position=events.position)
    assert numbers(rest) == [3, 4]
    assert positions(server) == [BEGIN, after(2)]


NO_NUMBER = {"Records": [], "MillisBehindLatest": 0}
CHILDREN = {"ChildShards": [{"ShardId": "1", "ParentShards": ["0"]}]}


@pytest.mark.parametrize(
    "end",
    [
        LAST,
        event("SubscribeToShardEvent", NO_NUMBER),
        event("SubscribeToShardEvent", NO_NUMBER | CHILDREN | {"ContinuationSequenceNumber": "5"}),
    ],
    ids=["both", "no number", "children"],
)
def test_the_iterator_ends_with_the_shard(
    end: bytes, subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(Answer([*FOUR, end, Gate()]))
    assert numbers(events) == [1, 2, 3, 4]
    assert events.position is None
    assert events.read_event() is None
    assert events.read_event(timeout=0) is None
    assert "complete" in repr(events)
    wait_until(lambda: server.connections[0].closed_by_client)
    assert len(server.requests) == 1


def test_an_event_of_an_unknown_type_moves_nothing(subscribe: Resume) -> None:
    new = event("Heartbeat", {"Beat": 1})
    events = subscribe(Answer([batch(1), new, Gate()]))
    assert numbers_in(next(events)) == [1]
    assert next(events) == {"SDK_UNKNOWN_MEMBER": {"name": "Heartbeat"}}
    assert events.position == after(1)


# What is not


@pytest.mark.parametrize(
    ("code", "status"), [("AccessDeniedException", 400), ("ResourceNotFoundException", 400)]
)
def test_an_error_of_the_call_that_will_not_pass_is_raised_as_it_is(
    code: str, status: int, subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(failure(code, status), Answer([*FOUR, LAST]))
    with pytest.raises(ClientError, match=code) as caught:
        next(events)
    assert not hasattr(caught.value, "__notes__")
    assert len(server.requests) == 1
    assert numbers(events) == [1, 2, 3, 4]  # who reads on tries again


def test_an_argument_that_is_wrong_is_raised_as_it_is(subscribe: Resume) -> None:
    from botocore.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        next(subscribe(position=None))


@pytest.mark.parametrize("code", ["ResourceInUseException", "KMSAccessDeniedException", "New"])
def test_an_exception_in_the_stream_that_will_not_pass_is_raised(
    code: str, subscribe: Resume, server: WireServer
) -> None:
    """A ResourceInUseException says that another reader has taken the subscription over."""
    events = subscribe(Answer([batch(1), exception(code, "no")]), Answer([batch(2), LAST]))
    assert numbers_in(next(events)) == [1]
    with pytest.raises(ServiceStreamError, match=code) as caught:
        next(events)
    assert caught.value.code == code
    assert len(server.requests) == 1
    assert numbers(events) == [2]


DAMAGED = bytearray(batch(2))
DAMAGED[-6] ^= 1
PAGE = Answer([b"<html>try again later</html>", Gate()], content_type="text/html")


@pytest.mark.parametrize("timeout", [None, 20])
@pytest.mark.parametrize(
    ("broken", "raised"),
    [
        (Answer([bytes(DAMAGED), batch(3), Gate()]), FrameError),
        (Answer([event("SubscribeToShardEvent", b"{nonsense"), batch(3), Gate()]), EventParseError),
        (PAGE, NotAnEventStreamError),
    ],
    ids=["damaged", "unparsable", "page"],
)
def test_bytes_that_are_no_event_are_raised_and_the_next_read_begins_at_the_position(
    broken: Answer,
    raised: type[Exception],
    timeout: float | None,
    subscribe: Resume,
    server: WireServer,
) -> None:
    events = subscribe(Answer([batch(1)]), broken, broken, REST)
    assert numbers_in(next(events)) == [1]
    for number in (2, 3):
        with pytest.raises(raised):
            events.read_event(timeout=timeout)
        assert (events.position, events.connection) == (after(1), None)
        assert len(server.requests) == number
        wait_until(lambda: server.connections[-1].closed_by_client)
    assert numbers(events) == [4]
    assert positions(server) == [BEGIN, after(1), after(1), after(1)]


def test_a_connection_that_the_user_closes_is_opened_again_by_the_next_read_alone(
    subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(Answer([*FOUR, LAST]), REST)
    next(events)
    assert events.connection is not None
    events.connection.close()
    with pytest.raises(ValueError, match="closed"):
        next(events)
    assert len(server.requests) == 1
    assert numbers(events) == [4]


# How often


def test_the_last_error_is_raised_when_it_is_given_up(
    subscribe: Resume, server: WireServer
) -> None:
    events = subscribe(
        Answer(FOUR[:1], end="fin", last_chunk=False),
        failure("InternalFailure", 500),
        failure("ThrottlingException"),
        Answer(FOUR[1:2], end="fin", last_chunk=False),
        Answer(end="fin", last_chunk=False),
        failure("InternalFailure", 500, "the third in a row"),
        REST,
        attempts=4,
    )
    assert numbers_in(next(events)) == [1, 2]
    assert numbers_in(next(events)) == [3]  # three failures, and then an event
    assert numbers(events) == [4]
    assert len(server.requests) == 7


def test_an_event_ends_the_row_of_failures(subscribe: Resume) -> None:
    cut = {"end": "fin", "last_chunk": False}
    answers = [Answer([batch(number)], **cut) for number in range(1, 6)]
    events = subscribe(*answers, Answer(**cut), attempts=2)
    for number in range(1, 6):
        assert numbers_in(next(events)) == [number]
    with pytest.raises(TruncatedStreamError) as caught:
        next(events)
    (note,) = caught.value.__notes__
    assert "awsio.resume" in note
    assert "2" in note
    assert events.position == after(5)
    assert events.connection is None


def test_who_reads_on_after_it_was_given_up_begins_anew(
    subscribe: Resume, server: WireServer
) -> None:
    failed = failure("InternalFailure", 500)
    events = subscribe(*[failed] * 5, Answer([*FOUR, LAST]), attempts=3)
    with pytest.raises(ClientError):
        next(events)
    assert len(server.requests) == 3
    assert numbers(events) == [1, 2, 3, 4]
    assert len(server.requests) == 6


def test_without_a_number_of_attempts_it_is_never_given_up(subscribe: Resume) -> None:
    failed = failure("InternalFailure", 500)
    events = subscribe(*[failed] * 30, Answer([*FOUR, LAST]), attempts=None)
    assert numbers(events) == [1, 2, 3, 4]


def test_one_attempt_is_none_more(subscribe: Resume, server: WireServer) -> None:
    with pytest.raises(ClientError):
        next(subscribe(failure("InternalFailure", 500), attempts=1))
    assert len(server.requests) == 1


def test_sessions_that_end_without_an_event_are_no_failures_and_get_pauses(
    subscribe: Resume, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "awsio.resume")
    empty = Answer([initial()])
    events = subscribe(*[empty] * 5, Answer([*FOUR, LAST]), attempts=2, base=0.02, cap=0.03)
    assert numbers(events) == [1, 2, 3, 4]
    assert events.restarts == 5
    pauses = [float(str(record.args[1])) for record in caplog.records if record.args]
    assert pauses[0] == 0
    assert any(pauses[1:])
    assert max(pauses) <= 0.03
    assert [record.levelname for record in caplog.records] == ["INFO"] * 3 + ["WARNING"] * 2
    assert [("in a row" in text, "5" in text[-3:]) for text in caplog.messages[2:]] == [
        (False, False),
        (True, False),
        (True, True),
    ]


def test_a_code_of_the_other_side_cannot_look_like_a_line_of_the_log(
    subscribe: Resume, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "awsio.resume")
    forged = "Evil\nSubscribeToShard: all is well\x1b[2J\u2028" + "x" * 1000
    assert numbers(subscribe(failure(forged, 500), Answer([*FOUR, LAST]))) == [1, 2, 3, 4]
    (message,) = caplog.messages
    assert "ClientError Evil\\nSubscribeToShard" in message
    assert message.isprintable()
    assert len(message) < 300


@pytest.mark.parametrize(
    "options",
    [
        {"attempts": 0},
        {"base": -1},
        {"cap": -0.1},
        {"cap": float("nan")},
        {"idle_timeout": 0},
        {"idle_timeout": -1},
    ],
    ids=str,
)
def test_numbers_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        awsio.resume(lambda _: {}, None, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"attempts": 2.0},
        {"attempts": True},
        {"attempts": "3"},
        {"base": "1"},
        {"base": None},
        {"cap": True},
        {"idle_timeout": "30"},
        {"idle_timeout": True},
    ],
    ids=str,
)
def test_what_is_no_number_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        awsio.resume(lambda _: {}, None, **options)


# Round about


def test_paws_s_loop(subscribe: Resume) -> None:
    events = subscribe(Answer(FOUR[:2]), REST)
    found = []
    while (chunk := awsio.paws_stream_parser(events)) is not None:
        found += numbers_in(chunk)
    assert found == [1, 2, 3, 4]


def test_an_event_above_a_size_comes_again(subscribe: Resume, server: WireServer) -> None:
    events = subscribe(Answer([*FOUR, LAST]))
    for timeout in (None, 20):
        with pytest.raises(FrameTooLargeError):
            events.read_event(max_size=100, timeout=timeout)
    assert numbers(events) == [1, 2, 3, 4]
    assert len(server.requests) == 3


def test_each_opening_again_is_told_without_words_of_the_service(
    subscribe: Resume, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "awsio")
    secret = exception("InternalFailureException", "secret")
    answers = [
        failure("InternalFailure", 500, "secret"),
        Answer([batch(1), secret]),
        Answer([batch(2)], end="fin", last_chunk=False),
        Answer([batch(3)]),
        REST,
    ]
    assert numbers(subscribe(*answers)) == [1, 2, 3, 4]
    told = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    assert {(name, level) for name, level, _ in told} == {("awsio.resume", "INFO")}
    messages = [message for *_, message in told]
    reasons = ["ClientError InternalFailure", "InternalFailureException", "Truncated", "ended"]
    for message, reason in zip(messages, reasons, strict=True):
        assert message.startswith("SubscribeToShard: ")
        assert reason in message
        assert "secret" not in message


def test_no_event_is_given_twice_to_several_readers(subscribe: Resume) -> None:
    answers = [Answer([batch(number)], end="fin", last_chunk=False) for number in range(1, 40)]
    events = subscribe(*answers, Answer([LAST]))
    readers = [Task(lambda: numbers(events)) for _ in range(4)]
    assert sorted(number for reader in readers for number in reader.result()) == [*range(1, 40)]
