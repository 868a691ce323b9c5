"""`stream_many`: results in order, whatever runs the streams."""

from __future__ import annotations

import multiprocessing
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, EventStreamError

import awsio
from awsio.clients.many import SentClient, received
from awsio.errors import (
    IncompleteStreamError,
    ServiceStreamError,
    UnknownOperationError,
)
from awsio.testing import LocalServer
from tests.support import frames
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wire import Answer, Gate, WireServer

MakeClient: TypeAlias = Callable[..., awsio.Client]

KEY = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}
CONVERSE = ("bedrock-runtime", "ConverseStream")
# Other processes import it by its name, as they could not a function of a test.
TEXT = attrgetter("contentBlockDelta.delta.text")


def call(name: str) -> dict[str, Any]:
    return {"modelId": "m", "messages": [{"role": "user", "content": [{"text": name}]}]}


def name_of(arguments: dict[str, Any]) -> str:
    return str(arguments["messages"][0]["content"][0]["text"])


def delta(text: str) -> dict[str, Any]:
    return {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}}


START = {"messageStart": {"role": "assistant"}}
STOP = {"messageStop": {"stopReason": "end_turn"}}


def echo(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Answer a prompt with its letters; some prompts with an error."""
    name = name_of(arguments)
    yield START
    for letter in name:
        yield delta(letter)
    if name == "throttled":
        yield {"throttlingException": {"message": "slow down"}}
    if name == "unmodelled":
        yield awsio.Frame({":message-type": "error", ":error-code": "Odd"}, b"")
    if name != "cut":
        yield STOP


@pytest.fixture
def local() -> Iterator[LocalServer]:
    with LocalServer() as running:
        running.add(*CONVERSE, echo)
        yield running


@pytest.fixture
def client(local: LocalServer) -> Iterator[awsio.Client]:
    with awsio.bedrockruntime(region="us-east-1", endpoint=local.url, credentials=KEY) as made:
        yield made


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def dask() -> Iterator[Executor]:
    """Give the executor of a Dask cluster of one process, on 127.0.0.1 alone."""
    distributed = pytest.importorskip("dask.distributed", reason="Dask is not installed")
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            worker_dashboard_address="127.0.0.1:0",
        ) as cluster,
        distributed.Client(cluster) as connected,
    ):
        yield connected.get_executor()


@pytest.fixture(params=["own", "threads", "processes", "dask"])
def executor(request: pytest.FixtureRequest) -> Executor | None:
    return None if request.param == "own" else request.getfixturevalue(request.param)


def awsio_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("awsio_")]


# --- on every executor ------------------------------------------------------------------------


def test_the_results_are_in_the_order_of_the_params(
    client: awsio.Client, executor: Executor | None
) -> None:
    names = ["one", "three", "five", "two"]
    with awsio.stream_many(
        client, "converse_stream", map(call, names), executor=executor, fn=TEXT
    ) as results:
        assert list(results) == [list(name) for name in names]
    assert awsio_threads() == []


def test_without_a_function_they_are_the_events(
    client: awsio.Client, executor: Executor | None
) -> None:
    (events,) = awsio.stream_many(client, "ConverseStream", [call("hi")], executor=executor)
    assert events == [START, delta("h"), delta("i"), STOP]
    assert events[1].contentBlockDelta.delta.text == "h"


def test_equal_params_are_as_many_calls(
    client: awsio.Client, executor: Executor | None, local: LocalServer
) -> None:
    params = [call("x")] * 3
    both = [
        awsio.stream_many(client, "converse_stream", params, executor=executor, fn=TEXT)
        for _ in range(2)
    ]
    assert [list(results) for results in both] == [[["x"]] * 3] * 2
    assert len(local.requests) == 6


@pytest.mark.parametrize(
    ("name", "kinds", "code"),
    [
        ("throttled", (ServiceStreamError, EventStreamError), "throttlingException"),
        ("unmodelled", (ServiceStreamError, EventStreamError), "Odd"),
        ("cut", (IncompleteStreamError,), None),
    ],
)
def test_an_error_of_a_stream_is_raised_in_its_turn(
    client: awsio.Client,
    executor: Executor | None,
    name: str,
    kinds: tuple[type[Exception], ...],
    code: str | None,
) -> None:
    params = [call("ok"), call(name), call("behind")]
    results = awsio.stream_many(client, "converse_stream", params, executor=executor, fn=TEXT)
    assert next(results) == ["o", "k"]
    with pytest.raises(kinds[0]) as caught:
        next(results)
    assert isinstance(caught.value, kinds[-1])
    assert getattr(caught.value, "code", None) == code
    assert (getattr(caught.value, "frame", None) is not None) == (code is not None)
    assert isinstance(caught.value, client.exceptions.ThrottlingException) == (name == "throttled")
    assert list(results) == []


def test_an_error_of_a_call_is_the_client_s_own_class(
    client: awsio.Client, executor: Executor | None, local: LocalServer
) -> None:
    local.add(*CONVERSE, error="ValidationException", message="no such model")
    local.add(*CONVERSE, error="Unheard", message="of")
    for kind in (client.exceptions.ValidationException, ClientError):
        # The first script of the fixture answers the first call.
        params = [call("ok")] if kind is client.exceptions.ValidationException else []
        results = awsio.stream_many(
            client, "converse_stream", [*params, call("x")], executor=executor, fn=TEXT
        )
        with pytest.raises(kind) as caught:
            list(results)
        assert type(caught.value) is kind
        assert caught.value.operation_name == "ConverseStream"


def test_an_error_of_the_function_is_raised_and_so_is_one_of_the_network(
    client: awsio.Client, executor: Executor | None, local: LocalServer
) -> None:
    results = awsio.stream_many(
        client, "converse_stream", [call("x")], executor=executor, fn=itemgetter("nothing")
    )
    with pytest.raises(KeyError, match="nothing"):
        next(results)
    local.close()
    results = awsio.stream_many(client, "converse_stream", [call("x")], executor=executor)
    with pytest.raises(EndpointConnectionError):
        next(results)


@pytest.mark.parametrize("name", ["threads", "processes", "dask"])
def test_an_executor_that_was_given_is_not_shut_down(
    client: awsio.Client, request: pytest.FixtureRequest, name: str
) -> None:
    executor: Executor = request.getfixturevalue(name)
    with awsio.stream_many(client, "converse_stream", [call("x")], executor=executor) as many:
        next(many)
    assert executor.submit(abs, -1).result(PATIENCE) == 1


# --- threads ----------------------------------------------------------------------------------


def test_streams_run_at_once_and_a_slow_one_holds_up_only_its_own_turn(
    client: awsio.Client, local: LocalServer
) -> None:
    others_done = threading.Barrier(3, timeout=PATIENCE)

    def answer(arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield START
        others_done.wait()  # all three are open
        yield delta(name_of(arguments))
        yield STOP

    local.add(*CONVERSE, echo)
    local.add(*CONVERSE, answer)
    list(awsio.stream_many(client, "converse_stream", [call("a"), call("b")]))
    results = awsio.stream_many(client, "converse_stream", map(call, "abc"), fn=TEXT)
    assert list(results) == [["a"], ["b"], ["c"]]


def test_there_are_32_threads_at_most_and_none_is_left(
    client: awsio.Client, local: LocalServer
) -> None:
    go = threading.Event()

    def answer(_: dict[str, Any]) -> Iterator[dict[str, Any]]:
        go.wait(PATIENCE)
        yield STOP

    local.add(*CONVERSE, answer)
    list(awsio.stream_many(client, "converse_stream", [call("takes the first script")]))
    results = awsio.stream_many(client, "converse_stream", map(call, map(str, range(40))))
    wait_until(lambda: len(local.requests) == 33)
    assert len(awsio_threads()) == 32
    go.set()
    assert list(results) == [[STOP]] * 40
    assert awsio_threads() == []


def test_there_is_a_thread_for_each_stream_and_no_more(
    client: awsio.Client, local: LocalServer
) -> None:
    results = awsio.stream_many(client, "converse_stream", [call("x"), call("y")])
    assert len(awsio_threads()) <= 2
    assert len(list(results)) == len(local.requests) == 2


def test_an_error_cancels_what_has_not_begun(client: awsio.Client, local: LocalServer) -> None:
    held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        results = awsio.stream_many(
            client, "converse_stream", [call("cut"), call("b")], executor=pool
        )
        blocker = pool.submit(held.wait, PATIENCE)
        # Behind the blocker, so it cannot have begun when the error is raised.
        more = awsio.stream_many(client, "converse_stream", map(call, "cd"), executor=pool)
        with pytest.raises(IncompleteStreamError):
            list(results)
        more.close()
        held.set()
        assert blocker.result(PATIENCE)
    assert {name_of(request.params) for request in local.requests} <= {"cut", "b"}


def test_an_executor_that_fails_to_take_a_call_has_the_others_cancelled(
    client: awsio.Client,
) -> None:
    class TakesOne(Executor):
        def __init__(self) -> None:
            self.taken: list[Future[Any]] = []

        def submit(self, *_args: Any, **_options: Any) -> Future[Any]:
            if self.taken:
                raise RuntimeError("no more")
            self.taken.append(Future())
            return self.taken[0]

    executor = TakesOne()
    with pytest.raises(RuntimeError, match="no more") as caught:
        awsio.stream_many(client, "converse_stream", map(call, "ab"), executor=executor)
    assert executor.taken[0].cancelled()
    assert caught.tb, "the error keeps what has failed, so that it cannot be dropped for that"


def test_no_params_are_no_results_and_no_threads(client: awsio.Client) -> None:
    results = awsio.stream_many(client, "converse_stream", [])
    assert list(results) == []
    assert next(iter(results), None) is None
    assert awsio_threads() == []


@pytest.mark.parametrize("attached", [True, False])
def test_a_boto3_client_will_do_for_threads(local: LocalServer, *, attached: bool) -> None:
    plain = boto3.client("bedrock-runtime", **local.client_arguments())
    if attached:
        awsio.attach(plain)
    results = awsio.stream_many(plain, "converse_stream", map(call, "ab"), fn=TEXT)
    assert list(results) == [["a"], ["b"]]
    with pytest.raises(IncompleteStreamError):
        list(awsio.stream_many(plain, "converse_stream", [call("cut")]))
    with pytest.raises(plain.exceptions.ThrottlingException):
        list(awsio.stream_many(plain, "converse_stream", [call("throttled")]))
    plain.close()


def test_a_function_that_fails_has_its_stream_closed(server: WireServer) -> None:
    server.answer(Answer([frames.CONVERSE[0], Gate()]))
    with awsio.bedrockruntime(region="us-east-1", endpoint=server.url, credentials=KEY) as made:
        results = awsio.stream_many(made, "converse_stream", [call("x")], fn=itemgetter("nothing"))
        with pytest.raises(KeyError) as caught:
            next(results)
        assert server.connections[0].closed.wait(PATIENCE)
        assert server.connections[0].closed_by_client
        assert caught.tb, "the error keeps the connection, so that it cannot be dropped"


# --- what is sent -----------------------------------------------------------------------------


def test_a_boto3_client_cannot_be_sent_and_the_error_says_what_can(
    local: LocalServer, processes: Executor
) -> None:
    plain = boto3.client("bedrock-runtime", **local.client_arguments())
    results = awsio.stream_many(plain, "converse_stream", [call("a")], executor=processes)
    with pytest.raises(TypeError, match=r"awsio\.client\(\)"):
        next(results)
    plain.close()


def test_a_client_of_a_session_cannot_be_sent_and_the_error_says_what_can(
    local: LocalServer, processes: Executor
) -> None:
    with local.client("bedrock-runtime") as made:
        results = awsio.stream_many(made, "converse_stream", [call("a")], executor=processes)
        with pytest.raises(TypeError, match="without session="):
            next(results)


def test_a_process_makes_the_client_once(client: awsio.Client) -> None:
    sent = SentClient(client)
    first, second = (pickle.loads(pickle.dumps(sent)) for _ in range(2))  # noqa: S301 - ours
    assert first.client is second.client is not client
    received.cache_clear()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"modelId": "m", "messages": []}, r"for one call write \[params\]"),
        ([{"modelId": "m"}, "m"], r"params\[1\] has to be the dict of a call's arguments, not 'm'"),
        ("m", r"params\[0\]"),
        ([None], r"params\[0\]"),
    ],
)
def test_arguments_that_are_no_list_of_dicts_are_an_error_at_once(
    client: awsio.Client, params: Any, words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        awsio.stream_many(client, "converse_stream", params)


@pytest.mark.parametrize(
    ("operation", "words", "near"),
    [
        ("converse_streem", "no operation", "converse_stream"),
        ("ConverseStreem", "no operation", "ConverseStream"),
        ("converse", "does not answer with an event stream", None),
    ],
)
def test_an_operation_that_does_not_stream_is_an_error_at_once(
    client: awsio.Client, operation: str, words: str, near: str | None
) -> None:
    with pytest.raises(UnknownOperationError, match=words) as caught:
        awsio.stream_many(client, operation, [])
    assert near is None or caught.value.suggestions[0] == near
