"""`Response`: botocore's response dict, with attributes from the model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from awsio.clients.stream_handler import EventStreamHandler
from awsio.events import Event
from awsio.events.event import restored_class
from awsio.events.sensitive import sensitive_members, sensitive_output
from awsio.masking import MASK, masked_headers

__all__ = ("Response",)


class Response(Event):
    """The dict that boto3 returns, whose members are also attributes.

    ``resp["sessionId"]`` and ``resp.sessionId`` are the same. As with an
    :class:`~awsio.Event`, a member that is not set reads as None or empty, and a name
    that the operation's output does not have raises ``AttributeError``.
    """

    __slots__ = ()

    @property
    def initial_response(self) -> Mapping[str, Any] | None:
        """The members that an RPC protocol sends in the stream itself.

        Waits for the stream's first frame; None where there is none. See
        :attr:`awsio.PawsConnection.initial_response`.
        """
        for value in self.values():
            if isinstance(value, EventStreamHandler):
                return value.initial_response
        return None

    def __repr__(self) -> str:
        """Show the dict; secrets in the response's headers and members are masked."""
        secret = sensitive_members(self._shape)
        shown = {name: MASK if name in secret else self[name] for name in self}
        metadata = shown.get("ResponseMetadata")
        if isinstance(metadata, Mapping) and isinstance(metadata.get("HTTPHeaders"), Mapping):
            headers = masked_headers(metadata["HTTPHeaders"], sensitive_output(self._shape))
            shown["ResponseMetadata"] = {**metadata, "HTTPHeaders": headers}
        return repr(shown)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as events do; a response with a live stream refuses."""
        _, (service, shape, members) = super().__reduce__()
        return restore_response, (service, shape, members)


def restore_response(service: str | None, shape: str | None, members: dict[str, Any]) -> Response:
    """Return a response from its pickle."""
    return restored_class(service, shape, Response)(members)  # type: ignore[return-value]  # the base
