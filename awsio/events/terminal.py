"""What the models do not say: which event ends a stream, and which is a failure.

One table each, by ``(service, operation)``. An operation without a row here has
no event that must come last, so its clean end is an end.
"""

from __future__ import annotations

from typing import NamedTuple

from awsio.events.tables import find_operation

__all__ = (
    "IN_BAND_ERRORS",
    "TERMINAL_EVENTS",
    "InBandError",
    "in_band_error",
    "terminal_events",
)

TERMINAL_EVENTS: dict[tuple[str, str], tuple[str, ...]] = {
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


class InBandError(NamedTuple):
    """An ordinary event that says the work failed.

    Attributes:
        event_type: the event.
        code: its member with the code; the event is a failure when it is set.
        message: its member with the message.
    """

    event_type: str
    code: str
    message: str


IN_BAND_ERRORS: dict[tuple[str, str], InBandError] = {
    # API reference, InvokeWithResponseStreamCompleteEvent: the function failed.
    ("lambda", "InvokeWithResponseStream"): InBandError(
        "InvokeComplete", "ErrorCode", "ErrorDetails"
    ),
}


def terminal_events(service: str | None, operation: str) -> frozenset[str]:
    """Give the event types of which one must come before the end.

    Args:
        service: botocore's name of the service; None where only the operation is
            known, whose name then decides.
        operation: the operation, as ``ConverseStream``.

    Returns:
        The types, empty where the operation has no terminal event.
    """
    row = find_operation(TERMINAL_EVENTS, service, operation)
    return frozenset(row or ())


def in_band_error(service: str | None, operation: str) -> InBandError | None:
    """Give the ordinary event that tells a failure, None where there is none.

    Args:
        service: as in :func:`terminal_events`.
        operation: the operation.
    """
    return find_operation(IN_BAND_ERRORS, service, operation)
