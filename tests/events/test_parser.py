"""`EventParser`: frames to events, and what is no event."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import EventStreamError
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError

from awsio.errors import EventParseError, ServiceStreamError, StreamError
from awsio.events import Event, EventParser, EventSerializer, UnknownEvent, operation_model
from awsio.eventstream import Frame, Timestamp

MakeModel = Callable[[str], OperationModel]
Judge = Callable[..., Any]


def event_frame(name: Any, payload: bytes = b"", **headers: Any) -> Frame:
    return Frame({":message-type": "event", ":event-type": name, **headers}, payload)


@pytest.fixture(scope="module")
def converse() -> EventParser:
    return EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))


@pytest.fixture
def parsers(all_traits: MakeModel) -> Callable[[str], EventParser]:
    return lambda protocol: EventParser.for_operation(all_traits(protocol))


def test_a_parser_tells_whose_it_is(converse: EventParser) -> None:
    assert (converse.service_name, converse.operation_name) == ("bedrock-runtime", "ConverseStream")
    assert converse.terminal == {"messageStop"}


def test_an_operation_without_a_stream_has_no_parser() -> None:
    with pytest.raises(EventParseError, match="Converse has no event stream in its output"):
        EventParser.for_operation(operation_model("bedrock-runtime", "Converse"))


def test_an_event_is_an_event_and_its_members_plain_dicts(converse: EventParser) -> None:
    event = converse.parse(event_frame("contentBlockDelta", b'{"delta":{"text":"a"}}'))
    assert isinstance(event, Event)
    assert type(event["contentBlockDelta"]) is dict
    assert event == {"contentBlockDelta": {"delta": {"text": "a"}}}


def test_an_unknown_type_is_kept_with_its_frame(converse: EventParser) -> None:
    frame = event_frame("tomorrow", b"\xff")
    event = converse.parse(frame)
    assert isinstance(event, UnknownEvent)
    assert event == {"SDK_UNKNOWN_MEMBER": {"name": "tomorrow"}}
    assert event.frame is frame


def test_a_payload_that_is_not_what_the_model_says_is_an_error_with_the_frame(
    converse: EventParser,
) -> None:
    frame = event_frame("messageStart", b"no JSON")
    with pytest.raises(EventParseError, match="the frame 'messageStart' is not what") as caught:
        converse.parse(frame)
    assert caught.value.frame is frame
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_is_as_short_as_a_line_whatever_the_payload(
    parsers: Callable[[str], EventParser],
) -> None:
    for protocol, payload in (
        ("rest-xml", b"<a>" * 10000),
        ("json", b'{"When":"%s"}' % (b"x" * 9999)),
    ):
        with pytest.raises(EventParseError) as caught:
            parsers(protocol).parse(event_frame("Body", payload))
        assert len(str(caught.value)) < 500


# The corners of JSON, each on the event ``Body`` but for the last ones. What awsio reads
# where botocore raises is named.
JSON_CORNERS = {
    "null member": {"Text": None, "text-on-the-wire": None, "Inner": None, "Names": None},
    "unknown members": {"nope": 1, "Text": "the wire name is another"},
    "wire name": {"text-on-the-wire": "x"},
    "__type": {"__type": "Body", "Flag": True},
    "null list items": {"Names": [None, "a", None], "Nested": [None, [None]]},
    "null structures in a list": {"FlatStructs": [None]},
    "null structures in a map": {"NamedMap": {"a": None}},
    "union": {"Choice": {"Text": "a"}},
    "union with __type": {"Choice": {"__type": "Choice", "Text": "a"}},
    "union with nulls": {"Choice": {"Inner": None, "Text": "a", "nope": None}},
    "union of unions": {"Choice": {"Choice": {"Choice": {"Text": "a"}}}},
    "unknown union member": {"Choice": {"nope": {"a": 1}}},
    "scalars of another type": {"Number": "5", "Flag": "yes", "Text": 3, "Ratio": "NaN"},
    "times": {"When": 1.5, "Iso": 7, "Mail": "2015-01-25T08:00:00Z", "Unix": "60", "Iso2": "1"},
    "blobs": {"Raw": "w6k", "FlatMap": {"a": "", "b": "w6k="}},
    "blob with noise": {"Raw": "w6k=\n!"},
    "document": {"Free": {"a": [None, {"b": 1.5}]}},
    "document list": {"Free": [1]},
    "deep": {"Inner": {"Deeper": {"Deeper": {"Deeper": {"Text": "d"}}}}},
    "empty": {},
}  # fmt: skip


@pytest.mark.parametrize("protocol", ["json", "rest-json"])
@pytest.mark.parametrize("corner", JSON_CORNERS)
def test_corners_of_json_are_read_as_botocore_reads_them(
    corner: str,
    protocol: str,
    parsers: Callable[[str], EventParser],
    all_traits: MakeModel,
    botocore_events: Judge,
) -> None:
    value = JSON_CORNERS[corner]
    if corner == "blobs":
        value = {**value, "Raw": "w6k="}
    shape = all_traits(protocol).get_event_stream_output()
    for name, document in (("Body", value), ("HeadersBody", {"Other": "x", "HeadText": "body"})):
        frame = event_frame(name, json.dumps(document).encode(), HeadText="header", HeadBig=1)
        try:
            (expected,) = botocore_events(shape, protocol, frame.encode())
        except TypeError:
            if corner != "null list items":
                raise
            pytest.skip("this botocore is too old to read nulls in lists")
        assert parsers(protocol).parse(frame) == expected


# Where awsio differs from botocore on purpose.
JSON_DIFFERENCES: dict[str, tuple[Any, Any]] = {
    # Some servers send unions with nothing set: botocore raises, here they are empty.
    "empty union": ({"Choice": {}}, {"Choice": {}}),
    "union of nulls": ({"Choice": {"Text": None, "__type": "x"}}, {"Choice": {}}),
    # Nulls in maps whose values are no structures: botocore raises, here they stay.
    "null list in a map": ({"Map": {"a": None}}, {"Map": {"a": None}}),
    "null blob in a map": ({"FlatMap": {"a": None}}, {"FlatMap": {"a": None}}),
}


@pytest.mark.parametrize("row", JSON_DIFFERENCES)
def test_what_botocore_cannot_read_is_read_where_its_meaning_is_plain(
    row: str,
    parsers: Callable[[str], EventParser],
    all_traits: MakeModel,
    botocore_events: Judge,
) -> None:
    document, expected = JSON_DIFFERENCES[row]
    frame = event_frame("Body", json.dumps(document).encode())
    shape = all_traits("json").get_event_stream_output()
    with pytest.raises((ResponseParserError, TypeError)):
        list(botocore_events(shape, "json", frame.encode()))
    assert parsers("json").parse(frame) == {"Body": expected}


def test_an_unknown_union_member_after_its_type_has_its_own_name(
    parsers: Callable[[str], EventParser], all_traits: MakeModel, botocore_events: Judge
) -> None:
    frame = event_frame("Body", b'{"Choice":{"__type":"Choice","nope":1}}')
    shape = all_traits("json").get_event_stream_output()
    (theirs,) = botocore_events(shape, "json", frame.encode())
    assert theirs == {"Body": {"Choice": {"SDK_UNKNOWN_MEMBER": {"name": "__type"}}}}  # its bug
    ours = parsers("json").parse(frame)
    assert ours == {"Body": {"Choice": {"SDK_UNKNOWN_MEMBER": {"name": "nope"}}}}


@pytest.mark.parametrize(
    "document",
    [
        None, [], "text", 5, {"Inner": []}, {"Names": {}}, {"Names": "ab"}, {"Map": []},
        {"Raw": 5}, {"Raw": "é"}, {"Raw": "a"}, {"When": "never"}, {"When": []}, {"When": 1e99},
        {"Choice": {"Text": "a", "Inner": {}}}, {"Choice": {"Text": "a", "nope": 1}},
        {"Choice": []}, {"Inner": {"Deeper": 1}},
    ],
    ids=repr,
)  # fmt: skip
def test_json_of_another_shape_is_an_error_as_in_botocore(
    document: Any,
    parsers: Callable[[str], EventParser],
    all_traits: MakeModel,
    botocore_events: Judge,
) -> None:
    frame = event_frame("Body", json.dumps(document).encode())
    with pytest.raises(EventParseError):
        parsers("json").parse(frame)
    if document not in ({"Names": {}}, {"Names": "ab"}):  # botocore reads any iterable
        shape = all_traits("json").get_event_stream_output()
        with pytest.raises(Exception):  # noqa: B017, PT011 - botocore lets anything escape
            list(botocore_events(shape, "json", frame.encode()))


def test_text_that_is_no_json_is_an_error_and_no_message(
    parsers: Callable[[str], EventParser], all_traits: MakeModel, botocore_events: Judge
) -> None:
    # botocore makes {"message": text} of it, which no member has: an empty event.
    frame = event_frame("Body", b"not JSON")
    shape = all_traits("json").get_event_stream_output()
    assert list(botocore_events(shape, "json", frame.encode())) == [{"Body": {}}]
    with pytest.raises(EventParseError):
        parsers("json").parse(frame)


@pytest.mark.parametrize("payload", [b"null", b" null\n"])
@pytest.mark.parametrize("name", ["Struct", "HeadersStruct"])
def test_a_null_payload_is_a_member_of_none_as_in_botocore(
    name: str,
    payload: bytes,
    parsers: Callable[[str], EventParser],
    all_traits: MakeModel,
    botocore_events: Judge,
) -> None:
    frame = event_frame(name, payload)
    shape = all_traits("json").get_event_stream_output()
    (expected,) = botocore_events(shape, "json", frame.encode())
    assert parsers("json").parse(frame) == expected == {name: {"Data": None}}


@pytest.mark.parametrize("protocol", ["rest-xml", "smithy-rpc-v2-cbor"])
def test_null_is_a_word_of_json_alone(protocol: str, parsers: Callable[[str], EventParser]) -> None:
    with pytest.raises(EventParseError):
        parsers(protocol).parse(event_frame("Struct", b"null"))


@pytest.mark.parametrize("payload", [b"", b"\xff\x00", b"null"])
def test_a_blob_payload_is_the_payload(
    payload: bytes, parsers: Callable[[str], EventParser]
) -> None:
    for protocol in ("json", "rest-xml", "smithy-rpc-v2-cbor"):
        event = parsers(protocol).parse(event_frame("Bytes", payload))
        assert event == {"Bytes": {"Data": payload}}


@pytest.mark.parametrize("payload", [b"", b"[1,null]", b'{"a":{"b":1.5}}', b'"text"', b"null"])
def test_a_document_may_be_the_payload(
    payload: bytes, make_service: Callable[..., Any], botocore_events: Judge
) -> None:
    shapes = {
        "Out": {"type": "structure", "members": {"Stream": {"shape": "Stream"}}},
        "Stream": {"type": "structure", "eventstream": True, "members": {"A": {"shape": "A"}}},
        "A": {
            "type": "structure",
            "event": True,
            "members": {"Free": {"shape": "Free", "eventpayload": True}},
        },
        "Free": {"type": "structure", "document": True, "members": {}},
    }
    model = make_service("rest-json", shapes).operation_model("Op")
    frame = event_frame("A", payload)
    (expected,) = botocore_events(model.get_event_stream_output(), "rest-json", frame.encode())
    event = EventParser.for_operation(model).parse(frame)
    assert event == expected
    assert event == {"A": {"Free": json.loads(payload or b"{}")}}
    if event["A"]["Free"] not in (None, {}):
        assert EventSerializer(model).serialize(event).payload == payload


def test_a_text_payload_is_utf8(parsers: Callable[[str], EventParser]) -> None:
    assert parsers("json").parse(event_frame("Words", b"\xc3\xa9")) == {"Words": {"Data": "é"}}
    with pytest.raises(EventParseError):
        parsers("json").parse(event_frame("Words", b"\xff"))


def test_a_header_time_is_milliseconds(parsers: Callable[[str], EventParser]) -> None:
    event = parsers("json").parse(event_frame("Headers", HeadWhen=Timestamp(1422172800250)))
    assert event is not None
    assert event["Headers"]["HeadWhen"] == datetime.datetime(
        2015, 1, 25, 8, 0, 0, 250000, tzinfo=datetime.UTC
    )
    for bad in ("text", Timestamp(2**62)):
        with pytest.raises(EventParseError):
            parsers("json").parse(event_frame("Headers", HeadWhen=bad))


XML_CORNERS = {
    "namespaces": b'<b:Body xmlns:b="http://x" b:kind="k"><b:Number>5</b:Number></b:Body>',
    "default namespace": b'<Body xmlns="http://x" kind="k"><Flag>true</Flag></Body>',
    "any root": b"<Whatever><Number>5</Number><Nope><a/></Nope></Whatever>",
    "declaration": b'<?xml version="1.0" encoding="utf-8"?><Body><Flag>x</Flag></Body>',
    "CDATA and comment": b"<Body><Names><member><![CDATA[<a>]]></member></Names><!-- c --></Body>",
    "empty elements": b"<Body><Names/><Map/><Inner/><text-on-the-wire/></Body>",
    "one flattened": b"<Body><Flat>a</Flat></Body>",
    "flattened map": b"<Body><FlatMap><key>a</key><value/></FlatMap></Body>",
    "union": b"<Body><Choice><Text>a</Text></Choice></Body>",
    "unknown union member": b"<Body><Choice><Nope/></Choice></Body>",
}


@pytest.mark.parametrize("corner", XML_CORNERS)
def test_corners_of_xml_are_read_as_botocore_reads_them(
    corner: str,
    parsers: Callable[[str], EventParser],
    all_traits: MakeModel,
    botocore_events: Judge,
) -> None:
    frame = event_frame("Body", XML_CORNERS[corner])
    shape = all_traits("rest-xml").get_event_stream_output()
    (expected,) = botocore_events(shape, "rest-xml", frame.encode())
    assert parsers("rest-xml").parse(frame) == expected


def test_a_text_of_xml_that_comes_twice_is_refused(parsers: Callable[[str], EventParser]) -> None:
    # botocore puts the two nodes of its parser into the event.
    twice = b"<text-on-the-wire>a</text-on-the-wire>" * 2
    with pytest.raises(EventParseError, match="comes more than once"):
        parsers("rest-xml").parse(event_frame("Body", b"<Body>" + twice + b"</Body>"))


CBOR_CORNERS = {
    "unknown members and nulls": b"\xa3\x61a\x01\x64Text\xf6\x65Names\x82\xf6\x61a",
    "indefinite": b"\xbf\x65Names\x9f\x61a\xff\x63Raw\x5f\x41a\x41b\xff\xff",
    "half float": b"\xa1\x65Ratio\xf9\x3e\x00",
    "time": b"\xa1\x64When\xc1\x1a\x54\xc4\xa2\x80",
    "trailing bytes": b"\xa0\xff\xff",
}


@pytest.mark.parametrize("corner", CBOR_CORNERS)
def test_corners_of_cbor_are_read_as_botocore_reads_them(
    corner: str,
    parsers: Callable[[str], EventParser],
    all_traits: MakeModel,
    botocore_events: Judge,
) -> None:
    frame = event_frame("Body", CBOR_CORNERS[corner])
    shape = all_traits("smithy-rpc-v2-cbor").get_event_stream_output()
    (expected,) = botocore_events(shape, "smithy-rpc-v2-cbor", frame.encode())
    assert parsers("smithy-rpc-v2-cbor").parse(frame) == expected


@pytest.mark.parametrize("name", ["Body", "Empty", "Struct", "HeadersBody", "HeadersStruct"])
@pytest.mark.parametrize(
    "payload", [b"\x40", b"\x80", b"\x81\x62ab", b"\x61a", b"\x05", b"\xf5"], ids=bytes.hex
)
def test_cbor_that_is_no_map_is_an_error_and_no_event(
    payload: bytes, name: str, parsers: Callable[[str], EventParser]
) -> None:
    with pytest.raises(EventParseError, match="came as"):
        parsers("smithy-rpc-v2-cbor").parse(event_frame(name, payload))


def test_a_null_of_cbor_is_a_member_of_none_as_in_botocore_and_no_event(
    parsers: Callable[[str], EventParser], all_traits: MakeModel, botocore_events: Judge
) -> None:
    parser = parsers("smithy-rpc-v2-cbor")
    frame = event_frame("Struct", b"\xf6")
    shape = all_traits("smithy-rpc-v2-cbor").get_event_stream_output()
    (expected,) = botocore_events(shape, "smithy-rpc-v2-cbor", frame.encode())
    assert parser.parse(frame) == expected == {"Struct": {"Data": None}}
    with pytest.raises(EventParseError, match="came as"):
        parser.parse(event_frame("Body", b"\xf6"))


def test_an_initial_response_is_no_event() -> None:
    parser = EventParser.for_operation(operation_model("kinesis", "SubscribeToShard"))
    frame = event_frame("initial-response", b"{}")
    assert parser.parse(frame) is None
    assert parser.parse_initial(frame) == {}
    assert parser.parse_initial(event_frame("initial-response")) == {}
    assert parser.parse_initial(event_frame("SubscribeToShardEvent", b"{}")) is None


def test_an_initial_response_that_is_not_what_the_model_says_is_an_error() -> None:
    parser = EventParser.for_operation(operation_model("kinesis", "SubscribeToShard"))
    for payload in (b"[1]", b"{", b"null"):
        with pytest.raises(EventParseError, match="initial-response"):
            parser.parse_initial(event_frame("initial-response", payload))


def test_without_the_outputs_shape_an_initial_response_has_no_members(
    all_traits: MakeModel,
) -> None:
    shape = all_traits("json").get_event_stream_output()
    frame = event_frame("initial-response", b'{"First":"a"}')
    assert EventParser(shape, "json").parse_initial(frame) == {}


@pytest.mark.parametrize(
    ("service", "operation", "blobs"),
    [
        ("bedrock-runtime", "InvokeModelWithResponseStream", {"chunk": "bytes"}),
        ("s3", "SelectObjectContent", {"Records": "Payload"}),
        ("lambda", "InvokeWithResponseStream", {"PayloadChunk": "Payload"}),
        ("sagemaker-runtime", "InvokeEndpointWithResponseStream", {"PayloadPart": "Bytes"}),
        ("bedrock-runtime", "ConverseStream", {}),
    ],
)
def test_the_blobs_of_real_events_are_known(
    service: str, operation: str, blobs: dict[str, str]
) -> None:
    parser = EventParser.for_operation(operation_model(service, operation))
    assert parser.blobs == blobs


def test_header_blobs_are_no_payload(parsers: Callable[[str], EventParser]) -> None:
    assert parsers("json").blobs == {
        "Body": "Raw",
        "Bytes": "Data",
        "HeadersBytes": "Data",
    }


def test_the_payload_of_an_event_is_its_blob(parsers: Callable[[str], EventParser]) -> None:
    parser = parsers("json")
    assert parser.payload_of(Event(Bytes={"Data": b"a"})) == b"a"
    assert parser.payload_of(Event(Body={})) is None
    assert parser.payload_of(Event(Words={"Data": "a"})) is None
    assert parser.payload_of(Event()) is None
    unknown = parser.parse(event_frame("tomorrow"))
    assert unknown is not None
    assert parser.payload_of(unknown) is None
    assert parser.payload_of(Event(Bytes=["no", "structure"])) is None


def test_one_parser_serves_many_threads(converse: EventParser) -> None:
    frame = event_frame("contentBlockDelta", b'{"delta":{"text":"a"}}')
    bad = Frame({":message-type": "exception", ":exception-type": "throttlingException"})

    def parse(n: int) -> Any:
        if n % 5:
            return converse.parse(frame)
        with pytest.raises(ServiceStreamError) as caught:
            converse.parse(bad)
        return caught.value.code

    with ThreadPoolExecutor(8) as pool:
        results = [*pool.map(parse, range(200))]
    event = {"contentBlockDelta": {"delta": {"text": "a"}}}
    assert results == ["throttlingException" if n % 5 == 0 else event for n in range(200)]


def test_an_exception_frame_is_raised_where_botocore_raises(
    converse: EventParser, botocore_events: Judge
) -> None:
    frame = Frame({":message-type": "exception", ":exception-type": "nope"}, b'{"message":"m"}')
    shape = operation_model("bedrock-runtime", "ConverseStream").get_event_stream_output()
    with pytest.raises(EventStreamError) as theirs:
        list(botocore_events(shape, "rest-json", frame.encode()))
    assert theirs.value.response["Error"] == {"Code": "", "Message": ""}  # it loses both
    with pytest.raises(StreamError) as ours:
        converse.parse(frame)
    assert isinstance(ours.value, EventStreamError)
    assert ours.value.response["Error"] == {"Code": "nope", "Message": "m"}
