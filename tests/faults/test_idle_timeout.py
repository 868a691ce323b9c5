"""The idle timeout of a connection: silence ends a read, and nothing is lost by it."""

from __future__ import annotations

import io
import math
import pickle
import select
import ssl
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import boto3
import pytest
import urllib3

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import StreamTimeoutError
from tests.support.calls import CONVERSE_CALL, KINESIS_CALL
from tests.support.frames import initial
from tests.support.thirty import BODY, EVENTS, FRAMES
from tests.support.tls import TlsServer
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, Pause, Piece, WireServer

if TYPE_CHECKING:
    from pathlib import Path

OpenStream: TypeAlias = Callable[..., PawsConnection]

KEY = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}

READS: dict[str, Callable[[PawsConnection], Any]] = {
    "read_event": lambda con: con.read_event(),
    "read_frame": lambda con: con.read_frame(),
    "next": next,
    "read": lambda con: con.read(10),
    "read1": lambda con: con.read1(),
    "readinto": lambda con: con.readinto(bytearray(9)),
    "readall": lambda con: con.readall(),
    "readline": lambda con: con.readline(),
    "initial_response": lambda con: con.initial_response,
    "is_framed": lambda con: con.is_framed(),
    "payload": lambda con: con.payload().read(),
    "iter_json": lambda con: next(con.iter_json()),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_every_read_gives_up_after_the_silence_and_loses_nothing(
    open_stream: OpenStream,
    converse: EventParser,
    invoke_model: EventParser,
    read: Callable[[PawsConnection], Any],
) -> None:
    gate = Gate()
    # Of the two operations one has events that carry bytes.
    parser = invoke_model if read is READS["payload"] else converse
    con = open_stream(Answer([BODY[:7], gate, BODY[7:]]), parser, idle_timeout=0.02)
    for _ in range(2):
        with pytest.raises(StreamTimeoutError) as caught:
            [*iter(lambda: read(con), None)]  # bytes that are there are given first
        assert caught.value.resumable
        assert caught.value.timeout == 0.02
    gate.open()
    con.idle_timeout = None
    try:
        assert [frame.encode() for frame in iter(con.read_frame, None)] == FRAMES
    except awsio.errors.ReaderConflictError:  # some reads have taken bytes of the first frame
        taken = {"read": 7, "read1": 7, "readinto": 7, "readline": 7}
        assert len(con.readall()) >= len(BODY) - max(taken.values())


def test_bytes_that_readall_has_taken_are_put_back(
    open_stream: OpenStream, converse: EventParser
) -> None:
    gate = Gate()
    con = open_stream(Answer([*FRAMES[:3], gate, *FRAMES[3:]]), converse, idle_timeout=0.02)
    with pytest.raises(StreamTimeoutError):
        con.readall()
    gate.open()
    con.idle_timeout = 20
    assert con.readall() == BODY


def test_a_timeout_of_the_read_goes_before_it(
    open_stream: OpenStream, converse: EventParser
) -> None:
    gate = Gate()
    con = open_stream(Answer([FRAMES[0], gate, *FRAMES[1:]]), converse, idle_timeout=1000)
    assert con.read_event() == EVENTS[0]
    with pytest.raises(StreamTimeoutError) as caught:
        con.read_event(timeout=0)
    assert caught.value.timeout == 0
    con.idle_timeout = 0
    with pytest.raises(StreamTimeoutError):
        con.read_event()
    task = Task(lambda: con.read_event(timeout=20))
    task.wait_inside("wait_readable")
    gate.open()
    assert task.result() == EVENTS[1]


@pytest.mark.parametrize("scheme", ["plain"])
def test_it_is_of_silence_and_not_of_the_time_that_an_event_takes(
    open_stream: OpenStream, converse: EventParser
) -> None:
    pieces: list[Piece] = []
    for at in range(0, len(FRAMES[0]), 5):
        pieces += [FRAMES[0][at : at + 5], Pause(0.1)]
    con = open_stream(Answer([*pieces, *FRAMES[1:]]), converse, idle_timeout=1)
    first = Task(con.read_event)
    first.wait_inside("wait_readable")
    # A reader who waits for the first one does not give up either: bytes come.
    second = Task(con.read_event)
    assert {*first.result(), *second.result()} == {"messageStart", "contentBlockDelta"}


def test_a_second_reader_gives_up_with_the_first(
    open_stream: OpenStream, converse: EventParser
) -> None:
    con = open_stream(Answer([Gate(), *FRAMES]), converse, idle_timeout=0.05)
    for task in [Task(con.read_event) for _ in range(4)]:
        with pytest.raises(StreamTimeoutError) as caught:
            task.result()
        assert caught.value.resumable
        assert caught.value.timeout == 0.05


@pytest.mark.parametrize("scheme", ["plain"])
def test_a_second_reader_gives_up_though_the_first_has_more_time(
    open_stream: OpenStream, converse: EventParser
) -> None:
    late = Gate()
    frame = FRAMES[0]
    con = open_stream(Answer([late, frame[:9], Gate(), frame[9:]]), converse)
    first = Task(lambda: con.read_event(timeout=20))
    first.wait_inside("wait_readable")
    con.idle_timeout = 0.3
    second = Task(con.read_event)
    second.wait_inside("_acquire")
    late.open()  # a few bytes come, then nothing more
    with pytest.raises(StreamTimeoutError, match="another thread") as caught:
        second.result(10)
    assert caught.value.resumable
    assert caught.value.timeout == 0.3
    assert not first.done
    con.close()
    with pytest.raises(ValueError, match="closed"):
        first.result()


def test_bytes_that_have_come_are_never_waited_for(
    open_stream: OpenStream, converse: EventParser, framing: Any
) -> None:
    """They lie in Python's buffer, where the system does not see them."""
    piece = b"".join(FRAMES[:3])
    con = open_stream(Answer([piece, Gate(), FRAMES[3]], framing), converse, idle_timeout=20)
    assert con.read(1) == piece[:1]
    con.idle_timeout = 0.02
    assert b"".join(con.read(1) for _ in piece[1:]) == piece[1:]
    with pytest.raises(StreamTimeoutError):
        con.read(1)


@pytest.mark.parametrize("scheme", ["tls"])
def test_bytes_that_tls_has_decrypted_are_never_waited_for(
    open_stream: OpenStream, converse: EventParser, framing: Any
) -> None:
    """A record is decrypted as a whole, and is longer than what Python's buffer takes."""
    record = b"".join(FRAMES[1:27]) * 5
    assert 8192 < len(record) < 16384
    con = open_stream(Answer([record, Gate(), FRAMES[-1]], framing), converse)
    assert con.read_event(timeout=20) == EVENTS[1]
    for number in range(1, 26 * 5):
        assert con.read_event(timeout=0) == EVENTS[1 + number % 26]
    with pytest.raises(StreamTimeoutError):
        con.read_event(timeout=0)


@pytest.mark.parametrize("timed", ["idle", "timeout"])
def test_a_part_of_a_tls_record_is_not_there_yet(
    certificate: Path, converse: EventParser, timed: str
) -> None:
    """The system says that it can be read, and TLS has nothing to give of it."""
    begin, rest = Gate(), Gate()
    context = ssl.create_default_context(cafile=certificate)
    options = {"timeout": 0.5} if timed == "timeout" else {}
    pieces = [FRAMES[0], begin, (FRAMES[1], rest), *FRAMES[2:]]
    with (
        TlsServer(certificate, pieces) as server,
        urllib3.PoolManager(ssl_context=context, timeout=20.0) as pool,
        PawsConnection(pool.request("GET", server.url, preload_content=False), converse) as con,
    ):
        assert con.read_event() == EVENTS[0]
        con.idle_timeout = 0.5 if timed == "idle" else None
        for number in range(2):
            task = Task(lambda: con.read_event(**options))
            if number == 0:  # the part comes while the reader waits
                task.wait_inside("wait_readable")
                begin.open()
            with pytest.raises(StreamTimeoutError) as caught:
                task.result(10)
            assert caught.value.resumable
        rest.open()
        con.idle_timeout = 20
        assert list(con) == EVENTS[1:]


def test_it_takes_the_place_of_the_transport_s_timeout(
    open_stream: OpenStream, converse: EventParser, pool: Any
) -> None:
    pool.connection_pool_kw["timeout"] = 0.05
    answer = Answer([FRAMES[0], Pause(0.3), *FRAMES[1:]])
    con = open_stream(answer, converse, idle_timeout=20)
    assert list(con) == EVENTS
    con = open_stream(answer, converse)
    with pytest.raises(StreamTimeoutError) as caught:
        list(con)
    assert not caught.value.resumable


@pytest.mark.parametrize("value", [-1, -0.001, math.nan, -math.inf])
def test_less_than_nothing_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="idle_timeout"):
        PawsConnection(io.BytesIO(), idle_timeout=value)
    con = PawsConnection(io.BytesIO())
    with pytest.raises(ValueError, match="idle_timeout"):
        con.idle_timeout = value
    assert con.idle_timeout is None
    with pytest.raises(ValueError, match="idle_timeout"):
        awsio.client("s3", region="us-east-1", credentials=KEY, idle_timeout=value)
    with pytest.raises(ValueError, match="idle_timeout"):
        awsio.attach(boto3.client("s3", region_name="us-east-1"), idle_timeout=value)


# --- from the client ----------------------------------------------------------------------


@pytest.fixture
def plain_server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


def place(server: WireServer) -> dict[str, Any]:
    return {"region": "us-east-1", "endpoint": server.url, "credentials": KEY}


def gives_up(response: Any, seconds: float) -> None:
    con = response["stream"](connection=True)
    assert con.idle_timeout == seconds
    assert con.read_event() == EVENTS[0]
    for _ in range(2):
        with pytest.raises(StreamTimeoutError) as caught:
            con.read_event()
        assert caught.value.resumable
    con.close()


def test_a_client_gives_it_to_its_streams_and_its_pickle(plain_server: WireServer) -> None:
    plain_server.answer(Answer([FRAMES[0], Gate(), *FRAMES[1:]]))
    with awsio.client("bedrock-runtime", **place(plain_server), idle_timeout=0.02) as client:
        gives_up(client.converse_stream(**CONVERSE_CALL), 0.02)
        with pickle.loads(pickle.dumps(client)) as again:  # noqa: S301 - our own
            gives_up(again.converse_stream(**CONVERSE_CALL), 0.02)


def test_attach_gives_it_and_takes_it_back(plain_server: WireServer) -> None:
    plain_server.answer(Answer([FRAMES[0], Gate(), *FRAMES[1:]]))
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=plain_server.url,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    gives_up(awsio.attach(client, idle_timeout=0.02).converse_stream(**CONVERSE_CALL), 0.02)
    again = awsio.attach(client).converse_stream(**CONVERSE_CALL)["stream"](connection=True)
    assert again.idle_timeout is None
    again.close()
    client.close()


def test_bodies_that_are_no_event_streams_have_it_too(plain_server: WireServer) -> None:
    plain_server.answer(Answer([b"some", Gate(), b"thing"], "length", content_type="text/plain"))
    with awsio.client("s3", **place(plain_server), idle_timeout=0.02) as client:
        con = client.get_object(Bucket="b", Key="k")["Body"](connection=True)
        assert con.read(100) == b"some"
        with pytest.raises(StreamTimeoutError) as caught:
            con.read(100)
        assert caught.value.resumable
        con.close()


def test_an_initial_response_that_does_not_come_is_silence(plain_server: WireServer) -> None:
    gate = Gate()
    plain_server.answer(Answer([gate, initial()]))
    with awsio.client("kinesis", **place(plain_server), idle_timeout=0.02) as client:
        response = client.subscribe_to_shard(**KINESIS_CALL)
        with pytest.raises(StreamTimeoutError):
            assert response.initial_response
        gate.open()
        con = response["EventStream"](connection=True)
        con.idle_timeout = 20
        assert con.initial_response == {}
        con.close()


# --- what it costs who does not ask for it -----------------------------------------------------

# What looks at the clock, at a descriptor, or waits.
WAITING = {
    "fstat", "get_blocking", "gettimeout", "monotonic", "not_blocking", "peek", "poll",
    "set_blocking", "settimeout", "wait_readable", "wait_until",
}  # fmt: skip
# Called once for each recv that found nothing.
NOTHING_THERE = "_wait"


def calls_of(function: Callable[[], object]) -> Counter[str]:
    """Count the calls, of Python's functions and of C's, that a function makes."""
    counted: Counter[str] = Counter()

    def profile(frame: Any, event: str, argument: Any) -> None:
        if event == "call":
            counted[frame.f_code.co_name] += 1
        elif event == "c_call" and argument is not select.poll:  # which only makes the object
            counted[argument.__name__] += 1

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return counted


def read_all(con: PawsConnection, **options: Any) -> Counter[str]:
    return calls_of(lambda: [con.read_event(**options) for _ in EVENTS])


@pytest.mark.parametrize("options", [{}, {"timeout": 20}], ids=["untimed", "timed"])
def test_a_read_is_one_recv_and_a_poll_where_nothing_is_there(
    open_stream: OpenStream, converse: EventParser, framing: Any, options: dict[str, Any]
) -> None:
    counts = read_all(open_stream(Answer([BODY], framing), converse), **options)
    # One read1() more finds that http.client's buffer is empty.
    assert counts["recv"] + counts["read1"] <= counts["_receive_now"] + 1
    assert counts["poll"] == counts[NOTHING_THERE]
    assert counts["_receive_now"] - counts[NOTHING_THERE] <= 3  # the body, its end and no more
    # The socket is taken over once, and given back once.
    assert counts["settimeout"] <= 2
    assert bool(counts["monotonic"]) is bool(options)
    assert not counts.keys() & {"fstat", "get_blocking", "not_blocking", "peek", "set_blocking"}


def test_an_idle_timeout_that_was_taken_back_costs_nothing(converse: EventParser) -> None:
    def one() -> PawsConnection:
        return PawsConnection(io.BytesIO(BODY), converse)

    never = read_all(one())
    con = one()
    con.idle_timeout = 5
    con.idle_timeout = None
    assert read_all(con) == never
    assert not WAITING & never.keys()


def test_an_idle_timeout_costs_by_the_read_and_not_by_the_event(converse: EventParser) -> None:
    never = read_all(PawsConnection(io.BytesIO(BODY), converse))
    con = PawsConnection(io.BytesIO(BODY), converse, idle_timeout=5)
    more = read_all(con) - never
    # All of the events came in one read.
    assert {name: more[name] for name in WAITING if more[name]} == {
        "wait_until": 1,
        "not_blocking": 1,
        "monotonic": 1,
    }
