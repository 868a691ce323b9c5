"""What is not a client or a stream is refused by the function that it is passed to."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Callable
from typing import Any

import boto3
import botocore.client
import botocore.eventstream
import botocore.response
import botocore.session
import pytest

import awsio
from tests.support.bodies import OBJECT
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE
from tests.support.wire import Answer

MakeClient = Callable[..., Any]


def resource(name: str = "s3") -> Any:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return boto3.resource(name, region_name="us-east-1", **keys)


def stand_in(base: type) -> Any:
    """Create an object of a class that aiobotocore derives from botocore's.

    aiobotocore wants a botocore of its own, so its real classes are tested with the frameworks.
    """
    kind = type(f"Aio{base.__name__}", (base,), {"__module__": "aiobotocore.stand_in"})
    return kind.__new__(kind)


CLIENTS: dict[str, tuple[Callable[[], Any], str]] = {
    "a resource": (resource, r"s3\.ServiceResource: pass its client, resource\.meta\.client"),
    "a part of a resource": (lambda: resource().Bucket("b"), r"resource\.meta\.client"),
    "a session": (boto3.Session, "a Session: pass a client that it creates"),
    "botocore's session": (botocore.session.Session, "pass a client that it creates"),
    "the module": (lambda: boto3, "pass a client that it creates"),
    "a name": (lambda: "s3", r"a str: awsio\.client\('s3'\) creates one"),
    "nothing": (lambda: None, "a NoneType$"),
    "a class": (lambda: awsio.Client, "the class Client$"),
    "a client of aiobotocore": (
        lambda: stand_in(botocore.client.BaseClient),
        r"an AioBaseClient of aiobotocore: use boto3, under asyncio",
    ),
}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "attach()": awsio.attach,
    "attach() ": awsio.Client,
    "stream_many()": lambda made: awsio.stream_many(made, "converse_stream", [{}]),
}


@pytest.mark.parametrize("function", FUNCTIONS.keys())
@pytest.mark.parametrize(("make", "message"), CLIENTS.values(), ids=CLIENTS.keys())
def test_what_is_not_a_client_is_refused(
    function: str, make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message) as caught:
        FUNCTIONS[function](make())
    assert str(caught.value).startswith(f"{function.strip()} takes a boto3 or botocore client, not")


def test_the_client_of_a_resource_is_attached(boto3_client: MakeClient) -> None:
    made = boto3_client("s3", Answer([b"abc"], "length", content_type="text/plain"))
    holder = types.SimpleNamespace(meta=types.SimpleNamespace(client=made))
    assert awsio.attach(holder.meta.client) is made
    assert made.get_object(**OBJECT)["Body"](lambda piece: piece) == [b"abc"]


STREAMS: dict[str, tuple[Callable[[], Any], str]] = {
    "a response": (
        lambda: {"stream": botocore.response.StreamingBody(io.BytesIO(), 0), "id": 1},
        "a dict: pass its member 'stream'",
    ),
    "a response without one": (lambda: {"id": 1}, "a dict without a stream"),
    "a file": (io.BytesIO, r"a BytesIO: awsio\.PawsConnection reads files and responses"),
    "a connection": (lambda: awsio.open(b""), "a PawsConnection$"),
    "nothing": (lambda: None, "a NoneType$"),
    "an event stream of aiobotocore": (
        lambda: stand_in(botocore.eventstream.EventStream),
        r"an AioEventStream of aiobotocore: use boto3, under asyncio",
    ),
    "a body of aiobotocore": (
        lambda: stand_in(botocore.response.StreamingBody),
        r"an AioStreamingBody of aiobotocore: use boto3, under asyncio",
    ),
}


@pytest.mark.parametrize(("make", "message"), STREAMS.values(), ids=STREAMS.keys())
def test_what_is_not_a_stream_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        awsio.connect(make())


@pytest.mark.parametrize("whole", [True, False])
def test_a_stream_of_aiobotocore_is_refused_by_resume(whole: bool) -> None:  # noqa: FBT001 - a parameter of the test
    stream = stand_in(botocore.eventstream.EventStream)
    events = awsio.resume(lambda _: {"stream": stream} if whole else stream, None)
    with pytest.raises(TypeError, match=r"AioEventStream .*: use boto3, under asyncio"):
        next(events)


def test_an_async_function_is_refused_by_resume() -> None:
    async def open_at(_: Any) -> Any:
        """Do nothing: it is never awaited."""

    with pytest.raises(TypeError, match=r"coroutine .*: use boto3, under asyncio"):
        next(awsio.resume(open_at, None))


def test_a_session_of_aiobotocore_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class AioSession(botocore.session.Session):
        def create_client(self, *_: Any, **__: Any) -> Any:
            pytest.fail("a client was asked for, which no one would await")

    monkeypatch.setattr(AioSession, "__module__", "aiobotocore.session")
    with pytest.raises(TypeError, match=r"an AioSession of aiobotocore: use boto3, under asyncio"):
        awsio.client("s3", session=AioSession())


def test_a_source_that_is_a_stream_names_connect(boto3_client: MakeClient) -> None:
    response = boto3_client("bedrock-runtime", Answer(CONVERSE)).converse_stream(**CONVERSE_CALL)
    for wrong in (response["stream"], response):
        with pytest.raises(TypeError, match=r"awsio\.connect\(\)"):
            awsio.PawsConnection(wrong)
    response["stream"].close()
    assert "aiobotocore" not in sys.modules
