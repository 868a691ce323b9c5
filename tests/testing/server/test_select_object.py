from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from awsio.testing import LocalServer

ROWS = [["1", "hello", "2025-01-02"], ["2", "world", "2025-01-03"], ["3", "again", "2025-01-04"]]


def select(server: LocalServer, serialization: dict[str, Any], **params: Any) -> list[Any]:
    client = server.client("s3")
    request = {"Bucket": "b", "Key": "k", "Expression": "", "ExpressionType": "SQL"}
    response = client.select_object_content(
        **request, InputSerialization={}, OutputSerialization=serialization, **params
    )
    return list(response.Payload)


def body_of(events: list[Any]) -> bytes:
    return b"".join(event["Records"]["Payload"] for event in events if "Records" in event)


def test_a_frame_cuts_a_row(server: LocalServer) -> None:
    events = select(server, {"CSV": {}})
    assert [*map(next, map(iter, events))] == ["Records", "Records", "Stats", "End"]
    assert not events[0]["Records"]["Payload"].endswith(b"\n")
    assert body_of(events) == b"".join(",".join(row).encode() + b"\n" for row in ROWS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, b"1,hello,2025-01-02\n"),
        ({"FieldDelimiter": "\t"}, b"1\thello\t2025-01-02\n"),
        ({"RecordDelimiter": "||"}, b"1,hello,2025-01-02||"),
        ({"FieldDelimiter": "-"}, b'1-hello-"2025-01-02"\n'),
        ({"FieldDelimiter": "-", "QuoteCharacter": "'"}, b"1-hello-'2025-01-02'\n"),
        ({"QuoteFields": "ALWAYS"}, b'"1","hello","2025-01-02"\n'),
        ({"QuoteFields": "ALWAYS", "QuoteCharacter": "'"}, b"'1','hello','2025-01-02'\n"),
        ({"QuoteFields": "ASNEEDED"}, b"1,hello,2025-01-02\n"),
        ({"QuoteCharacter": "l"}, b"1,lhellllol,2025-01-02\n"),
        ({"QuoteCharacter": "l", "QuoteEscapeCharacter": "\\"}, b"1,lhe\\l\\lol,2025-01-02\n"),
    ],
)
def test_csv_is_written_as_asked(
    server: LocalServer, options: dict[str, str], expected: bytes
) -> None:
    assert body_of(select(server, {"CSV": options})).startswith(expected)


def test_quoted_csv_is_read_back(server: LocalServer) -> None:
    options = {"FieldDelimiter": "-", "QuoteFields": "ALWAYS", "QuoteCharacter": "'"}
    text = body_of(select(server, {"CSV": options})).decode()
    assert list(csv.reader(io.StringIO(text), delimiter="-", quotechar="'")) == ROWS


@pytest.mark.parametrize("end", ["\n", ",", "||"])
def test_json_is_written_as_asked(server: LocalServer, end: str) -> None:
    options = {} if end == "\n" else {"RecordDelimiter": end}
    text = body_of(select(server, {"JSON": options})).decode()
    assert text.endswith("}" + end)
    documents = json.loads("[" + text.replace("}" + end, "},").rstrip(",") + "]")
    assert [[*document.values()] for document in documents] == ROWS
    assert [*documents[0]] == ["_1", "_2", "_3"]


@pytest.mark.parametrize(
    "serialization", [{"CSV": {}}, {"CSV": {"QuoteFields": "ALWAYS"}}, {"JSON": {}}]
)
def test_statistics_add_up(server: LocalServer, serialization: dict[str, Any]) -> None:
    events = select(server, serialization, RequestProgress={"Enabled": True})
    names = [name for event in events for name in event]
    assert names == ["Records", "Progress", "Records", "Progress", "Stats", "End"]
    returned = 0
    for event in events:
        if "Records" in event:
            returned += len(event["Records"]["Payload"])
        for name in event.keys() & {"Progress", "Stats"}:
            details = event[name]["Details"]
            assert details["BytesReturned"] == returned
            assert details["BytesScanned"] == details["BytesProcessed"] == 57
    assert returned == len(body_of(events))


def test_progress_comes_only_where_it_is_asked_for(server: LocalServer) -> None:
    for progress in ({}, {"Enabled": False}):
        events = select(server, {"CSV": {}}, RequestProgress=progress)
        assert not any("Progress" in event for event in events)
