from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from awsio.testing.server.completions import complete, last_prompt, tokens

if TYPE_CHECKING:
    from awsio.testing import LocalServer

PROMPT = "Describe the purpose of a 'hello world' program in one line."
MESSAGES = [{"role": "user", "content": [{"text": PROMPT}]}]


def converse(server: LocalServer, **params: Any) -> list[Any]:
    client = server.client("bedrock-runtime")
    return list(client.converse_stream(**{"modelId": "m", "messages": MESSAGES} | params).stream)


def invoke(server: LocalServer, model_id: str, body: Any) -> list[Any]:
    client = server.client("bedrock-runtime")
    data = body if isinstance(body, bytes) else json.dumps(body)
    response = client.invoke_model_with_response_stream(modelId=model_id, body=data)
    assert response.contentType == "application/json"
    return [json.loads(event["chunk"]["bytes"]) for event in response.body]


def test_converse_streams_an_answer_to_the_prompt(server: LocalServer) -> None:
    events = converse(server)
    kinds = [*dict.fromkeys(name for event in events for name in event)]
    assert kinds == [
        "messageStart",
        "contentBlockDelta",
        "contentBlockStop",
        "messageStop",
        "metadata",
    ]
    texts = [event.contentBlockDelta.delta.text for event in events if "contentBlockDelta" in event]
    assert len(texts) > 30
    assert max(map(len, texts)) <= 9
    said = "".join(texts)
    assert said.startswith(f'You asked: "{PROMPT}" This answer comes from')
    assert events[-2] == {"messageStop": {"stopReason": "end_turn"}}
    usage = events[-1]["metadata"]["usage"]
    assert usage["outputTokens"] == len(texts)
    assert usage["totalTokens"] == usage["inputTokens"] + len(texts)
    assert converse(server) == events


def test_converse_stops_at_max_tokens(server: LocalServer) -> None:
    events = converse(server, inferenceConfig={"maxTokens": 5})
    assert sum("contentBlockDelta" in event for event in events) == 5
    assert events[-2] == {"messageStop": {"stopReason": "max_tokens"}}
    assert events[-1]["metadata"]["usage"]["outputTokens"] == 5


def test_a_limit_that_is_not_reached_changes_nothing(server: LocalServer) -> None:
    assert converse(server, inferenceConfig={"maxTokens": 10_000}) == converse(server)


CHAT = [{"role": "user", "content": "Say hello"}]


def anthropic_text(documents: list[Any]) -> str:
    return "".join(
        document["delta"]["text"]
        for document in documents
        if document["type"] == "content_block_delta"
    )


def nova_text(documents: list[Any]) -> str:
    return "".join(
        document["contentBlockDelta"]["delta"]["text"]
        for document in documents
        if "contentBlockDelta" in document
    )


MODEL_FAMILIES = [
    ("anthropic.claude-3", {"messages": CHAT}, "max_tokens", anthropic_text),
    ("us.anthropic.claude-3", {"messages": CHAT}, "max_tokens", anthropic_text),
    (
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude",
        {"messages": CHAT},
        "max_tokens",
        anthropic_text,
    ),
    ("amazon.nova-pro", {"messages": CHAT}, "inferenceConfig maxTokens", nova_text),
    ("amazon.nova-pro", {"messages": CHAT}, "inferenceConfig max_new_tokens", nova_text),
    (
        "amazon.titan-text",
        {"inputText": "Say hello"},
        "textGenerationConfig maxTokenCount",
        lambda documents: "".join(document["outputText"] for document in documents),
    ),
    (
        "meta.llama3",
        {"prompt": "Say hello"},
        "max_gen_len",
        lambda documents: "".join(document["generation"] for document in documents),
    ),
    (
        "mistral.large",
        {"prompt": "Say hello"},
        "max_tokens",
        lambda documents: "".join(document["text"] for document in documents),
    ),
]


@pytest.mark.parametrize(("model_id", "body", "limit", "text_of"), MODEL_FAMILIES)
def test_invoke_answers_in_the_format_of_the_family(
    server: LocalServer, model_id: str, body: dict[str, Any], limit: str, text_of: Any
) -> None:
    documents = invoke(server, model_id, body)
    assert text_of(documents).startswith('You asked: "Say hello" This answer')
    metrics = documents[-1]["amazon-bedrock-invocationMetrics"]
    assert metrics["inputTokenCount"] == len(tokens("Say hello"))
    assert metrics["outputTokenCount"] == len(tokens(text_of(documents)))
    assert all("amazon-bedrock-invocationMetrics" not in one for one in documents[:-1])
    assert "end_turn" in str(documents) or "FINISH" in str(documents) or "'stop'" in str(documents)

    *outer, name = limit.split()
    short = {outer[0]: {name: 4}} if outer else {name: 4}
    documents = invoke(server, model_id, body | short)
    assert len(tokens(text_of(documents))) == 4
    said = str(documents)
    assert "max_tokens" in said or "LENGTH" in said or "'length'" in said


@pytest.mark.parametrize(("model_id", "body", "limit", "text_of"), MODEL_FAMILIES)
def test_invoke_model_says_in_one_document_what_the_stream_says(
    server: LocalServer, model_id: str, body: dict[str, Any], limit: str, text_of: Any
) -> None:
    client = server.client("bedrock-runtime")
    *outer, name = limit.split()
    for request in (body, body | ({outer[0]: {name: 4}} if outer else {name: 4})):
        streamed = text_of(invoke(server, model_id, request))
        response = client.invoke_model(modelId=model_id, body=json.dumps(request))
        assert response["contentType"] == "application/json"
        document = json.loads(response["body"].read())
        assert whole_text(document) == streamed
        ends = ("max_tokens", "LENGTH", "length") if request is not body else ENDS
        assert any(end in str(document) for end in ends)


ENDS = ("end_turn", "FINISH", "'stop'")


def whole_text(document: dict[str, Any]) -> str:
    """Find the text in the document of any family."""
    if "results" in document:
        return str(document["results"][0]["outputText"])
    if "output" in document:
        return str(document["output"]["message"]["content"][0]["text"])
    if "content" in document:
        return str(document["content"][0]["text"])
    return str(document.get("generation") or document["text"])


def test_converse_says_at_once_what_the_stream_says(server: LocalServer) -> None:
    client = server.client("bedrock-runtime")
    for limit in ({}, {"inferenceConfig": {"maxTokens": 5}}):
        events = converse(server, **limit)
        response = client.converse(modelId="m", messages=MESSAGES, **limit)
        (block,) = response["output"]["message"]["content"]
        texts = [
            event["contentBlockDelta"]["delta"]["text"]
            for event in events
            if "contentBlockDelta" in event
        ]
        assert block == {"text": "".join(texts)}
        assert response["stopReason"] == events[-2]["messageStop"]["stopReason"]
        assert response["usage"] == events[-1]["metadata"]["usage"]


def test_anthropic_events_come_in_their_order(server: LocalServer) -> None:
    documents = invoke(server, "anthropic.claude", {"messages": CHAT, "max_tokens": 2})
    assert [document["type"] for document in documents] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


@pytest.mark.parametrize("body", [b"just text", b'"just text"', b"[1]", b"\xff"])
def test_a_body_that_is_no_json_object_is_the_prompt(server: LocalServer, body: bytes) -> None:
    documents = invoke(server, "some.model", body)
    said = "".join(document["text"] for document in documents)
    assert said.startswith(f'You asked: "{body.decode(errors="replace")}"')


def test_a_long_prompt_is_quoted_in_part() -> None:
    said = "".join(complete("word " * 100).deltas)
    assert said.startswith('You asked: "word word')
    assert 'word..." This answer' in said


def test_no_prompt_is_said_so() -> None:
    assert "".join(complete("").deltas).startswith("You sent no text. This")


@pytest.mark.parametrize("limit", [None, 0, -1, "many"])
def test_what_is_no_limit_limits_nothing(limit: Any) -> None:
    assert not complete("hello", limit).is_cut


@pytest.mark.parametrize(
    "text", ["", " ", "a  b\n\nc", "Übergrößenträger 1,000.50", "a\u00a0b\t", "日本語のテキスト"]
)
def test_tokens_joined_are_the_text(text: str) -> None:
    assert "".join(tokens(text)) == text


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (None, ""),
        ([], ""),
        (["text"], ""),
        ([{"role": "user"}], ""),
        ([{"content": [{"image": {}}, "text"]}], ""),
        ([{"content": "one"}, {"content": [{"text": "two"}, {"text": "three"}]}], "two\nthree"),
        ([{"content": [{"text": "asked"}]}, {"content": [{"toolResult": {}}]}], "asked"),
    ],
)
def test_the_prompt_is_the_last_text(messages: Any, expected: str) -> None:
    assert last_prompt(messages) == expected
