"""Errors of a botocore client's connections are also of the classes that boto3's users catch."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import subprocess
import sys
import threading
import traceback
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import urllib3
from botocore.eventstream import ChecksumMismatch, DuplicateHeader, ParserError
from botocore.exceptions import (
    BotoCoreError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

import awsio
from awsio import errors
from awsio.clients.botocore_errors import ClosedStreamError, as_botocore_error
from awsio.resuming.failures import is_transient
from tests.support.bodies import OBJECT
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate

MakeClient = Callable[..., Any]

DAMAGED = CONVERSE[1][:-1] + bytes([CONVERSE[1][-1] ^ 1])
TWICE = b"\x01n\x04\0\0\0\1" * 2


def frame_of(headers: bytes) -> bytes:
    """Encode a frame whose header block the encoder would refuse."""
    from binascii import crc32
    from struct import pack

    prelude = pack(">II", 16 + len(headers), len(headers))
    head = prelude + pack(">I", crc32(prelude)) + headers
    return head + pack(">I", crc32(head))


# What the server sends after the first event, awsio's class, and those that it also is.
BROKEN: dict[str, tuple[dict[str, Any], type[Exception], tuple[type[Exception], ...]]] = {
    "a reset": (
        {"pieces": CONVERSE[:1], "last_chunk": False, "end": "rst"},
        errors.ConnectionLostError,
        (ConnectionError, ResponseStreamingError, urllib3.exceptions.ProtocolError),
    ),
    "a cut body": (
        {"pieces": CONVERSE[:1], "last_chunk": False, "end": "fin"},
        errors.TruncatedStreamError,
        (
            EOFError,
            IncompleteReadError,
            ResponseStreamingError,
            urllib3.exceptions.ProtocolError,
        ),
    ),
    "a cut frame": (
        {"pieces": [*CONVERSE[:1], CONVERSE[1][:-5]]},
        errors.TruncatedStreamError,
        (EOFError, HTTPClientError, urllib3.exceptions.HTTPError),
    ),
    "no terminal event": (
        {"pieces": CONVERSE[:1]},
        errors.IncompleteStreamError,
        (EOFError, ResponseStreamingError),
    ),
    "a wrong checksum": (
        {"pieces": [*CONVERSE[:1], DAMAGED]},
        errors.MessageChecksumError,
        (ValueError, ChecksumMismatch, ParserError),
    ),
    "a header twice": (
        {"pieces": [*CONVERSE[:1], frame_of(TWICE)]},
        errors.DuplicateHeaderError,
        (ValueError, DuplicateHeader, ParserError),
    ),
    "a malformed header": (
        {"pieces": [*CONVERSE[:1], frame_of(b"\xff")]},
        errors.HeaderError,
        (ValueError, ParserError),
    ),
    "a payload that is not JSON": (
        {"pieces": [*CONVERSE[:1], event("contentBlockDelta", b"{")]},
        errors.EventParseError,
        (ValueError, ResponseParserError),
    ),
}
#: How an event stream is read to the error.
WAYS: dict[str, Callable[[Any], Any]] = {
    "the loop": list,
    "a function": lambda stream: stream(lambda _: None),
    "a connection": lambda stream: list(stream(connection=True)),
    "a selection": lambda stream: list(stream(connection=True).select("messageStart.role")),
}


def conversation(made: Any) -> Any:
    return made.converse_stream(**CONVERSE_CALL)["stream"]


@pytest.mark.parametrize("read", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize(("answer", "ours", "theirs"), BROKEN.values(), ids=BROKEN.keys())
def test_an_error_is_of_awsio_s_class_and_of_boto3_s(
    boto3_client: MakeClient,
    answer: dict[str, Any],
    ours: type[Exception],
    theirs: tuple[type[Exception], ...],
    read: Callable[[Any], Any],
) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(**answer)))
    with conversation(made) as stream, pytest.raises(ours) as caught:
        read(stream)
    error = caught.value
    assert all(isinstance(error, one) for one in theirs)
    assert type(error).__name__ == ours.__name__
    assert f"awsio.errors.{ours.__name__}: " in traceback.format_exception_only(error)[0]


PAGE = b"<html><body>The gateway is busy</body></html>"


@pytest.mark.parametrize(
    "answer",
    [
        *(BROKEN[name][0] for name in ("a reset", "a cut body", "a wrong checksum")),
        BROKEN["a header twice"][0],
        {"pieces": [PAGE]},
        {"pieces": [PAGE], "framing": "length", "content_type": "text/html"},
        {"pieces": CONVERSE[:1], "raw": [b"zz\r\n"]},
    ],
    ids=["reset", "cut", "checksum", "twice", "page", "html", "chunks"],
)
def test_what_boto3_raises_is_a_class_of_what_awsio_raises(
    boto3_client: MakeClient, answer: dict[str, Any]
) -> None:
    raised: list[Any] = []
    for prepare in (lambda made: made, awsio.attach):
        made = prepare(boto3_client("bedrock-runtime", Answer(**answer)))
        with pytest.raises(Exception) as caught:  # noqa: PT011 - boto3 says which
            list(stream := conversation(made))
        raised.append(caught.value)
        stream.close()
    assert isinstance(raised[1], errors.StreamError)
    assert isinstance(raised[1], type(raised[0])), raised


def test_a_transport_timeout_is_botocore_s_and_urllib3_s(boto3_client: MakeClient) -> None:
    from botocore.config import Config

    gate = Gate()
    config = Config(read_timeout=0.05, retries={"max_attempts": 0})
    made = awsio.attach(boto3_client("bedrock-runtime", Answer([CONVERSE[0], gate]), config=config))
    events = iter(conversation(made))
    assert next(events) == CONVERSE_EVENTS[0]
    for _ in range(2):  # it is latched
        with pytest.raises(errors.StreamTimeoutError) as caught:
            next(events)
        error: Any = caught.value
        assert isinstance(error, (ReadTimeoutError, BotoCoreError))
        assert isinstance(error, urllib3.exceptions.ReadTimeoutError)
        assert isinstance(error, TimeoutError)
        assert not error.resumable
        # What code looks at that knows the classes of botocore and urllib3.
        assert error.kwargs == {"error": str(error), "endpoint_url": None}
        assert (error.request, error.response, error.pool, error.url) == (None,) * 4


def test_the_caller_s_own_timeout_is_too_and_the_next_read_continues(client: MakeClient) -> None:
    gate = Gate()
    made = client("bedrock-runtime", Answer([CONVERSE[0], gate, *CONVERSE[1:]]))
    with conversation(made)(connection=True) as con:
        assert con.read_event() == CONVERSE_EVENTS[0]
        with pytest.raises(ReadTimeoutError) as caught:
            con.read_event(timeout=0.01)
        assert caught.value.resumable
        assert caught.value.timeout == 0.01
        gate.open()
        assert list(con) == CONVERSE_EVENTS[1:]


def test_a_frame_above_a_limit_of_one_read_is_too(client: MakeClient) -> None:
    with conversation(client("bedrock-runtime", Answer(CONVERSE)))(connection=True) as con:
        for read in (con.read_event, con.read_frame):
            with pytest.raises(ParserError) as caught:
                read(max_size=5)
            assert caught.value.limit == 5
        assert con.read_event() == CONVERSE_EVENTS[2]


@pytest.mark.parametrize("service", ["bedrock-runtime", "kinesis"])
def test_a_body_of_another_kind_is_a_parser_error(boto3_client: MakeClient, service: str) -> None:
    answer = Answer([b"<html>busy</html>"], content_type="text/html")
    made = awsio.attach(boto3_client(service, answer))
    if service == "kinesis":
        call = {"ConsumerARN": "a" * 20, "ShardId": "s", "StartingPosition": {"Type": "LATEST"}}
        stream = made.subscribe_to_shard(**call)["EventStream"]
    else:
        stream = conversation(made)
    with stream, pytest.raises(ChecksumMismatch) as caught:
        list(stream)
    assert isinstance(caught.value, errors.NotAnEventStreamError)
    assert caught.value.head == b"<html>busy</html>"


READS: dict[str, Callable[[awsio.PawsConnection], Any]] = {
    "read_event": lambda con: con.read_event(),
    "read_frame": lambda con: con.read_frame(),
    "read": lambda con: con.read(10),
    "read1": lambda con: con.read1(),
    "readinto": lambda con: con.readinto(bytearray(5)),
    "readline": lambda con: con.readline(),
    "readall": lambda con: con.readall(),
    "iter": iter,
    "is_framed": lambda con: con.is_framed(),
    "readable": lambda con: con.readable(),
    "fileno": lambda con: con.fileno(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_closed_stream_is_a_value_error_and_an_http_client_error(
    boto3_client: MakeClient, read: Callable[[awsio.PawsConnection], Any]
) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(CONVERSE)))
    con = conversation(made)(connection=True)
    con.close()
    with pytest.raises(ValueError, match="closed") as caught:
        read(con)
    assert isinstance(caught.value, HTTPClientError)
    assert not isinstance(caught.value, errors.AwsioError)
    with awsio.open(b"") as stored:
        stored.close()
        with pytest.raises(ValueError, match="closed") as caught:
            read(stored)
        assert type(caught.value) is ValueError


def test_a_loop_whose_stream_another_thread_closes_gets_one(boto3_client: MakeClient) -> None:
    gate = Gate()
    made = awsio.attach(boto3_client("bedrock-runtime", Answer([CONVERSE[0], gate])))
    stream = conversation(made)
    events = iter(stream)
    next(events)

    def read() -> Any:
        try:
            return next(events)
        except HTTPClientError as error:
            return error

    reading = Task(read)
    reading.wait_in_recv()
    stream.close()
    error = reading.result()
    assert isinstance(error, ValueError)
    assert str(error) == "I/O operation on closed connection"
    assert error.kwargs["error"].args == error.args
    for again in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own
        assert (type(again), again.args) == (ClosedStreamError, error.args)


@pytest.mark.parametrize("way", ["attached", "connect"])
def test_an_object_s_connection_has_them_too(boto3_client: MakeClient, way: str) -> None:
    cut = Answer([b"abc"], "length", length=10, end="fin", content_type="text/plain")
    store = boto3_client("s3", cut)
    if way == "attached":
        con = awsio.attach(store).get_object(**OBJECT)["Body"](connection=True)
    else:
        con = awsio.connect(store.get_object(**OBJECT)["Body"], store)
    with con, pytest.raises(IncompleteReadError) as caught:
        con.readall()
    assert isinstance(caught.value, errors.TruncatedStreamError)
    assert con.closed


def test_a_wrong_checksum_of_an_object_is_botocore_s(boto3_client: MakeClient) -> None:
    headers = {"x-amz-checksum-crc32": "AAAAAA=="}
    answer = Answer([b"abc"], "length", content_type="text/plain", headers=headers)
    made = awsio.attach(boto3_client("s3", answer))
    body = made.get_object(**OBJECT, ChecksumMode="ENABLED")["Body"](connection=True)
    with body, pytest.raises(FlexibleChecksumError) as caught:
        body.readall()
    assert isinstance(caught.value, errors.BodyChecksumError)


def test_a_stream_that_connect_takes_over_has_them(boto3_client: MakeClient) -> None:
    plain = boto3_client("bedrock-runtime", Answer([*CONVERSE[:1], DAMAGED]))
    with awsio.connect(conversation(plain), plain) as con, pytest.raises(ChecksumMismatch):
        list(con)


def test_a_source_of_no_client_has_awsio_s_classes_alone() -> None:
    con = awsio.open(CONVERSE[0][:-1], "bedrock-runtime", "ConverseStream")
    with con, pytest.raises(errors.TruncatedStreamError) as caught:
        con.read_event()
    assert type(caught.value) is errors.TruncatedStreamError


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_keeps_its_name_message_and_facts_when_pickled_and_copied(name: str) -> None:
    kind = getattr(errors, name)
    if issubclass(kind, errors.ServiceStreamError):
        return  # botocore's already
    error = kind("what happened")
    error.add_note("seen in the test")
    known: Any = as_botocore_error(error)
    if known is None:
        assert not issubclass(kind, (errors.FrameError, EOFError, ConnectionError, TimeoutError)), (
            "boto3 has a class for it"
        )
        return
    assert isinstance(known, kind)
    assert isinstance(known, (BotoCoreError, ParserError, ResponseParserError))
    protocols = range(pickle.HIGHEST_PROTOCOL + 1)
    pickled = [pickle.loads(pickle.dumps(known, one)) for one in protocols]  # noqa: S301 - our own
    for twin in (known, copy.copy(known), copy.deepcopy(known), *pickled):
        assert type(twin) is type(known)
        assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))
    assert as_botocore_error(known) is None


def test_an_error_from_another_process_is_caught_by_both_names() -> None:
    code = (
        "import pickle, sys; from awsio import errors; "
        "from awsio.clients.botocore_errors import as_botocore_error as known; "
        "error = known(errors.StreamTimeoutError('late', timeout=3.0)); "
        "sys.stdout.buffer.write(pickle.dumps(error))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    error = pickle.loads(done.stdout)  # noqa: S301 - our own bytes
    assert isinstance(error, ReadTimeoutError)
    assert isinstance(error, errors.StreamTimeoutError)
    assert (str(error), error.timeout) == ("late", 3.0)


def test_the_errors_import_no_botocore() -> None:
    code = "import sys, awsio.errors; print([n for n in sys.modules if 'boto' in n])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_an_error_keeps_its_cause_and_where_it_was_raised(boto3_client: MakeClient) -> None:
    answer = Answer(CONVERSE[:1], last_chunk=False, end="rst")
    made = awsio.attach(boto3_client("bedrock-runtime", answer))
    with pytest.raises(errors.ConnectionLostError) as caught:
        list(conversation(made))
    assert isinstance(caught.value.__cause__, ConnectionResetError)
    names = [entry.name for entry in traceback.extract_tb(caught.value.__traceback__)]
    assert "receive" in names
    assert "The above exception" in "".join(traceback.format_exception(caught.value))


def test_an_error_that_was_caught_leaves_no_cycle(boto3_client: MakeClient) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer([*CONVERSE[:1], DAMAGED])))
    gc.collect()
    gc.disable()
    try:
        con = conversation(made)(connection=True)
        dropped = weakref.ref(con)
        with suppress(ParserError):
            list(con)
        del con
        assert dropped() is None
    finally:
        gc.enable()


def test_a_value_error_of_one_s_own_parser_stays_what_it_is(client: MakeClient) -> None:
    class Parser:
        operation_name, terminal, blobs = "", frozenset[str](), {"contentBlockDelta": "x"}

        def parse(self, frame: Any) -> Any:
            raise ValueError(frame.event_type)

        parse_initial = payload_of = parse

    raw = conversation(client("bedrock-runtime", Answer(CONVERSE)))(connection=True)
    with awsio.PawsConnection(raw, Parser()) as con:
        for read in (con.read_event, con.read_lines):
            with pytest.raises(ValueError, match="messageStart") as caught:
                read()
            assert type(caught.value) is ValueError


def test_resume_judges_them_as_awsio_s(client: MakeClient) -> None:
    never: frozenset[str] = frozenset()
    for error in (
        errors.EventParseError("no JSON"),
        errors.HttpHeaderError("no framing"),
        errors.MessageChecksumError("damaged"),
        ValueError("I/O operation on closed connection"),
    ):
        known = as_botocore_error(error)
        assert isinstance(known, Exception)
        assert not is_transient(known, never)
    for lost in (errors.ConnectionLostError("reset"), errors.IncompleteStreamError("cut")):
        assert is_transient(as_botocore_error(lost) or lost, never)
    # A connection that its user closes is not opened again.
    opened = []

    def open_at(_: Any) -> Any:
        opened.append(conversation(client("bedrock-runtime", Answer([*CONVERSE[:1], Gate()]))))
        return opened[-1]

    with awsio.resume(open_at, None, advance=lambda _event, _position: None) as events:
        next(events)
        threading.Timer(0, opened[0].close).start()
        with pytest.raises(ValueError, match="closed"):
            next(events)
    assert len(opened) == 1


def test_bytes_of_a_wrapped_source_keep_its_words() -> None:
    from awsio.clients.botocore_errors import ClientSource
    from awsio.sources import WrappedSource, make_source

    source = WrappedSource(ClientSource(make_source(io.BytesIO(CONVERSE[0][:-1]))))
    with awsio.PawsConnection(source) as con, pytest.raises(IncompleteReadError):
        con.read_frame()
    assert WrappedSource(make_source(io.BytesIO())).known_as is None
