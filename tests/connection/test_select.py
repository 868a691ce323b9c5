"""`PawsConnection.select` refuses names that no event has, before it reads."""

from __future__ import annotations

import io
from typing import Any

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import UnknownNameError
from awsio.events import operation_model
from awsio.eventstream import encode_frame

PARSER = EventParser.for_operation(operation_model("bedrock-runtime", "ConverseStream"))
WIRE = b"".join(
    encode_frame({":message-type": "event", ":event-type": name}, payload)
    for name, payload in (
        ("contentBlockDelta", b'{"delta":{"text":"Hello"}}'),
        ("tomorrow", b"{}"),
        ("messageStop", b'{"stopReason":"end_turn"}'),
    )
)


def connect(parser: Any = PARSER) -> PawsConnection:
    return PawsConnection(io.BytesIO(WIRE), parser)


def test_select_refuses_a_name_that_no_event_has_and_reads_nothing() -> None:
    with connect() as con:
        with pytest.raises(UnknownNameError, match="no event 'contentBlokDelta'") as caught:
            con.select("contentBlokDelta.delta.text")
        assert "contentBlockDelta" in caught.value.suggestions
        assert con.received == 0
        assert list(con.select("contentBlockDelta.delta.text")) == ["Hello"]


def test_select_finds_unknown_events() -> None:
    with connect() as con:
        found = con.select("SDK_UNKNOWN_MEMBER.name || messageStop.stopReason")
        assert list(found) == ["tomorrow", "end_turn"]


class OwnParser:
    """A parser that knows nothing of expressions."""

    operation_name = "Op"
    terminal: frozenset[str] = frozenset()
    blobs: dict[str, str] = {}  # noqa: RUF012 - never changed

    def parse(self, frame: Any) -> Any:
        return {frame.event_type: len(frame.payload)}


@pytest.mark.parametrize("parser", [None, OwnParser()])
def test_select_with_another_parser_checks_no_names(parser: Any) -> None:
    with connect(parser) as con:
        assert list(con.select("tomorrow")) == ([] if parser is None else [2])
