"""`Ending`: whether the frame was delivered after which nothing of worth is to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("Ending",)

FAILURES = frozenset({"exception", "error"})


class Ending:
    """Looks at frames as they are delivered.

    Frames of one type share their headers object, which the decoder caches. So a caller
    compares a frame's headers with :attr:`seen` first, and asks only about others.

    Args:
        terminal: event types of which one must come before the end.

    Attributes:
        awaited: ``terminal``, emptied once one of them, or a failure, was delivered.
        reached: whether it was.
        seen: headers that were looked at last and do not end the stream.
    """

    __slots__ = ("_terminal", "awaited", "reached", "seen")

    def __init__(self, terminal: frozenset[str]) -> None:
        self._terminal = self.awaited = terminal
        self.reached = False
        self.seen: Mapping[str, Any] | None = None

    def look(self, headers: Mapping[str, Any]) -> None:
        """Look at the headers of a frame that is delivered."""
        is_failure = headers.get(":message-type") in FAILURES
        if is_failure or headers.get(":event-type") in self._terminal:
            self.awaited = frozenset()
            self.reached = True
        else:
            self.seen = headers

    def give_up(self) -> None:
        """Await nothing more: frames passed as bytes, and a terminal event may be among them."""
        self.awaited = frozenset()
