"""A constructor for each service: ``awsio.bedrockruntime(region="us-east-1")``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from awsio.clients import names
from awsio.errors import UnknownServiceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsio.clients.client import Client

__all__ = ("constructor",)


def constructor(name: str) -> Callable[..., Client]:
    """Return the constructor that an attribute of ``awsio`` means.

    Args:
        name: a service's name in any spelling, see :mod:`awsio.clients.names`.

    Returns:
        A function that takes what :func:`awsio.client` takes after the service.

    Raises:
        UnknownServiceError: no service has this name; it is an ``AttributeError`` too,
            and its message suggests similar ones.
    """
    service = names.resolve(name) or resolve_in_botocore(name)
    if service is None:
        msg = f"module 'awsio' has no attribute {name!r}, and AWS has no such service"
        raise UnknownServiceError(msg, suggestions=names.suggest(name))

    def construct(config: Any = None, **arguments: Any) -> Client:
        from awsio.clients.client import client  # noqa: PLC0415 - botocore is slow to import

        return client(service, config, **arguments)

    construct.__name__ = construct.__qualname__ = name
    construct.__module__ = "awsio"
    construct.__doc__ = (
        f"Create a client of the service ``{service}``.\n\n"
        "Takes what :func:`awsio.client` takes after the service's name."
    )
    return construct


def resolve_in_botocore(name: str) -> str | None:
    """Return a service that botocore has and the table of names does not."""
    from awsio.events.models import available_services  # noqa: PLC0415 - botocore is slow to import

    return names.match(name, available_services())
