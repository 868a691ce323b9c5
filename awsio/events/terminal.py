"""What the models do not say: which event ends a stream, and which reports a failure.

One read-only table for each, by ``(service, operation)``. An operation without a row has
no terminal event: any clean end of its streams is complete.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from awsio.events.tables import find_operation

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = (
    "IN_BAND_ERRORS",
    "TERMINAL_EVENTS",
    "InBandError",
    "in_band_error",
    "terminal_events",
)

TERMINAL_EVENTS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        # API reference, ConverseStream: messageStop carries the stop reason; metadata
        # (usage) may follow it.
        ("bedrock-runtime", "ConverseStream"): ("messageStop",),
        # API reference, InvokeHarness: the same events as ConverseStream.
        ("bedrock-agentcore", "InvokeHarness"): ("messageStop",),
        # API reference, InvokeFlow: "Contains information about why the flow completed".
        ("bedrock-agent-runtime", "InvokeFlow"): ("flowCompletionEvent",),
        # API reference, OptimizePrompt: the analysis comes first, the prompt last.
        ("bedrock-agent-runtime", "OptimizePrompt"): ("optimizedPromptEvent",),
        # API reference, SendMessage: a response is completed or failed.
        ("devops-agent", "SendMessage"): ("responseCompleted", "responseFailed"),
        # API reference, UpdateProfileWithAgent: the event that ends the output, or an error.
        ("healthlake", "UpdateProfileWithAgent"): ("EndOfOutputEvent", "ErrorEvent"),
        # API reference, InvokeWithResponseStream: sent when the stream has ended.
        ("lambda", "InvokeWithResponseStream"): ("InvokeComplete",),
        # API reference, SelectObjectContent: without End, "the request is not complete".
        ("s3", "SelectObjectContent"): ("End",),
        # API reference, StartSpeechSynthesisStream: the end of the synthesis.
        ("polly", "StartSpeechSynthesisStream"): ("StreamClosedEvent",),
    }
)


class InBandError(NamedTuple):
    """An ordinary event that reports a failure.

    Attributes:
        event_type: the event.
        code: its member with the code; the event is a failure when it is set.
        message: its member with the message.
    """

    event_type: str
    code: str
    message: str


IN_BAND_ERRORS: Mapping[tuple[str, str], InBandError] = MappingProxyType(
    {
        # API reference, InvokeWithResponseStreamCompleteEvent: the function failed.
        ("lambda", "InvokeWithResponseStream"): InBandError(
            "InvokeComplete", "ErrorCode", "ErrorDetails"
        ),
    }
)


def terminal_events(service: str | None, operation: str) -> frozenset[str]:
    """Return the event types of which one must arrive before the end.

    Args:
        service: botocore's name of the service; None matches any service.
        operation: the operation, such as ``ConverseStream``.

    Returns:
        The event types; empty if the operation has no terminal event.
    """
    row = find_operation(TERMINAL_EVENTS, service, operation)
    return frozenset(row or ())


def in_band_error(service: str | None, operation: str) -> InBandError | None:
    """Return the ordinary event that reports a failure, None if there is none.

    Args:
        service: botocore's name of the service; None matches any service.
        operation: the operation, such as ``InvokeWithResponseStream``.
    """
    return find_operation(IN_BAND_ERRORS, service, operation)
