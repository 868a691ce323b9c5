"""`awsio.resume` for other operations than Kinesis's, and what may be given to it."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from botocore.config import Config

import awsio
from awsio import PawsConnection
from awsio.errors import (
    ServiceStreamError,
)
from tests.support.calls import CONVERSE_CALL, KINESIS_CALL, LOGS_CALL, S3_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event, exception, initial
from tests.support.shard import (
    BEGIN,
    FAST,
    FOUR,
    LAST,
    batch,
    failure,
    numbers,
    positions,
)
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from awsio.resuming import Resumed

MakeClient: TypeAlias = Callable[..., Any]
Resume: TypeAlias = Callable[..., "Resumed[Any]"]


# Live Tail


def line(text: str) -> bytes:
    return event("sessionUpdate", {"sessionResults": [{"message": text}]})


START = event("sessionStart", {"sessionId": "1"})


@pytest.fixture
def tail(client: MakeClient, server: WireServer) -> Iterator[Resume]:
    """Follow logs with these answers; the iterators are closed after the test."""
    made: list[Resumed[None]] = []
    logs = client("logs", config=Config(inject_host_prefix=False))

    def start(*answers: Answer, **options: Any) -> Resumed[None]:
        server.answer(*answers)
        events = awsio.resume(lambda _: logs.start_live_tail(**LOGS_CALL), None, **FAST | options)
        made.append(events)
        return events

    yield start
    for events in made:
        events.close()


def shown(found: Any) -> list[str]:
    """Give the lines of an event, or its name."""
    if "sessionUpdate" not in found:
        return [*found]
    return [result["message"] for result in found["sessionUpdate"]["sessionResults"]]


@pytest.mark.parametrize(
    "broken",
    [
        Answer([initial(), START, line("a"), line("lost")[:-1]]),
        Answer([initial(), START, line("a")], end="fin", last_chunk=False),
        Answer([initial(), START, line("a"), exception("SessionTimeoutException", "3 h")]),
        Answer([initial(), START, line("a"), exception("SessionStreamingException", "?")]),
        Answer([initial(), START, line("a")]),
    ],
    ids=["cut", "fin", "timeout", "streaming", "ended"],
)
def test_live_tail_begins_a_new_session(broken: Answer, tail: Resume) -> None:
    events = tail(broken, failure("LimitExceededException"), Answer([START, line("b"), Gate()]))
    found = [text for _ in range(4) for text in shown(next(events))]
    assert found == ["sessionStart", "a", "sessionStart", "b"]
    assert (events.restarts, events.position) == (1, None)


def test_the_greeting_of_a_session_does_not_show_that_it_works(
    tail: Resume, server: WireServer
) -> None:
    events = tail(Answer([START, exception("SessionStreamingException", "?")]), attempts=3)
    assert [shown(next(events)) for _ in range(3)] == [["sessionStart"]] * 3
    with pytest.raises(ServiceStreamError, match="SessionStreamingException") as caught:
        next(events)
    assert "3" in caught.value.__notes__[0]
    assert len(server.requests) == 3


# Other operations


def test_a_stream_that_cannot_be_taken_up_is_refused_and_closed(
    client: MakeClient, server: WireServer
) -> None:
    bedrock = client("bedrock-runtime", Answer([CONVERSE[0], Gate()]))
    opened: list[PawsConnection] = []

    def open_at(_: None) -> PawsConnection:
        opened.append(bedrock.converse_stream(**CONVERSE_CALL).stream(connection=True))
        return opened[0]

    with pytest.raises(TypeError, match=r"ConverseStream .* advance="):
        next(awsio.resume(open_at, None))
    assert opened[0].closed
    assert len(server.requests) == 1


def scan(client: Any, begin: int) -> Any:
    return client.select_object_content(**S3_CALL, ScanRange={"Start": begin})


def behind_rows(found: Any, position: int) -> int:
    return position + len(found.get("Records", {}).get("Payload", b""))


def test_a_rule_of_the_users_own(client: MakeClient, server: WireServer) -> None:
    """A stream that ends without its terminal event goes on; after it all is over."""

    def records(data: bytes) -> bytes:
        return event("Records", data, "application/octet-stream")

    s3 = client(
        "s3", Answer([records(b"ab"), records(b"c")]), Answer([records(b"d"), event("End", b"")])
    )
    events = awsio.resume(lambda begin: scan(s3, begin), 0, advance=behind_rows, **FAST)
    rows = b"".join(found["Records"]["Payload"] for found in events if "Records" in found)
    assert (rows, events.position, events.restarts) == (b"abcd", 4, 1)
    assert events.read_event() is None
    starts = [body.partition(b"<Start>")[2][:1] for _, body in server.requests]
    assert starts == [b"0", b"3"]


def test_a_rule_of_the_users_own_for_an_operation_that_has_one(
    subscribe: Resume, server: WireServer
) -> None:
    """How its sessions end is known still."""
    answers = Answer([batch(1)]), Answer([batch(2), LAST, Gate()])
    events = subscribe(*answers, advance=lambda *_: {"Type": "LATEST"})
    assert numbers(events) == [1, 2]
    assert events.position == {"Type": "LATEST"}
    assert positions(server) == [BEGIN, {"Type": "LATEST"}]


def test_frames_have_a_rule_only_from_the_user() -> None:
    def open_frames(position: int) -> PawsConnection:
        return PawsConnection(io.BytesIO(b"".join(CONVERSE[position:])))

    with pytest.raises(TypeError, match="frames"):
        next(awsio.resume(open_frames, 0))
    events = awsio.resume(open_frames, 4, advance=lambda _, position: position + 1)
    assert [frame.event_type for frame in events] == ["messageStop", "metadata"]
    assert events.position == 6


class Slow(io.RawIOBase):
    """A file whose own timeout runs out."""

    def readable(self) -> bool:
        return True

    def readinto(self, _buffer: Any) -> int:
        raise TimeoutError


@pytest.mark.parametrize("timeout", [None, 20])
def test_a_timeout_of_the_source_is_one_of_the_connection(timeout: float | None) -> None:
    """It has no timeout that could be known before, and is not to be read any more."""
    sources = [Slow(), io.BytesIO(CONVERSE[0])]
    events = awsio.resume(
        lambda _: PawsConnection(sources.pop(0)), 0, advance=lambda _, at: at + 1, **FAST
    )
    assert events.read_event(timeout=timeout).event_type == "messageStart"
    assert events.restarts == 1
    assert events.read_event(timeout=timeout) is None


def test_a_rule_that_fails_lets_the_event_come_again() -> None:
    def open_frames(position: int) -> PawsConnection:
        return PawsConnection(io.BytesIO(b"".join(CONVERSE[position:])))

    ready: list[bool] = []

    def advance(_: Any, position: int) -> int:
        if position == 1 and not ready:
            raise LookupError
        return position + 1

    events = awsio.resume(open_frames, 0, advance=advance, **FAST)
    assert next(events).event_type == "messageStart"
    with pytest.raises(LookupError):
        next(events)
    ready.append(True)
    assert [frame.event_type for frame in events] == [next(iter(e)) for e in CONVERSE_EVENTS[1:]]


@pytest.mark.parametrize("timeout", [None, 20])
def test_an_exception_of_the_service_is_no_end_under_a_rule_of_the_users_own(
    timeout: float | None, client: MakeClient, server: WireServer
) -> None:
    refused = Answer([*CONVERSE[:2], exception("validationException", "no")])
    bedrock = client("bedrock-runtime", refused, Answer(CONVERSE[2:]))
    events = awsio.resume(
        lambda _: bedrock.converse_stream(**CONVERSE_CALL), 0, advance=lambda _, at: at + 1, **FAST
    )
    assert [next(iter(next(events))) for _ in range(2)] == ["messageStart", "contentBlockDelta"]
    with pytest.raises(ServiceStreamError, match="validationException"):
        events.read_event(timeout=timeout)
    assert events.connection is None
    assert [*events] == CONVERSE_EVENTS[2:]
    assert (events.position, len(server.requests)) == (len(CONVERSE), 2)


# What open may give


@pytest.mark.parametrize(
    "give",
    [
        lambda response: response,
        lambda response: response["EventStream"],
        lambda response: response["EventStream"](connection=True),
    ],
    ids=["response", "handler", "connection"],
)
def test_open_gives_a_response_a_handler_or_a_connection(
    give: Callable[[Any], Any], client: MakeClient
) -> None:
    kinesis = client("kinesis", Answer([*FOUR, LAST]))
    events = awsio.resume(lambda _: give(kinesis.subscribe_to_shard(**KINESIS_CALL)), None)
    assert numbers(events) == [1, 2, 3, 4]


def test_open_may_give_what_boto3_gives(boto3_client: MakeClient) -> None:
    kinesis = boto3_client("kinesis", Answer([initial(), *FOUR, LAST]))
    events = awsio.resume(lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), None)
    assert numbers(events) == [1, 2, 3, 4]


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("end", ["fin", "rst"])
@pytest.mark.parametrize("cut", [0, 1, 60])
def test_a_connection_that_breaks_inside_boto3_s_call_is_opened_again(
    framing: Any, end: Any, cut: int, boto3_client: MakeClient, server: WireServer
) -> None:
    """It reads the first frame there, and wraps none of urllib3's errors."""
    broken = Answer([initial(), batch(1)], framing, cut=cut, end=end)
    kinesis = boto3_client("kinesis", broken, Answer([initial(), *FOUR, LAST]))
    events = awsio.resume(lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), None, **FAST)
    assert numbers(events) == [1, 2, 3, 4]
    assert len(server.requests) == 2


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # boto3 forgets its socket
@pytest.mark.parametrize(
    "first",
    [Answer(), Answer([exception("InternalFailureException", "sorry")]), Answer([Gate()])],
    ids=["empty", "failed", "silent"],
)
def test_what_boto3_tells_of_no_first_frame_may_pass(
    first: Answer, boto3_client: MakeClient
) -> None:
    config = Config(read_timeout=0.1)
    answers = first, Answer([initial(), *FOUR, LAST])
    kinesis = boto3_client("kinesis", *answers, config=config)
    events = awsio.resume(lambda _: kinesis.subscribe_to_shard(**KINESIS_CALL), None, **FAST)
    assert numbers(events) == [1, 2, 3, 4]
    gc.collect()


def test_a_response_with_two_streams_is_refused_and_closed(client: MakeClient) -> None:
    kinesis = client("kinesis", Answer([batch(1), Gate()]))
    streams = [kinesis.subscribe_to_shard(**KINESIS_CALL)["EventStream"] for _ in range(2)]
    with pytest.raises(TypeError, match="2 streams"):
        next(awsio.resume(lambda _: dict(enumerate(streams)), None))
    assert all(stream(connection=True).closed for stream in streams)


@pytest.mark.parametrize(("opened", "named"), [(None, "NoneType"), ([], "list")])
def test_what_open_gave_is_named(opened: Any, named: str) -> None:
    with pytest.raises(
        TypeError, match=f"open returned a {named} to resume.*; it must return the resp"
    ) as caught:
        next(awsio.resume(lambda _: opened, None))
    assert ("is a return missing?" in str(caught.value)) == (opened is None)


def test_a_stop_iteration_of_the_users_is_no_end() -> None:
    """It would end a loop as if all had come."""

    def stop(*_: Any) -> Any:
        raise StopIteration

    def open_frames(position: int) -> PawsConnection:
        return PawsConnection(io.BytesIO(b"".join(CONVERSE[position:])))

    with pytest.raises(RuntimeError, match="open raised StopIteration"):
        list(awsio.resume(stop, 0))
    events = awsio.resume(open_frames, 0, advance=stop)
    with pytest.raises(RuntimeError, match="advance raised StopIteration"):
        list(events)
    assert events.position == 0


@pytest.mark.parametrize("timeout", [None, 20])
@pytest.mark.parametrize("where", ["open", "advance"])
def test_a_read_inside_a_read_is_refused(where: str, timeout: float | None) -> None:
    inside = [where]
    events: Resumed[int]

    def read(name: str) -> None:
        if name in inside:
            inside.remove(name)
            events.read_event(timeout=timeout)

    def open_frames(position: int) -> PawsConnection:
        read("open")
        return PawsConnection(io.BytesIO(b"".join(CONVERSE[position:])))

    def advance(_: Any, position: int) -> int:
        read("advance")
        return position + 1

    events = awsio.resume(open_frames, 0, advance=advance, **FAST)
    reader = Task(lambda: next(events))
    with pytest.raises(RuntimeError, match="a read inside a read"):
        reader.result(5)
    assert len([*events]) == len(CONVERSE)


@pytest.mark.parametrize("opened", [None, 1, {}, {"stream": 1}, "stream"], ids=str)
def test_anything_else_is_refused(opened: Any) -> None:
    with pytest.raises(TypeError):
        next(awsio.resume(lambda _: opened, None))
