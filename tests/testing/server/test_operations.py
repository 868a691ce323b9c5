from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from awsio.events import TERMINAL_EVENTS, operation_model
from awsio.testing import LocalServer, sample_params
from tests.support.models import streaming_services
from tests.support.operations import OPERATIONS, call, each_operation, stream_of


def boto3_client(server: LocalServer, service: str) -> Any:
    return boto3.client(service, **server.client_arguments())


def test_the_services_of_the_installed_botocore_are_found() -> None:
    assert {"bedrock-runtime", "kinesis", "lambda", "logs", "s3", "sagemaker-runtime"} <= {
        *streaming_services()
    }
    assert ("bedrock-runtime", "InvokeModelWithResponseStream") in OPERATIONS
    assert ("bedrock-runtime", "InvokeModelWithBidirectionalStream") not in OPERATIONS


@each_operation
def test_every_operation_answers_by_itself_and_alike_to_boto3_and_awsio(
    server: LocalServer, service: str, operation: str
) -> None:
    expected = list(
        stream_of(call(boto3_client(server, service), service, operation), service, operation)
    )
    client = server.client(service)
    assert list(stream_of(call(client, service, operation), service, operation)) == expected
    assert [(request.service, request.operation) for request in server.requests] == [
        (service, operation)
    ] * 2
    ends = TERMINAL_EVENTS.get((service, operation))
    if ends and operation != "ConverseStream":  # its metadata come after the end
        assert next(iter(expected[-1])) == ends[0]


@each_operation
def test_the_arguments_of_a_call_are_recorded_as_they_were_given(
    server: LocalServer, service: str, operation: str
) -> None:
    client = server.client(service)
    for full in (False, True):
        stream_of(call(client, service, operation, full=full), service, operation).close()
        params = server.requests[-1].params
        expected = sample_params(service, operation, full=full)
        # What botocore adds by itself (idempotency tokens) may be there besides.
        assert {name: params.get(name) for name in expected} == expected


@each_operation
def test_every_modelled_error_is_raised_with_its_status(
    server: LocalServer, service: str, operation: str
) -> None:
    client = server.client(service)
    for shape in operation_model(service, operation).error_shapes:
        server.add(service, operation, error=shape.name, message="so it is")
    for shape in operation_model(service, operation).error_shapes:
        with pytest.raises(ClientError, match="so it is") as raised:
            call(client, service, operation)
        assert isinstance(raised.value, client.exceptions.from_code(shape.error_code))
        status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
