"""What a function was given in the place of a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from awsio.connection.connection import PawsConnection

__all__ = ("SupportsConnection", "connection_of")

Given = TypeVar("Given")


class SupportsConnection(Protocol):
    """An object that returns its connection when asked, such as a :class:`~awsio.StreamHandler`."""

    def __call__(self, *, connection: Literal[True]) -> PawsConnection:
        """Return the connection."""
        ...


@overload
def connection_of(given: SupportsConnection) -> PawsConnection: ...


@overload
def connection_of(given: Given) -> Given: ...


def connection_of(given: Any) -> Any:
    """Return the connection of a stream handler, whatever wraps it; anything else as it is.

    A proxy around a handler passes the call of ``through`` on, so the handler learns of it.
    """
    through = getattr(given, "through", None)
    return given if through is None else through(given).connection()
