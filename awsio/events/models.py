"""botocore's service models by name, loaded once.

For code that has no client: stored streams, pickles, the local server. A client brings
its own models.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from awsio.errors import UnknownOperationError, UnknownServiceError
from awsio.suggestions import close_matches

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel

__all__ = ("available_services", "operation_model", "service_model")


@lru_cache(maxsize=1)
def loader() -> Loader:
    """Return the loader of botocore's data and of ``AWS_DATA_PATH``.

    A session also creates one, but reads the user's profile first, which models do not
    depend on.
    """
    from botocore.loaders import create_loader  # noqa: PLC0415 - slow to import

    return create_loader(os.environ.get("AWS_DATA_PATH"))


@lru_cache(maxsize=1)
def available_services() -> tuple[str, ...]:
    """Return botocore's service names."""
    return tuple(loader().list_available_services("service-2"))


@lru_cache(maxsize=64)
def service_model(service: str) -> ServiceModel:
    """Return the model of a service.

    Args:
        service: botocore's name of the service, such as ``bedrock-runtime``.

    Raises:
        UnknownServiceError: botocore has no such model.
    """
    from botocore.exceptions import UnknownServiceError as Unknown  # noqa: PLC0415 - slow to import
    from botocore.model import ServiceModel  # noqa: PLC0415 - slow to import

    try:
        description = loader().load_service_model(service, "service-2")
    except Unknown:
        near = close_matches(service, available_services())
        msg = f"botocore has no service {service!r}"
        raise UnknownServiceError(msg, suggestions=near) from None
    return ServiceModel(description, service)


def operation_model(service: str, operation: str) -> OperationModel:
    """Return the model of an operation.

    Args:
        service: botocore's name of the service, such as ``bedrock-runtime``.
        operation: the name of the operation in the API (``ConverseStream``) or of
            boto3's method (``converse_stream``).

    Raises:
        UnknownServiceError: botocore has no such model.
        UnknownOperationError: the service has no such operation.
    """
    model = service_model(service)
    names = model.operation_names
    if operation not in names:
        wanted = operation.replace("_", "").lower()
        found = [name for name in names if name.lower() == wanted]
        if not found:
            near = close_matches(operation, names)
            msg = f"{service} has no operation {operation!r}"
            raise UnknownOperationError(msg, suggestions=near)
        operation = found[0]
    return model.operation_model(operation)
