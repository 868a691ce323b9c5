"""What exceptions say of themselves is right or None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import create_loader
from botocore.retries import standard

from awsio.errors import ServiceStreamError
from awsio.events import EventParser, operation_model
from awsio.eventstream import Frame
from tests.support.operations import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

#: Of the standard retry handler of every botocore.
THROTTLING = [
    "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
    "TooManyRequestsException", "ProvisionedThroughputExceededException",
    "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
    "LimitExceededException", "RequestThrottled", "SlowDown", "PriorRequestNotComplete",
    "EC2ThrottledException",
]  # fmt: skip
TRANSIENT = ["RequestTimeout", "RequestTimeoutException"]


def raised(parser: EventParser, kind: str, code: str) -> ServiceStreamError:
    name = {"exception": ":exception-type", "error": ":error-code"}[kind]
    with pytest.raises(ServiceStreamError) as caught:
        parser.parse(Frame({":message-type": kind, name: code}, b'{"message": "no"}'))
    return caught.value


def parser_for(service: str, operation: str) -> EventParser:
    return EventParser.for_operation(operation_model(service, operation))


def facts(error: ServiceStreamError) -> tuple[Any, ...]:
    return error.retryable, error.throttling, error.fault, error.http_status


def retried(code: str) -> tuple[bool, bool]:
    """Ask botocore's standard retry handler: is a code throttling, is it transient?"""
    context = standard.RetryContext(1, parsed_response={"Error": {"Code": code}})
    return (
        standard.ThrottledRetryableChecker().is_retryable(context),
        standard.TransientRetryableChecker().is_retryable(context),
    )


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_every_exception_of_the_installed_models_is_right(service: str, operation: str) -> None:
    stream: Any = operation_model(service, operation).get_event_stream_output()
    description = create_loader().load_service_model(service, "service-2")["shapes"]
    parser = parser_for(service, operation)
    for name, shape in stream.members.items():
        raw = description[shape.name]
        if not raw.get("exception"):
            continue
        error = raised(parser, "exception", name)
        is_throttling, is_transient = retried(shape.name)
        status = raw.get("error", {}).get("httpStatusCode")
        assert error.http_status == status
        if raw.get("fault") or (status or 0) >= 500:
            assert error.fault == "server"
        elif status is not None:
            assert error.fault == "client"
        else:
            assert error.fault is None
        if "retryable" in raw:
            assert error.retryable is True
            assert error.throttling is bool(raw["retryable"].get("throttling"))
        elif is_throttling:
            assert (error.retryable, error.throttling) == (True, True)
        elif is_transient:
            assert (error.retryable, error.throttling) == (True, None)
        else:
            assert (error.retryable, error.throttling) == (None, None)


@pytest.mark.parametrize("kind", ["exception", "error"])
@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_an_exception_is_known_by_its_shape_s_name_too(
    service: str, operation: str, kind: str
) -> None:
    """Bedrock's streams have the member throttlingException of the shape ThrottlingException."""
    stream: Any = operation_model(service, operation).get_event_stream_output()
    parser = parser_for(service, operation)
    for name, shape in stream.members.items():
        if shape.metadata.get("exception"):
            by_member, by_shape = raised(parser, kind, name), raised(parser, kind, shape.name)
            assert facts(by_member) == facts(by_shape)
            assert type(by_member) is type(by_shape)
            assert (by_member.code, by_shape.code) == (name, shape.name)


@pytest.mark.parametrize("kind", ["exception", "error"])
@pytest.mark.parametrize("code", THROTTLING)
def test_a_throttling_code_of_botocore_is_throttling_though_the_stream_does_not_model_it(
    code: str, kind: str
) -> None:
    parser = parser_for("s3", "SelectObjectContent")
    for spelling in (code, code[:1].lower() + code[1:]):
        error = raised(parser, kind, spelling)
        assert (error.code, *facts(error)) == (spelling, True, True, None, None)


@pytest.mark.parametrize("code", TRANSIENT)
def test_a_transient_code_of_botocore_is_retryable(code: str) -> None:
    error = raised(parser_for("kinesis", "SubscribeToShard"), "error", code)
    assert facts(error) == (True, None, None, None)


def test_the_codes_are_those_of_the_installed_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    error = raised(parser_for("s3", "SelectObjectContent"), "error", "NewCode")
    assert facts(error) == (None, None, None, None)
    for checker, attribute, expected in (
        (standard.TransientRetryableChecker, "_TRANSIENT_ERROR_CODES", (True, None)),
        (standard.ThrottledRetryableChecker, "_THROTTLED_ERROR_CODES", (True, True)),
    ):
        monkeypatch.setattr(checker, attribute, ["NewCode"])
        error = raised(parser_for("s3", "SelectObjectContent"), "error", "NewCode")
        assert (error.retryable, error.throttling) == expected


def test_codes_of_the_legacy_retry_handler_count_for_their_service() -> None:
    s3, kinesis = parser_for("s3", "SelectObjectContent"), parser_for("kinesis", "SubscribeToShard")
    assert facts(raised(s3, "error", "BadDigest")) == (True, None, None, None)
    assert facts(raised(kinesis, "error", "BadDigest")) == (None, None, None, None)


@pytest.mark.parametrize(
    "code", ["", "InternalError", "KMSThrottlingException", "Throttlingexception", "a#b", "\0"]
)
def test_what_neither_model_nor_handlers_know_is_none(code: str) -> None:
    error = raised(parser_for("s3", "SelectObjectContent"), "error", code)
    assert facts(error) == (None, None, None, None)


def test_an_ordinary_event_that_reports_a_failure_says_the_same_of_its_code() -> None:
    parser = parser_for("lambda", "InvokeWithResponseStream")
    event = {"InvokeComplete": {"ErrorCode": "TooManyRequestsException"}}
    with pytest.raises(ServiceStreamError) as caught:
        parser.payload_of(event)  # type: ignore[arg-type]  # a plain dict is one
    assert facts(caught.value) == (True, True, None, None)


@pytest.mark.parametrize(
    ("trait", "fault"),
    [
        ({}, None),
        ({"error": {"httpStatusCode": 499}}, "client"),
        ({"error": {"httpStatusCode": 500}}, "server"),
        ({"error": {"httpStatusCode": 503, "senderFault": True}}, "client"),
        ({"error": {"code": "X", "senderFault": True}}, "client"),
        ({"fault": True}, "server"),
        ({"fault": True, "error": {"httpStatusCode": 400}}, "server"),
    ],
    ids=repr,
)
def test_the_fault_comes_from_the_first_trait_that_tells_it(
    make_service: Callable[..., Any], trait: dict[str, Any], fault: str | None
) -> None:
    model = make_service("json", failing_stream(trait)).operation_model("Op")
    error = raised(EventParser.for_operation(model), "exception", "Failure")
    assert error.fault == fault
    assert error.http_status == trait.get("error", {}).get("httpStatusCode")


def failing_stream(trait: dict[str, Any]) -> dict[str, Any]:
    return {
        "Out": {"type": "structure", "members": {"Stream": {"shape": "Stream"}}},
        "Stream": {
            "type": "structure",
            "eventstream": True,
            "members": {"Failure": {"shape": "Failure"}},
        },
        "Failure": {"type": "structure", "exception": True, "members": {}, **trait},
    }


@pytest.mark.parametrize(
    ("trait", "retryable", "throttling"),
    [({}, None, None), ({"retryable": {}}, True, False),
     ({"retryable": {"throttling": True}}, True, True),
     ({"retryable": {"throttling": False}}, True, False)],
)  # fmt: skip
def test_retryable_and_throttling_are_those_of_the_model(
    make_service: Callable[..., Any], trait: dict[str, Any], retryable: Any, throttling: Any
) -> None:
    model = make_service("json", failing_stream(trait)).operation_model("Op")
    error = raised(EventParser.for_operation(model), "exception", "Failure")
    assert (error.retryable, error.throttling) == (retryable, throttling)


@pytest.mark.parametrize(
    ("trait", "throttling"),
    [({}, True), ({"retryable": {}}, True), ({"retryable": {"throttling": False}}, False)],
)
def test_the_trait_of_the_model_comes_before_the_code(
    make_service: Callable[..., Any], trait: dict[str, Any], throttling: Any
) -> None:
    shapes = failing_stream(trait)
    shapes["ThrottlingException"] = shapes.pop("Failure")
    shapes["Stream"]["members"] = {"slow": {"shape": "ThrottlingException"}}
    model = make_service("json", shapes).operation_model("Op")
    error = raised(EventParser.for_operation(model), "exception", "slow")
    assert (error.retryable, error.throttling) == (True, throttling)
