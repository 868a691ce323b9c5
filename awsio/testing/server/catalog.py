"""Which operations the server plays: those whose output is an event stream.

Found in the installed botocore's models, never listed here. Operations that take an
event stream too need HTTP/2 both ways; they are left out.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from awsio.events.models import available_services, loader, service_model

if TYPE_CHECKING:
    from botocore.model import OperationModel

__all__ = ("streaming_operations", "streaming_services")

TYPE_NAME = "service-2"
has_event_stream = re.compile(rb'"eventstream"\s*:\s*true').search


@lru_cache(maxsize=64)
def streaming_operations(service: str) -> tuple[OperationModel, ...]:
    """Give the models of a service's operations that the server plays.

    Raises:
        UnknownServiceError: botocore has no such service.
    """
    model = service_model(service)
    operations = map(model.operation_model, model.operation_names)
    return tuple(
        operation
        for operation in operations
        if operation.has_event_stream_output and not operation.has_event_stream_input
    )


@lru_cache(maxsize=1)
def streaming_services() -> tuple[str, ...]:
    """Find the services that have such an operation.

    All models are looked through as bytes, which takes about half a second, once in a
    process; parsing them all would take ten times as long.
    """
    marked = (name for name in available_services() if has_event_stream(model_text(name)))
    return tuple(name for name in marked if streaming_operations(name))


def model_text(service: str) -> bytes:
    """Read the file of a service's model, from the place where botocore takes it."""
    models = loader()
    version = models.determine_latest_version(service, TYPE_NAME)
    paths = (
        Path(folder, service, version, TYPE_NAME + suffix)
        for folder in models.search_paths
        for suffix in (".json", ".json.gz")
    )
    path = next(filter(Path.is_file, paths))
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data
