from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.serialize import create_serializer

from awsio.testing.server.params import parse_params
from awsio.testing.server.request import HttpRequest
from awsio.testing.server.routes import Match
from tests.support.made_up import made_up

TIME = datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
ARGUMENTS: list[dict[str, Any]] = [
    {},
    {
        "text": "a & b = ü",
        "number": -7,
        "fraction": 1.5,
        "flag": True,
        "blob": b"\x00\xff",
        "time": TIME,
        "iso": TIME,
        "names": ["a", "b"],
        "flat": ["c"],
        "flatNamed": ["d", "e"],
        "items": ["x", "y"],
        "map": {"k": 1, "l.m": 2},
        "flatMap": {"n": 3},
        "choice": {"two": ["f"]},
        "inner": {"name": "g", "inner": {"name": "h"}},
        "inners": [{"name": "i"}, {"name": "j", "inner": {"name": "k"}}],
    },
    {"flag": False, "names": []},
    {"names": [str(number) for number in range(12)]},
]


def test_values_in_labels_and_query_have_the_types_of_their_shapes() -> None:
    query = (
        ("t", "a"),
        ("t", "b"),
        ("pace", "1.5"),
        ("since", "2025-01-02T03:04:05Z"),
        ("other", "1"),
        ("other", "2"),
    )
    asked = HttpRequest("POST", "/", query, {"X-Key": "c"}, "ü".encode())
    match = Match(made_up("Sing"), {"day": "7", "loud": "true"}, "rest-json")
    params = parse_params(match, asked)
    assert params.pop("since").isoformat() == "2025-01-02T03:04:05+00:00"
    assert params == {
        "day": 7,
        "loud": True,
        "tune": ["a", "b"],
        "pace": 1.5,
        "rest": {"other": ["1", "2"]},
        "key": "c",
        "text": "ü",
    }


def test_an_operation_without_input_has_no_arguments() -> None:
    asked = HttpRequest("POST", "/hum", (), {}, b"")
    assert parse_params(Match(made_up("Hum"), {}, "rest-json"), asked) == {}


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize(
    "protocol", ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]
)
def test_what_botocore_writes_is_read_back(protocol: str, arguments: dict[str, Any]) -> None:
    if protocol == "ec2":  # it has no maps, and a flattened list has its own name
        arguments = {key: value for key, value in arguments.items() if "map" not in key.lower()}
        if arguments.get("names") == []:
            arguments = {**arguments, "names": ["a"]}
    if protocol == "smithy-rpc-v2-cbor":  # its models have no other names on the wire
        renamed = {"text", "names", "flat", "flatMap"}
        arguments = {key: value for key, value in arguments.items() if key not in renamed}
    if protocol == "rest-xml":  # botocore writes the items by the list's name, and reads their own
        arguments = {key: value for key, value in arguments.items() if key != "flatNamed"}
    operation = made_up("Take", protocol=protocol)
    written = create_serializer(protocol).serialize_to_request(arguments, operation)
    body, headers = written["body"], {k.lower(): v for k, v in written["headers"].items()}
    if isinstance(body, dict):
        body = urlencode(body).encode()
    if protocol == "rest-xml" and not arguments:
        body = b""
    asked = HttpRequest("POST", "/take", (), headers, body)
    assert parse_params(Match(operation, {}, protocol), asked) == arguments


def test_no_body_is_no_payload_whatever_its_shape() -> None:
    for protocol in ("rest-json", "rest-xml"):
        for name in ("Document", "Union"):
            operation = made_up("Take", protocol=protocol)
            model = {**operation._operation_model, "input": {"shape": name}}  # noqa: SLF001
            operation = type(operation)(model, operation.service_model, "Take")
            asked = HttpRequest("POST", "/take", (), {"x-key": "k"}, b"")
            params = parse_params(Match(operation, {}, protocol), asked)
            assert params == ({"key": "k"} if name == "Document" else {})


def test_cbor_without_a_body_has_no_arguments() -> None:
    operation = made_up("Take", protocol="smithy-rpc-v2-cbor")
    asked = HttpRequest("POST", "/", (), {}, b"")
    assert parse_params(Match(operation, {}, "smithy-rpc-v2-cbor"), asked) == {}
