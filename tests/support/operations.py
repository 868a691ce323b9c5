"""The operations that stream, found in the models, and calls of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from awsio.events import operation_model
from awsio.testing import sample_params
from tests.support.models import streaming_operations, streaming_services

__all__ = ("OPERATIONS", "call", "each_operation", "stream_of")

#: Those that answer with an event stream and take none, of the installed botocore.
OPERATIONS = [
    (service, operation.name)
    for service in streaming_services()
    for operation in streaming_operations(service)
]
each_operation = pytest.mark.parametrize(("service", "operation"), OPERATIONS)


def call(client: Any, service: str, operation: str, *, full: bool = False) -> Any:
    """Call an operation with arguments that its model allows."""
    params = sample_params(service, operation, full=full)
    return getattr(client, xform_name(operation))(**params)


def stream_of(response: Any, service: str, operation: str) -> Any:
    """Give the event stream of a response."""
    return response[operation_model(service, operation).output_shape.event_stream_name]
