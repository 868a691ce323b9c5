"""`FrameParser`: what makes events of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from awsio.eventstream import Frame

__all__ = ("FrameParser",)


class FrameParser(Protocol):
    """What a connection asks of a parser; see :class:`awsio.events.EventParser`.

    Attributes:
        operation_name: the operation, for errors.
        terminal: event types of which one must come before the end; may be empty.
        blobs: event type to the name of the event's member of bytes.

    It may have an attribute ``opens_with_initial``: whether its streams open with an initial
    response, so that one without a single frame is incomplete. Without it, none does.
    """

    operation_name: str
    terminal: frozenset[str]
    blobs: Mapping[str, str]

    def parse(self, frame: Frame) -> Any:
        """Return the event of a frame; None for an initial response, which is not one."""
        ...

    def parse_initial(self, frame: Frame) -> Mapping[str, Any] | None:
        """Return the members of an initial response; None for any other frame."""
        ...

    def payload_of(self, event: Any) -> bytes | None:
        """Return the bytes that an event carries; None for one that carries none."""
        ...
