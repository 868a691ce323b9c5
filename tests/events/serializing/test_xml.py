"""XML is written by the traits of rest-xml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.model import OperationModel

from awsio.errors import EventSerializeError
from awsio.events import EventParser, EventSerializer

MakeModel = Callable[[str], OperationModel]


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
