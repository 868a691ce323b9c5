from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import create_parser
from urllib3 import HTTPHeaderDict

from awsio.testing.server.error_responses import error_response
from tests.support.made_up import made_up

PROTOCOLS = ["json", "rest-json", "rest-xml", "query", "ec2", "smithy-rpc-v2-cbor"]


def parse(protocol: str, name: str, message: str = "so <it> is", **more: Any) -> dict[str, Any]:
    """Read an error as a client does; more are metadata of the model, or a status."""
    status = more.pop("status", None)
    operation = made_up("Everything", protocol=protocol, **more)
    error = error_response(operation, protocol, name, message, "the-id", status)
    raw = {
        "status_code": error.status,
        "headers": HTTPHeaderDict(error.headers),
        "body": error.body,
    }
    parsed: dict[str, Any] = create_parser(protocol).parse(raw, operation.output_shape)
    return parsed


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("Gone", "Gone", 400),
        ("Slow", "Slow.Down", 503),
        ("Slow.Down", "Slow.Down", 503),
        ("New", "New", 400),
    ],
)
def test_an_error_is_read_with_its_code_message_and_status(
    protocol: str, name: str, code: str, status: int
) -> None:
    parsed = parse(protocol, name)
    assert parsed["Error"]["Code"] == code
    assert parsed["Error"]["Message"] == "so <it> is"
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == status
    if protocol in {"query", "ec2", "rest-xml"}:
        assert parsed["ResponseMetadata"]["RequestId"] == "the-id"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_status_that_is_given_goes_before_the_models(protocol: str) -> None:
    assert parse(protocol, "Slow", status=418)["ResponseMetadata"]["HTTPStatusCode"] == 418


def test_an_error_of_the_query_protocol_says_who_is_at_fault() -> None:
    assert parse("query", "Gone")["Error"]["Type"] == "Sender"
    assert parse("query", "Slow")["Error"]["Type"] == "Receiver"


@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_a_service_that_was_a_query_service_names_the_code_of_old(protocol: str) -> None:
    error = parse(protocol, "Slow", awsQueryCompatible={})["Error"]
    assert (error["Code"], error["QueryErrorCode"], error["Type"]) == (
        "Slow.Down",
        "Slow",
        "Receiver",
    )
    assert "QueryErrorCode" not in parse(protocol, "Gone", awsQueryCompatible={})["Error"]
    assert "QueryErrorCode" not in parse(protocol, "Slow")["Error"]
