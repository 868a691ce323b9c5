"""Recorded streams and protocol cases: the events are botocore's, whatever the pieces."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.eventstream import ChecksumMismatch
from botocore.exceptions import EventStreamError
from botocore.model import StructureShape

from awsio.errors import PreludeChecksumError, ServiceStreamError
from awsio.events import EventParser, UnknownEvent, operation_model
from awsio.events.models import available_services
from awsio.eventstream import FrameDecoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
SHORT = 6000

# Where awsio differs from botocore on purpose, by the row of the table of peers.
DIFFERENCES = {
    "error": "bad message or prelude CRC: botocore ends with ChecksumMismatch, here it is a "
    "documented error, after the same events",
    "unknown": "unknown event type: botocore skips it, here it is kept",
    "exception": "exception frame: botocore raises EventStreamError, without code and message "
    "where it is not modelled; here it is the modelled class with the frame's code and message",
}


def recorded(*states: str) -> list[Any]:
    index = CORPUS / "recorded" / "index.json"
    if not index.exists():
        return [pytest.param(None, id="no corpus")]
    known = set(available_services())
    return [
        pytest.param(entry, id=entry["file"])
        for entry in json.loads(index.read_text())
        if entry["service"] in known
        and entry["direction"] == "response"
        and (not states or entry["state"] in states)
    ]


def protocol_cases() -> list[Any]:
    path = CORPUS / "protocol_cases.json"
    if not path.exists():
        return [pytest.param(None, id="no corpus")]
    return [pytest.param(case, id=case["id"]) for case in json.loads(path.read_text())]


def outcome(events: Iterator[Any]) -> list[Any]:
    """Read to the end; the last item is the kind of error, where there is one."""
    found: list[Any] = []
    try:
        found.extend(events)
    except (ChecksumMismatch, PreludeChecksumError):
        found.append(DIFFERENCES["error"])
    except (EventStreamError, ServiceStreamError) as error:
        found.append((DIFFERENCES["exception"], error.response["Error"]))
    return found


def awsio_events(parser: EventParser, pieces: Iterator[bytes]) -> Iterator[Any]:
    """Read pieces through the decoder and the parser, leaving out what botocore leaves out."""
    decoder = FrameDecoder()
    for piece in pieces:
        decoder.feed(piece)
        for frame in decoder:
            event = parser.parse(frame)
            if event is not None and not isinstance(event, UnknownEvent):
                yield event
    decoder.feed_eof()
    assert decoder.next_frame() is None


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), max(size, 1)))


def cut_at_random(data: bytes, seed: int) -> Iterator[bytes]:
    generator = random.Random(seed)  # noqa: S311 - reproducible pieces
    start = 0
    while start < len(data):
        end = start + generator.choice((1, 3, 11, 12, 13, 16, 100, 1000, 5000))
        yield data[start:end]
        start = end


def check_pieces(parser: EventParser, data: bytes, expected: list[Any]) -> None:
    sizes = (len(data), 1) if len(data) <= SHORT else (len(data), 7, 1000)
    for size in sizes:
        assert outcome(awsio_events(parser, cut(data, size))) == expected
    for seed in range(3):
        assert outcome(awsio_events(parser, cut_at_random(data, seed))) == expected


def test_the_corpus_has_streams_of_modelled_services(shared: Path) -> None:
    assert shared / "corpus" == CORPUS
    assert len(recorded()) > 100


@pytest.mark.parametrize("entry", recorded())
def test_recorded_streams_give_the_events_of_botocore(
    entry: dict[str, Any], shared: Path, botocore_events: Callable[..., Iterator[Any]]
) -> None:
    data = (shared / "corpus" / "recorded" / entry["file"]).read_bytes()
    model = operation_model(entry["service"], entry["operation"])
    shape = model.get_event_stream_output()
    expected = outcome(botocore_events(shape, model.service_model.resolved_protocol, data))
    assert expected or not data
    assert (expected[-1:] == [DIFFERENCES["error"]]) == (entry["botocore_error"] is not None)
    check_pieces(EventParser.for_operation(model), data, expected)


@pytest.mark.parametrize("entry", recorded("ok"))
def test_recorded_streams_lose_no_frame(entry: dict[str, Any], shared: Path) -> None:
    data = (shared / "corpus" / "recorded" / entry["file"]).read_bytes()
    parser = EventParser.for_operation(operation_model(entry["service"], entry["operation"]))
    decoder = FrameDecoder()
    decoder.feed(data)
    parsed = 0
    for frame in decoder:
        if frame.message_type == "event":
            assert parser.parse(frame) or frame.event_type == "initial-response"
        else:
            with pytest.raises(ServiceStreamError) as caught:
                parser.parse(frame)
            assert caught.value.frame is frame
        parsed += 1
    assert parsed == entry["frames"]


@pytest.mark.parametrize("case", protocol_cases())
def test_protocol_cases_give_the_events_of_botocore(
    case: dict[str, Any],
    shared: Path,
    make_service: Callable[..., Any],
    botocore_events: Callable[..., Iterator[Any]],
) -> None:
    assert shared.is_dir()
    protocol = case["metadata"]["protocol"]
    model = make_service(protocol, {**case["shapes"], "Out": case["shapes"]["OutputShape"]})
    shape = model.operation_model("Op").get_event_stream_output()
    assert isinstance(shape, StructureShape)
    data = bytes.fromhex(case["hex"])
    expected = outcome(botocore_events(shape, protocol, data))
    check_pieces(EventParser(shape, protocol, "Op"), data, expected)
    wanted = case["result"]["Payload"]
    if not isinstance(wanted, list):
        wanted = [wanted]
    assert len(expected) == len(wanted)
    for event, (name, members) in zip(
        expected, (next(iter(w.items())) for w in wanted), strict=True
    ):
        assert event.keys() == {name}
        assert event[name].keys() == members.keys()
        for member, value in members.items():
            check_value(event[name][member], value)


def check_value(value: Any, wanted: Any) -> None:
    """Compare with a case's result, which is JSON: bytes are text there, times seconds."""
    if isinstance(value, bytes):
        value = value.decode()
    if hasattr(value, "timestamp"):
        value = value.timestamp()
    assert value == wanted
