"""Outputs of a made-up service in every protocol, read back by botocore's parsers."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

from awsio.errors import EventSerializeError
from awsio.testing.server.bodies import ReplayedPieces
from awsio.testing.server.outputs import write_output
from awsio.testing.server.scalars import header_text
from tests.support.made_up import made_up

if TYPE_CHECKING:
    from awsio.testing.server.outputs import Output

PROTOCOLS = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]
XML = {"rest-xml", "query", "ec2"}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)

# What XML can hold, for all protocols: no control characters, and no surrogates.
texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")) | st.sampled_from("\t\n\r"))
names = st.lists(texts, max_size=3)
counts = st.dictionaries(texts, st.integers(-(2**63), 2**63 - 1), max_size=3)
seconds = st.integers(-(2**31), 2**31).map(lambda number: EPOCH + datetime.timedelta(0, number))
times = seconds.flatmap(
    lambda time: st.integers(0, 999).map(lambda number: time + datetime.timedelta(0, 0, 0, number))
)
inner = st.recursive(
    st.fixed_dictionaries({}, optional={"attribute": texts, "name": texts}),
    lambda children: st.fixed_dictionaries({}, optional={"name": texts, "inner": children}),
    max_leaves=3,
)
everything = st.fixed_dictionaries(
    {},
    optional={
        "text": texts,
        "number": st.integers(-(2**63), 2**63 - 1),
        "fraction": st.floats(allow_nan=False, allow_infinity=False),
        "flag": st.booleans(),
        "blob": st.binary(max_size=20),
        "time": seconds,
        "iso": times,
        "epoch": seconds,
        "names": names,
        "flat": names,
        "flatNamed": names,
        "items": names,
        "map": counts,
        "flatMap": counts,
        "choice": st.fixed_dictionaries({"one": texts}) | st.fixed_dictionaries({"two": names}),
        "inner": inner,
        "inners": st.lists(inner, max_size=2),
    },
)


def read(output: Output, operation: Any, protocol: str) -> dict[str, Any]:
    """Read an output as a client does."""
    body = b"".join(output.pieces)
    raw = {"status_code": output.status, "headers": HTTPHeaderDict(output.headers), "body": body}
    parsed: dict[str, Any] = create_parser(protocol).parse(raw, operation.output_shape)
    metadata = parsed.pop("ResponseMetadata")
    if protocol in {"query", "ec2"}:
        assert metadata["RequestId"] == "the-id"
    return parsed


def expected(value: Any, protocol: str) -> Any:
    """Remove what XML has no place for: empty flattened lists and maps."""
    if protocol not in XML:
        return value
    return {
        key: item
        for key, item in value.items()
        if item not in ([], {}) or not key.startswith("flat")
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@given(output=everything)
def test_what_is_written_is_read_back(protocol: str, output: dict[str, Any]) -> None:
    operation = made_up("Everything", protocol=protocol)
    if protocol == "ec2":
        operation.output_shape.serialization.pop("resultWrapper")
    written = write_output(operation, protocol, output, "the-id")
    assert written.length == sum(map(len, written.pieces))
    assert read(written, operation, protocol) == expected(output, protocol)


TIME = datetime.datetime(2025, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


@pytest.mark.parametrize("protocol", ["rest-json", "rest-xml"])
@pytest.mark.parametrize("name", ["Placed", "OnlyPlaced"])
def test_rest_members_travel_where_the_model_says(protocol: str, name: str) -> None:
    output: dict[str, Any] = {
        "status": 202,
        "key": "a key",
        "when": TIME,
        "tags": ["a", "b"],
        "json": {"a": [1]},
        "meta": {"one": "1", "two": "2"},
    }
    if name == "Placed":
        output["text"] = "in the body"
    operation = made_up(name, protocol=protocol)
    written = write_output(operation, protocol, output)
    assert written.status == 202
    assert written.headers["x-when"] == "Thu, 02 Jan 2025 03:04:05 GMT"
    assert written.headers["x-meta-two"] == "2"
    assert (b"in the body" in b"".join(written.pieces)) is (name == "Placed")
    assert b"a key" not in b"".join(written.pieces)
    assert read(written, operation, protocol) == output


@pytest.mark.parametrize("protocol", ["rest-json", "rest-xml"])
def test_a_payload_is_the_whole_body(protocol: str) -> None:
    operation = made_up("Document", protocol=protocol)
    output = {"inner": {"name": "a", "attribute": "b"}, "key": "c"}
    assert read(write_output(operation, protocol, output), operation, protocol) == output
    assert write_output(operation, protocol, {"key": "c"}).pieces == (b"",)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_operation_without_output_has_a_body_that_its_protocol_can_read(protocol: str) -> None:
    operation = made_up("Take", protocol=protocol)
    written = write_output(operation, protocol, {}, "the-id")
    raw = {
        "status_code": written.status,
        "headers": HTTPHeaderDict(written.headers),
        "body": b"".join(written.pieces),
    }
    parsed = create_parser(protocol).parse(raw, None)
    assert {*parsed} <= {"ResponseMetadata"}


def test_members_that_are_none_are_not_sent() -> None:
    operation = made_up("Placed")
    written = write_output(operation, "rest-json", {"text": None, "key": None, "number": 1})
    assert read(written, operation, "rest-json") == {"number": 1, "status": 200, "meta": {}}


def test_a_status_without_a_body_makes_way_for_one() -> None:
    operation = made_up("Gone")
    empty = write_output(operation, "rest-json", {})
    assert (empty.status, empty.pieces) == (204, (b"",))
    full = write_output(operation, "rest-json", {"text": "a"})
    assert (full.status, full.pieces) == (200, (b'{"Text":"a"}',))


def test_a_query_model_without_a_wrapper_has_its_members_in_the_root() -> None:
    operation = made_up("Everything", protocol="query")
    shape = operation.output_shape
    shape.serialization.pop("resultWrapper")
    written = write_output(operation, "query", {"number": 1}, "the-id")
    assert b"Result>" not in written.pieces[0]
    assert read(written, operation, "query") == {"number": 1}


def test_a_query_client_of_a_json_service_gets_the_wrapper_of_old() -> None:
    operation = made_up("Everything", protocol="json")
    operation.output_shape.serialization.pop("resultWrapper")
    written = write_output(operation, "query", {"number": 1}, "the-id")
    assert b"<EverythingResult><number>1</number></EverythingResult>" in written.pieces[0]


def test_the_namespace_is_that_of_the_model() -> None:
    namespace = "http://made.up/"
    operation = made_up("Everything", protocol="query", xmlNamespace=namespace)
    (body,) = write_output(operation, "query", {}).pieces
    assert body.startswith(b'<EverythingResponse xmlns="http://made.up/">')
    (body,) = write_output(made_up("Everything", protocol="query"), "query", {}).pieces
    assert b'xmlns="http://made-up.amazonaws.com/doc/2025-01-02/"' in body


@pytest.mark.parametrize(
    ("name", "body", "pieces", "length"),
    [
        ("Raw", b"ab", (b"ab",), 2),
        ("Raw", "ü", ("ü".encode(),), 2),
        ("Raw", bytearray(b"ab"), (b"ab",), 2),
        ("Raw", [b"a", "b"], (b"a", b"b"), None),
        ("Raw", [], (), None),
        ("RawText", "ü", ("ü".encode(),), 2),
    ],
)
def test_a_raw_payload_is_sent_as_it_is(
    name: str, body: Any, pieces: tuple[bytes, ...], length: int | None
) -> None:
    written = write_output(made_up(name), "rest-json", {"body": body})
    assert (written.pieces, written.length) == (pieces, length)
    kind = "application/octet-stream" if name == "Raw" else "text/plain"
    assert written.headers["content-type"] == kind


def test_a_media_type_that_is_a_member_goes_before_the_default() -> None:
    written = write_output(made_up("Raw"), "rest-json", {"body": b"", "kind": "text/csv"})
    assert written.headers["content-type"] == "text/csv"


def test_an_iterable_is_taken_while_it_is_sent() -> None:
    def pieces() -> Any:
        yield b"a"
        pytest.fail("nobody asked for a second piece")

    written = write_output(made_up("Raw"), "rest-json", {"body": pieces()})
    assert isinstance(written.pieces, ReplayedPieces)
    assert next(iter(written.pieces)) == b"a"


@pytest.mark.parametrize(
    ("name", "output", "said"),
    [
        ("Everything", {"nmae": 1}, "the output of Everything has no member 'nmae'"),
        ("Everything", {"texts": 1}, "did you mean text"),
        ("Everything", {"inner": {"nam": "a"}}, "Inner has no member 'nam'; did you mean name"),
        ("Everything", {"inner": "a"}, "Inner takes a dict, not str"),
        ("Everything", {"names": "a"}, "Names takes a list, not str"),
        ("Everything", {"time": "yesterday"}, "the output of Everything: "),
        ("Take", {"text": "a"}, "the output of Take has no member 'text'"),
        ("Placed", {"key": "a\nb"}, "a header cannot hold"),
        ("Placed", {"status": "many"}, "the output of Placed: invalid literal"),
        ("Raw", {"body": 5}, "an iterable of such pieces, not int"),
        ("Raw", {"body": {"a": 1}}, "an iterable of such pieces, not dict"),
        ("Raw", {"body": [1]}, "bytes, str or a ServerSentEvent, not int"),
        ("Raw", {"body": b"abc", "length": 2}, "the body of Raw has 3 bytes, but its header 2"),
    ],
)
def test_what_cannot_be_sent_is_said(name: str, output: dict[str, Any], said: str) -> None:
    with pytest.raises(EventSerializeError, match=said):
        write_output(made_up(name), "rest-json", output)


@pytest.mark.parametrize(
    ("shape", "value", "text"),
    [
        ("Boolean", True, "true"),
        ("Boolean", False, "false"),
        ("Integer", 7, "7"),
        ("Time", "2025-01-02T03:04:05Z", "Thu, 02 Jan 2025 03:04:05 GMT"),
        ("Names", ["a", "b"], "a,b"),
    ],
)
def test_headers_say_values_as_text(shape: str, value: Any, text: str) -> None:
    model = made_up("Everything").service_model
    assert header_text(value, model.shape_for(shape)) == text
