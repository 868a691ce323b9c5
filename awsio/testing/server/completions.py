"""A text that answers a prompt, and the events of Converse that carry it.

A text is deterministic and comes in pieces of a few letters, as a model's tokens do.
Counts of tokens are counts of these pieces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ("Completion", "complete", "converse_events", "converse_output", "last_prompt", "tokens")

# A word of up to eight letters is one token, a longer one several, as is punctuation.
TOKEN = re.compile(r"\s?\w{1,8}|\s?[^\w\s]|\s")
QUOTED = 200
LATENCY = 1


def tokens(text: str) -> list[str]:
    """Cut a text into pieces that a model might call tokens; joined, they are the text."""
    return TOKEN.findall(text)


class Completion(NamedTuple):
    """A text that answers a prompt.

    Attributes:
        deltas: the text in pieces.
        input_tokens: pieces of the prompt.
        is_cut: the text was longer than what was asked for.
    """

    deltas: list[str]
    input_tokens: int
    is_cut: bool

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.deltas)

    @property
    def output_tokens(self) -> int:
        """Pieces of the text."""
        return len(self.deltas)


def complete(prompt: str, max_tokens: Any = None) -> Completion:
    """Answer a prompt.

    Args:
        prompt: any text.
        max_tokens: how many pieces at most; what is no positive integer sets no limit.
    """
    quoted = prompt if len(prompt) <= QUOTED else prompt[:QUOTED].rstrip() + "..."
    request = f'You asked: "{quoted}"' if prompt else "You sent no text."
    pieces = tokens(
        f"{request} This answer comes from awsio's local server, not from a model: it repeats "
        "the prompt and streams itself a few letters at a time, so that a program can be "
        "tried without AWS."
    )
    limit = max_tokens if isinstance(max_tokens, int) and max_tokens > 0 else len(pieces)
    return Completion(pieces[:limit], len(tokens(prompt)), limit < len(pieces))


def last_prompt(messages: Any) -> str:
    """Find the text of the last message that has one.

    Args:
        messages: as Converse and the models' own chat formats have them: ``content`` is a
            text, or a list of blocks of which some have ``text``.
    """
    for message in reversed(messages if isinstance(messages, list) else []):
        content = message.get("content") if isinstance(message, Mapping) else None
        if isinstance(content, str):
            return content
        texts = [
            str(block["text"])
            for block in (content if isinstance(content, list) else [])
            if isinstance(block, Mapping) and block.get("text")
        ]
        if texts:
            return "\n".join(texts)
    return ""


def converse_events(reply: Completion) -> list[dict[str, Any]]:
    """Write an answer as the events of ConverseStream.

    Amazon's own models use the same ones in their native format.
    """
    return [
        {"messageStart": {"role": "assistant"}},
        *(
            {"contentBlockDelta": {"delta": {"text": text}, "contentBlockIndex": 0}}
            for text in reply.deltas
        ),
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"messageStop": {"stopReason": stop_reason(reply)}},
        {"metadata": {"usage": usage(reply), "metrics": {"latencyMs": LATENCY}}},
    ]


def converse_output(reply: Completion) -> dict[str, Any]:
    """Write an answer as the output of Converse.

    Amazon's own models use the same one in their native format.
    """
    message = {"role": "assistant", "content": [{"text": reply.text}]}
    return {
        "output": {"message": message},
        "stopReason": stop_reason(reply),
        "usage": usage(reply),
        "metrics": {"latencyMs": LATENCY},
    }


def stop_reason(reply: Completion) -> str:
    """Return why an answer ends, in the words of Converse."""
    return "max_tokens" if reply.is_cut else "end_turn"


def usage(reply: Completion) -> dict[str, int]:
    """Count the tokens, as Converse does."""
    return {
        "inputTokens": reply.input_tokens,
        "outputTokens": reply.output_tokens,
        "totalTokens": reply.input_tokens + reply.output_tokens,
    }
