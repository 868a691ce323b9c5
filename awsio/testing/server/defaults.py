"""What the server says by itself: an answer to the prompt, rows, or sample events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.testing.samples import one_event_per_type
from awsio.testing.server.completions import complete, converse_events, last_prompt
from awsio.testing.server.model_families import invoke_model_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from botocore.model import OperationModel

__all__ = ("default_events",)

Events: TypeAlias = "list[dict[str, Any]]"


def converse(params: Mapping[str, Any]) -> Events:
    """Answer ConverseStream."""
    limit = params.get("inferenceConfig", {}).get("maxTokens")
    return converse_events(complete(last_prompt(params.get("messages")), limit))


def select_object(_params: Mapping[str, Any]) -> Events:
    """Answer SelectObjectContent: three rows, the second cut by a frame border."""
    rows = b"1,hello,2025-01-02\n2,world,2025-01-03\n3,again,2025-01-04\n"
    size = len(rows)
    details = {"BytesScanned": size, "BytesProcessed": size, "BytesReturned": size}
    return [
        {"Records": {"Payload": rows[:25]}},
        {"Records": {"Payload": rows[25:]}},
        {"Stats": {"Details": details}},
        {"End": {}},
    ]


#: Operations that answer with more than samples.
ANSWERS: dict[tuple[str, str], Callable[[Mapping[str, Any]], Events]] = {
    ("bedrock-runtime", "ConverseStream"): converse,
    ("bedrock-runtime", "InvokeModelWithResponseStream"): invoke_model_events,
    ("s3", "SelectObjectContent"): select_object,
}


def default_events(
    operation: OperationModel, params: Mapping[str, Any]
) -> Iterable[Mapping[str, Any]]:
    """Give the events of a call that no script answers.

    Args:
        operation: the operation's model.
        params: the call's arguments.
    """
    own = ANSWERS.get((operation.service_model.service_name, operation.name))
    return own(params) if own is not None else one_event_per_type(operation)
