"""Clients of a protocol that botocore no longer uses for a service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import urllib3
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from awsio.events.models import service_model
from awsio.testing import sample_params
from awsio.testing.server.defaults import default_output
from awsio.testing.server.routes import spoken_protocols
from tests.support.differential import without_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsio.testing import LocalServer

MESSAGE: dict[str, Any] = {
    "MessageId": "1",
    "Body": "hello",
    "Attributes": {"SenderId": "me", "SentTimestamp": "5"},
    "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "greeting"}},
}


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager() as pool:
        yield pool


def query(server: LocalServer, http: urllib3.PoolManager, **fields: str) -> ElementTree.Element:
    """Call an operation of SQS as its old clients do, and give the result without a namespace."""
    fields = {name.replace("__", "."): value for name, value in fields.items()}
    body = urlencode({**fields, "Version": "2012-11-05"})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = http.request("POST", server.url, body=body, headers=headers)
    text = answer.data.decode().replace(' xmlns="http://sqs.amazonaws.com/doc/2012-11-05/"', "")
    return ElementTree.fromstring(text)  # noqa: S314 - the server's own


def test_sqs_reads_the_names_of_its_query_protocol(
    server: LocalServer, http: urllib3.PoolManager
) -> None:
    query(
        server,
        http,
        Action="CreateQueue",
        QueueName="q",
        Attribute__1__Name="DelaySeconds",
        Attribute__1__Value="5",
        Tag__1__Key="a",
        Tag__1__Value="b",
    )
    assert server.requests[-1].params == {
        "QueueName": "q",
        "Attributes": {"DelaySeconds": "5"},
        "tags": {"a": "b"},
    }
    query(
        server,
        http,
        Action="SendMessageBatch",
        QueueUrl="u",
        SendMessageBatchRequestEntry__1__Id="1",
        SendMessageBatchRequestEntry__1__MessageBody="hello",
        SendMessageBatchRequestEntry__2__Id="2",
        SendMessageBatchRequestEntry__2__MessageBody="again",
        SendMessageBatchRequestEntry__2__MessageAttribute__1__Name="n",
        SendMessageBatchRequestEntry__2__MessageAttribute__1__Value__StringListValue__1="v",
    )
    first, second = server.requests[-1].params["Entries"]
    assert first == {"Id": "1", "MessageBody": "hello"}
    assert second["MessageAttributes"] == {"n": {"StringListValues": ["v"]}}
    query(server, http, Action="ReceiveMessage", QueueUrl="u", AttributeName__1="All")
    assert server.requests[-1].params == {"QueueUrl": "u", "AttributeNames": ["All"]}


def test_sqs_writes_the_names_of_its_query_protocol(
    server: LocalServer, http: urllib3.PoolManager
) -> None:
    server.add("sqs", "ReceiveMessage", output={"Messages": [MESSAGE, MESSAGE]})
    server.add("sqs", "ListQueues", output={"QueueUrls": ["a", "b"]})
    root = query(server, http, Action="ReceiveMessage", QueueUrl="u")
    assert root.tag == "ReceiveMessageResponse"
    messages = root.findall("ReceiveMessageResult/Message")
    assert [message.findtext("Body") for message in messages] == ["hello", "hello"]
    pairs = [(one.findtext("Name"), one.findtext("Value")) for one in messages[0].iter("Attribute")]
    assert pairs == [("SenderId", "me"), ("SentTimestamp", "5")]
    attribute = messages[0].find("MessageAttribute")
    assert attribute is not None
    assert attribute.findtext("Name") == "kind"
    assert attribute.findtext("Value/StringValue") == "greeting"
    root = query(server, http, Action="ListQueues")
    assert [one.text for one in root.iter("QueueUrl")] == ["a", "b"]
    assert root.findtext("ResponseMetadata/RequestId")


def test_sqs_errors_come_in_the_query_protocol(
    server: LocalServer, http: urllib3.PoolManager
) -> None:
    server.add("sqs", "GetQueueUrl", error="QueueDoesNotExist", message="no queue")
    root = query(server, http, Action="GetQueueUrl", QueueName="q")
    assert root.tag == "ErrorResponse"
    assert root.findtext("Error/Code") == "QueueDoesNotExist"
    assert root.findtext("Error/Message") == "no queue"


CLOUDWATCH = spoken_protocols(service_model("cloudwatch"))


@pytest.mark.parametrize("protocol", CLOUDWATCH)
def test_a_service_answers_in_each_of_its_protocols(
    server: LocalServer, http: urllib3.PoolManager, protocol: str
) -> None:
    model = service_model("cloudwatch")
    for name in model.operation_names:
        operation, params = model.operation_model(name), sample_params("cloudwatch", name)
        asked = create_serializer(protocol).serialize_to_request(params, operation)
        body = urlencode(asked["body"]) if isinstance(asked["body"], dict) else asked["body"]
        answer = http.request(
            "POST", f"{server.url}{asked['url_path']}", body=body, headers=asked["headers"]
        )
        received = server.requests[-1]
        assert (received.service, received.operation) == ("cloudwatch", name)
        raw = {"status_code": answer.status, "headers": answer.headers, "body": answer.data}
        parsed = create_parser(protocol).parse(raw, operation.output_shape)
        parsed.pop("ResponseMetadata", None)
        expected = default_output(operation, received.params)
        assert without_empty(parsed) == without_empty(expected)
