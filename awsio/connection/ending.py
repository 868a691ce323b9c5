"""`Ending`: whether the frames were delivered without which a stream is not whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsio.eventstream import Frame

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
        decoded: the same of frames that were decoded. One may be in the hands of a thread that
            has taken it and not looked at it yet, while another finds the stream's end.
    """

    __slots__ = ("_plain", "_terminal", "awaited", "decoded", "reached")

    def __init__(self, terminal: frozenset[str], *, opens_with_initial: bool = False) -> None:
        self._terminal = terminal
        self.awaited = terminal | INITIAL if opens_with_initial else terminal
        self.reached = False
        self.decoded = False
        self._plain: Mapping[str, Any] | None = None  # headers that were found to end nothing

    def note(self, frames: list[Frame]) -> None:
        """Note whether frames that were decoded have what is awaited before the end."""
        for frame in frames:
            if frame.headers is not self._plain:
                if self._ends(frame.headers):
                    self.decoded = True
                else:
                    self._plain = frame.headers

    @property
    def missing(self) -> frozenset[str]:
        """Those of :attr:`awaited` that no decoded frame is, once all of them were taken."""
        if self.decoded:
            return frozenset()
        return self.awaited if self._plain is None else self.awaited & self._terminal

    def _ends(self, headers: Mapping[str, Any]) -> bool:
        """Return whether a frame with these headers ends the stream."""
        is_failure = headers.get(":message-type") in FAILURES
        return is_failure or headers.get(":event-type") in self._terminal

    def look(self, headers: Mapping[str, Any]) -> bool:
        """Look at the headers of a frame that is delivered; return whether it ends the stream."""
        ends = self._ends(headers)
        if ends:
            self.awaited = frozenset()
            self.reached = True
        else:
            self.awaited &= self._terminal
        return ends

    def give_up(self) -> None:
        """Await nothing more: frames passed as bytes, and a terminal event may be among them."""
        self.awaited = frozenset()
