"""The operations of the installed botocore that answer with an event stream and take none."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from awsio.events.models import available_services, service_model
from awsio.testing.server.catalog import model_text

if TYPE_CHECKING:
    from botocore.model import OperationModel

__all__ = ("streaming_operations", "streaming_services")

has_event_stream = re.compile(rb'"eventstream"\s*:\s*true').search


@lru_cache(maxsize=64)
def streaming_operations(service: str) -> tuple[OperationModel, ...]:
    """Return the models of a service's operations that answer with an event stream."""
    model = service_model(service)
    operations = map(model.operation_model, model.operation_names)
    return tuple(
        operation
        for operation in operations
        if operation.has_event_stream_output and not operation.has_event_stream_input
    )


@lru_cache(maxsize=1)
def streaming_services() -> tuple[str, ...]:
    """Return the services that have such an operation.

    All models are searched as bytes, in half a second: parsing them takes ten times that.
    """
    marked = (name for name in available_services() if has_event_stream(model_text(name)))
    return tuple(name for name in marked if streaming_operations(name))
