from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from awsio.errors import ServiceStreamError
from awsio.events import TERMINAL_EVENTS, operation_model
from awsio.testing import LocalServer, sample_events, sample_exceptions, sample_params
from awsio.testing.catalog import streaming_operations, streaming_services

OPERATIONS = [
    (service, operation.name)
    for service in streaming_services()
    for operation in streaming_operations(service)
]
each_operation = pytest.mark.parametrize(("service", "operation"), OPERATIONS)


def boto3_client(server: LocalServer, service: str) -> Any:
    return boto3.client(service, **server.client_arguments())


def call(client: Any, service: str, operation: str, *, full: bool = False) -> Any:
    params = sample_params(service, operation, full=full)
    return getattr(client, xform_name(operation))(**params)


def stream_of(response: Any, service: str, operation: str) -> Any:
    return response[operation_model(service, operation).output_shape.event_stream_name]


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
def test_sample_events_come_back_as_they_were_given(
    server: LocalServer, service: str, operation: str
) -> None:
    events = [
        *sample_events(service, operation),
        *sample_events(service, operation, full=False),
    ]
    server.add(service, operation, events)
    response = call(boto3_client(server, service), service, operation)
    assert list(stream_of(response, service, operation)) == events
    response = call(server.client(service, require_terminal=False), service, operation)
    assert list(stream_of(response, service, operation)) == events


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
def test_exception_members_become_exceptions(
    server: LocalServer, service: str, operation: str
) -> None:
    client = server.client(service)
    shapes = operation_model(service, operation).get_event_stream_output().members
    events = sample_exceptions(service, operation)
    for event in events:
        server.add(service, operation, [event])
    for (name,) in events:
        stream = stream_of(call(client, service, operation), service, operation)
        with stream, pytest.raises(ServiceStreamError) as raised:
            list(stream)
        assert raised.value.code == name
        assert isinstance(raised.value, client.exceptions.from_code(shapes[name].name))


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
