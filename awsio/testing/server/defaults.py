"""What the server says by itself: an answer to the prompt, rows, or samples."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.events.models import loader
from awsio.testing.samples import one_event_per_type, sample_value
from awsio.testing.server.completions import (
    Completion,
    complete,
    converse_events,
    converse_output,
    last_prompt,
)
from awsio.testing.server.model_families import invoke_model_events, invoke_model_output
from awsio.testing.server.outputs import BODILESS, location, non_stream_members, raw_payload
from awsio.testing.server.select_object import select_object_events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from botocore.model import OperationModel, ServiceModel, Shape

__all__ = ("default_events", "default_output")

Events: TypeAlias = "list[dict[str, Any]]"
Params: TypeAlias = "Mapping[str, Any]"

CONTENT_TYPE = "content-type"
CONTENT_LENGTH = "content-length"
CHECKSUM = "x-amz-checksum-"
#: Names of members by which an output says that the work, or a part of it, failed.
is_failure = re.compile(r"(?i)(?:unprocessed|failed|failure|functionerror|errors?$)").match


#: Types to how they say that there was none of something.
NOTHING: dict[str, Callable[[], Any]] = {"integer": int, "list": list, "long": int, "map": dict}


def converse_completion(params: Params) -> Completion:
    """Complete the prompt of Converse and ConverseStream."""
    limit = (params.get("inferenceConfig") or {}).get("maxTokens")
    return complete(last_prompt(params.get("messages")), limit)


#: Operations that stream more than samples.
EVENTS: dict[tuple[str, str], Callable[[Params], Events]] = {
    ("bedrock-runtime", "ConverseStream"): lambda params: converse_events(
        converse_completion(params)
    ),
    ("bedrock-runtime", "InvokeModelWithResponseStream"): invoke_model_events,
    ("s3", "SelectObjectContent"): select_object_events,
}
#: Members of outputs that are more than samples.
OUTPUTS: dict[tuple[str, str], Callable[[Params], dict[str, Any]]] = {
    ("bedrock-runtime", "Converse"): lambda params: converse_output(converse_completion(params)),
    ("bedrock-runtime", "InvokeModel"): invoke_model_output,
}


def key_of(operation: OperationModel) -> tuple[str, str]:
    """Name an operation."""
    return operation.service_model.service_name, operation.name


def default_events(operation: OperationModel, params: Params) -> Iterable[Mapping[str, Any]]:
    """Return the events of a call that no script answers.

    Args:
        operation: the operation's model.
        params: the call's arguments.
    """
    own = EVENTS.get(key_of(operation))
    return own(params) if own is not None else one_event_per_type(operation)


def default_output(operation: OperationModel, params: Params) -> dict[str, Any]:
    """Return the output of a call that no script answers: samples, outside an event stream.

    A member that the arguments have too is returned as it was given. Nothing has failed:
    what would say so is empty, zero or left out. Members are left out too that would keep a
    paginator going, or that have to fit the body, as its checksums do.

    Args:
        operation: the operation's model.
        params: the call's arguments.
    """
    own = OUTPUTS.get(key_of(operation))
    if own is not None:
        return own(params)
    if operation.output_shape is None:
        return {}
    output = {
        name: default_member(operation, name, member, params)
        for name, member in non_stream_members(operation).items()
        if is_sampled(operation, member)
    }
    for name in [*filter(is_failure, output)]:
        nothing = NOTHING.get(operation.output_shape.members[name].type_name)
        if nothing is None:
            del output[name]
        else:
            output[name] = nothing()
    for path in paging_paths(operation.service_model, operation.name):
        remove_at(output, path)
    add_length(operation, output)
    return output


def is_sampled(operation: OperationModel, member: Shape) -> bool:
    """Return whether a member can have any value."""
    wire_name = member.serialization.get("name", "").lower()
    if location(member) is None:
        return operation.has_event_stream_output or not is_bodiless(operation)
    if wire_name == CONTENT_TYPE:  # with events it says that they come
        return not operation.has_event_stream_output
    if wire_name == CONTENT_LENGTH:
        return operation.http.get("method") == "HEAD"
    return not wire_name.startswith(CHECKSUM)


def is_bodiless(operation: OperationModel) -> bool:
    """Return whether the status that the model gives allows no body."""
    return operation.http.get("responseCode") in BODILESS


def default_member(operation: OperationModel, name: str, member: Any, params: Params) -> Any:
    """Make the value of one member."""
    if name == raw_payload(operation, operation.service_model.resolved_protocol):
        # Its media type, where there is a member for it, is that of every sample: JSON.
        text = json.dumps({"sample": name})
        return text if member.type_name == "string" else text.encode()
    inputs: Any = operation.input_shape.members if operation.input_shape is not None else {}
    if name in params and inputs[name].name == member.name:
        return params[name]
    if location(member) == "statusCode":
        return operation.http.get("responseCode", 200)
    if location(member) == "headers":  # HTTP does not keep the case of their names
        return {key.lower(): value for key, value in sample_value(member, name).items()}
    return sample_value(member, name)


@lru_cache(maxsize=64)
def paginators(service: str) -> Mapping[str, Any]:
    """Load how the operations of a service are paginated."""
    from botocore.exceptions import DataNotFoundError  # noqa: PLC0415 - slow to import

    try:
        return dict(loader().load_service_model(service, "paginators-1")["pagination"])
    except DataNotFoundError:
        return {}


def paging_paths(model: ServiceModel, operation: str) -> list[list[str]]:
    """Return the paths to the members by which an output says that there are more pages."""
    config = paginators(model.service_name).get(operation, {})
    tokens = config.get("output_token", [])
    tokens = tokens if isinstance(tokens, list) else [tokens]
    # Of an expression such as "NextMarker || Contents[-1].Key" the first part counts.
    found = map(find_path, (*tokens, config.get("more_results", "")))
    return [path[0].split(".") for path in found if path is not None]


find_path = re.compile(r"[\w.]+(?=\s|$)").match


def remove_at(output: dict[str, Any], path: list[str]) -> None:
    """Remove a member, where it is, from nested structures."""
    *outer, name = path
    value: Any = output
    for key in outer:
        value = value.get(key, {}) if isinstance(value, dict) else {}
    if isinstance(value, dict):
        value.pop(name, None)


def add_length(operation: OperationModel, output: dict[str, Any]) -> None:
    """Add the length of the body, where it is a member of the output."""
    payload = raw_payload(operation, operation.service_model.resolved_protocol)
    if payload is None:
        return
    for name, member in non_stream_members(operation).items():
        if member.serialization.get("name", "").lower() == CONTENT_LENGTH:
            output[name] = len(output[payload])
