"""The table of operations whose streams are taken up, beside the models."""

from __future__ import annotations

from typing import Any

import pytest

from awsio.events import operation_model
from awsio.resuming.rules import RESUME_RULES, resume_rule


@pytest.mark.parametrize(("service", "operation"), RESUME_RULES)
def test_every_row_is_of_the_model(service: str, operation: str) -> None:
    model = operation_model(service, operation)
    rule = RESUME_RULES[service, operation]
    stream: Any = model.get_event_stream_output()
    in_stream = rule.opening_events | rule.session_end_codes | rule.retryable_in_stream
    assert in_stream <= {*stream.members}
    assert rule.retryable_at_open <= {shape.name for shape in model.error_shapes}


def test_a_rule_is_found_by_the_operation_alone_where_that_is_all_there_is() -> None:
    rule = RESUME_RULES["kinesis", "SubscribeToShard"]
    assert resume_rule("kinesis", "SubscribeToShard") is rule
    assert resume_rule(None, "SubscribeToShard") is rule
    assert resume_rule("s3", "SubscribeToShard") is None
    assert resume_rule("bedrock-runtime", "ConverseStream") is None
    assert resume_rule(None, "") is None


def test_kinesis_goes_on_behind_the_number_of_an_event() -> None:
    rule = RESUME_RULES["kinesis", "SubscribeToShard"]
    event = {"SubscribeToShardEvent": {"Records": [], "ContinuationSequenceNumber": "0"}}
    position = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": "0"}
    assert rule.advance(event, None) == position
    assert not rule.is_last(event)
    unknown = {"SDK_UNKNOWN_MEMBER": {"name": "New"}}
    assert rule.advance(unknown, position) is position
    assert not rule.is_last(unknown)


def test_live_tail_has_no_position() -> None:
    rule = RESUME_RULES["logs", "StartLiveTail"]
    position = object()
    assert rule.advance({"sessionUpdate": {}}, position) is position
    assert not rule.is_last({"sessionUpdate": {}})
