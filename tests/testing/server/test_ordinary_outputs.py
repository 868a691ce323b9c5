"""Operations without event streams, in every protocol: what botocore reads is what was sent."""

from __future__ import annotations

import os

import pytest

from awsio.events.models import available_services
from tests.support.differential import compare_errors, compare_outputs

#: Services of every protocol, and those that have something of their own.
SERVICES = [
    service
    for service in (
        "apigatewaymanagementapi",
        "bedrock-agentcore",
        "bedrock-runtime",
        "cloudformation",
        "cloudsearchdomain",
        "cloudwatch",
        "dataexchange",
        "dynamodb",
        "iam",
        "lambda",
        "mediastore-data",
        "polly",
        "route53",
        "s3",
        "s3control",
        "sagemaker-runtime",
        "sns",
        "sqs",
        "sts",
    )
    if service in available_services()
]
ALL_SERVICES = (
    available_services()
    if os.environ.get("AWSIO_LONG", "") not in {"", "0"}
    else [pytest.param("", marks=pytest.mark.skip("takes minutes: runs with AWSIO_LONG=1"))]
)


@pytest.mark.parametrize("service", SERVICES)
def test_botocore_reads_what_was_to_be_sent(service: str) -> None:
    comparison = compare_outputs(service)
    assert comparison.differences == []
    assert comparison.calls > 0


@pytest.mark.parametrize("service", SERVICES)
def test_every_modelled_error_is_raised(service: str) -> None:
    assert compare_errors(service).differences == []


@pytest.mark.parametrize("service", ALL_SERVICES)
def test_botocore_reads_what_was_to_be_sent_by_every_service(service: str) -> None:
    outputs, errors = compare_outputs(service), compare_errors(service)
    assert outputs.differences == []
    assert errors.differences == []
    print(f"{service}: {outputs.calls} outputs, {errors.calls} errors, not {outputs.uncallable}")
