"""`EndWatch`: knows whether the frame has come after which nothing of worth is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("EndWatch",)

FAILURES = frozenset({"exception", "error"})


class EndWatch:
    """Looks out for the frame after which nothing of worth is to come.

    It looks at frames when they are decoded, which may be before they are delivered.

    Args:
        terminal: event types of which one must come before the end.

    Attributes:
        awaited: ``terminal``, emptied once one of them, or a failure, has come.
        over: whether it has.
    """

    __slots__ = ("_terminal", "awaited", "over")

    def __init__(self, terminal: frozenset[str]) -> None:
        self._terminal = self.awaited = terminal
        self.over = False

    def look(self, headers: Mapping[str, Any]) -> None:
        """Look at the headers of a frame that has come."""
        if self.is_end(headers):
            self.awaited = frozenset()
            self.over = True

    def is_end(self, headers: Mapping[str, Any]) -> bool:
        """Tell by its headers whether a frame is such a one."""
        is_failure = headers.get(":message-type") in FAILURES
        return is_failure or headers.get(":event-type") in self._terminal
