"""The examples of the documentation run, and print what the pages show.

The pages write what users write, `awsio.bedrockruntime(region="us-east-1")`: the environment
leads such clients to a local server, which has a script for what a page shows.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from awsio.events import operation_model
from awsio.testing import LocalServer, encode_events
from tests.support.installed import has, need
from tests.support.wire import Answer, WireServer

from .markdown_blocks import blocks_of, python_blocks_of, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {str(page.relative_to(DOCS)): page for page in sorted(DOCS.rglob("*.md"))}
EXAMPLES = [name for name, page in PAGES.items() if python_blocks_of(page)]
# A block of another kind would not be run, and nobody would know.
KINDS = {"python", "text", "console", "{toctree}", "{eval-rst}", "{include} ../CHANGELOG.md"}
OPERATION_ROW = re.compile(
    r"^\| (?P<service>[\w-]+) \| `awsio\.(?P<constructor>\w+)` "
    r"\| (?P<operation>\w+) \| `(?P<member>\w+)` \|$",
    re.MULTILINE,
)

Events = list[dict[str, Any]]
Script = tuple[str, str, list[Events]]


def text_delta(text: str) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}}


def tool_start(index: int, tool_id: str, name: str) -> dict[str, Any]:
    start = {"toolUse": {"toolUseId": tool_id, "name": name}}
    return {"contentBlockStart": {"contentBlockIndex": index, "start": start}}


def tool_delta(text: str, index: int) -> dict[str, Any]:
    delta = {"toolUse": {"input": text}}
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}


def block_stop(index: int) -> dict[str, Any]:
    return {"contentBlockStop": {"contentBlockIndex": index}}


def record(key: str, data: bytes, number: str) -> dict[str, Any]:
    found = {"SequenceNumber": number, "PartitionKey": key, "Data": data}
    return {
        "SubscribeToShardEvent": {
            "Records": [found],
            "ContinuationSequenceNumber": number,
            "MillisBehindLatest": 0,
        }
    }


HELLO: Events = [
    {"messageStart": {"role": "assistant"}},
    text_delta("It shows that "),
    text_delta("everything works."),
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {
        "metadata": {
            "usage": {"inputTokens": 9, "outputTokens": 8, "totalTokens": 17},
            "metrics": {"latencyMs": 120},
        }
    },
]
# Text and two tools whose pieces alternate; the second tool has no arguments.
TOOL: Events = [
    {"messageStart": {"role": "assistant"}},
    text_delta("I look."),
    tool_start(1, "1", "weather"),
    tool_delta('{"city": "O', 1),
    tool_start(2, "2", "clock"),
    tool_delta("", 2),
    text_delta(" One moment."),
    block_stop(2),
    tool_delta('slo"}', 1),
    block_stop(0),
    block_stop(1),
    {"messageStop": {"stopReason": "tool_use"}},
]
MODEL: Events = [
    {"chunk": {"bytes": b'{"type":"%s"}' % name}}
    for name in (b"message_start", b"content_block_delta", b"message_stop")
]
OVERLOADED: Events = [
    {"chunk": {"bytes": b'{"type":"message_start"}'}},
    {
        "chunk": {
            "bytes": b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
        }
    },
]
AGENT: Events = [
    {"chunk": {"bytes": "Good morning. Caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode()[:-1]}},
    {"trace": {"sessionId": "1"}},
    {"chunk": {"bytes": "\N{LATIN SMALL LETTER E WITH ACUTE} is open.".encode()[1:]}},
]
DRAWING: Events = [
    {"trace": {"sessionId": "s-1", "trace": {"orchestrationTrace": {"modelInvocationInput": {}}}}},
    {
        "files": {
            "files": [{"name": "oslo.png", "type": "image/png", "bytes": b"\x89PNG\r\n\x1a\n"}]
        }
    },
    {"chunk": {"bytes": b"Here it is."}},
]
CONTROL: Events = [
    {
        "returnControl": {
            "invocationId": "i-1",
            "invocationInputs": [
                {
                    "functionInvocationInput": {
                        "actionGroup": "weather",
                        "function": "temperature",
                        "parameters": [{"name": "city", "type": "string", "value": "Oslo"}],
                    }
                }
            ],
        }
    }
]
RESULT: Events = [{"chunk": {"bytes": b"No: 3.5 degrees."}}]
FLOW: Events = [
    {
        "flowOutputEvent": {
            "nodeName": "FlowOutputNode",
            "nodeType": "FlowOutputNode",
            "content": {"document": ["Bergen", "Oslo"]},
        }
    },
    {"flowCompletionEvent": {"completionReason": "SUCCESS"}},
]
KNOWLEDGE: Events = [
    {"output": {"text": "In "}},
    {"output": {"text": "Bergen."}},
    {
        "citation": {
            "retrievedReferences": [
                {"location": {"type": "S3", "s3Location": {"uri": "s3://weather/2026.txt"}}}
            ]
        }
    },
]
HARNESS: Events = [
    {"messageStart": {"role": "assistant"}},
    {
        "contentBlockStart": {
            "contentBlockIndex": 0,
            "start": {"toolUse": {"toolUseId": "1", "name": "weather"}},
        }
    },
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "tool_use"}},
    {"messageStart": {"role": "assistant"}},
    text_delta("No: 3.5 degrees."),
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
]
CODE: Events = [
    {
        "result": {
            "content": [{"type": "text", "text": "42"}],
            "structuredContent": {"stdout": "42", "stderr": "", "exitCode": 0},
            "isError": False,
        }
    }
]
COMMAND: Events = [
    {"chunk": {"contentStart": {}}},
    {"chunk": {"contentDelta": {"stdout": "agent.py\nda"}}},
    {"chunk": {"contentDelta": {"stdout": "ta.csv\n"}}},
    {"chunk": {"contentStop": {"exitCode": 0, "status": "COMPLETED"}}},
]
ROWS = "Oslo,3.5\nBod\N{LATIN SMALL LETTER O WITH STROKE},-1.0\nBergen,6.0\n".encode()
SELECT: Events = [
    {"Records": {"Payload": ROWS[:13]}},  # inside a character
    {"Records": {"Payload": ROWS[13:]}},
    {"Stats": {"Details": {"BytesScanned": 52, "BytesProcessed": 52, "BytesReturned": len(ROWS)}}},
    {"End": {}},
]
SHARD: Events = [record("a", b"first", "6"), record("b", b"second", "7")]
THIRD = record("c", b"third", "8")
CHILD = {"ShardId": "shardId-000000000001", "ParentShards": ["shardId-000000000000"]}
THIRD["SubscribeToShardEvent"] |= {"ChildShards": [CHILD]}
TAIL: Events = [
    {"sessionStart": {"sessionId": "1"}},
    {"sessionUpdate": {"sessionResults": [{"message": "GET / 200"}]}},
    {"sessionUpdate": {"sessionResults": [{"message": "GET /favicon.ico 404"}]}},
]
LATER: Events = [
    {"sessionStart": {"sessionId": "2"}},
    {"sessionUpdate": {"sessionResults": [{"message": "POST / 201"}]}},
    {"sessionUpdate": {"sessionResults": [{"message": "shutting down"}]}},
]
REPORT: Events = [
    {"PayloadChunk": {"Payload": b"station,cels"}},
    {"PayloadChunk": {"Payload": b"ius\nOslo,3.5\n"}},
    {"InvokeComplete": {}},
]
FAILING: Events = [
    {"PayloadChunk": {"Payload": b"station,cels"}},
    {
        "InvokeComplete": {
            "ErrorCode": "Unhandled",
            "ErrorDetails": "the function ran out of memory",
        }
    },
]
ENDPOINT: Events = [
    {"PayloadPart": {"Bytes": b'data: {"token": "Hel"}\n\nda'}},
    {"PayloadPart": {"Bytes": b'ta: {"token": "lo"}\n\ndata: [DONE]\n\n'}},
]

CONVERSE = ("bedrock-runtime", "ConverseStream")
#: What the server answers on a page: a script a call, the last one stays.
SCRIPTS: dict[str, list[Script]] = {
    "howto/agents.md": [
        ("bedrock-agent-runtime", "InvokeAgent", [AGENT, AGENT, DRAWING, CONTROL, RESULT]),
        ("bedrock-agent-runtime", "InvokeFlow", [FLOW]),
        ("bedrock-agent-runtime", "RetrieveAndGenerateStream", [KNOWLEDGE]),
    ],
    "howto/bedrock.md": [
        (*CONVERSE, [HELLO, HELLO, TOOL, HELLO]),
        ("bedrock-runtime", "InvokeModelWithResponseStream", [MODEL, OVERLOADED]),
    ],
    "howto/boto3.md": [(*CONVERSE, [HELLO])],
    "howto/kinesis.md": [("kinesis", "SubscribeToShard", [SHARD, SHARD, [THIRD], SHARD])],
    "howto/lambda.md": [("lambda", "InvokeWithResponseStream", [REPORT, FAILING])],
    "howto/logs.md": [("logs", "StartLiveTail", [TAIL, TAIL, LATER, TAIL])],
    "howto/many-streams.md": [(*CONVERSE, [HELLO])],
    "howto/raw-frames.md": [(*CONVERSE, [HELLO])],
    "howto/sagemaker.md": [
        ("sagemaker-runtime", "InvokeEndpointWithResponseStream", [ENDPOINT]),
    ],
    "howto/s3-select.md": [("s3", "SelectObjectContent", [SELECT])],
}


def body(content_type: str, *pieces: bytes) -> Answer:
    return Answer(pieces, content_type=content_type)


STATIONS = body("text/csv", b"station,celsi", b"us\nOslo,3.5\n")
AGENT_TEXT = body(
    "text/event-stream; charset=utf-8",
    b'data: {"text": "No: "}\n\nda',
    b'ta: {"text": "3.5 \\u00',
    b'b0C."}\n\ndata: [DONE]\n\n',
)
#: Answers that are no event streams, or not all: a server of its own gives them, in this order.
BODIES: dict[str, Callable[[], list[Answer]]] = {
    "howto/agentcore.md": lambda: [
        *(
            Answer([encode_events("bedrock-agentcore", operation, events)])
            for operation, events in (
                ("InvokeHarness", HARNESS),
                ("InvokeCodeInterpreter", CODE),
                ("InvokeAgentRuntimeCommand", COMMAND),
            )
        ),
        AGENT_TEXT,
    ],
    "howto/streaming-bodies.md": lambda: [STATIONS] * 2 + [AGENT_TEXT],
}

#: What a page needs that older botocores, still supported, do not have.
NEEDS = {
    "howto/agentcore.md": ("bedrock-agentcore", "InvokeHarness"),
    "howto/streaming-bodies.md": ("bedrock-agentcore", "InvokeAgentRuntime"),
    "howto/testing-without-aws.md": ("bedrock-agentcore", "InvokeAgentRuntime"),
}


#: What `~/.aws/config` holds for the pages.
PROFILE = """[profile dev]
region = us-east-1
aws_access_key_id = made-up
aws_secret_access_key = made-up
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalServer]:
    """Lead every client that is made to a local server."""
    config = tmp_path / "config"
    config.write_text(PROFILE, "utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with LocalServer() as started:
        monkeypatch.setenv("AWS_ENDPOINT_URL", started.url)
        monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield started


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_a_page_run_and_print_what_it_shows(
    name: str, server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in NEEDS:
        need(*NEEDS[name])
    for service, operation, streams in SCRIPTS.get(name, []):
        for events in streams:
            server.add(service, operation, events=events)
    monkeypatch.chdir(tmp_path)
    with WireServer() as bodies:
        if name in BODIES:
            bodies.answer(*BODIES[name]())
            monkeypatch.setenv("AWS_ENDPOINT_URL", bodies.url)
        assert run(PAGES[name]) == []


def test_every_script_belongs_to_a_page() -> None:
    assert SCRIPTS.keys() | BODIES.keys() <= set(EXAMPLES)


@pytest.mark.parametrize("name", PAGES)
def test_the_blocks_of_a_page_are_of_the_kinds_that_are_run_or_plainly_are_not_code(
    name: str,
) -> None:
    assert {block.kind for block in blocks_of(PAGES[name])} <= KINDS


def test_the_table_of_operations_is_that_of_the_models() -> None:
    import awsio

    rows = OPERATION_ROW.findall(PAGES["intro/event-streams.md"].read_text("utf-8"))
    assert rows
    for service, constructor, operation, member in rows:
        if not has(service, operation):  # an older botocore, still supported
            continue
        output: Any = operation_model(service, operation).output_shape
        assert output.event_stream_name == member
        assert f"``{service}``" in getattr(awsio, constructor).__doc__
