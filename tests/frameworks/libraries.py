"""Libraries that stream from Bedrock through a boto3 client, each driven in its own way.

A driver gives one question to a library, with two tools, and collects what the library makes of
the answer. It leaves the answer after some pieces of text, as the library's users do, where it is
told to. What the library raises passes.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("LIBRARIES", "Answer", "Library")

MODEL = "anthropic.claude-3-haiku-20240307-v1:0"
QUESTION = "Is it warm in Oslo?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


@dataclass
class Answer:
    """What a library made of a stream.

    Attributes:
        texts: the pieces of text, in order.
        tools: the calls of tools, as name and arguments, in order.
        enough: how many pieces of text to take before leaving; None takes all.
    """

    texts: list[str] = field(default_factory=list)
    tools: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    enough: int | None = None

    def take(self, text: str | None) -> bool:
        """Add a piece, unless it is empty; return whether the driver leaves."""
        if text:
            self.texts.append(text)
        return self.enough is not None and len(self.texts) >= self.enough


class Enough(Exception):  # noqa: N818 - not an error
    """Raised in a callback to leave a stream, where a library has no other way."""


def langchain(client: Any, answer: Answer) -> None:
    """Iterate over the chunks of ChatBedrockConverse, and add them up."""
    from langchain_aws import ChatBedrockConverse
    from langchain_core.tools import StructuredTool

    model: Any = ChatBedrockConverse(model=MODEL, client=client, bedrock_client=client)
    tools = [
        StructuredTool.from_function(lambda city="": city, name=name, description=name)
        for name in ("weather", "clock")
    ]
    whole = None
    for chunk in model.bind_tools(tools).stream(QUESTION):
        whole = chunk if whole is None else whole + chunk
        if answer.take(str(chunk.text)):
            return
    answer.tools = [(call["name"], call["args"]) for call in whole.tool_calls]


def strands(client: Any, answer: Answer) -> None:
    """Iterate over the events of BedrockModel; they are Bedrock's own."""
    import threading

    from strands.models import BedrockModel

    model: Any = BedrockModel(model_id=MODEL, region_name="us-east-1")
    model.client = client
    specs = [
        {"name": name, "description": name, "inputSchema": {"json": SCHEMA}}
        for name in ("weather", "clock")
    ]
    blocks: dict[int, tuple[str, list[str]]] = {}
    cancel = threading.Event()

    async def read() -> None:
        messages = [{"role": "user", "content": [{"text": QUESTION}]}]
        async for event in model.stream(messages, specs, cancel_signal=cancel):
            if start := event.get("contentBlockStart"):
                index = start["contentBlockIndex"]
                blocks[index] = start["start"]["toolUse"]["name"], []
            delta = event.get("contentBlockDelta", {}).get("delta", {})
            if "toolUse" in delta:
                pieces = blocks[event["contentBlockDelta"]["contentBlockIndex"]][1]
                pieces.append(delta["toolUse"].get("input", ""))
            if answer.take(delta.get("text")):
                cancel.set()

    asyncio.run(read())
    answer.tools = [(name, json.loads("".join(ps) or "{}")) for name, ps in blocks.values()]


def pydantic_ai(client: Any, answer: Answer) -> None:
    """Iterate over the parts of a streamed request, and cancel it."""
    from pydantic_ai.messages import ModelRequest, ToolCallPart
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.models.bedrock import BedrockConverseModel
    from pydantic_ai.providers.bedrock import BedrockProvider
    from pydantic_ai.tools import ToolDefinition

    model = BedrockConverseModel(MODEL, provider=BedrockProvider(bedrock_client=client))
    tools = [
        ToolDefinition(name=name, description=name, parameters_json_schema=SCHEMA)
        for name in ("weather", "clock")
    ]
    parameters = ModelRequestParameters(function_tools=tools)
    messages = [ModelRequest.user_text_prompt(QUESTION)]

    async def read() -> None:
        async with model.request_stream(messages, None, parameters) as response:
            async for event in response:
                part = getattr(event, "part", None) if event.event_kind == "part_start" else None
                text = getattr(part or getattr(event, "delta", None), "content", None)
                text = text or getattr(getattr(event, "delta", None), "content_delta", None)
                if answer.take(text):
                    await response.cancel()
                    return
            answer.tools = [
                (part.tool_name, part.args_as_dict())
                for part in response.get().parts
                if isinstance(part, ToolCallPart)
            ]

    asyncio.run(read())


def llama_index(client: Any, answer: Answer) -> None:
    """Iterate over the responses of BedrockConverse.stream_chat."""
    from llama_index.core.llms import ChatMessage
    from llama_index.core.tools import FunctionTool
    from llama_index.llms.bedrock_converse import BedrockConverse

    model = BedrockConverse(model=MODEL, client=client, max_retries=1)
    tools = [
        FunctionTool.from_defaults(lambda city="": city, name=name, description=name)
        for name in ("weather", "clock")
    ]
    last: Any = None
    for last in model.stream_chat_with_tools(tools, chat_history=[ChatMessage(QUESTION)]):
        if answer.take(last.delta):
            return
    calls = model.get_tool_calls_from_response(last, error_on_no_tool_call=False)
    answer.tools = [(call.tool_name, call.tool_kwargs) for call in calls]


def haystack(client: Any, answer: Answer) -> None:
    """Run AmazonBedrockChatGenerator with a callback, which raises to leave the answer."""
    from haystack.dataclasses import ChatMessage
    from haystack.tools import Tool
    from haystack.utils import Secret
    from haystack_integrations.components.generators.amazon_bedrock import (
        AmazonBedrockChatGenerator,
    )

    def callback(chunk: Any) -> None:
        if answer.take(chunk.content):
            raise Enough

    secret = Secret.from_token("made-up")
    generator: Any = AmazonBedrockChatGenerator(
        model=MODEL,
        aws_access_key_id=secret,
        aws_secret_access_key=secret,
        aws_region_name=Secret.from_token("us-east-1"),
        streaming_callback=callback,
        tools=[
            Tool(name=name, description=name, parameters=SCHEMA, function=print)
            for name in ("weather", "clock")
        ],
    )
    generator.client = client
    try:
        (reply,) = generator.run([ChatMessage.from_user(QUESTION)])["replies"]
    except Enough:
        return
    answer.tools = [(call.tool_name, call.arguments) for call in reply.tool_calls]


@dataclass(frozen=True)
class Library:
    """A library and its driver.

    Attributes:
        module: what is imported.
        drive: gives a client's answer to an :class:`Answer`.
    """

    module: str
    drive: Callable[[Any, Answer], None]

    @property
    def is_installed(self) -> bool:
        """Whether the library can be imported."""
        return find_spec(self.module) is not None


LIBRARIES = {
    "langchain": Library("langchain_aws", langchain),
    "strands": Library("strands", strands),
    "pydantic-ai": Library("pydantic_ai", pydantic_ai),
    "llama-index": Library("llama_index", llama_index),
    "haystack": Library("haystack_integrations", haystack),
}
