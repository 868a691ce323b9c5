"""Which failures pass by themselves, and the pauses between attempts."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.eventstream import ChecksumMismatch, NoInitialResponseError
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    SSLError,
)
from botocore.parsers import ResponseParserError
from botocore.retries import standard
from urllib3 import HTTPConnectionPool
from urllib3 import exceptions as urllib3

from awsio import errors
from awsio.events import EventParser, operation_model
from awsio.resuming.backoff import Backoff
from awsio.resuming.failures import (
    TRANSIENT_CODES,
    TRANSIENT_STATUS,
    is_transient,
    operation_of,
    reason_of,
)
from tests.support.frames import exception

NONE: frozenset[str] = frozenset()
POOL = HTTPConnectionPool("127.0.0.1")
URL = {"endpoint_url": "http://127.0.0.1"}


def of_call(code: str, status: int | None = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}}
    if status is not None:
        response["ResponseMetadata"] = {"HTTPStatusCode": status}
    return ClientError(response, "Call")


def in_stream(code: str, operation: str = "ConverseStream") -> errors.ServiceStreamError:
    service = "kinesis" if operation == "SubscribeToShard" else "bedrock-runtime"
    parser = EventParser.for_operation(operation_model(service, operation))
    frame = frame_of(exception(code, "no"))
    with pytest.raises(errors.ServiceStreamError) as caught:
        parser.parse(frame)
    return caught.value


def frame_of(data: bytes) -> Any:
    from awsio.eventstream import FrameDecoder

    decoder = FrameDecoder()
    decoder.feed(data)
    return decoder.next_frame()


PASSING: list[Exception] = [
    errors.ConnectionLostError("lost"),
    errors.TruncatedStreamError("cut"),
    errors.IncompleteStreamError("half"),
    errors.StreamTimeoutError("late"),
    ConnectionRefusedError("nobody"),
    TimeoutError("late"),
    EndpointConnectionError(**URL),
    ConnectionClosedError(**URL),
    ConnectTimeoutError(**URL),
    ReadTimeoutError(**URL),
    SSLError(**URL, error="handshake"),
    urllib3.ProtocolError("broken"),
    urllib3.ReadTimeoutError(POOL, "", "late"),
    urllib3.ConnectTimeoutError("late"),
    urllib3.NewConnectionError(None, "nobody"),  # type: ignore[arg-type]
    urllib3.SSLError("handshake"),
    urllib3.ProxyError("broken", OSError()),
    urllib3.MaxRetryError(POOL, ""),
    ResponseParserError("First event was not of type initial-response"),
    NoInitialResponseError(),
    of_call("ThrottlingException"),
    of_call("LimitExceededException"),
    of_call("Whatever", 500),
    of_call("Unavailable", 503),
    of_call("TooMany", 429),
    of_call("SlowDown", None),
    in_stream("throttlingException"),
    in_stream("serviceUnavailableException"),
    in_stream("internalServerException"),
    in_stream("InternalFailureException", "SubscribeToShard"),
    in_stream("InternalFailure"),
]
STAYING: list[Exception] = [
    errors.FrameError("damage"),
    errors.MessageChecksumError(),
    errors.NotAnEventStreamError("a page"),
    errors.EventParseError("nonsense"),
    errors.ReaderConflictError("inside"),
    ValueError("closed"),
    EOFError("not a stream's"),
    OSError("disk"),
    urllib3.LocationParseError("where"),
    urllib3.DecodeError("gzip"),
    ChecksumMismatch(1, 2),
    NoCredentialsError(),
    ParamValidationError(report="wrong"),
    of_call("AccessDeniedException"),
    of_call("ValidationException"),
    of_call("ResourceInUseException"),
    of_call("", None),
    in_stream("validationException"),
    in_stream("KMSAccessDeniedException", "SubscribeToShard"),
    in_stream("New"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert is_transient(error, NONE)


@pytest.mark.parametrize("error", STAYING, ids=repr)
def test_what_will_not_pass_is_not(error: Exception) -> None:
    assert not is_transient(error, NONE)


def test_an_operation_adds_codes_of_its_own() -> None:
    codes = frozenset({"ResourceInUseException"})
    assert is_transient(of_call("ResourceInUseException"), codes)
    assert is_transient(in_stream("ResourceInUseException", "SubscribeToShard"), codes)
    assert not is_transient(of_call("resourceinuseexception"), codes)
    assert not is_transient(ValueError("ResourceInUseException"), codes)


def test_what_the_model_calls_retryable_is() -> None:
    response: Any = {"Error": {"Code": "Busy"}}
    assert is_transient(errors.ServiceStreamError(response, "Call", retryable=True), NONE)
    assert is_transient(errors.ServiceStreamError(response, "Call", fault="server"), NONE)
    assert not is_transient(errors.ServiceStreamError(response, "Call", fault="client"), NONE)


def test_the_lists_hold_all_that_botocore_has() -> None:
    checkers: Any = standard.TransientRetryableChecker, standard.ThrottledRetryableChecker
    codes = {*checkers[0]._TRANSIENT_ERROR_CODES, *checkers[1]._THROTTLED_ERROR_CODES}  # noqa: SLF001
    assert {code.lower() for code in codes} <= TRANSIENT_CODES
    assert {*checkers[0]._TRANSIENT_STATUS_CODES} <= TRANSIENT_STATUS  # noqa: SLF001


def test_pauses_are_drawn_below_a_limit_that_doubles_up_to_a_cap() -> None:
    backoff = Backoff(10, 1.0, 20.0)
    for failures, limit in ((1, 1), (2, 2), (3, 4), (5, 16), (6, 20), (7, 20), (10**6, 20)):
        drawn = [backoff.pause(failures) for _ in range(200)]
        assert all(0 <= pause <= limit for pause in drawn)
        assert max(drawn) > limit * 0.8  # fails once in 10**19 runs
        assert min(drawn) < limit * 0.2


def test_without_a_base_there_are_no_pauses() -> None:
    assert Backoff(None, 0, 20).pause(5) == 0


def test_an_error_is_named_by_its_class_and_its_code() -> None:
    assert reason_of(errors.TruncatedStreamError("words")) == "TruncatedStreamError"
    assert reason_of(of_call("Throttling")) == "ClientError Throttling"
    assert reason_of(of_call("")) == "ClientError"
    code = "InternalFailureException"
    assert reason_of(in_stream(code, "SubscribeToShard")) == code
    assert operation_of(of_call("x")) == "Call"
    assert operation_of(ValueError("x")) == ""
