from __future__ import annotations

import gzip

import pytest

from awsio.testing.server.request import HttpRequest, virtual_host_bucket

FORM = "application/x-www-form-urlencoded"


def request(body: bytes, method: str = "POST", **headers: str) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method, "/path", (("in", "query"),), named, body)


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("", ""),
        ("127.0.0.1:80", ""),
        ("[::1]:80", ""),
        ("localhost:80", ""),
        ("bucket.localhost", "bucket"),
        ("a.b.localhost:80", "a.b"),
    ],
)
def test_a_virtual_host_names_the_bucket(host: str, bucket: str) -> None:
    assert virtual_host_bucket(host) == bucket
    expected = f"/{bucket}/path" if bucket else "/path"
    assert request(b"", host=host).path_with_bucket == expected


def test_repeated_headers_are_joined() -> None:
    headers = [(b"X-One", b"a"), (b"x-one", b"b"), (b"x-two", b"c")]
    scope = {"method": "GET", "raw_path": b"/%20", "query_string": b"a&b=%20", "headers": headers}
    made = HttpRequest.of_scope(scope, b"body")
    assert made.headers == {"x-one": "a, b", "x-two": "c"}
    assert (made.path, made.query, made.body) == ("/%20", (("a", ""), ("b", " ")), b"body")


SIGNED = (
    b"5;chunk-signature=abc\r\nhello\r\n1\r\n!\r\n0;chunk-signature=d\r\nx-amz-checksum:e\r\n\r\n"
)


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("", b"plain", b"plain"),
        ("gzip", gzip.compress(b"packed", mtime=0), b"packed"),
        ("aws-chunked", SIGNED, b"hello!"),
        ("aws-chunked", b"5\r\nhello\r\n", b"hello"),
        (
            "gzip, aws-chunked",
            b"%x\r\n%b\r\n0\r\n\r\n"
            % (len(gzip.compress(b"a", mtime=0)), gzip.compress(b"a", mtime=0)),
            b"a",
        ),
        ("identity", b"plain", b"plain"),
    ],
)
def test_the_content_has_no_encodings(encoding: str, body: bytes, content: bytes) -> None:
    asked = request(body, content_encoding=encoding)
    assert asked.content == content
    assert asked.body == body


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"plain"), ("aws-chunked", b"plain\r\n")])
def test_what_is_not_in_its_encoding_is_an_error(encoding: str, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"incorrect header|invalid literal"):
        _ = request(body, content_encoding=encoding).content


def test_a_form_is_read_from_the_body_and_the_query() -> None:
    assert request(b"a=1&b=").form == (("in", "query"),)
    fields = (("in", "query"), ("a", "1"), ("b", ""))
    assert request(b"a=1&b=", content_type=f"{FORM}; charset=utf-8").form == fields


def test_a_form_without_an_action_may_be_a_long_get() -> None:
    assert request(b"q=1", content_type=FORM).is_long_get
    assert not request(b"Action=Do", content_type=FORM).is_long_get
    assert not request(b"q=1", method="PUT", content_type=FORM).is_long_get
    assert not request(b"q=1").is_long_get
