"""Frames with valid checksums and nonsense inside: only documented errors come out."""

from __future__ import annotations

import json
import sys
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awsio.errors import StreamError
from awsio.events import Event, EventParser, operation_model
from awsio.eventstream import Byte, Frame, FrameDecoder, Long, Short, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

    from awsio.events.event import EventClasses

ANY = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
REAL = [
    ("bedrock-runtime", "ConverseStream"),
    ("bedrock-agent-runtime", "InvokeAgent"),
    ("lambda", "InvokeWithResponseStream"),
    ("kinesis", "SubscribeToShard"),
    ("logs", "StartLiveTail"),
    ("s3", "SelectObjectContent"),
]
PROTOCOLS = ("json", "rest-xml", "smithy-rpc-v2-cbor")

header_values = st.one_of(
    st.booleans(),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-128, 127).map(Byte),
    st.integers(-(2**15), 2**15 - 1).map(Short),
    st.integers(-(2**63), 2**63 - 1).map(Long),
    st.integers(-(2**63), 2**63 - 1).map(Timestamp),
    st.binary(max_size=9),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    st.uuids(allow_nil=True).map(lambda value: uuid.UUID(bytes=value.bytes)),
)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.just("1e999"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def member_names(shape: Any) -> set[str]:
    """Collect the wire names of a stream, so that random documents hit something."""
    names, waiting, seen = set(), [shape], set()
    while waiting:
        current = waiting.pop()
        if current.name in seen:
            continue
        seen.add(current.name)
        for name, member in getattr(current, "members", {}).items():
            names.add(member.serialization.get("name", name))
            waiting.append(member)
        waiting += [
            getattr(current, side) for side in ("member", "value") if hasattr(current, side)
        ]
    return names


def payloads(shape: Any) -> st.SearchStrategy[bytes]:
    """Make payloads: noise, JSON and XML out of the names of a model, CBOR, numbers."""
    names = st.sampled_from(sorted(member_names(shape)) or ["a"])
    documents = st.recursive(
        json_values,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )
    elements = st.recursive(
        st.text("a1<&\x00 é", max_size=4),
        lambda inner: (
            st.builds("<{0}>{1}</{0}>".format, names, inner) | st.builds(str.__add__, inner, inner)
        ),
        max_leaves=6,
    )
    return st.one_of(
        st.binary(max_size=60),
        documents.map(lambda value: json.dumps(value).encode()),
        st.builds("<a>{}</a>".format, elements).map(str.encode),
        st.binary(max_size=30).map(lambda tail: b"\xbf\x64Body" + tail),
        st.text('[]{}":,0123456789.eE-nul', max_size=40).map(str.encode),
    )


def frames(shape: Any) -> st.SearchStrategy[Frame]:
    types = st.sampled_from([*shape.members]) | header_values
    named = {
        ":message-type": st.sampled_from(["event", "exception", "error"]) | header_values,
        ":event-type": types,
        ":exception-type": types,
        ":error-code": types,
        ":error-message": header_values,
        **{
            name: header_values
            for member in shape.members.values()
            for name, ref in member.members.items()
            if ref.serialization.get("eventheader")
        },
    }
    headers = st.fixed_dictionaries({}, optional=named)
    return st.builds(Frame, headers, payloads(shape))


def check(parser: EventParser, frame: Frame) -> None:
    """Take a frame through everything that reads it."""
    decoder = FrameDecoder()
    decoder.feed(frame.encode())
    received = decoder.next_frame()
    assert received == frame
    assert received is not None
    with suppress(StreamError):
        event = parser.parse(received)
        if event is not None:
            read_all(event)
            parser.payload_of(event)
    with suppress(StreamError):
        parser.parse_initial(received)


def read_all(value: Any) -> None:
    """Read every attribute that there is."""
    if isinstance(value, Event):
        for name in [*value]:
            if name.isidentifier() and not name.startswith("__"):
                read_all(getattr(value, name))


@pytest.mark.parametrize(("service", "operation"), REAL)
@ANY
@given(data=st.data())
def test_nonsense_in_frames_of_real_operations(
    service: str, operation: str, data: st.DataObject
) -> None:
    model = operation_model(service, operation)
    parser = EventParser.for_operation(model)
    check(parser, data.draw(frames(model.get_event_stream_output())))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@ANY
@given(data=st.data())
def test_nonsense_in_frames_of_every_protocol(
    protocol: str, data: st.DataObject, all_traits: Callable[[str], OperationModel]
) -> None:
    model = all_traits(protocol)
    parser = EventParser.for_operation(model)
    check(parser, data.draw(frames(model.get_event_stream_output())))


DEEP = 100_000
BOMBS = {
    "deep list": b"[" * DEEP + b"]" * DEEP,
    "deep object": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep document": b'{"Free":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep shape": b'{"Inner":' + b'{"Deeper":' * 900 + b"{}" + b"}" * 900 + b"}",
    "deep union": b'{"Choice":' * 900 + b"{}" + b"}" * 900,
    "long number": b'{"Number":' + b"9" * 100_000 + b"}",
    "long time": b'{"When":"' + b"9" * 100_000 + b'"}',
    "words for a time": b'{"When":"' + b"1 " * 5000 + b'"}',
    "huge time": b'{"When":1e308}',
    "deep XML": b"<a>" * DEEP + b"</a>" * DEEP,
    "deep XML shape": b"<a><Inner>" + b"<Deeper>" * 2000 + b"</Deeper>" * 2000 + b"</Inner></a>",
    "long XML number": b"<a><Number>" + b"9" * 100_000 + b"</Number></a>",
    "many attributes": b"<a " + b" ".join(b'a%d="1"' % n for n in range(5000)) + b"/>",
    "laughs": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(9)
    )
    + b"]><a><Names><member>&a8;</member></Names></a>",
    "external entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
    "deep CBOR": b"\x81" * DEEP + b"\x00",
    "deep CBOR tags": b"\xc1" * DEEP + b"\x00",
    "endless CBOR list": b"\x9b" + b"\xff" * 8,
    "endless CBOR text": b"\x7b\x7f" + b"\xff" * 7,
    "endless CBOR map": b"\xbb" + b"\xff" * 8 + b"\x00\x00",
    "unhashable CBOR key": b"\xa1\x80\x00",
    "CBOR time of NaN": b"\xa1\x64When\xc1\xf9\x7e\x00",
    "CBOR list": b"\x82\x61a\x61b",
    "CBOR of pairs": b"\x81\x62ab",
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("kind", ["event", "exception"])
def test_bombs_give_an_event_or_a_documented_error(
    bomb: str, protocol: str, kind: str, all_traits: Callable[[str], OperationModel]
) -> None:
    parser = EventParser.for_operation(all_traits(protocol))
    for name in ("Body", "Struct", "HeadersBody", "Failure", "initial-response"):
        check(parser, Frame({":message-type": kind, f":{kind}-type": name}, BOMBS[bomb]))


def test_a_parser_called_near_the_recursion_limit_gives_a_documented_error(
    all_traits: Callable[[str], OperationModel],
) -> None:
    parser = EventParser.for_operation(all_traits("json"))
    payload = b'{"Inner":' + b'{"Deeper":' * 60 + b"{}" + b"}" * 60 + b"}"
    frame = Frame({":message-type": "event", ":event-type": "Body"}, payload)

    def descend(levels: int) -> None:
        if levels:
            descend(levels - 1)
        else:
            with pytest.raises(StreamError, match="recursion"):
                parser.parse(frame)

    depth = 0
    current = sys._getframe()  # noqa: SLF001 - the depth of the stack has no other name
    while current is not None:
        depth, current = depth + 1, current.f_back
    descend(sys.getrecursionlimit() - depth - 50)


def test_hostile_types_grow_nothing() -> None:
    parser = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
    classes: EventClasses = type(parser.parse(Frame({":event-type": "x"})))._classes  # noqa: SLF001 - it has no public name
    sizes = len(classes._classes), len(parser._members)  # noqa: SLF001 - it has no public name
    for n in range(300):
        for kind in ("event", "exception"):
            frame = Frame({":message-type": kind, f":{kind}-type": f"hostile{n}"}, b'{"a":1}')
            check(parser, frame)
    assert (len(classes._classes), len(parser._members)) == sizes  # noqa: SLF001 - it has no public name
    assert len(parser._exceptions._parsers) == 0  # noqa: SLF001 - it has no public name
