"""botocore's models by name."""

from __future__ import annotations

import pytest

from awsio.errors import UnknownOperationError, UnknownServiceError
from awsio.events.models import available_services, operation_model, service_model


def test_services_are_those_of_botocore() -> None:
    services = available_services()
    assert {"bedrock-runtime", "s3", "lambda", "logs", "kinesis"} <= {*services}
    assert services == tuple(sorted(services))
    assert available_services() is services


def test_a_model_is_loaded_once_and_knows_its_service() -> None:
    model = service_model("bedrock-runtime")
    assert model is service_model("bedrock-runtime")
    assert model.service_name == "bedrock-runtime"
    assert model.resolved_protocol == "rest-json"


@pytest.mark.parametrize("service", ["bedrock-runtme", "bedrock_runtime"])
def test_a_wrong_service_names_near_ones(service: str) -> None:
    with pytest.raises(UnknownServiceError, match=r"did you mean .*bedrock-runtime") as caught:
        service_model(service)
    assert "bedrock-runtime" in caught.value.suggestions
    assert isinstance(caught.value, (AttributeError, ValueError))


@pytest.mark.parametrize("service", ["", "zzzzzzzz", "../s3", "s3/2006-03-01"])
def test_a_name_that_is_no_service_is_refused(service: str) -> None:
    with pytest.raises(UnknownServiceError):
        service_model(service)
    with pytest.raises(UnknownServiceError):
        operation_model(service, "ConverseStream")


@pytest.mark.parametrize("operation", ["ConverseStream", "converse_stream", "conversestream"])
def test_an_operation_is_found_by_the_apis_and_by_boto3s_name(operation: str) -> None:
    model = operation_model("bedrock-runtime", operation)
    assert model.name == "ConverseStream"
    assert model.get_event_stream_output() is not None


def test_a_wrong_operation_names_near_ones() -> None:
    with pytest.raises(UnknownOperationError, match="has no operation 'ConverseStrem'") as caught:
        operation_model("bedrock-runtime", "ConverseStrem")
    assert caught.value.suggestions[0] == "ConverseStream"
    with pytest.raises(UnknownOperationError):
        operation_model("bedrock-runtime", "")
