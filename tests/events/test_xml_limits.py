"""XML of payloads is UTF-8 without a document type, and within limits."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

import pytest

from awsio.errors import EventParseError, ServiceStreamError
from awsio.events import EventParser, operation_model
from awsio.events.xml_limits import MAX_XML_DEPTH, MAX_XML_MARKUP, check_xml
from awsio.eventstream import MAX_PAYLOAD, Frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

MIB = 1024 * 1024
ENTITIES = '<!DOCTYPE E [<!ENTITY a "' + "a" * 1000 + '">]>'
DOCUMENT = "<E><Message>{}</Message></E>"


def declared(encoding: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>'


#: Every encoding of the standard library in which markup has other bytes than in UTF-8.
OTHER_BYTES = [
    "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-7",
    "cp037", "cp273", "cp500", "cp875", "cp1026", "cp1140",
]  # fmt: skip
#: Encodings that a document may declare though markup looks as in UTF-8, or as it does not.
OTHER_NAMES = [
    *OTHER_BYTES, "iso-8859-1", "ISO-8859-15", "windows-1252", "UTF-16", "IBM037",
    "ebcdic-cp-us", "shift_jis", "gb18030", "utf8x", "x-nothing",
]  # fmt: skip


@pytest.fixture(scope="module")
def parser() -> EventParser:
    return EventParser.for_operation(operation_model("s3", "SelectObjectContent"))


def stats(payload: bytes) -> Frame:
    return Frame({":message-type": "event", ":event-type": "Stats"}, payload)


@pytest.mark.parametrize("bom", [b"", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"])
@pytest.mark.parametrize("prolog", ["", ENTITIES])
@pytest.mark.parametrize("encoding", OTHER_BYTES)
def test_xml_in_another_encoding_is_refused(
    parser: EventParser, encoding: str, prolog: str, bom: bytes
) -> None:
    text = prolog + DOCUMENT.format("&a;" * 90 if prolog else "x")
    for start in ("", declared(encoding)):
        payload = bom + (start + text).encode(encoding)
        if payload == text.encode():  # the same bytes
            continue
        with pytest.raises(EventParseError):
            parser.parse(stats(payload))
        refused_failure(parser, payload)


@pytest.mark.parametrize("prolog", ["", ENTITIES])
@pytest.mark.parametrize("encoding", OTHER_NAMES)
def test_xml_that_declares_another_encoding_is_refused(
    parser: EventParser, encoding: str, prolog: str
) -> None:
    text = declared(encoding) + prolog + DOCUMENT.format("&a;" * 90 if prolog else "x")
    with pytest.raises(EventParseError, match=r"not UTF-8|unknown encoding"):
        parser.parse(stats(text.encode()))
    refused_failure(parser, text.encode())


def refused_failure(parser: EventParser, payload: bytes) -> None:
    """A failure is still the service's; its message is the payload as it came."""
    for name in ("Weird", "Stats"):
        headers = {":message-type": "exception", ":exception-type": name}
        with pytest.raises(ServiceStreamError) as caught:
            parser.parse(Frame(headers, payload))
        assert caught.value.message == payload.decode(errors="replace")


@pytest.mark.parametrize("start", ["", "\ufeff", *map(declared, ("UTF-8", "utf-8", "us-ascii"))])
def test_xml_in_utf8_is_read_whether_declared_or_not(parser: EventParser, start: str) -> None:
    payload = (start + "<Stats><BytesScanned>7</BytesScanned></Stats>").encode()
    assert parser.parse(stats(payload)) == {"Stats": {"Details": {"BytesScanned": 7}}}
    headers = {":message-type": "exception", ":exception-type": "Weird"}
    frame = Frame(headers, (start + DOCUMENT.format("no")).encode())
    with pytest.raises(ServiceStreamError) as caught:
        parser.parse(frame)
    assert caught.value.message == "no"


@pytest.mark.parametrize("prolog", ["<!DOCTYPE E>", ENTITIES, '<!DOCTYPE E SYSTEM "file:///x">'])
def test_xml_with_a_document_type_is_refused(parser: EventParser, prolog: str) -> None:
    for start in ("", "\ufeff", declared("UTF-8"), "<!-- x -->", "\n"):
        payload = (start + prolog + "<E/>").encode()
        with pytest.raises(EventParseError, match="document type"):
            parser.parse(stats(payload))
        refused_failure(parser, payload)


def test_the_words_of_a_document_type_in_a_text_are_text() -> None:
    check_xml(b"<E><![CDATA[<!DOCTYPE E>]]><!-- <!DOCTYPE E> --></E>")


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(ExpatError):
        check_xml(b"<E>\xff</E>")
    with pytest.raises(ValueError, match="not UTF-8"):
        check_xml(b"<E>\0</E>")


def test_depth_is_limited() -> None:
    check_xml(b"<a>" * MAX_XML_DEPTH + b"</a>" * MAX_XML_DEPTH)
    check_xml(b"<a>" + b"<b></b>" * 2 * MAX_XML_DEPTH + b"</a>")
    with pytest.raises(ValueError, match=f"deeper than {MAX_XML_DEPTH}"):
        check_xml(b"<a>" * (MAX_XML_DEPTH + 1) + b"</a>" * (MAX_XML_DEPTH + 1))


@pytest.mark.parametrize("unit", [b"<a/>", b"\n", b"\r", b"&lt;", b"="])
def test_markup_is_limited(unit: bytes) -> None:
    check_xml(b"<E>" + unit * (MAX_XML_MARKUP - 2) + b"</E>")
    with pytest.raises(ValueError, match=f"{MAX_XML_MARKUP + 1} pieces of markup, above the limit"):
        check_xml(b"<E>" + unit * (MAX_XML_MARKUP - 1) + b"</E>")


def peak(parser: EventParser, payload: bytes) -> int:
    """Return the bytes that are allocated at most while a payload is parsed."""
    tracemalloc.start()
    try:
        parser.parse(stats(payload))
    except EventParseError:
        pass
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    return most


LARGEST = [
    pytest.param(b"<E>" + b"<a>" * ((MAX_PAYLOAD - 3) // 3), id="deep"),
    pytest.param(b"<E>" + b"<a/>" * ((MAX_PAYLOAD - 7) // 4) + b"</E>", id="flat"),
    pytest.param(b"<E>" + b"\n" * (MAX_PAYLOAD - 7) + b"</E>", id="lines"),
    pytest.param(b"<E " + b'a="" ' * ((MAX_PAYLOAD - 6) // 5) + b"/>", id="attributes"),
]
FULL = range(MAX_XML_MARKUP // 2)
AT_THE_LIMIT = [
    pytest.param(b"<E>" + b"".join(b"<a%d/>" % n for n in FULL) + b"</E>", id="elements"),
    pytest.param(b"<E " + b" ".join(b'a%d=""' % n for n in FULL) + b"/>", id="attributes"),
    pytest.param(b"<E>" + "日\n".encode() * len(FULL) + b"</E>", id="lines"),
]


@pytest.mark.parametrize("payload", LARGEST)
def test_the_largest_frame_of_markup_costs_nothing(parser: EventParser, payload: bytes) -> None:
    assert peak(parser, payload) < MIB


@pytest.mark.parametrize("payload", AT_THE_LIMIT)
def test_markup_at_the_limit_costs_what_the_page_on_security_says(
    parser: EventParser, payload: bytes
) -> None:
    assert peak(parser, payload) < 40 * MIB


def test_text_costs_nine_times_its_length_at_most(parser: EventParser) -> None:
    text = "🙂".encode() + b"a" * (4 * MIB)
    for payload in (
        b"<E>" + text + b"</E>",
        b'<E a="' + text + b'"/>',
        b"<E><!--" + text + b"--></E>",
    ):
        assert peak(parser, payload) < 9.5 * len(payload)


def test_every_payload_of_xml_is_checked(all_traits: Callable[[str], OperationModel]) -> None:
    parser = EventParser.for_operation(all_traits("rest-xml"))
    payload = (ENTITIES + "<E>&a;</E>").encode()
    for name in ("Body", "Struct", "HeadersBody", "HeadersStruct"):
        with pytest.raises(EventParseError, match="document type"):
            parser.parse(Frame({":message-type": "event", ":event-type": name}, payload))
    with pytest.raises(EventParseError, match="document type"):
        parser.parse_initial(
            Frame({":message-type": "event", ":event-type": "initial-response"}, payload)
        )
    refused_failure(parser, payload)
    with pytest.raises(ServiceStreamError) as caught:
        parser.parse(Frame({":message-type": "exception", ":exception-type": "Failure"}, payload))
    assert caught.value.message == payload.decode()
