"""The JSON documents of InvokeModel, whole and in chunks, by model family.

Each family has its own format, described in the Bedrock user guide, "Inference request
parameters and response fields for foundation models". The last document of a stream
carries ``amazon-bedrock-invocationMetrics`` whatever the family.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from awsio.testing.server.completions import (
    Completion,
    complete,
    converse_events,
    converse_output,
    last_prompt,
)

__all__ = ("MODEL_FAMILIES", "family_of_model", "invoke_model_events", "invoke_model_output")

Document = dict[str, Any]
METRICS = "amazon-bedrock-invocationMetrics"


class ModelFamily(NamedTuple):
    """The native format of a family of models.

    Attributes:
        prompt: finds the prompt in a request.
        max_tokens: finds the limit of the answer's length in a request.
        documents: writes an answer as the documents of a stream.
        document: writes an answer as one document.
    """

    prompt: Callable[[Document], str]
    max_tokens: Callable[[Document], Any]
    documents: Callable[[Completion], Iterator[Document]]
    document: Callable[[Completion], Document]


def anthropic_message(reply: Completion) -> Document:
    """Write a message of Anthropic's Messages API."""
    return {
        "id": "msg_local",
        "type": "message",
        "role": "assistant",
        "model": "local",
        "content": [{"type": "text", "text": reply.text}],
        "stop_reason": "max_tokens" if reply.is_cut else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
    }


def anthropic(reply: Completion) -> Iterator[Document]:
    """Write the events of Anthropic's Messages API."""
    usage = {"input_tokens": reply.input_tokens, "output_tokens": 1}
    beginning: Document = {"content": [], "stop_reason": None, "usage": usage}
    yield {"type": "message_start", "message": anthropic_message(reply) | beginning}
    block = {"type": "text", "text": ""}
    yield {"type": "content_block_start", "index": 0, "content_block": block}
    for text in reply.deltas:
        delta = {"type": "text_delta", "text": text}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    stop = {"stop_reason": "max_tokens" if reply.is_cut else "end_turn", "stop_sequence": None}
    counted = {"output_tokens": reply.output_tokens}
    yield {"type": "message_delta", "delta": stop, "usage": counted}
    yield {"type": "message_stop"}


def nova(reply: Completion) -> Iterator[Document]:
    """Write Amazon Nova's events, which are Converse's."""
    yield from converse_events(reply)


def titan_document(reply: Completion) -> Document:
    """Write Amazon Titan's document."""
    result = {
        "tokenCount": reply.output_tokens,
        "outputText": reply.text,
        "completionReason": "LENGTH" if reply.is_cut else "FINISH",
    }
    return {"inputTextTokenCount": reply.input_tokens, "results": [result]}


def titan(reply: Completion) -> Iterator[Document]:
    """Write Amazon Titan's documents: a text each, counts and reason with the last."""
    reason = "LENGTH" if reply.is_cut else "FINISH"
    for index, text in enumerate(reply.deltas, 1):
        is_last = index == reply.output_tokens
        yield {
            "outputText": text,
            "index": 0,
            "totalOutputTextTokenCount": reply.output_tokens if is_last else None,
            "completionReason": reason if is_last else None,
            "inputTextTokenCount": reply.input_tokens if index == 1 else None,
        }


def llama_document(reply: Completion) -> Document:
    """Write Meta Llama's document."""
    return {
        "generation": reply.text,
        "prompt_token_count": reply.input_tokens,
        "generation_token_count": reply.output_tokens,
        "stop_reason": "length" if reply.is_cut else "stop",
    }


def llama(reply: Completion) -> Iterator[Document]:
    """Write Meta Llama's documents: a text each, an empty one with the reason at last."""
    for count, text in enumerate(reply.deltas, 1):
        yield {
            "generation": text,
            "prompt_token_count": reply.input_tokens if count == 1 else None,
            "generation_token_count": count,
            "stop_reason": None,
        }
    yield {
        "generation": "",
        "prompt_token_count": None,
        "generation_token_count": reply.output_tokens,
        "stop_reason": "length" if reply.is_cut else "stop",
    }


def generic_document(reply: Completion) -> Document:
    """Write a plain document for families that have no format here."""
    return {"text": reply.text, "stop_reason": "length" if reply.is_cut else "stop"}


def generic(reply: Completion) -> Iterator[Document]:
    """Write plain documents for families that have no format here."""
    for text in reply.deltas:
        yield {"text": text, "stop_reason": None}
    yield {"text": "", "stop_reason": "length" if reply.is_cut else "stop"}


def item(*path: str) -> Callable[[Document], Any]:
    """Make a function that takes a value out of nested dicts, None where there is none."""

    def get(document: Document) -> Any:
        value: Any = document
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    return get


def first_of(*getters: Callable[[Document], Any]) -> Callable[[Document], Any]:
    """Make a function that gives the first value that is there."""
    return lambda document: next(
        (value for get in getters if (value := get(document)) is not None), None
    )


def text_at(name: str) -> Callable[[Document], str]:
    """Make a function that takes a text out of a dict."""
    return lambda document: str(document.get(name) or "")


def chat_prompt(document: Document) -> str:
    """Take the prompt out of a chat, or where formats without chats have it."""
    return last_prompt(document.get("messages")) or str(document.get("prompt") or "")


MODEL_FAMILIES: dict[str, ModelFamily] = {
    "anthropic": ModelFamily(chat_prompt, item("max_tokens"), anthropic, anthropic_message),
    "amazon.nova": ModelFamily(
        chat_prompt,
        first_of(item("inferenceConfig", "maxTokens"), item("inferenceConfig", "max_new_tokens")),
        nova,
        converse_output,
    ),
    "amazon.titan": ModelFamily(
        text_at("inputText"), item("textGenerationConfig", "maxTokenCount"), titan, titan_document
    ),
    "meta.llama": ModelFamily(text_at("prompt"), item("max_gen_len"), llama, llama_document),
}
OTHER = ModelFamily(
    chat_prompt, first_of(item("max_tokens"), item("maxTokens")), generic, generic_document
)

# The name may follow a region (us.anthropic...), or the path of an ARN.
find_family = re.compile(rf"(?:^|[./:])({'|'.join(map(re.escape, MODEL_FAMILIES))})").search


def family_of_model(model_id: str) -> ModelFamily:
    """Return the family of a model by its ID, inference profile or ARN."""
    found = find_family(model_id)
    return MODEL_FAMILIES[found[1]] if found is not None else OTHER


def complete_request(params: Mapping[str, Any]) -> tuple[ModelFamily, Completion]:
    """Answer a request in the native format of its model.

    Args:
        params: the call's arguments; a body that is not a JSON object counts as the prompt.
    """
    body = params.get("body", b"")
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        request = {"prompt": body.decode(errors="replace")}
    family = family_of_model(str(params.get("modelId", "")))
    return family, complete(family.prompt(request), family.max_tokens(request))


def invoke_model_events(params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answer InvokeModelWithResponseStream: one ``chunk`` event per document."""
    family, reply = complete_request(params)
    documents = list(family.documents(reply))
    documents[-1][METRICS] = {
        "inputTokenCount": reply.input_tokens,
        "outputTokenCount": reply.output_tokens,
        "invocationLatency": 1,
        "firstByteLatency": 1,
    }
    return [{"chunk": {"bytes": json.dumps(document).encode()}} for document in documents]


def invoke_model_output(params: Mapping[str, Any]) -> dict[str, Any]:
    """Answer InvokeModel: one document."""
    family, reply = complete_request(params)
    body = json.dumps(family.document(reply)).encode()
    return {"body": body, "contentType": "application/json"}
