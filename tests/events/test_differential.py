"""Events of every shape: put in, written, read back, and read by botocore."""

from __future__ import annotations

import gzip
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Literal

import pytest
from botocore.exceptions import EventStreamError
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from awsio.errors import ServiceStreamError
from awsio.events import EventParser, EventSerializer
from awsio.events.models import available_services, loader, service_model
from awsio.eventstream import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel, Shape

PROTOCOLS = ("json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor")
FEW = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # big values shrink for minutes, and say no more
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MORE = settings(FEW, max_examples=25)


def streaming_operations() -> list[Any]:
    """List each operation with an event stream, once for each direction."""
    found = []
    for service in filter(may_stream, available_services()):
        model = service_model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if operation.get_event_stream_output() is not None:
                found.append(pytest.param(operation, "output", id=f"{service}.{name}"))
            if operation.get_event_stream_input() is not None:
                found.append(pytest.param(operation, "input", id=f"{service}.{name}.input"))
    return found


def may_stream(service: str) -> bool:
    """Look for the trait in the text of a model: parsing them all would take a minute."""
    version = loader().determine_latest_version(service, "service-2")
    for folder in loader().search_paths:
        path = Path(folder, service, version, "service-2.json")
        packed = path.with_suffix(".json.gz")
        if packed.exists():
            return b'"eventstream"' in gzip.decompress(packed.read_bytes())
        if path.exists():
            return b'"eventstream"' in path.read_bytes()
    return False


def stream_shape(operation: OperationModel, direction: str) -> Any:
    if direction == "output":
        return operation.get_event_stream_output()
    return operation.get_event_stream_input()


def parser_of(operation: OperationModel, direction: str) -> EventParser:
    service = operation.service_model
    return EventParser(
        stream_shape(operation, direction),
        service.resolved_protocol,
        operation.name,
        service_name=service.service_name,
    )


def check_member(
    name: str,
    value: dict[str, Any],
    serializer: EventSerializer,
    parser: EventParser,
    judge: Callable[[bytes], Any],
    wire: Callable[[Frame], Frame],
) -> None:
    """Send one event through its bytes, and compare with what went in and with botocore."""
    frame = wire(serializer.serialize({name: value}))
    if frame.message_type == "event":
        event = parser.parse(frame)
        (expected,) = judge(frame.encode())
        assert event == expected
        assert event == {name: value}
        return
    with pytest.raises(ServiceStreamError) as ours:
        parser.parse(frame)
    with pytest.raises(EventStreamError) as theirs:
        list(judge(frame.encode()))
    error = theirs.value.response["Error"]
    assert (ours.value.code, ours.value.message) == (error["Code"], error["Message"])
    assert {**ours.value.response, **value} == ours.value.response


OPERATIONS = streaming_operations()


def test_the_installed_botocore_has_streaming_operations() -> None:
    assert len(OPERATIONS) >= 19


@pytest.mark.parametrize(("operation", "direction"), OPERATIONS)
@FEW
@given(random=st.randoms(use_true_random=False))
def test_every_event_of_every_operation(
    operation: OperationModel,
    direction: Literal["output", "input"],
    random: Random,
    make_value: Callable[..., Any],
    botocore_events: Callable[..., Any],
    wire: Callable[[Frame], Frame],
) -> None:
    shape = stream_shape(operation, direction)
    protocol = operation.service_model.resolved_protocol
    serializer = EventSerializer(operation, direction)
    parser = parser_of(operation, direction)
    for name, member in shape.members.items():
        value = make_value(member, random)
        check_member(
            name,
            value,
            serializer,
            parser,
            lambda data: botocore_events(shape, protocol, data),
            wire,
        )


@pytest.mark.parametrize("direction", ["output", "input"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
@MORE
@given(random=st.randoms(use_true_random=False))
def test_every_trait_in_every_protocol(
    protocol: str,
    direction: Literal["output", "input"],
    random: Random,
    all_traits: Callable[[str], OperationModel],
    make_value: Callable[..., Any],
    botocore_events: Callable[..., Any],
    wire: Callable[[Frame], Frame],
) -> None:
    operation = all_traits(protocol)
    shape = stream_shape(operation, direction)
    serializer = EventSerializer(operation, direction)
    parser = EventParser(shape, protocol, "Op")
    for name, member in shape.members.items():
        check_member(
            name,
            make_value(member, random),
            serializer,
            parser,
            lambda data: botocore_events(shape, protocol, data),
            wire,
        )


def full_value(shape: Shape, make_value: Callable[..., Any]) -> Any:
    """Make a value with every member set."""
    random = Random(1)  # noqa: S311 - nothing secret
    return {name: make_value(member, random, 2) for name, member in shape.members.items()}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    "name", ["Headers", "HeadersBytes", "HeadersWords", "HeadersStruct", "HeadersBody"]
)
def test_header_members_travel_as_headers_and_nowhere_else(
    protocol: str,
    name: str,
    all_traits: Callable[[str], OperationModel],
    make_value: Callable[..., Any],
    wire: Callable[[Frame], Frame],
) -> None:
    operation = all_traits(protocol)
    member = operation.get_event_stream_output().members[name]
    value = full_value(member, make_value)
    frame = wire(EventSerializer(operation).serialize({name: value}))
    own = {header for header in frame.headers if not header.startswith(":")}
    assert own == {
        header for header, ref in member.members.items() if ref.serialization.get("eventheader")
    }
    for header in own:
        assert header.encode() not in frame.payload


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ["Headers", "HeadersBytes", "HeadersWords", "HeadersStruct"])
def test_absent_headers_and_an_empty_payload_are_as_in_botocore(
    protocol: str,
    name: str,
    all_traits: Callable[[str], OperationModel],
    botocore_events: Callable[..., Any],
) -> None:
    operation = all_traits(protocol)
    shape = operation.get_event_stream_output()
    frame = Frame({":message-type": "event", ":event-type": name, "HeadText": "here"})
    (expected,) = botocore_events(shape, protocol, frame.encode())
    assert EventParser.for_operation(operation).parse(frame) == expected


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_the_initial_response_of_rpc_protocols_comes_back(
    protocol: str,
    all_traits: Callable[[str], OperationModel],
    wire: Callable[[Frame], Frame],
) -> None:
    operation = all_traits(protocol)
    frame = wire(EventSerializer(operation).serialize_initial({"First": "é"}))
    parser = EventParser.for_operation(operation)
    assert parser.parse_initial(frame) == {"First": "é"}
    assert parser.parse(frame) is None
