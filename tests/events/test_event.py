"""`Event`: a dict whose attributes know the model."""

from __future__ import annotations

import copy
import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from awsio.events import Event, EventParser, UnknownEvent, operation_model
from awsio.events.event import EventClasses
from awsio.eventstream import Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

SHAPES: dict[str, Any] = {
    "Out": {"type": "structure", "members": {"Stream": {"shape": "Stream"}}},
    "Stream": {
        "type": "structure",
        "eventstream": True,
        "members": {"Thing": {"shape": "Thing"}, "Other": {"shape": "Node"}},
    },
    "Thing": {
        "type": "structure",
        "event": True,
        "members": {
            "items": {"shape": "String"},
            "from": {"shape": "String"},
            "Node": {"shape": "Node"},
            "Nodes": {"shape": "Nodes"},
            "Lists": {"shape": "Lists"},
            "ByName": {"shape": "ByName"},
            "Names": {"shape": "Names"},
            "Labels": {"shape": "Labels"},
            "Free": {"shape": "Free"},
        },
    },
    "Node": {
        "type": "structure",
        "event": True,
        "members": {"Name": {"shape": "String"}, "Node": {"shape": "Node"}},
    },
    "Nodes": {"type": "list", "member": {"shape": "Node"}},
    "Lists": {"type": "list", "member": {"shape": "Nodes"}},
    "ByName": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Node"}},
    "Names": {"type": "list", "member": {"shape": "String"}},
    "Labels": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    "Free": {"type": "structure", "document": True, "members": {}},
    "String": {"type": "string"},
}
VALUE = {
    "items": "hidden",
    "from": "keyword",
    "Node": {"Name": "a", "Node": {"Name": "b"}},
    "Nodes": [{"Name": "c"}, None, {}],
    "Lists": [[{"Name": "d"}], None],
    "ByName": {"x": {"Name": "e"}, "y": None},
    "Names": ["f"],
    "Labels": {"g": "h"},
    "Free": {"any": [{"thing": 1}]},
}


def frame_of(event_type: str, value: Any) -> Frame:
    headers = {":message-type": "event", ":event-type": event_type}
    return Frame(headers, json.dumps(value).encode())


@pytest.fixture(scope="module")
def synthetic(make_service: Callable[..., Any]) -> EventParser:
    model = make_service("json", SHAPES).operation_model("Op")
    return EventParser.for_operation(model)


@pytest.fixture
def thing(synthetic: EventParser) -> Any:
    return synthetic.parse(frame_of("Thing", VALUE))


@pytest.fixture
def bare(synthetic: EventParser) -> Any:
    return synthetic.parse(frame_of("Thing", {}))


@pytest.fixture(scope="module")
def converse() -> OperationModel:
    return operation_model("bedrock-runtime", "ConverseStream")


@pytest.fixture
def delta(converse: OperationModel) -> Any:
    value = {"contentBlockIndex": 0, "delta": {"text": "Hi"}}
    return EventParser.for_operation(converse).parse(frame_of("contentBlockDelta", value))


def test_attributes_and_keys_read_the_same_value(delta: Any) -> None:
    assert delta.contentBlockDelta.delta.text == "Hi"
    assert delta["contentBlockDelta"]["delta"]["text"] == "Hi"


def test_an_unset_structure_is_an_empty_falsy_event_at_any_depth(delta: Any) -> None:
    assert delta.messageStop == {}
    assert not delta.messageStop
    assert isinstance(delta.messageStop, Event)
    assert delta.metadata.usage.inputTokens is None
    assert delta.contentBlockDelta.delta.toolUse.input is None


def test_unset_lists_maps_scalars_and_documents_read_as_empty_or_none(bare: Any) -> None:
    assert bare.Thing.Nodes == []
    assert bare.Thing.ByName == {}
    assert type(bare.Thing.ByName) is dict
    assert bare.Thing.Node.Name is None
    assert bare.Thing.Free is None


def test_a_member_that_is_none_reads_as_unset(thing: Any) -> None:
    thing["Thing"]["Node"] = None
    assert thing.Thing.Node.Name is None
    assert thing.Thing["Node"] is None


def test_a_member_that_is_set_to_something_falsy_is_set(thing: Any) -> None:
    values: dict[str, Any] = {"items": "", "Names": [], "Labels": {}, "Free": 0, "Node": {}}
    thing["Thing"].update(values)
    assert thing.Thing.items_ == ""
    assert thing.Thing.Free == 0
    assert thing.Thing.Names is values["Names"]
    assert thing.Thing.Labels is values["Labels"]
    thing.Thing.Node["Name"] = "kept"
    assert thing["Thing"]["Node"] == {"Name": "kept"}


def test_reading_unset_members_changes_nothing(delta: Any, bare: Any) -> None:
    before = copy.deepcopy(dict(delta))
    _ = delta.messageStop, delta.metadata.usage, delta.contentBlockDelta.delta.toolUse
    assert dict(delta) == before
    _ = bare.Thing.Nodes, bare.Thing.ByName, bare.Thing.Free, bare.Other.Node.Name
    assert bare == {"Thing": {}}


def test_a_typo_raises_and_names_the_near_members(delta: Any) -> None:
    with pytest.raises(AttributeError, match="contentBlockDelta") as caught:
        _ = delta.contentBlockDelt
    assert "ConverseStreamOutput has no member 'contentBlockDelt'" in str(caught.value)
    assert "; did you mean " in str(caught.value)
    assert caught.value.name == "contentBlockDelt"
    assert caught.value.obj is delta
    with pytest.raises(AttributeError, match="did you mean text"):
        _ = delta.contentBlockDelta.delta.txt


def test_a_name_near_to_nothing_raises_and_lists_what_there_is(thing: Any) -> None:
    with pytest.raises(AttributeError, match=r"it has Name, Node$"):
        _ = thing.Thing.Node.zzzzzz


def test_hasattr_and_getattr_default_follow_the_model(delta: Any) -> None:
    assert hasattr(delta, "messageStop")
    assert not hasattr(delta, "nothingLikeIt")
    assert getattr(delta, "nothingLikeIt", 7) == 7
    assert not hasattr(delta, "__wrapped__")


def test_names_of_dict_methods_and_keywords_read_with_an_underscore(thing: Any) -> None:
    assert callable(thing.Thing.items)
    assert thing.Thing.items_ == "hidden"
    assert thing.Thing.from_ == "keyword"
    with pytest.raises(AttributeError):
        _ = thing.Thing.Node_


def test_dir_lists_methods_and_members_as_they_are_read(thing: Any) -> None:
    names = dir(thing.Thing)
    assert {"items_", "from_", "Node", "Nodes", "keys", "get"} <= {*names}
    assert "from" not in names
    assert names == sorted(names)
    for name in names:
        assert hasattr(thing.Thing, name)


def test_nested_structures_become_events_lazily_and_in_place(thing: Any) -> None:
    assert type(thing["Thing"]) is dict
    inner = thing.Thing
    assert isinstance(inner, Event)
    assert thing["Thing"] is inner
    assert thing.Thing is inner
    assert type(inner["Node"]) is dict
    inner.Node["Name"] = "new"
    assert thing["Thing"]["Node"]["Name"] == "new"


def test_items_of_lists_and_maps_become_events_in_place(thing: Any) -> None:
    nodes = thing["Thing"]["Nodes"]
    assert thing.Thing.Nodes is nodes
    assert nodes[0].Name == "c"
    assert nodes[1] is None
    assert nodes[2].Node.Name is None
    assert thing.Thing.Lists[0][0].Name == "d"
    assert thing.Thing.Lists[1] is None
    by_name = thing["Thing"]["ByName"]
    assert thing.Thing.ByName is by_name
    assert by_name["x"].Name == "e"
    assert by_name["y"] is None
    first = nodes[0]
    assert thing.Thing.Nodes[0] is first


def test_lists_maps_and_documents_without_structures_stay_as_they_are(thing: Any) -> None:
    assert thing.Thing.Names == ["f"]
    assert thing.Thing.Labels == {"g": "h"}
    assert thing.Thing.Free == VALUE["Free"]
    assert type(thing.Thing.Free) is dict
    assert type(thing.Thing.Free["any"][0]) is dict


def test_values_of_another_kind_than_the_model_says_are_left_alone(thing: Any) -> None:
    thing["Thing"].update(Node="text", Nodes="text", ByName=["list"])
    assert (thing.Thing.Node, thing.Thing.Nodes) == ("text", "text")
    assert thing.Thing.ByName == ["list"]


def test_a_key_that_no_model_knows_reads_as_it_stands(delta: Any) -> None:
    delta["extra"] = {"a": 1}
    assert delta.extra == {"a": 1}
    assert type(delta.extra) is dict


def test_an_event_is_equal_to_the_dict_and_json_writes_it(delta: Any) -> None:
    plain = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "Hi"}}}
    assert delta == plain
    assert plain == delta
    assert delta.contentBlockDelta.delta == {"text": "Hi"}
    assert json.loads(json.dumps(delta)) == plain
    assert isinstance(delta, dict)


def test_an_event_without_a_model_reads_its_keys() -> None:
    event = Event(a=1, items=2)
    assert (event.a, event.items_) == (1, 2)
    assert {"a", "items_"} <= {*dir(event)}
    with pytest.raises(AttributeError, match="this event has no member 'b'"):
        _ = event.b
    with pytest.raises(AttributeError, match="it has no members"):
        _ = Event().a
    assert pickle.loads(pickle.dumps(event)) == event  # noqa: S301 - our own


@pytest.mark.parametrize("twin_of", [copy.copy, copy.deepcopy, lambda event: event.copy()])
def test_copies_keep_class_and_model(thing: Any, twin_of: Callable[[Any], Any]) -> None:
    twin = twin_of(thing)
    assert twin == thing
    assert twin is not thing
    assert type(twin) is type(thing)
    assert twin.Other.Node.Name is None
    twin["new"] = 1
    assert "new" not in thing


def test_only_a_deep_copy_copies_what_is_inside(thing: Any) -> None:
    inner = thing.Thing
    assert copy.copy(thing)["Thing"] is inner
    deep = copy.deepcopy(thing)
    deep.Thing.Names.append("x")
    assert inner.Names == ["f"]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_come_back_with_the_model(delta: Any, protocol: int) -> None:
    _ = delta.contentBlockDelta.delta
    twin = pickle.loads(pickle.dumps(delta, protocol))  # noqa: S301 - our own
    assert twin == delta
    assert type(twin["contentBlockDelta"]["delta"]).__name__ == "ContentBlockDelta"
    assert twin.messageStop.stopReason is None
    with pytest.raises(AttributeError):
        _ = twin.messageStopp


def test_pickles_are_small(delta: Any) -> None:
    assert len(pickle.dumps(delta)) < 300


def test_pickles_come_back_in_another_process(delta: Any) -> None:
    code = (
        "import pickle, sys; e = pickle.load(sys.stdin.buffer); "
        "print(e.contentBlockDelta.delta.text, e.messageStop.stopReason, type(e).__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(delta), capture_output=True, check=True
    )
    assert done.stdout.decode().split() == ["Hi", "None", "ConverseStreamOutput"]


def test_pickles_of_a_service_that_botocore_does_not_have_are_bare(thing: Any) -> None:
    twin = pickle.loads(pickle.dumps(thing))  # noqa: S301 - our own
    assert twin == thing
    assert type(twin) is Event


def test_pickles_of_a_shape_that_the_model_lost_are_bare(converse: OperationModel) -> None:
    shape = copy.copy(converse.get_event_stream_output())
    shape.name = "NoLongerThere"
    event = EventClasses("bedrock-runtime").of(shape)(a=1)
    twin = pickle.loads(pickle.dumps(event))  # noqa: S301 - our own
    assert (twin, type(twin)) == ({"a": 1}, Event)


def test_an_unknown_event_keeps_its_frame_through_copies_and_pickles(
    converse: OperationModel,
) -> None:
    frame = frame_of("tomorrowsEvent", {"a": 1})
    event = EventParser.for_operation(converse).parse(frame)
    assert isinstance(event, UnknownEvent)
    assert event == {"SDK_UNKNOWN_MEMBER": {"name": "tomorrowsEvent"}}
    assert event.SDK_UNKNOWN_MEMBER == {"name": "tomorrowsEvent"}
    assert event.frame is frame
    assert event.messageStop.stopReason is None
    twins = [copy.copy(event), event.copy(), copy.deepcopy(event)]
    twins.append(pickle.loads(pickle.dumps(event)))  # noqa: S301 - our own
    for twin in twins:
        assert twin == event
        assert isinstance(twin, UnknownEvent)
        assert twin.frame == frame
        assert twin.messageStop == {}


def test_two_parsers_of_one_service_give_equal_events(converse: OperationModel) -> None:
    frame = frame_of("messageStart", {"role": "assistant"})
    first, second = (EventParser.for_operation(converse).parse(frame) for _ in range(2))
    assert first == second
    assert first.messageStart == second.messageStart
    assert type(first).__name__ == type(second).__name__ == "ConverseStreamOutput"


def test_one_shape_has_one_class_in_all_threads(converse: OperationModel) -> None:
    shape = converse.get_event_stream_output()
    for _ in range(20):
        classes = EventClasses("bedrock-runtime")
        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(lambda _, of=classes.of: of(shape), range(32)))) == 1


def test_an_event_is_as_small_as_a_dict(delta: Any) -> None:
    assert not hasattr(delta, "__dict__")
    with pytest.raises(AttributeError):
        delta.new = 1
