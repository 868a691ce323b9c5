"""Asking Amazon Bedrock: from a question to the pieces of an answer."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import awsio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("Answer", "Question", "Target", "ask", "open_client")

SERVICE = "bedrock-runtime"
EVENT_DELAY = 0.02  # seconds between the local server's events: the answer is seen to arrive


class Target(NamedTuple):
    """Who is asked.

    Attributes:
        local: a server in this process, instead of all that follows.
        region: None to take the configured one.
        profile: of the AWS configuration, None for the default.
        endpoint_url: instead of AWS's.
    """

    local: bool = False
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None


class Question(NamedTuple):
    """What is asked. None leaves a choice to the model; so does an empty system prompt."""

    prompt: str
    model: str
    system: str = ""
    max_tokens: int | None = None
    temperature: float | None = None

    def arguments(self) -> dict[str, Any]:
        """Give the arguments of ``converse_stream``."""
        inference = {"maxTokens": self.max_tokens, "temperature": self.temperature}
        inference = {name: value for name, value in inference.items() if value is not None}
        arguments: dict[str, Any] = {
            "modelId": self.model,
            "messages": [{"role": "user", "content": [{"text": self.prompt}]}],
        }
        if self.system:
            arguments["system"] = [{"text": self.system}]
        if inference:
            arguments["inferenceConfig"] = inference
        return arguments


@dataclass
class Answer:
    """What there is to know of an answer besides its text.

    Attributes:
        stop_reason: as ``end_turn``, None where the service gave none.
        input_tokens: tokens of the question, None where the service gave none.
        output_tokens: tokens of the answer, None where the service gave none.
        time_to_first_token: seconds from the call to the first text, None without text.
    """

    stop_reason: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    time_to_first_token: float | None = None

    def summary(self) -> str:
        """Say it in a line."""
        parts = [f"stop reason: {self.stop_reason}"]
        if self.input_tokens is not None and self.output_tokens is not None:
            parts.append(f"tokens: {self.input_tokens} in, {self.output_tokens} out")
        if self.time_to_first_token is not None:
            parts.append(f"first token: {self.time_to_first_token * 1000:.0f} ms")
        return " | ".join(parts)


@contextmanager
def open_client(target: Target) -> Iterator[Any]:
    """Open a client of Bedrock; it is closed on exit, and a local server is stopped.

    Raises:
        MissingExtraError: the local server needs the extra ``local``.
        BotoCoreError: no region, an unknown profile, a configuration that is broken.
        ValueError: the endpoint is no URL of HTTP.
    """
    if target.local:
        with (
            awsio.testing.LocalServer(delay=EVENT_DELAY) as server,
            server.client(SERVICE) as client,
        ):
            yield client
        return
    credentials = {"profile": target.profile} if target.profile else None
    with awsio.bedrockruntime(
        region=target.region, credentials=credentials, endpoint=target.endpoint_url
    ) as client:
        url: str = client.meta.endpoint_url
        if not url.startswith(("http://", "https://")):
            msg = f"Invalid endpoint: {url} (it begins with http:// or https://)"
            raise ValueError(msg)
        yield client


def ask(client: Any, question: Question, write: Callable[[str], None]) -> Answer:
    """Ask, and give each piece of text away as it comes.

    Args:
        client: of Bedrock.
        question: what to ask.
        write: called with each piece of text.

    Returns:
        The rest of the answer. The stream is closed, also when something is raised.

    Raises:
        ClientError: the service refused, or broke the stream off.
        StreamError: the stream was cut or damaged.
    """
    answer = Answer()
    start = time.perf_counter()
    response = client.converse_stream(**question.arguments())
    with response.stream(connection=True) as con:
        for event in con:
            text = event.contentBlockDelta.delta.text
            if text:
                if answer.time_to_first_token is None:
                    answer.time_to_first_token = time.perf_counter() - start
                write(text)
            if event.messageStop:
                answer.stop_reason = event.messageStop.stopReason
            if event.metadata:
                usage = event.metadata.usage
                answer.input_tokens, answer.output_tokens = usage.inputTokens, usage.outputTokens
    return answer
