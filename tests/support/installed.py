"""What the installed botocore has: an older one, still supported, lacks newer operations."""

from __future__ import annotations

import pytest

from awsio.errors import UnknownNameError
from awsio.events import operation_model

__all__ = ("has", "need")


def has(service: str, operation: str) -> bool:
    """Tell whether the installed botocore knows an operation."""
    try:
        operation_model(service, operation)
    except UnknownNameError:
        return False
    return True


def need(service: str, operation: str) -> None:
    """Skip the test where the installed botocore does not know an operation."""
    if not has(service, operation):
        pytest.skip(f"the installed botocore has no {service} {operation}")
