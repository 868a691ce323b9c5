"""`Ending`: whether the frame was delivered after which nothing of worth is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("Ending",)

FAILURES = frozenset({"exception", "error"})


class Ending:
    """Looks at frames as they are delivered.

    Args:
        terminal: event types of which one must come before the end.

    Attributes:
        awaited: ``terminal``, emptied once one of them, or a failure, was delivered.
        reached: whether it was.
    """

    __slots__ = ("_terminal", "awaited", "reached")

    def __init__(self, terminal: frozenset[str]) -> None:
        self._terminal = self.awaited = terminal
        self.reached = False

    def look(self, headers: Mapping[str, Any]) -> bool:
        """Look at the headers of a frame that is delivered; return whether it ends the stream."""
        ends = headers.get(":message-type") in FAILURES
        ends = ends or headers.get(":event-type") in self._terminal
        if ends:
            self.awaited = frozenset()
            self.reached = True
        return ends

    def give_up(self) -> None:
        """Await nothing more: frames passed as bytes, and a terminal event may be among them."""
        self.awaited = frozenset()
