from __future__ import annotations

from typing import Any

import pytest
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from awsio.events import operation_model
from awsio.testing import sample_events, sample_exceptions, sample_params
from awsio.testing.samples import SAMPLE_TIME, sample_value
from tests.support.operations import OPERATIONS, each_operation


def names_of(events: list[dict[str, Any]]) -> set[str]:
    return {name for event in events for name in event}


@each_operation
def test_every_event_has_samples_that_its_shape_allows(service: str, operation: str) -> None:
    stream: Any = operation_model(service, operation).get_event_stream_output()
    exceptions = {name for name, shape in stream.members.items() if shape.metadata.get("exception")}
    full = sample_events(service, operation)
    assert names_of(full) == stream.members.keys() - exceptions
    assert names_of(sample_events(service, operation, full=False)) == names_of(full)
    assert names_of(sample_exceptions(service, operation)) == exceptions
    for event in [*full, *sample_exceptions(service, operation)]:
        ((name, value),) = event.items()
        report = ParamValidator().validate(value, stream.members[name])
        assert not report.has_errors(), report.generate_report()


@each_operation
def test_sample_arguments_are_valid(service: str, operation: str) -> None:
    shape = operation_model(service, operation).input_shape
    for full in (False, True):
        report = ParamValidator().validate(sample_params(service, operation, full=full), shape)
        assert not report.has_errors(), report.generate_report()


def test_an_operation_without_input_takes_no_arguments() -> None:
    assert sample_params("s3", "ListBuckets", full=False) == {}
    assert sample_params("sts", "GetCallerIdentity") == {}
    assert sample_params("cloudfront", "GetPublicKey") == {"Id": "sample-Id"}
    assert sample_params("workdocs", "GetDocument", full=False)["DocumentId"]


def test_an_event_comes_once_for_each_member_of_a_union_in_it() -> None:
    deltas = [
        event["contentBlockDelta"]["delta"]
        for event in sample_events("bedrock-runtime", "ConverseStream")
        if "contentBlockDelta" in event
    ]
    kinds = {name for delta in deltas for name in delta}
    assert {"text", "toolUse", "reasoningContent", "citation"} <= kinds
    assert all(len(delta) == 1 for delta in deltas)


def test_the_event_that_ends_a_stream_is_the_last() -> None:
    assert sample_events("s3", "SelectObjectContent")[-1] == {"End": {}}


@pytest.mark.skipif(
    ("devops-agent", "SendMessage") not in OPERATIONS, reason="this botocore has no such operation"
)
def test_of_events_that_end_a_stream_the_successful_one_is_the_last() -> None:
    assert [*sample_events("devops-agent", "SendMessage")[-1]] == ["responseCompleted"]


def test_no_sample_says_that_the_work_failed() -> None:
    (complete,) = (
        event["InvokeComplete"]
        for event in sample_events("lambda", "InvokeWithResponseStream")
        if "InvokeComplete" in event
    )
    assert complete == {"LogResult": "sample-LogResult"}


def test_samples_are_the_same_every_time() -> None:
    assert sample_events("kinesis", "SubscribeToShard") == sample_events(
        "kinesis", "SubscribeToShard"
    )


SHAPES: dict[str, Any] = {
    "Tree": {
        "type": "structure",
        "members": {
            "leaf": {"shape": "Short"},
            "child": {"shape": "Tree"},
            "children": {"shape": "Trees"},
            "named": {"shape": "Named"},
            "pair": {"shape": "Pair"},
        },
    },
    "Trees": {"type": "list", "member": {"shape": "Tree"}},
    "Pair": {"type": "list", "member": {"shape": "Tree"}, "min": 2},
    "Named": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Tree"}},
    "Loop": {"type": "structure", "union": True, "members": {"loop": {"shape": "Loop"}}},
    "Text": {"type": "string"},
    "Short": {"type": "string", "max": 9, "min": 2},
    "Long": {"type": "string", "min": 20},
    "Big": {"type": "integer", "min": 10},
    "Small": {"type": "double", "max": 0.25},
    "Twice": {"type": "list", "member": {"shape": "Flag"}, "min": 2},
    "Flag": {"type": "boolean"},
    "Colour": {"type": "string", "enum": ["red", "green"]},
    "Free": {"type": "structure", "members": {}, "document": True},
    "Time": {"type": "timestamp"},
    "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Big"}},
}


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("Tree", {"leaf": "sample-le", "children": [], "named": {}}),
        ("Loop", {}),
        ("Text", "sample-x"),
        ("Long", "sample-x------------"),
        ("Big", 10),
        ("Small", 0.25),
        ("Twice", [True, True]),
        ("Colour", "red"),
        ("Free", {"sample": ["x", 1, True, None]}),
        ("Time", SAMPLE_TIME),
        ("Tags", {"sample-x": 10}),
    ],
)
def test_a_value_is_told_by_its_shape_and_name(shape: str, expected: Any) -> None:
    model = ServiceModel({"metadata": {}, "operations": {}, "shapes": SHAPES}, "made-up")
    assert sample_value(model.shape_for(shape), "x") == expected
