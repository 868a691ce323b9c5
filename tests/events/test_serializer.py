"""`EventSerializer`: what it writes, and what it refuses."""

from __future__ import annotations

import datetime
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from struct import pack
from threading import Barrier
from types import MappingProxyType
from typing import Any

import pytest
from botocore.model import OperationModel

from awsio.errors import EventSerializeError
from awsio.events import EventParser, EventSerializer, operation_model
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


def test_timestamps_are_written_in_the_format_of_each_member(all_traits: MakeModel) -> None:
    times = dict.fromkeys(("When", "Iso", "Mail", "Unix", "Iso2"), WHEN)
    body = EventSerializer(all_traits("json")).serialize({"Body": {**times, "Times": [WHEN]}}).body
    assert body == {
        "When": 1422172800.25,
        "Iso": "2015-01-25T08:00:00.250000Z",
        "Mail": "Sun, 25 Jan 2015 08:00:00 GMT",
        "Unix": 1422172800.25,
        "Iso2": "2015-01-25T08:00:00.250000Z",
        "Times": ["2015-01-25T08:00:00.250000Z"],
    }


def test_nulls_stay_in_lists_and_maps_and_leave_structures(all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("json"))
    value = {"Names": ["a", None], "Map": {"a": None, "b": [None]}, "Text": None, "Inner": None}
    assert serializer.serialize({"Body": value}).body == {
        "Names": ["a", None],
        "Map": {"a": None, "b": [None]},
    }


def test_cbor_is_written_as_the_specification_says(all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("smithy-rpc-v2-cbor"))

    def written(value: dict[str, Any]) -> bytes:
        return serializer.serialize({"Body": value}).payload

    assert written({}) == b"\xa0"
    assert written({"Flag": True}) == b"\xa1\x64Flag\xf5"
    assert written({"Flag": False}) == b"\xa1\x64Flag\xf4"
    assert written({"Raw": "é"}) == b"\xa1\x63Raw\x42\xc3\xa9"
    assert written({"Ratio": 1.5}) == b"\xa1\x65Ratio\xfb\x3f\xf8" + bytes(6)
    assert written({"When": WHEN}) == b"\xa1\x64When\xc1\xfb" + pack(">d", 1422172800.25)
    assert written({"When": 60}) == b"\xa1\x64When\xc1\x18\x3c"
    assert written({"Names": ["a", None]}) == b"\xa1\x65Names\x82\x61a\xf6"
    for number, form in {
        0: b"\x00", 23: b"\x17", 24: b"\x18\x18", 255: b"\x18\xff", 256: b"\x19\x01\x00",
        65535: b"\x19\xff\xff", 65536: b"\x1a\x00\x01\x00\x00", 2**32: b"\x1b\0\0\0\1\0\0\0\0",
        2**32 - 1: b"\x1a\xff\xff\xff\xff", 2**64 - 1: b"\x1b" + b"\xff" * 8,
        -1: b"\x20", -24: b"\x37", -25: b"\x38\x18", -(2**64): b"\x3b" + b"\xff" * 8,
    }.items():  # fmt: skip
        assert written({"Number": number}) == b"\xa1\x66Number" + form


@pytest.mark.parametrize("number", [2**64, -(2**64) - 1, 1j, object()])
def test_what_cbor_has_no_form_for_is_refused(number: Any, all_traits: MakeModel) -> None:
    with pytest.raises(EventSerializeError):
        EventSerializer(all_traits("smithy-rpc-v2-cbor")).serialize({"Body": {"Number": number}})


def test_xml_is_written_by_its_traits(all_traits: MakeModel) -> None:
    value = {
        "Text": "<é>",
        "Kind": "k",
        "Flag": False,
        "Names": ["a"],
        "NamedItems": ["a"],
        "Flat": ["a", "b"],
        "FlatNamed": ["a", "b"],
        "FlatStructs": [{"Text": "a"}],
        "Map": {"k": ["v"]},
        "NamedMap": {"k": {}},
        "FlatMap": {"k": b"v"},
        "Inner": None,
    }
    payload = EventSerializer(all_traits("rest-xml")).serialize({"Body": value}).payload
    assert payload.decode() == (
        '<Body kind="k">'
        "<text-on-the-wire>&lt;é&gt;</text-on-the-wire>"
        "<Flag>false</Flag>"
        "<Names><member>a</member></Names>"
        "<NamedItems><item>a</item></NamedItems>"
        "<Flat>a</Flat><Flat>b</Flat>"
        "<item>a</item><item>b</item>"
        "<flat-structs><Text>a</Text></flat-structs>"
        "<Map><entry><key>k</key><value><member>v</member></value></entry></Map>"
        "<NamedMap><entry><K>k</K><V /></entry></NamedMap>"
        "<FlatMap><key>k</key><value>dg==</value></FlatMap>"
        "</Body>"
    )


@pytest.mark.parametrize("text", ["a\rb", "a\r\nb", "\r", "\t\n ", "]]>", "&amp;"])
def test_xml_keeps_every_character_that_it_can_hold(text: str, all_traits: MakeModel) -> None:
    model = all_traits("rest-xml")
    event = {"Body": {"Text": text, "Kind": text}}
    frame = EventSerializer(model).serialize(event)
    assert EventParser.for_operation(model).parse(frame) == event


@pytest.mark.parametrize("text", ["\0", "\x01", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_xml_refuses_the_characters_that_it_cannot_hold(text: str, all_traits: MakeModel) -> None:
    serializer = EventSerializer(all_traits("rest-xml"))
    for member in ("Text", "Kind"):
        with pytest.raises(EventSerializeError, match="XML cannot hold"):
            serializer.serialize({"Body": {member: f"a{text}b"}})


@pytest.mark.parametrize(
    "value", [{"Names": ["a", None]}, {"FlatMap": {"a": None}}, {"Nested": [[None]]}], ids=repr
)
def test_xml_has_no_null_items(value: dict[str, Any], all_traits: MakeModel) -> None:
    with pytest.raises(EventSerializeError):
        EventSerializer(all_traits("rest-xml")).serialize({"Body": value})


@pytest.mark.parametrize(
    ("namespace", "name", "written"),
    [
        ({"prefix": "xsi", "uri": "http://x/i"}, "xsi:type", 'xmlns:xsi="http://x/i" xsi:type="t"'),
        ({"uri": "http://x/i"}, "type", 'xmlns="http://x/i" type="t"'),
        ("http://x/i", "type", 'type="t"'),
    ],
)
def test_xml_attributes_have_their_namespace(
    namespace: Any, name: str, written: str, make_service: Callable[..., Any]
) -> None:
    shapes = {
        "Out": {"type": "structure", "members": {"Stream": {"shape": "Stream"}}},
        "Stream": {"type": "structure", "eventstream": True, "members": {"A": {"shape": "A"}}},
        "A": {
            "type": "structure",
            "event": True,
            "members": {"B": {"shape": "B", "xmlNamespace": namespace}},
        },
        "B": {
            "type": "structure",
            "members": {
                "Type": {"shape": "S", "xmlAttribute": True, "locationName": name},
                "Name": {"shape": "S"},
            },
        },
        "S": {"type": "string"},
    }
    model = make_service("rest-xml", shapes).operation_model("Op")
    event = {"A": {"B": {"Type": "t", "Name": "n"}}}
    frame = EventSerializer(model).serialize(event)
    assert f"<B {written}>" in frame.payload.decode()
    assert EventParser.for_operation(model).parse(frame) == event
