"""What an exception says of itself: ``retryable``, ``throttling``, ``fault``, ``http_status``.

The traits of the model come first. Where the model is silent, and for errors that it does
not have, botocore's own retry handlers are asked whether they would retry the code. What
neither knows is None: a fact is right or absent.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict

from awsio.events.models import loader
from awsio.internals.botocore import is_server_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import Shape

__all__ = ("ErrorTraits", "error_traits")

FIRST_SERVER_ERROR = 500


class ErrorTraits(TypedDict):
    """The arguments of :class:`~awsio.errors.ServiceStreamError` that describe the error."""

    retryable: bool | None
    throttling: bool | None
    fault: str | None
    http_status: int | None


def error_traits(code: str, shape: Shape | None, service_name: str | None) -> ErrorTraits:
    """Return what is known of an error.

    Args:
        code: the error's code.
        shape: the exception's shape, None if the stream does not model it.
        service_name: botocore's name of the service, None if it is not known.
    """
    codes = {code} if shape is None else {code, shape.name}
    # Bedrock's streams spell throttlingException what the API calls ThrottlingException.
    codes |= {name[:1].upper() + name[1:] for name in codes}
    is_throttling = any(map(is_throttling_code, codes))
    is_known = is_throttling or any(is_transient_code(name, service_name) for name in codes)
    metadata: Mapping[str, Any] = shape.metadata if shape is not None else {}
    trait = metadata.get("retryable")
    return {
        "retryable": True if trait is not None or is_known else None,
        "throttling": throttling(trait, is_throttling=is_throttling),
        "fault": fault(shape),
        "http_status": metadata.get("error", {}).get("httpStatusCode"),
    }


def throttling(trait: Mapping[str, Any] | None, *, is_throttling: bool) -> bool | None:
    """Return whether an error is a throttling one, by the model's trait before its code."""
    if trait is not None and "throttling" in trait:
        return bool(trait["throttling"])
    if is_throttling:
        return True
    # An absent member of the trait is false: https://smithy.io/2.0/spec/behavior-traits.html
    return None if trait is None else False


def fault(shape: Shape | None) -> str | None:
    """Return who is at fault by the model, ``"client"`` or ``"server"``; None if it is silent."""
    if shape is None:
        return None
    error = shape.metadata.get("error", {})
    if error.get("senderFault"):
        return "client"
    if is_server_fault(shape):
        return "server"
    status = error.get("httpStatusCode")
    if status is None:
        return None
    return "server" if status >= FIRST_SERVER_ERROR else "client"


def is_throttling_code(code: str) -> bool:
    """Return whether botocore's standard retry handler takes a code for throttling."""
    from botocore.retries.standard import (  # noqa: PLC0415 - slow to import
        RetryContext,
        ThrottledRetryableChecker,
    )

    context = RetryContext(1, parsed_response={"Error": {"Code": code}})
    return bool(ThrottledRetryableChecker().is_retryable(context))


def is_transient_code(code: str, service_name: str | None) -> bool:
    """Return whether one of botocore's retry handlers retries a code of a service."""
    from botocore.retries.standard import (  # noqa: PLC0415 - slow to import
        RetryContext,
        TransientRetryableChecker,
    )

    context = RetryContext(1, parsed_response={"Error": {"Code": code}})
    if TransientRetryableChecker().is_retryable(context):
        return True
    return code in legacy_retry_codes(service_name)


@lru_cache(maxsize=64)
def legacy_retry_codes(service_name: str | None) -> frozenset[str]:
    """Return the codes that botocore's legacy retry handler retries for one service only.

    Those that it retries for every service are also codes of the standard handler.
    """
    data: dict[str, Any] = loader().load_data("_retry")
    return frozenset(service_error_codes(data["retry"].get(service_name, {})))


def service_error_codes(policies: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over the error codes that stand anywhere in a part of ``_retry.json``."""
    for name, value in policies.items():
        if name == "service_error_code":
            yield value
        elif isinstance(value, dict):
            yield from service_error_codes(value)
