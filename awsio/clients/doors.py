"""What the functions that take clients and streams refuse, with the words that say what to pass.

A mistake of kind is a ``TypeError`` at the call that makes it. Without one it would show later:
as a coroutine in place of bytes, or as a stream that ends at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.client import BaseClient
from botocore.eventstream import EventStream
from botocore.response import StreamingBody

from awsio.connection import PawsConnection

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("check_client", "check_session", "is_async", "stream_kinds")

# The libraries whose clients are boto3's with `await`: attach() would break them.
ASYNC_PACKAGES = frozenset({"aioboto3", "aiobotocore"})


def check_client(client: Any, function: str = "attach()") -> None:
    """Check that an object is a client of boto3, botocore or awsio.

    Args:
        client: what a user passed.
        function: what it was passed to.

    Raises:
        TypeError: it is not; the message says what to pass.
    """
    if is_async(client):
        raise TypeError(async_message(f"{function} takes a boto3 or botocore client", client))
    meta = getattr(client, "meta", None)
    if isinstance(client, BaseClient) or (
        hasattr(meta, "events") and hasattr(meta, "service_model")
    ):
        return
    hint = ""
    if isinstance(getattr(meta, "client", None), BaseClient):
        hint = ": pass its client, resource.meta.client"
    elif callable(getattr(client, "client", None)) or callable(
        getattr(client, "create_client", None)
    ):
        hint = ": pass a client that it creates"
    elif isinstance(client, str):
        hint = f": awsio.client({client!r}) creates one"
    msg = f"{function} takes a boto3 or botocore client, not {described(client)}{hint}"
    raise TypeError(msg)


def check_session(session: Any) -> None:
    """Check that a session does not create clients that are used with ``await``.

    Raises:
        TypeError: it does.
    """
    if is_async(session):
        raise TypeError(async_message("session is one of boto3 or botocore", session))


def is_async(thing: Any) -> bool:
    """Return whether an object is of a library whose clients are used with ``await``."""
    return any(kind.__module__.partition(".")[0] in ASYNC_PACKAGES for kind in type(thing).__mro__)


def async_message(wanted: str, thing: Any) -> str:
    """Return the message for an object of such a library."""
    package = type(thing).__module__.partition(".")[0]
    return f"{wanted}, not {described(thing)} of {package}: use boto3, under asyncio in a thread"


def described(thing: Any) -> str:
    """Return what an object is, in the words of a message."""
    if isinstance(thing, type):
        return f"the class {thing.__name__}"
    name = type(thing).__name__
    return f"an {name}" if name[:1] in "AEIOU" else f"a {name}"


def stream_kinds(wanted: str, thing: Any) -> str:
    """Return the message for an object that is not a stream of a response.

    Args:
        wanted: what the function takes, such as ``connect() takes a botocore EventStream``.
        thing: the object.
    """
    if is_async(thing):
        return async_message(wanted, thing)
    hint = ""
    if isinstance(thing, Mapping):
        names = names_of_streams(thing.items())
        hint = f": pass its member {' or '.join(names)}" if names else " without a stream"
    elif hasattr(thing, "read") and not isinstance(thing, PawsConnection):
        hint = ": awsio.PawsConnection reads files and responses"
    return f"{wanted}, not {described(thing)}{hint}"


def names_of_streams(items: Iterable[tuple[Any, Any]]) -> list[str]:
    """Return the names of the members of a response that are streams."""
    return [repr(name) for name, value in items if isinstance(value, (EventStream, StreamingBody))]
