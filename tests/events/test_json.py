"""JSON is read alike with orjson and without."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awsio.events import json as awsio_json
from awsio.events.json import stdlib_loads, with_fallback

MANY = settings(max_examples=100, deadline=None, derandomize=True, database=None)

CORNERS = [
    b"NaN", b"[Infinity,-Infinity]", b'"\\ud800"', b'"\\udc00x"', b'"\\ud83d\\ude00"',
    b"123456789012345678", b"1234567890123456789", b"18446744073709551616",
    b"-9223372036854775809", b"1" * 400, b"1" * 5000, b"9007199254740993", b"9007199254740993.0",
    b"-0", b"-0.0", b"0.0", b"1e400", b"-1e400", b"1e-400", b"1E+2", b"5e-324", b"2.5e-324",
    b"0.30000000000000004", b"1.7976931348623157e308", b'{"a":1,"a":2}', b'{"":0}',
    b"\xef\xbb\xbf{}", b'"\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\x00"', b'"\\u0000"',
    b'"\x1f"', b'"\x7f"', b'"\t"', b'"\\x"', b'"\\u12"', b"", b" ", b"\x0b1", b"\xc2\xa01",
    b"1\x00",
    b" [ 1 , 2 ] \r\n\t", b"[1,]", b"{'a':1}", b"01", b"1.", b".5", b"+1", b"-", b"tru", b"True",
    b"nan", b"{1:2}", b"[" * 500 + b"]" * 500, b"[" * 5000 + b"]" * 5000,
    b"// x", b'{"a"}', b"1 2",
    b'"' + b"a" * 70000 + b'"', b"[1234567890123456789,1.5]", b'{"n":0.1234567890123456789}',
]  # fmt: skip


def orjson_loads() -> Any:
    orjson = pytest.importorskip("orjson", reason="orjson is not installed: json alone is used")
    return with_fallback(orjson.loads)


def result(load: Any, payload: bytes) -> Any:
    """Tell what a loader makes of a document, in a form that shows types and signs."""
    try:
        return repr(load(payload))
    except (ValueError, RecursionError) as error:
        return type(error)


@pytest.mark.parametrize("payload", CORNERS, ids=lambda payload: f"{payload[:20]!r} {len(payload)}")
def test_corners_read_alike_with_and_without_orjson(payload: bytes) -> None:
    assert result(orjson_loads(), payload) == result(stdlib_loads, payload)


def test_without_orjson_the_standard_library_reads_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "orjson", None)
    spec = importlib.util.spec_from_file_location("json_without_orjson", awsio_json.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.loads is module.stdlib_loads
    assert module.loads(b'{"a":[1]}') == {"a": [1]}


def test_with_orjson_it_is_used_where_the_two_agree() -> None:
    orjson = pytest.importorskip("orjson", reason="orjson is not installed: json alone is used")
    used = []
    load = with_fallback(lambda payload: used.append(payload) or orjson.loads(payload))
    for payload in (b"[1.5]", b"123456789012345678"):
        assert load(payload) == json.loads(payload)
    assert load(b"1234567890123456789") == 1234567890123456789
    assert used == [b"[1.5]", b"123456789012345678"]
    assert awsio_json.loads is not stdlib_loads


def test_the_standard_library_reads_what_orjson_refuses() -> None:
    assert math.isnan(awsio_json.loads(b"NaN"))
    assert awsio_json.loads(b'"\\ud800"') == "\ud800"
    assert awsio_json.loads(b"18446744073709551616") == 2**64
    assert awsio_json.loads(b"-9223372036854775809") == -(2**63) - 1


texts = st.text(max_size=12) | st.text(st.characters(categories=["Cs"]), max_size=3)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-(2**70), 2**70) | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@MANY
@given(value=values, ascii_only=st.booleans(), indent=st.sampled_from([None, 1]))
def test_random_documents_read_alike(value: Any, ascii_only: bool, indent: int | None) -> None:  # noqa: FBT001 - hypothesis gives it
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    payload = text.encode("utf-8", "surrogatepass")
    assert result(orjson_loads(), payload) == result(stdlib_loads, payload)


@MANY
@given(value=values, data=st.data())
def test_mutated_documents_read_alike(value: Any, data: st.DataObject) -> None:
    payload = bytearray(json.dumps(value).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(payload)))
        if data.draw(st.booleans()):
            del payload[position : position + 1]
        else:
            token = st.sampled_from(
                [b"0", b"e9", b"-", b".", b"9" * 20, b"\\", b'"', b"\xff", b","]
            )
            payload[position:position] = data.draw(token | st.binary(min_size=1, max_size=2))
    assert result(orjson_loads(), bytes(payload)) == result(stdlib_loads, bytes(payload))


@MANY
@given(payload=st.text("0123456789.eE+-", max_size=30))
def test_numbers_read_alike(payload: str) -> None:
    document = payload.encode()
    assert result(orjson_loads(), document) == result(stdlib_loads, document)
