"""Exception and error frames become the exceptions that their readers catch."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from botocore.exceptions import ClientError, EventStreamError
from botocore.session import Session

from awsio.errors import EventParseError, ServiceStreamError, StreamError
from awsio.events import EventParser, EventSerializer, operation_model
from awsio.events.exceptions import model_exceptions, stream_error_class
from awsio.eventstream import Frame, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

THROTTLED = {"message": "slow down"}


def exception_frame(name: str, payload: bytes | dict[str, Any] = b"", **headers: str) -> Frame:
    if isinstance(payload, dict):
        payload = json.dumps(payload).encode()
    return Frame({":message-type": "exception", ":exception-type": name, **headers}, payload)


def error_frame(payload: bytes = b"", **headers: str) -> Frame:
    named = {f":error-{name}": value for name, value in headers.items()}
    return Frame({":message-type": "error", **named}, payload)


def raised(parser: EventParser, frame: Frame) -> ServiceStreamError:
    with pytest.raises(ServiceStreamError) as caught:
        parser.parse(frame)
    assert caught.value.frame is frame
    return caught.value


@pytest.fixture(scope="module")
def client() -> Any:
    session = Session()
    session.set_credentials("made", "up")
    return session.create_client("bedrock-runtime", region_name="us-east-1")


@pytest.fixture(scope="module")
def parser(client: Any) -> EventParser:
    model = client.meta.service_model.operation_model("ConverseStream")
    return EventParser.for_operation(model, client.exceptions)


def parser_for(service: str, operation: str) -> EventParser:
    return EventParser.for_operation(operation_model(service, operation))


def test_a_modelled_exception_is_caught_by_each_of_its_names(
    parser: EventParser, client: Any
) -> None:
    error = raised(parser, exception_frame("throttlingException", THROTTLED))
    for cls in (
        client.exceptions.ThrottlingException,
        client.exceptions.ClientError,
        EventStreamError,
        ClientError,
        ServiceStreamError,
        StreamError,
    ):
        assert isinstance(error, cls)
    assert not isinstance(error, client.exceptions.ValidationException)
    assert type(error).__name__ == "ThrottlingException"


def test_code_message_members_and_text_are_those_of_the_frame(parser: EventParser) -> None:
    payload = {"message": "no", "originalStatusCode": 500, "originalMessage": "why", "other": 1}
    error = raised(parser, exception_frame("modelStreamErrorException", payload))
    assert (error.code, error.message) == ("modelStreamErrorException", "no")
    assert error.response == {
        "Error": {"Code": "modelStreamErrorException", "Message": "no"},
        "message": "no",
        "originalStatusCode": 500,
        "originalMessage": "why",
    }
    assert error.operation_name == "ConverseStream"
    assert str(error) == (
        "An error occurred (modelStreamErrorException) in the stream of the "
        "ConverseStream operation: no"
    )


@pytest.mark.parametrize("protocol", ["json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"])
def test_modelled_members_are_read_in_every_protocol(
    protocol: str, all_traits: Callable[[str], OperationModel]
) -> None:
    operation = all_traits(protocol)
    frame = EventSerializer(operation).serialize({"Failure": {"message": "é", "Count": 3}})
    error = raised(EventParser.for_operation(operation), frame)
    assert error.response == {
        "Error": {"Code": "Failure", "Message": "é"},
        "message": "é",
        "Count": 3,
    }
    assert (error.retryable, error.throttling) == (True, True)
    assert (error.fault, error.http_status) == ("client", 429)


def test_an_exception_of_the_service_that_the_stream_does_not_model_has_its_class(
    parser: EventParser, client: Any
) -> None:
    error = raised(parser, exception_frame("AccessDeniedException", {"Message": "no"}))
    assert isinstance(error, client.exceptions.AccessDeniedException)
    assert (error.code, error.message) == ("AccessDeniedException", "no")
    assert (error.fault, error.http_status) == (None, None)


@pytest.mark.parametrize(
    "code",
    ["TomorrowsException", "ClientError", "from_code", "__class__", "__doc__", "a-b", "1", ""],
)
def test_an_unmodelled_exception_keeps_code_and_message(parser: EventParser, code: str) -> None:
    error = raised(parser, exception_frame(code, THROTTLED))
    assert (error.code, error.message) == (code, "slow down")
    assert isinstance(error, EventStreamError)
    assert type(error).__name__ == "ServiceStreamError"


def test_an_error_frame_has_code_and_message_in_headers(parser: EventParser) -> None:
    error = raised(parser, error_frame(code="InternalError", message="boom"))
    assert (error.code, error.message) == ("InternalError", "boom")
    assert raised(parser, error_frame()).response == {"Error": {"Code": "", "Message": ""}}


NOT_STRINGS = [True, 5, b"throttlingException", b"", Timestamp(0), UUID(int=0)]


@pytest.mark.parametrize("value", [None, *NOT_STRINGS], ids=repr)
@pytest.mark.parametrize("kind", ["exception", "error"])
def test_a_failure_without_a_code_is_still_the_services(
    parser: EventParser, kind: str, value: Any
) -> None:
    name = {"exception": ":exception-type", "error": ":error-code"}[kind]
    headers = {":message-type": kind, **({} if value is None else {name: value})}
    error = raised(parser, Frame(headers, b'{"message": "no"}'))
    assert isinstance(error, EventStreamError)
    assert error.response == {"Error": {"Code": "", "Message": "no"}}
    assert (error.retryable, error.throttling, error.fault, error.http_status) == (None,) * 4


@pytest.mark.parametrize("value", NOT_STRINGS, ids=repr)
def test_a_code_or_message_that_is_not_a_string_leaves_the_other_header(
    parser: EventParser, value: Any
) -> None:
    error = raised(
        parser,
        Frame({":message-type": "exception", ":exception-type": value, ":error-code": "Known"}),
    )
    assert error.code == "Known"
    error = raised(
        parser,
        Frame({":message-type": "error", ":error-message": value}, b'{"message": "payload"}'),
    )
    assert error.message == "payload"


def test_where_both_have_a_message_the_frames_type_decides(parser: EventParser) -> None:
    frame = error_frame(b'{"message": "payload"}', code="InternalError", message="header")
    assert raised(parser, frame).message == "header"
    frame = exception_frame(
        "validationException", {"message": "payload"}, **{":error-message": "h"}
    )
    assert raised(parser, frame).message == "payload"
    frame = exception_frame("validationException", {}, **{":error-message": "header"})
    assert raised(parser, frame).message == "header"
    assert raised(parser, error_frame(b'{"message": "payload"}', code="X")).message == "payload"


@pytest.mark.parametrize("name", ["validationException", "TomorrowsException"])
@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b"", ""),
        (b"plain words", "plain words"),
        (b"<html>\xff</html>", "<html>\ufffd</html>"),
        (b'["a list"]', '["a list"]'),
        (b'"a string"', '"a string"'),
        (b"{", "{"),
        (b'{"message": null}', ""),
        (b'{"other": "x"}', ""),
    ],
)
def test_a_payload_that_is_no_structure_is_the_message(
    parser: EventParser, name: str, payload: bytes, message: str
) -> None:
    error = raised(parser, exception_frame(name, payload))
    assert (error.code, error.message) == (name, message)


def test_without_a_client_the_classes_come_from_the_model() -> None:
    error = raised(
        parser_for("bedrock-runtime", "ConverseStream"),
        exception_frame("throttlingException", THROTTLED),
    )
    made = model_exceptions("bedrock-runtime").ThrottlingException
    assert isinstance(error, made)


def test_without_a_service_name_there_is_no_class_of_a_client() -> None:
    shape = operation_model("bedrock-runtime", "ConverseStream").get_event_stream_output()
    parser = EventParser(shape, "rest-json")
    error = raised(parser, exception_frame("throttlingException", THROTTLED))
    assert (error.code, error.message, error.http_status) == (
        "throttlingException",
        "slow down",
        429,
    )
    assert type(error).__name__ == "ServiceStreamError"
    assert isinstance(error, EventStreamError)
    twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    assert twin.response == error.response


def test_a_service_that_botocore_does_not_have_has_no_class_of_a_client() -> None:
    assert model_exceptions("no-such-service") is None


@pytest.mark.parametrize("name", ["throttlingException", "TomorrowsException"])
def test_copies_stay_what_the_client_catches(parser: EventParser, name: str) -> None:
    error = raised(parser, exception_frame(name, THROTTLED))
    error.add_note("a note")
    for twin in (copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert twin is not error
        same_facts(twin, error)
        assert twin.__notes__ == ["a note"]


def test_a_deep_copy_shares_no_response(parser: EventParser) -> None:
    error = raised(parser, exception_frame("throttlingException", THROTTLED))
    copy.deepcopy(error).response["Error"]["Code"] = "changed"
    assert error.code == "throttlingException"


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["throttlingException", "TomorrowsException"])
def test_pickles_keep_the_facts(parser: EventParser, name: str, protocol: int) -> None:
    error = raised(parser, exception_frame(name, THROTTLED))
    twin = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own
    same_facts(twin, error)
    assert isinstance(twin, EventStreamError)
    assert type(twin).__name__ == type(error).__name__


def same_facts(twin: Any, error: ServiceStreamError) -> None:
    facts = "response operation_name frame retryable throttling fault http_status code message args"
    for fact in facts.split():
        assert getattr(twin, fact) == getattr(error, fact)
    assert str(twin) == str(error)


def test_pickles_come_back_in_another_process_as_the_models_exception(parser: EventParser) -> None:
    error = raised(parser, exception_frame("throttlingException", THROTTLED))
    code = (
        "import pickle, sys; e = pickle.load(sys.stdin.buffer); "
        "from botocore.exceptions import EventStreamError as E; "
        "from awsio.errors import ServiceStreamError as S; "
        "print(type(e).__name__, isinstance(e, E), isinstance(e, S), e.code, e.http_status, "
        "e.frame.payload.decode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(error), capture_output=True, check=True
    )
    words = ["ThrottlingException", "True", "True", "throttlingException", "429"]
    assert done.stdout.decode().split()[:5] == words
    assert json.loads(done.stdout.decode().split(maxsplit=5)[5]) == THROTTLED


def test_hostile_names_make_no_new_classes(parser: EventParser) -> None:
    raised(parser, exception_frame("Warm"))
    before = stream_error_class.cache_info().currsize
    classes = {type(raised(parser, exception_frame(f"Hostile{n}"))) for n in range(200)}
    assert len(classes) == 1
    assert stream_error_class.cache_info().currsize == before


def test_one_class_serves_every_exception_of_a_name(parser: EventParser) -> None:
    frame = exception_frame("throttlingException", THROTTLED)
    assert type(raised(parser, frame)) is type(raised(parser, frame))


def test_what_breaks_while_an_exception_is_made_is_a_parse_error(parser: EventParser) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise OSError(name)

    shape = operation_model("bedrock-runtime", "ConverseStream").get_event_stream_output()
    broken = EventParser(shape, "rest-json", exceptions=Broken())
    frame = exception_frame("throttlingException", THROTTLED)
    with pytest.raises(EventParseError, match="throttlingException") as caught:
        broken.parse(frame)
    assert caught.value.frame is frame
    raised(parser, frame)
