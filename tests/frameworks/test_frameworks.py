"""Libraries over boto3 do not tell an attached client from a plain one.

Each library streams the same answers through both, from a local server. What it makes of them is
the same, except for the cases of :data:`STRICTER`, which ``docs/howto/boto3.md`` lists.
"""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

import awsio
from awsio.eventstream import encode_frame
from awsio.testing import LocalServer, encode_events
from tests.frameworks.libraries import LIBRARIES, Answer, Library

if not any(library.is_installed for library in LIBRARIES.values()):
    pytest.skip("no library over boto3 is installed", allow_module_level=True)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Events = Callable[[LocalServer], Any]

# The libraries warn of themselves, and a plain stream that is left leaves its socket to the garbage
# collector.
pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PATIENCE = 20.0
TIMEOUT = 1.0


def text(words: str, index: int = 0) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": {"text": words}}}


def tool(index: int, name: str, *pieces: str) -> list[dict[str, Any]]:
    start = {"toolUse": {"toolUseId": f"id-{index}", "name": name}}
    return [
        {"contentBlockStart": {"contentBlockIndex": index, "start": start}},
        *(
            {
                "contentBlockDelta": {
                    "contentBlockIndex": index,
                    "delta": {"toolUse": {"input": one}},
                }
            }
            for one in pieces
        ),
        stop(index),
    ]


def stop(index: int) -> dict[str, Any]:
    return {"contentBlockStop": {"contentBlockIndex": index}}


BEGIN = [{"messageStart": {"role": "assistant"}}, text("No, "), text("it is cold.")]
USAGE = {"inputTokens": 9, "outputTokens": 8, "totalTokens": 17}
METADATA = {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 120}}}
END = [stop(0), {"messageStop": {"stopReason": "end_turn"}}, METADATA]
TOOLS = [
    *BEGIN,
    stop(0),
    *tool(1, "weather", '{"city": "O', 'slo"}'),
    *tool(2, "clock", ""),
    {"messageStop": {"stopReason": "tool_use"}},
    METADATA,
]
UNKNOWN = encode_frame(
    {":message-type": "event", ":event-type": "novelty", ":content-type": "application/json"}, b"{}"
)
NO_TYPE = encode_frame({":message-type": "event", ":content-type": "application/json"}, b"{}")
FRAME = encode_events("bedrock-runtime", "ConverseStream", [text("lost")])
NOT_JSON = encode_frame(
    {
        ":message-type": "event",
        ":event-type": "contentBlockDelta",
        ":content-type": "application/json",
    },
    b"{",
)


def cut(server: LocalServer) -> Any:
    """Break the connection in the middle of the answer."""

    def events(_: Any) -> Iterator[Any]:
        yield from BEGIN
        threading.Thread(target=server.close).start()
        threading.Event().wait(PATIENCE)

    return events


def stall(_: LocalServer) -> Any:
    """Say nothing more in the middle of the answer."""

    def events(_: Any) -> Iterator[Any]:
        yield from BEGIN
        threading.Event().wait(TIMEOUT * 3)

    return events


def sent(*items: Any) -> Events:
    return lambda _: list(items)


#: What both clients make of an answer in the same way.
SAME: dict[str, Events] = {
    "text": sent(*BEGIN, *END),
    "tools": sent(*TOOLS),
    "an unknown event": sent(*BEGIN, UNKNOWN, *END),
    "a throttle": sent(*BEGIN, {"throttlingException": {"message": "slow down"}}),
    "a failure of the model": sent(*BEGIN, {"modelStreamErrorException": {"message": "broke"}}),
    "a cut": cut,
    "a stall": stall,
    "a damaged frame": sent(*BEGIN, FRAME[:-1] + bytes([FRAME[-1] ^ 1])),
    "a page": sent(b"<html><body>The gateway is busy</body></html>"),
}
#: What boto3's loop ends at or skips, and awsio raises.
STRICTER: dict[str, tuple[Events, type[awsio.errors.StreamError]]] = {
    "no terminal event": (sent(*BEGIN), awsio.errors.IncompleteStreamError),
    "a cut frame": (sent(*BEGIN, FRAME[:-5]), awsio.errors.TruncatedStreamError),
    "a short body": (sent(b'{"a": 1}'), awsio.errors.NotAnEventStreamError),
    "an event without a type": (sent(*BEGIN, NO_TYPE, *END), awsio.errors.EventParseError),
    "an event that is not JSON": (sent(*BEGIN, NOT_JSON, *END), awsio.errors.EventParseError),
}


@pytest.fixture(params=LIBRARIES.values(), ids=LIBRARIES.keys())
def library(request: pytest.FixtureRequest) -> Library:
    found: Library = request.param
    if not found.is_installed:
        pytest.skip(f"{found.module} is not installed")
    return found


@pytest.fixture
def ask(library: Library) -> Iterator[Callable[..., tuple[Answer, Exception | None]]]:
    """Ask a server of its own through a client, and return the answer and what was raised."""
    running: list[LocalServer] = []

    def call(
        events: Events, *, attached: bool, enough: int | None = None, **options: Any
    ) -> tuple[Answer, Exception | None]:
        server = LocalServer().start()
        running.append(server)
        server.add(
            "bedrock-runtime", "ConverseStream", events(server), delay=options.pop("delay", 0)
        )
        arguments = server.client_arguments()
        patient = Config(read_timeout=TIMEOUT, retries={"total_max_attempts": 1})
        arguments["config"] = arguments["config"].merge(patient)
        client = boto3.client("bedrock-runtime", **arguments)
        if attached:
            awsio.attach(client, **options)
        answer = Answer(enough=enough)
        try:
            library.drive(client, answer)
        except Exception as error:  # noqa: BLE001 - whatever the library raises is compared
            return answer, error
        finally:
            client.close()
        return answer, None

    yield call
    for server in running:
        server.close()


Ask = "Callable[..., tuple[Answer, Exception | None]]"


@pytest.mark.parametrize("events", SAME.values(), ids=SAME.keys())
def test_an_answer_is_the_same(ask: Ask, events: Events) -> None:
    plain, raised = ask(events, attached=False)
    attached, ours = ask(events, attached=True)
    assert attached == plain
    # The library's own class is the same; botocore's, where it passes, is one of awsio's bases.
    assert (raised is None) == (ours is None), (raised, ours)
    if raised is not None:
        assert isinstance(ours, type(raised)), (raised, ours)
        assert same_cause(raised, ours)


def same_cause(plain: BaseException, attached: BaseException | None) -> bool:
    """Return whether the errors below are of the same classes too."""
    if plain.__cause__ is None or type(plain).__module__.startswith(("urllib3", "botocore")):
        return True  # below these are the errors of the transport
    below = attached.__cause__ if attached is not None else None
    return isinstance(below, type(plain.__cause__))


def test_what_was_asked_for_was_seen(ask: Ask) -> None:
    """The cases are what they are called: the comparison above compares something."""
    assert ask(SAME["text"], attached=True) == (Answer(["No, ", "it is cold."]), None)
    answer, raised = ask(SAME["tools"], attached=True)
    assert raised is None
    assert answer.tools == [("weather", {"city": "Oslo"}), ("clock", {})]
    for case in ("a throttle", "a cut", "a stall", "a damaged frame"):
        answer, raised = ask(SAME[case], attached=True)
        assert answer.texts == ["No, ", "it is cold."]
        assert isinstance(raised, Exception)


@pytest.mark.parametrize(("events", "kind"), STRICTER.values(), ids=STRICTER.keys())
def test_where_awsio_is_stricter_the_library_raises(
    ask: Ask, events: Events, kind: type[awsio.errors.StreamError]
) -> None:
    plain, _ = ask(events, attached=False)
    attached, raised = ask(events, attached=True)
    chain = list(causes(raised))
    assert any(isinstance(error, kind) for error in chain), chain
    assert attached.texts == plain.texts[: len(attached.texts)]


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Iterate over an error and those below it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_an_incomplete_answer_is_accepted_where_that_is_asked_for(ask: Ask) -> None:
    events = STRICTER["no terminal event"][0]
    plain, raised = ask(events, attached=False)
    attached, ours = ask(events, attached=True, require_terminal=False)
    assert attached == plain
    assert repr(ours) == repr(raised)  # langchain misses the terminal event itself


@pytest.mark.parametrize("attached", [False, True], ids=["plain", "attached"])
def test_a_cancelled_answer_is_left(ask: Ask, attached: bool) -> None:  # noqa: FBT001 - a parameter of the test
    left = threading.Event()

    def endless(_: LocalServer) -> Any:
        def events(_: Any) -> Iterator[Any]:
            try:
                yield BEGIN[0]
                while True:
                    yield text("more")
            finally:
                left.set()

        return events

    answer, raised = ask(endless, attached=attached, enough=3, delay=0.01)
    assert raised is None
    assert answer.texts[:3] == ["more"] * 3
    if not attached:
        gc.collect()  # botocore's stream is part of a reference cycle
    assert left.wait(PATIENCE), "the server still sends"
