"""No secret and no word of a user in what is shown: headers, URLs, errors, reprs."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from typing import Any

import botocore.session
import pytest
import urllib3

import awsio
from awsio.connection import Exchange, PawsConnection, SentRequest
from awsio.errors import HttpStatusError, StreamError
from awsio.events.sensitive import sensitive_names
from awsio.eventstream import encode_frame
from awsio.masking import masked_headers, masked_url

PRESIGNED = (
    "https://b.s3.amazonaws.com/k?versionId=3&X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIDSECRET%2F20250101%2Fus-east-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20250101T000000Z&X-Amz-Signature=5EC2E7&X-Amz-Security-Token=TOKENSECRET"
)
OLD_PRESIGNED = (
    "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKIDSECRET&Signature=5EC2E7&Expires=1"
    "&x-amz-security-token=TOKENSECRET"
)
SECRETS = ("AKIDSECRET", "5EC2E7", "TOKENSECRET", "PASSSECRET")
URLS = [
    PRESIGNED,
    OLD_PRESIGNED,
    "https://user:PASSSECRET@host/path",
    "https://PASSSECRET@host",
    "https://maps.geo.us-east-1.amazonaws.com/v2/styles?key=TOKENSECRET&v=1",
    "https://h/k?a=1&x-amz-s3session-token=TOKENSECRET#end",
    "https://h/k?api_key=TOKENSECRET&apikey=TOKENSECRET&access_token=TOKENSECRET",
    "https://h/k?v=1&token=TOKENSECRET",
    "https://h/k?v=1&password=PASSSECRET",
    "https://h/k?passwd=PASSSECRET&pwd=PASSSECRET",
    "https://h/k?clientSecret=PASSSECRET&v=1",
    "https://h/k?accessToken=TOKENSECRET&refresh_token=TOKENSECRET&id-token=TOKENSECRET",
    "https://h/k?%70assword=PASSSECRET",
    "https://h/k?X%2DAmz%2DSignature=5EC2E7",
    "https://h/k#access_token=TOKENSECRET&v=1",
    "https://h/k?sig=5EC2E7;password=PASS;PASSSECRET",
    "https://h/k?jwt=TOKENSECRET&Authorization=TOKENSECRET&cookie=TOKENSECRET",
    "https://h/k?v=1;Signature=5EC2E7;token=TOKENSECRET",
    "http://user:a/PASSSECRET@h/",
    "http://user:a/b?PASSSECRET#c@d@h/",
    "http://user:a@PASSSECRET@h/",
]
SECRET_HEADERS = {
    "Authorization": "Bearer TOKENSECRET",
    "Proxy-Authorization": "Basic PASSSECRET",
    "X-Amz-Security-Token": "TOKENSECRET",
    "x-amz-s3session-token": "TOKENSECRET",
    "x-amz-sso_bearer_token": "TOKENSECRET",
    "WorkloadAccessToken": "TOKENSECRET",
    "X-Api-Key": "TOKENSECRET",
    "Cookie": "session=TOKENSECRET",
    "Set-Cookie": "session=TOKENSECRET",
    "x-amz-copy-source-server-side-encryption-customer-key": "PASSSECRET",
    "X-Amzn-SageMaker-Customer-Identity-Token": "TOKENSECRET",
    "X-Auth-Token": "TOKENSECRET",
    "X-Client-Secret": "PASSSECRET",
    "X-Db-Password": "PASSSECRET",
    "X-Passwd": "PASSSECRET",
    "X-Amz-Credential": "AKIDSECRET",
    "X-Hub-Signature": "5EC2E7",
    "Ocp-Apim-Subscription-Key": "TOKENSECRET",
    "X-Forwarded-Authorization": "Bearer TOKENSECRET",
    "Authentication": "Bearer TOKENSECRET",
    "Location": PRESIGNED,
    "Referer": OLD_PRESIGNED,
}


def shows_a_secret(text: str) -> bool:
    return any(secret in text for secret in SECRETS)


@pytest.mark.parametrize("url", URLS)
def test_a_url_is_shown_without_its_secrets(url: str) -> None:
    assert shows_a_secret(url)
    shown = masked_url(url)
    assert not shows_a_secret(shown)
    assert not shows_a_secret(masked_url(f"see {url} and <{url}>"))
    assert shown.count("***") >= 1


def test_the_rest_of_a_url_stays() -> None:
    assert masked_url("https://h:1/k?versionId=3&X-Amz-Signature=5EC2E7&c=1#f") == (
        "https://h:1/k?versionId=3&X-Amz-Signature=***&c=1#f"
    )
    assert masked_url("https://h/k?sig=1;password=2;x=3&v=1 and ?key=4") == (
        "https://h/k?sig=***&v=1 and ?key=***"
    )
    for url in (
        "https://h/a@b?monkey=1&keys=2",
        "http://h?a=signature=1",
        "https://h/key=1",
        "https://h:80/a@b",
        "https://[::1]:80/a@b",
        "http://h:8?a@b",
        "http://h:#a@b",
        "https://h/?monkey=1;keys=2&nextToken=3",
        "https://h/?tagKeys=1&prefix=2&versionId=3&X-Amz-SignedHeaders=host",
        "https://h/?design=1&tokens=2&key-marker=3",
    ):
        assert masked_url(url) == url


@pytest.mark.parametrize("name", SECRET_HEADERS)
@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_a_header_is_shown_without_its_secrets(name: str, change: Any) -> None:
    shown = masked_headers({change(name): SECRET_HEADERS[name], "Content-Type": "text/plain"})
    assert not shows_a_secret(repr(shown))
    assert shown["Content-Type"] == "text/plain"


@pytest.mark.parametrize(
    "name",
    [
        "Accept",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Date",
        "ETag",
        "Host",
        "Keep-Alive",
        "Retry-After",
        "Server",
        "Transfer-Encoding",
        "User-Agent",
        "X-Amz-Checksum-Crc32",
        "X-Amz-Content-Sha256",
        "X-Amz-Date",
        "X-Amz-Id-2",
        "X-Amz-Request-Id",
        "X-Amz-Target",
        "X-Amzn-Bedrock-Content-Type",
        "X-Amzn-Bedrock-Input-Token-Count",
        "X-Amzn-ErrorType",
        "X-Amzn-RequestId",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
    ],
)
def test_a_header_without_secrets_stays(name: str) -> None:
    assert masked_headers({name: "shown"}) == {name: "shown"}


def test_a_header_of_bytes_is_shown_without_its_secrets() -> None:
    shown = masked_headers({"Location": PRESIGNED.encode(), "X-Name": b"\xe9"})
    assert not shows_a_secret(repr(shown))
    assert shown["X-Name"] == b"\xe9"


def test_headers_that_the_models_call_sensitive_are_not_shown() -> None:
    session = botocore.session.get_session()
    shown, found = [], 0
    for service in session.get_available_services():
        model = session.get_service_model(service)
        for operation in map(model.operation_model, model.operation_names):
            sensitive = sensitive_names(operation)
            for shape in filter(None, (operation.input_shape, operation.output_shape)):
                for member in shape.members.values():
                    if member.serialization.get("location") == "header" and member.metadata.get(
                        "sensitive"
                    ):
                        name, found = member.serialization["name"], found + 1
                        if masked_headers({name: "x"}, sensitive) != {name: "***"}:
                            shown.append((service, name))
    assert shown == []
    assert found > 50


def response(status: int = 200, body: bytes = b"") -> urllib3.HTTPResponse:
    return urllib3.HTTPResponse(
        io.BytesIO(body), headers=SECRET_HEADERS, status=status, preload_content=False
    )


def connection(url: str = PRESIGNED, *, body: bytes = b"", status: int = 200) -> PawsConnection:
    request = SentRequest("GET", url, SECRET_HEADERS, b"PASSSECRET")
    return PawsConnection(response(status, body), exchange=Exchange(request, 0.1), verbosity=3)


@pytest.mark.parametrize("url", URLS)
def test_nothing_of_it_is_logged_at_the_highest_verbosity(
    caplog: pytest.LogCaptureFixture, url: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with connection(url, body=encode_frame({":event-type": "A"}, b"1")) as con:
        assert con.read_frame() is not None
        assert con.read_frame() is None
    assert "b'1'" in caplog.text
    assert not shows_a_secret(caplog.text)


@pytest.mark.parametrize("url", URLS)
def test_no_repr_shows_it(url: str) -> None:
    con = connection(url)
    for shown in (con, con.request, Exchange(con.request, 0.1)):
        assert not shows_a_secret(repr(shown))
        assert not shows_a_secret(str(shown))


@pytest.mark.parametrize("url", URLS)
def test_no_error_shows_it(url: str) -> None:
    with pytest.raises(HttpStatusError) as refused:
        connection(url, status=403).raise_for_status()
    for body in (b"{}", b"\0" * 20, b"\0\0\0"):
        with pytest.raises(StreamError) as broken:
            connection(url, body=body).read_event()
        for error in (refused.value, broken.value):
            pickled = pickle.dumps(error)
            shown = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(pickled)
            assert not shows_a_secret(shown)


def test_a_client_s_repr_shows_no_secret() -> None:
    keys = {"access_key_id": "AKIDSECRET", "secret_access_key": "PASSSECRET"}
    with awsio.client(
        "s3", credentials=keys, region="us-east-1", endpoint="http://u:PASSSECRET@127.0.0.1:1"
    ) as client:
        assert not shows_a_secret(repr(client))
        arguments = client.__reduce__()[1][0]
        assert arguments.credentials == keys
        assert not shows_a_secret(repr(arguments))


def test_the_settings_of_a_client_show_no_secret() -> None:
    from awsio.clients.config import read_settings

    keys = {"access_key_id": "AKIDSECRET", "secret_access_key": "PASSSECRET"}
    settings = read_settings({"credentials": {"creds": keys}})
    assert settings.arguments["aws_secret_access_key"] == "PASSSECRET"
    assert not shows_a_secret(repr(settings))
