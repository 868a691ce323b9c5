"""`Ending`: whether the frames were delivered without which a stream is not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("INITIAL", "Ending")

FAILURES = frozenset({"exception", "error"})
# What the streams of RPC protocols open with.
INITIAL = frozenset({"initial-response"})


class Ending:
    """Looks at frames as they are delivered.

    Args:
        terminal: event types of which one must come before the end.
        opens_with_initial: whether the stream opens with an initial response, so that one
            without a single frame has never begun.

    Attributes:
        awaited: event types of which one must come before the end. The initial response is
            one until any frame was delivered, those of ``terminal`` until one of them, or a
            failure, was.
        reached: whether a frame of ``terminal``, or a failure, was delivered.
    """

    __slots__ = ("_terminal", "awaited", "reached")

    def __init__(self, terminal: frozenset[str], *, opens_with_initial: bool = False) -> None:
        self._terminal = terminal
        self.awaited = terminal | INITIAL if opens_with_initial else terminal
        self.reached = False

    def look(self, headers: Mapping[str, Any]) -> bool:
        """Look at the headers of a frame that is delivered; return whether it ends the stream."""
        ends = headers.get(":message-type") in FAILURES
        ends = ends or headers.get(":event-type") in self._terminal
        if ends:
            self.awaited = frozenset()
            self.reached = True
        else:
            self.awaited &= self._terminal
        return ends

    def give_up(self) -> None:
        """Await nothing more: frames passed as bytes, and a terminal event may be among them."""
        self.awaited = frozenset()
