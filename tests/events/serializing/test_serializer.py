"""`EventSerializer`: what it writes, and what it refuses."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import MappingProxyType
from typing import Any

import pytest
from botocore.model import OperationModel

from awsio.errors import EventSerializeError
from awsio.events import EventSerializer, operation_model
from awsio.eventstream import Byte, Long, Short, Timestamp
from tests.support.installed import need

MakeModel = Callable[[str], OperationModel]
PROTOCOLS = ("json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor")
WHEN = datetime.datetime(2015, 1, 25, 8, 0, 0, 250000, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def converse() -> EventSerializer:
    return EventSerializer(operation_model("bedrock-runtime", "ConverseStream"))


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_an_event_frame_names_its_type_its_content_and_itself(converse: EventSerializer) -> None:
    frame = converse.serialize({"messageStart": {"role": "assistant"}})
    assert dict(frame.headers) == {
        ":event-type": "messageStart",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert [*frame.headers] == [":event-type", ":content-type", ":message-type"]
    assert frame.payload == b'{"role":"assistant"}'


def test_a_member_that_is_an_exception_makes_an_exception_frame(converse: EventSerializer) -> None:
    frame = converse.serialize({"throttlingException": {"message": "slow"}})
    assert dict(frame.headers) == {
        ":exception-type": "throttlingException",
        ":content-type": "application/json",
        ":message-type": "exception",
    }


def test_any_mapping_is_an_event(converse: EventSerializer) -> None:
    event = MappingProxyType({"messageStart": {"role": "user"}})
    assert converse.serialize(event) == converse.serialize(dict(event))


@pytest.mark.parametrize(
    ("protocol", "content_type"),
    [
        ("json", "application/json"),
        ("rest-json", "application/json"),
        ("rest-xml", "text/xml"),
        ("smithy-rpc-v2-cbor", "application/cbor"),
    ],
)
def test_content_types_say_what_the_payload_is(
    protocol: str, content_type: str, all_traits: MakeModel
) -> None:
    serializer = EventSerializer(all_traits(protocol))
    assert serializer.serialize({"Body": {}}).content_type == content_type
    assert serializer.serialize({"Struct": {"Data": {}}}).content_type == content_type
    assert serializer.serialize({"Words": {"Data": "é"}}).content_type == "text/plain"
    assert serializer.serialize({"Bytes": {"Data": b""}}).content_type == "application/octet-stream"
    assert serializer.serialize_initial().content_type == content_type
    assert serializer.serialize_initial().event_type == "initial-response"


def test_header_members_get_the_wire_type_of_their_shape(all_traits: MakeModel) -> None:
    value = {
        "HeadFlag": True,
        "HeadTiny": 1,
        "HeadSmall": 2,
        "HeadNumber": 3,
        "HeadBig": 4,
        "HeadRaw": bytearray(b"raw"),
        "HeadText": "text",
        "HeadWhen": WHEN,
    }
    headers = EventSerializer(all_traits("json")).serialize({"Headers": value}).headers
    wanted = (True, Byte(1), Short(2), 3, Long(4), b"raw", "text", Timestamp(1422172800250))
    assert [(type(headers[name]), headers[name]) for name in value] == [
        (type(item), item) for item in wanted
    ]


def test_a_header_member_that_is_none_or_absent_is_not_written(all_traits: MakeModel) -> None:
    frame = EventSerializer(all_traits("json")).serialize({"HeadersBody": {"HeadText": None}})
    assert all(name.startswith(":") for name in frame.headers)
    assert frame.payload == b"{}"


@pytest.mark.parametrize("name", ["Bytes", "Words", "Struct"])
def test_a_payload_that_is_none_or_absent_is_empty(name: str, all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("json"))
    assert serializer.serialize({name: {}}).payload == b""
    assert serializer.serialize({name: {"Data": None}}).payload == b""


@pytest.mark.parametrize(
    "data", ["é", "é".encode(), bytearray("é".encode()), memoryview("é".encode())]
)
def test_a_blob_takes_text_and_whatever_holds_bytes(data: Any, all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("json"))
    assert serializer.serialize({"Bytes": {"Data": data}}).payload == b"\xc3\xa9"
    assert serializer.serialize({"Body": {"Raw": data}}).payload == b'{"Raw":"w6k="}'


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({}, "a dict of one member"),
        ({"messageStart": {}, "messageStop": {}}, "a dict of one member"),
        (None, "a dict of one member"),
        ([("messageStart", {})], "a dict of one member"),
        ({"messageStar": {}}, "has no event 'messageStar'; did you mean messageStart"),
        ({"zzzz": {}}, "ConverseStream has no event 'zzzz'$"),
        ({1: {}}, "has no event 1"),
        ({"messageStart": None}, "messageStart"),
        ({"messageStart": "text"}, "messageStart"),
        ({"messageStart": {"rol": "user"}}, "no member 'rol'; did you mean role"),
        ({"messageStart": {"zzzz": 1}}, "no member 'zzzz'$"),
        ({"contentBlockDelta": {"delta": "text"}}, "takes a dict, not str"),
        ({"contentBlockDelta": {"delta": {"text": b"bytes"}}}, "bytes"),
    ],
)
def test_what_is_no_event_of_the_operation_is_refused(
    converse: EventSerializer, event: Any, words: str
) -> None:
    with pytest.raises(EventSerializeError, match=words):
        converse.serialize(event)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "event",
    [
        {"Body": {"Nope": 1}},
        {"Body": {"Inner": {"Nope": 1}}},
        {"Bytes": {"Data": 1}},
        {"Bytes": {"Nope": 1}},
        {"Struct": {"Data": {"Nope": 1}}},
        {"Body": {"Raw": 1}},
        {"Body": {"When": "no time"}},
        {"Body": {"Map": [1]}},
        {"Body": {"Inner": [1]}},
        {"Headers": {"HeadRaw": 5}},
        {"Headers": {"HeadWhen": "no time"}},
        {"Headers": {"HeadNumber": "x"}},
    ],
    ids=repr,
)
def test_a_value_that_its_shape_cannot_hold_is_refused(
    protocol: str, event: dict[str, Any], all_traits: MakeModel
) -> None:
    with pytest.raises(EventSerializeError, match=f"Op event '{next(iter(event))}'"):
        EventSerializer(all_traits(protocol)).serialize(event)


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
@pytest.mark.parametrize("names", ["text", b"bytes", {"a": 1}])
def test_a_list_takes_no_text_and_no_dict(protocol: str, names: Any, all_traits: MakeModel) -> None:
    with pytest.raises(EventSerializeError, match="takes a list"):
        EventSerializer(all_traits(protocol)).serialize({"Body": {"Names": names}})


def test_a_header_cannot_hold_a_structure(make_service: Callable[..., Any]) -> None:
    shapes = {
        "Out": {"type": "structure", "members": {"Stream": {"shape": "Stream"}}},
        "Stream": {"type": "structure", "eventstream": True, "members": {"A": {"shape": "A"}}},
        "A": {"type": "structure", "members": {"B": {"shape": "B", "eventheader": True}}},
        "B": {"type": "structure", "members": {}},
    }
    model = make_service("json", shapes).operation_model("Op")
    with pytest.raises(EventSerializeError, match="a header cannot hold a structure"):
        EventSerializer(model).serialize({"A": {"B": {}}})


def test_an_initial_response_that_the_output_does_not_have_is_refused() -> None:
    serializer = EventSerializer(operation_model("kinesis", "SubscribeToShard"))
    with pytest.raises(EventSerializeError, match=r"SubscribeToShard initial response: .*'Nope'"):
        serializer.serialize_initial({"Nope": 1})
    assert serializer.serialize_initial().payload == b"{}"


@pytest.mark.parametrize(
    ("service", "operation", "direction"),
    [
        ("bedrock-runtime", "Converse", "output"),
        ("bedrock-runtime", "ConverseStream", "input"),
    ],
)
def test_an_operation_without_a_stream_in_that_direction_is_refused(
    service: str, operation: str, direction: Any
) -> None:
    with pytest.raises(
        EventSerializeError, match=f"{operation} has no event stream in its {direction}"
    ):
        EventSerializer(operation_model(service, operation), direction)


def test_the_directions_of_a_two_way_operation_have_their_own_events() -> None:
    need("polly", "StartSpeechSynthesisStream")
    model = operation_model("polly", "StartSpeechSynthesisStream")
    assert EventSerializer(model, "input").serialize({"TextEvent": {"Text": "a"}}).payload
    assert EventSerializer(model).serialize({"AudioEvent": {"AudioChunk": b"a"}}).payload == b"a"
    with pytest.raises(EventSerializeError):
        EventSerializer(model).serialize({"TextEvent": {"Text": "a"}})
    assert EventSerializer(model, "input").serialize_initial({"VoiceId": "Zoe"}).payload


@pytest.mark.usefixtures("impatient_threads")
@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("bedrock-agent-runtime", "InvokeAgent", "trace"),
        ("bedrock-agentcore", "InvokeHarness", "contentBlockDelta"),
    ],
)
def test_threads_may_share_a_new_serializer(service: str, operation: str, member: str) -> None:
    need(service, operation)
    model = operation_model(service, operation)
    for _ in range(10):
        serializer, start = EventSerializer(model), Barrier(4)

        def write(_: int, *, serializer: Any = serializer, start: Barrier = start) -> bytes:
            start.wait()
            payload: bytes = serializer.serialize({member: {}}).payload
            return payload

        with ThreadPoolExecutor(4) as pool:
            assert [*pool.map(write, range(4))] == [b"{}"] * 4
