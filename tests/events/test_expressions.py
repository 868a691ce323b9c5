"""The names of a JMESPath expression are checked against the events, without false alarms."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsio.errors import UnknownNameError
from awsio.events import EventParser, operation_model
from tests.support.operations import OPERATIONS
from tests.support.traits import all_traits

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

SOME = settings(max_examples=40, deadline=None, derandomize=True, database=None)
MANY = settings(max_examples=400, deadline=None, derandomize=True, database=None)
PROTOCOLS = ("json", "rest-json", "rest-xml", "smithy-rpc-v2-cbor")
CONVERSE = ("bedrock-runtime", "ConverseStream")
TAIL = ("logs", "StartLiveTail")


@cache
def parser_of(service: str, operation: str) -> EventParser:
    return EventParser.for_operation(operation_model(service, operation))


@cache
def synthetic(protocol: str) -> EventParser:
    return EventParser.for_operation(all_traits(protocol))


def check(parser: EventParser, expression: str) -> None:
    parser.check_expression(jmespath.compile(expression).parsed)


WRONG = [
    (CONVERSE, "contentBlokDelta.delta.text", "contentBlockDelta"),
    (CONVERSE, "contentBlockDelta.delta.txt", "text"),
    (CONVERSE, "contentBlockDelta.dleta | text", "delta"),
    (CONVERSE, "metadata.usage.[inputTokens, outputToken]", "outputTokens"),
    (CONVERSE, "metadata.usage.{a: inputTokens, b: totalToken}", "totalTokens"),
    (CONVERSE, "{a: metadata.usage}.a.totalToken", "totalTokens"),
    (CONVERSE, "{usage: metadata.usage}.usag", "usage"),
    (CONVERSE, "[messageStop, messageStrat]", "messageStart"),
    (CONVERSE, "metadata.usage.totalTokens || messageStop.stopReson", "stopReason"),
    (CONVERSE, "metadta.usage.totalTokens || messageStop.stopReason", "metadata"),
    (CONVERSE, "messageStop && metadta", "metadata"),
    (CONVERSE, "(metadata.usage || metadata.metrics).latencyMS", "latencyMs"),
    (CONVERSE, "!messageStrat", "messageStart"),
    (CONVERSE, "messageStop.stopReson == 'end_turn'", "stopReason"),
    (CONVERSE, "'end_turn' == messageStop.stopReson", "stopReason"),
    (CONVERSE, "length(contentBlockDelta.delta.txt)", "text"),
    (CONVERSE, "not_null(metadta, messageStop)", "metadata"),
    (CONVERSE, "not_null(metadata.usage, metadata.usage).totalToken", "totalTokens"),
    (CONVERSE, "*.delta.txt", "text"),
    (CONVERSE, "values(contentBlockDelta.delta)[].txt", None),
    (CONVERSE, "@.metadta", "metadata"),
    (CONVERSE, "contentBlockDelta.delta.length(txt)", "text"),
    (CONVERSE, "SDK_UNKNOWN_MEMBER.nam", "name"),
    (CONVERSE, "contentBlockDelta.delta.SDK_UNKNOWN_MEMBER.nam", "name"),
    (CONVERSE, "contentBlockDelta.delta.text.txt", None),
    (CONVERSE, "contentBlockDelta.SDK_UNKNOWN_MEMBER", None),
    (CONVERSE, '"content block delta"', "contentBlockDelta"),
    (CONVERSE, '""', None),
    (CONVERSE, "x", None),
    (TAIL, "sessionUpdate.sessionResults[0].mesage", "message"),
    (TAIL, "sessionUpdate.sessionResults[-1:].mesage", "message"),
    (TAIL, "sessionUpdate.sessionResults[*].mesage", "message"),
    (TAIL, "sessionUpdate.sessionResults[].mesage", "message"),
    (TAIL, "sessionUpdate.sessionResults[?mesage]", "message"),
    (TAIL, "sessionUpdate.sessionResults[?message].mesage", "message"),
    (TAIL, "sessionUpdate.sessionResults | [0] | mesage", "message"),
    (TAIL, "sessionUpdate.*[].*[].mesage", None),
    (TAIL, "sort_by(sessionUpdate.sessionResults, &timestmp)", "timestamp"),
    (TAIL, "sort_by(sessionUpdate.sessionResults, &timestamp)[0].mesage", "message"),
    (TAIL, "max_by(sessionUpdate.sessionResults, &timestamp).mesage", "message"),
    (TAIL, "min_by(sessionUpdate.sessionResults, &timestamp).mesage", "message"),
    (TAIL, "reverse(sessionUpdate.sessionResults)[0].mesage", "message"),
    (TAIL, "map(&mesage, sessionUpdate.sessionResults)", "message"),
    (TAIL, "map(&{m: message}, sessionUpdate.sessionResults)[].n", None),
    (TAIL, "sessionUpdate.sessionResults.message", "[].message"),
    (TAIL, "[sessionUpdate].sessionMetadata", "[].sessionMetadata"),
    (TAIL, "[sessionUpdate][0].sessionMetadta", "sessionMetadata"),
]


@pytest.mark.parametrize(("operation", "expression", "suggestion"), WRONG)
def test_a_name_that_no_event_has_is_an_error_with_similar_names(
    operation: tuple[str, str], expression: str, suggestion: str | None
) -> None:
    with pytest.raises(UnknownNameError) as caught:
        check(parser_of(*operation), expression)
    if suggestion is not None:
        assert suggestion in caught.value.suggestions


def test_the_message_names_the_operation_or_the_shape() -> None:
    parser = parser_of(*CONVERSE)
    for expression, message in {
        "contentBlokDelta.delta": "ConverseStream has no event 'contentBlokDelta'; did you mean "
        "contentBlockDelta or contentBlockStart or contentBlockStop?",
        "contentBlockDelta.text": "ContentBlockDeltaEvent has no member 'text'; it has delta, ",
        "(metadata.usage || metadata.metrics).x": "TokenUsage or ConverseStreamMetrics has no ",
        "[metadata].x.y": "made by the expression has no member 'x'",
    }.items():
        with pytest.raises(UnknownNameError) as caught:
            check(parser, expression)
        assert message in str(caught.value)


RIGHT = [
    (CONVERSE, "SDK_UNKNOWN_MEMBER"),
    (CONVERSE, "SDK_UNKNOWN_MEMBER.name || messageStop.stopReason"),
    (CONVERSE, "SDK_UNKNOWN_MEMBER.name.anything"),
    (CONVERSE, "contentBlockDelta.delta.SDK_UNKNOWN_MEMBER.name"),
    (CONVERSE, "messageStop.additionalModelResponseFields.any.thing[0].at[].all"),
    (CONVERSE, "values(messageStop.additionalModelResponseFields)[].any"),
    (CONVERSE, "messageStop.additionalModelResponseFields.*.any"),
    (CONVERSE, "messageStop.[additionalModelResponseFields][].any"),
    (CONVERSE, "(messageStop.additionalModelResponseFields || metadata).*.any"),
    (CONVERSE, "(messageStop.additionalModelResponseFields || [metadata])[0].any"),
    (CONVERSE, "(messageStop.additionalModelResponseFields || [metadata])[1:][].any"),
    (CONVERSE, "[messageStop.additionalModelResponseFields, [metadata]][][].any"),
    (CONVERSE, "messageStop.additionalModelResponseFields[].any"),
    (CONVERSE, "messageStop.additionalModelResponseFields[1:].any"),
    (CONVERSE, "[messageStop.additionalModelResponseFields, messageStop][].any"),
    (CONVERSE, '`{"a": 1}`.a'),
    (CONVERSE, '[`{"a": 1}`, messageStop][].a'),
    (CONVERSE, '(messageStop || `{"a": 1}`).a'),
    (CONVERSE, "'raw'.a"),
    (CONVERSE, "keys(@)[0].a"),
    (CONVERSE, "to_array(metadata)[0].usage"),
    (CONVERSE, "merge(metadata, messageStop).stopReason"),
    (CONVERSE, "merge(metadata, {a: messageStop}).a.stopReason"),
    (CONVERSE, "a_function_of_my_own(@).x"),
    (CONVERSE, "*.delta.text"),
    (CONVERSE, "*.name"),
    (CONVERSE, "*.*.text"),
    (CONVERSE, "[*].x"),  # null, whatever x is
    (CONVERSE, "[metadata.usage.totalTokens > `5`][0].x"),
    (CONVERSE, "throttlingException.message"),
    (TAIL, "sessionUpdate.sessionResults[?contains(message, 'a') && timestamp > `0`].message"),
    (TAIL, "sessionUpdate.sessionResults[*].[message, timestamp][][]"),
    (TAIL, "sessionUpdate.{n: length(sessionResults), last: sessionResults[-1]}.last.message"),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "expression"), RIGHT)
def test_a_name_that_an_event_may_have_is_none(operation: tuple[str, str], expression: str) -> None:
    check(parser_of(*operation), expression)


def test_any_key_of_a_map_and_any_name_of_a_document_is_accepted() -> None:
    check(synthetic("json"), "Body.Map.key[0] || Body.NamedMap.key.Text || Body.NamedMap.*.Text")
    check(synthetic("json"), "Body.Free.any.name")
    with pytest.raises(UnknownNameError, match="Inner has no member 'Txt'"):
        check(synthetic("json"), "Body.NamedMap.key.Txt")
    with pytest.raises(UnknownNameError, match="Inner has no member 'Txt'"):
        check(synthetic("json"), "Body.NamedMap.*.Txt")


def test_of_untyped_events_the_types_are_checked() -> None:
    parser = synthetic("smithy-rpc-v2-cbor")
    check(parser, "Body.NewInTheService.x || *.NewInTheService")
    with pytest.raises(UnknownNameError, match="Op has no event 'Bdy'; did you mean Body"):
        check(parser, "Bdy.Text")


def test_shapes_that_contain_themselves_are_followed_as_deep_as_the_expression_goes() -> None:
    check(synthetic("json"), "Body" + ".Inner" + ".Deeper" * 50 + ".Text")
    check(parser_of(*CONVERSE), "*" + ".*" * 50)
    with pytest.raises(UnknownNameError, match="Inner has no member 'Txt'"):
        check(synthetic("json"), "Body.Inner" + ".Deeper" * 50 + ".Txt")


def test_a_node_that_is_not_known_is_accepted() -> None:
    parser = parser_of(*CONVERSE)
    parser.check_expression({"type": "let_expression", "value": "x", "children": []})


# No false alarms: expressions that follow the shapes of every operation that streams, and
# expressions at random that find something in an event.


def walk(shape: Any, draw: Callable[..., Any], depth: int) -> str:
    """Draw the rest of an expression whose value so far is of a shape; empty to stop."""
    if depth == 0:
        return ""
    if getattr(shape, "is_document_type", False):
        return draw(st.sampled_from(["", ".any.name", " | @"]))
    if shape.type_name == "structure":
        return walk_structure(shape, draw, depth)
    if shape.type_name == "list":
        form = draw(st.sampled_from(["", "[0]", "[-1]", "[*]", "[]", "[1:]", "[?@]", " | [0]"]))
        return form + (walk(shape.member, draw, depth - 1) if form else "")
    if shape.type_name == "map":
        form = draw(st.sampled_from(["", ".any_key", ".*"]))
        return form + (walk(shape.value, draw, depth - 1) if form else "")
    return draw(st.sampled_from(["", " | @", " | to_string(@)", " == 'a'", " || 'x'"]))


def walk_structure(shape: Any, draw: Callable[..., Any], depth: int) -> str:
    if not shape.members:
        return ""
    names = draw(st.lists(st.sampled_from([*shape.members]), min_size=1, max_size=2))
    paths = [
        quoted(name) + walk(shape.members[name], draw, depth - 1 if len(names) == 1 else 0)
        for name in names
    ]
    form = draw(st.sampled_from([".{0}", " | {0}", ".[{1}]", ".{{{2}}}", ".length({0})", ""]))
    pairs = (f"k{number}: {path}" for number, path in enumerate(paths))
    text: str = form.format(paths[0], ", ".join(paths), ", ".join(pairs))
    return text


def quoted(name: str) -> str:
    return f'"{name}"'


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@SOME
@given(data=st.data())
def test_expressions_along_the_shapes_are_accepted(
    service: str, operation: str, data: st.DataObject
) -> None:
    shape = operation_model(service, operation).get_event_stream_output()
    check(parser_of(service, operation), "@" + walk(shape, data.draw, 6))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@MANY
@given(data=st.data())
def test_an_expression_that_finds_something_is_accepted(
    protocol: str, make_value: Callable[..., Any], data: st.DataObject
) -> None:
    model: OperationModel = all_traits(protocol)
    random = data.draw(st.randoms(use_true_random=False))
    stream: Any = model.get_event_stream_output()
    name = data.draw(st.sampled_from([*stream.members]))
    event = {name: make_value(stream.members[name], random)}
    names = st.sampled_from([name, *NAMES, *stream.members])
    expression = data.draw(expressions(names))
    try:
        found = jmespath.search(expression, event)
    except jmespath.exceptions.JMESPathError:
        return
    if is_something(found):
        check(synthetic(protocol), expression)


def is_something(found: Any) -> bool:
    """Return whether a result has more in it than empty lists and objects."""
    if isinstance(found, (list, dict)):
        return any(map(is_something, found.values() if isinstance(found, dict) else found))
    return found is not None


NAMES = (
    "Text", "Inner", "Deeper", "Map", "NamedMap", "FlatStructs", "Nested", "Names", "Choice",
    "Data", "Other", "HeadText", "Free", "a0", "0", "b", "c", "nope", "SDK_UNKNOWN_MEMBER",
)  # fmt: skip


def expressions(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions in which every name counts: one that finds nothing makes all of it null."""
    step = st.one_of(
        names.map(lambda name: f".{quoted(name)}"),
        names.map(lambda name: f" | {quoted(name)}"),
        names.map(lambda name: f".{{x: {quoted(name)}}}.x"),
        names.map(lambda name: f".[{quoted(name)}] | [0]"),
        names.map(lambda name: f"[*].{quoted(name)}"),
        names.map(lambda name: f"[?{quoted(name)}]"),
        names.map(lambda name: f"[].{quoted(name)}"),
        names.map(lambda name: f".*.{quoted(name)}"),
        names.map(lambda name: f" | map(&{quoted(name)}, @)[0]"),
        st.sampled_from(["[0]", "[1:]", "[]", ".*", " | values(@)", " | reverse(@)"]),
    )
    return st.lists(step, min_size=1, max_size=5).map(lambda steps: "@" + "".join(steps))
