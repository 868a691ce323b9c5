"""`awsio.client` and `Client`: botocore's client, with responses and streams that do more."""

from __future__ import annotations

import copy
import inspect
import threading
from collections.abc import Callable
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError, NoRegionError, ParamValidationError
from botocore.stub import Stubber

import awsio
from awsio import Response, StreamHandler
from awsio.errors import IncompleteStreamError, StreamTimeoutError, UnknownServiceError
from tests.support.calls import CONVERSE_CALL, INVOKE_CALL, S3_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, SELECT, event
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

MakeClient = Callable[..., Any]
ERROR = Answer(
    [b'{"message": "slow down"}'],
    "length",
    status=429,
    content_type="application/json",
    headers={"x-amzn-ErrorType": "ThrottlingException"},
)


def test_a_converse_call_is_boto3_s_and_its_stream_does_more(client: MakeClient) -> None:
    response = client("bedrock-runtime", Answer(CONVERSE)).converse_stream(**CONVERSE_CALL)
    assert type(response).__mro__[1] is Response
    assert isinstance(response["stream"], StreamHandler)
    assert response.stream is response["stream"]
    assert response.ResponseMetadata["HTTPStatusCode"] == 200
    assert list(response["stream"]) == CONVERSE_EVENTS


def test_the_stream_is_there_before_its_first_event(client: MakeClient) -> None:
    gate = Gate()
    made = client("bedrock-runtime", Answer([gate, *CONVERSE]))
    response = Task(lambda: made.converse_stream(**CONVERSE_CALL)).result()
    assert gate.reached.wait(20)
    gate.open()
    assert list(response.stream) == CONVERSE_EVENTS


def test_the_connection_knows_its_request(client: MakeClient, server: WireServer) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE, headers={"x-amzn-RequestId": "r-1"}))
    con = made.converse_stream(**CONVERSE_CALL).stream(connection=True)
    assert con.url == server.url + "/model/model-1/converse-stream"
    assert (con.method, con.status_code, con.request_id) == ("POST", 200, "r-1")
    assert 0 < con.elapsed < 20


def test_s3_rows_through_pandas(client: MakeClient) -> None:
    pd = pytest.importorskip("pandas")
    response = client("s3", Answer(SELECT)).select_object_content(**S3_CALL)
    table = pd.read_csv(response.Payload(connection=True).payload())
    assert list(table["n"]) == [1, 22]


def test_what_does_not_stream_has_attributes_too(client: MakeClient) -> None:
    answer = Answer(
        [b'{"ShardLimit": 500, "OpenShardCount": 1}'],
        "length",
        content_type="application/x-amz-json-1.1",
    )
    response = client("kinesis", answer).describe_limits()
    assert response["ShardLimit"] == response.ShardLimit == 500
    with pytest.raises(AttributeError, match="ShardLimit"):
        _ = response.ShardLimits


def test_an_error_before_the_stream_is_the_client_s_own(client: MakeClient) -> None:
    made = client("bedrock-runtime", ERROR)
    with pytest.raises(made.exceptions.ThrottlingException) as caught:
        made.converse_stream(**CONVERSE_CALL)
    assert isinstance(caught.value, ClientError)
    assert caught.value.response["Error"]["Message"] == "slow down"


def test_opening_is_retried_by_botocore(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    made = client("bedrock-runtime", ERROR, Answer(CONVERSE))
    response = made.converse_stream(**CONVERSE_CALL)
    assert response.ResponseMetadata["RetryAttempts"] == 1
    assert list(response.stream) == CONVERSE_EVENTS


def test_wrong_arguments_are_refused_as_by_boto3(client: MakeClient) -> None:
    made = client()
    with pytest.raises(ParamValidationError):
        made.converse_stream(modelId="m", mesages=[])
    with pytest.raises(TypeError, match="keyword"):
        made.converse_stream("m")


@pytest.mark.parametrize("service", [None, 5, b"s3", ["s3"]])
def test_a_service_that_is_no_text_is_refused(service: Any) -> None:
    with pytest.raises(
        TypeError, match="the name of a service is a string, such as 'bedrock-runtime', not"
    ):
        awsio.client(service)


def test_a_client_in_the_place_of_a_service_is_told_of_attach(boto3_client: MakeClient) -> None:
    with pytest.raises(TypeError, match=r"attach\(client\) is for"):
        awsio.client(boto3_client("s3"))


def test_an_operation_that_is_not_there_suggests_near_ones(client: MakeClient) -> None:
    made = client()
    with pytest.raises(AttributeError, match="did you mean converse_stream") as caught:
        _ = made.converse_steam
    assert caught.value.name == "converse_steam"
    with pytest.raises(AttributeError):
        _ = made.utterly_different
    assert not hasattr(made, "__wrapped__")


def test_what_a_botocore_client_has_is_there(client: MakeClient) -> None:
    made = client("s3")
    assert made.meta.service_model.service_name == "s3"
    assert made.get_paginator("list_objects_v2") is not None
    assert made.can_paginate("list_objects_v2")
    assert "list_objects_v2" in dir(made)
    assert "close" in dir(made)
    assert made.list_buckets is made.list_buckets
    assert made.list_buckets.__name__ == "list_buckets"
    assert "Returns a list of all buckets" in str(inspect.getdoc(made.list_buckets))


def test_botocore_s_stubber_works_on_what_does_not_stream(client: MakeClient) -> None:
    made = client("s3")
    with Stubber(made) as stubber:
        stubber.add_response("list_buckets", {"Buckets": [{"Name": "b"}]}, {})
        assert made.list_buckets().Buckets[0].Name == "b"


def test_a_client_can_be_copied(client: MakeClient) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    assert list(copy.copy(made).converse_stream(**CONVERSE_CALL).stream) == CONVERSE_EVENTS


def test_leaving_with_closes_idle_connections(client: MakeClient, server: WireServer) -> None:
    with client("bedrock-runtime", Answer(CONVERSE)) as made:
        list(made.converse_stream(**CONVERSE_CALL).stream)
        assert not server.connections[0].closed.is_set()
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_the_repr_names_service_region_and_endpoint(client: MakeClient, server: WireServer) -> None:
    assert repr(client()) == f"<awsio.Client bedrock-runtime us-east-1 {server.url}>"


def test_streams_in_a_row_use_one_http_connection(client: MakeClient, server: WireServer) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    for _ in range(10):
        with made.converse_stream(**CONVERSE_CALL).stream as stream:
            for chunk in stream:
                if chunk.messageStop:
                    break
        assert len(made.converse_stream(**CONVERSE_CALL).stream(lambda _: 1)) == 6
    assert server.accepted == 1


def test_more_abandoned_streams_than_the_pool_has_places(
    client: MakeClient, server: WireServer
) -> None:
    made = client("bedrock-runtime", Answer([*CONVERSE[:2], Gate(), CONVERSE[2]]))
    for _ in range(15):
        response = made.converse_stream(**CONVERSE_CALL)
        next(iter(response.stream))
        del response
    for connection in server.connections:
        assert connection.closed.wait(20)
        assert connection.closed_by_client


def test_the_terminal_event_can_be_waived(client: MakeClient) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE[:3]))
    with pytest.raises(IncompleteStreamError):
        list(made.converse_stream(**CONVERSE_CALL).stream)
    made = client("bedrock-runtime", Answer(CONVERSE[:3]), require_terminal=False)
    assert list(made.converse_stream(**CONVERSE_CALL).stream) == CONVERSE_EVENTS[:3]


def test_a_timeout_of_the_configuration_is_the_transport_s(client: MakeClient) -> None:
    made = client("bedrock-runtime", Answer([CONVERSE[0], Gate(), b"x"]), config={"timeout": 0.2})
    with made.converse_stream(**CONVERSE_CALL).stream(connection=True) as con:
        assert con.read_event() == CONVERSE_EVENTS[0]
        for _ in range(2):
            with pytest.raises(StreamTimeoutError):
                con.read_event()


@pytest.mark.parametrize("name", ["bedrock-runtime", "bedrockruntime", "bedrock_runtime"])
def test_a_service_has_several_spellings(client: MakeClient, name: str) -> None:
    assert client(name).meta.service_model.service_name == "bedrock-runtime"


def test_a_wrong_service_suggests_near_ones() -> None:
    with pytest.raises(UnknownServiceError, match="bedrockruntime") as caught:
        awsio.client("bedrok-runtime")
    assert "bedrockruntime" in caught.value.suggestions


@pytest.mark.parametrize("kind", ["boto3", "botocore"])
def test_a_session_makes_the_client(client: MakeClient, kind: str) -> None:
    if kind == "boto3":
        session: Any = boto3.Session(
            aws_access_key_id="AKIDSESSION", aws_secret_access_key="s", region_name="eu-west-1"
        )
    else:
        session = botocore.session.Session()
        session.set_credentials("AKIDSESSION", "s")
        session.set_config_variable("region", "eu-west-1")
    place = {"session": session, "credentials": None, "region": None}
    made = client("bedrockruntime", Answer(CONVERSE), **place)
    assert made.meta.region_name == "eu-west-1"
    assert list(made.converse_stream(**CONVERSE_CALL).stream) == CONVERSE_EVENTS


def test_a_session_s_identity_signs(client: MakeClient, server: WireServer) -> None:
    session = boto3.Session(aws_access_key_id="AKIDSESSION", aws_secret_access_key="s")
    made = client("bedrock-runtime", Answer(CONVERSE), session=session, credentials=None)
    list(made.converse_stream(**CONVERSE_CALL).stream)
    assert "Credential=AKIDSESSION/" in server.requests[0][0]


def test_without_a_region_it_says_so() -> None:
    with pytest.raises(NoRegionError):
        awsio.client("bedrock-runtime", credentials={"anonymous": True})


def test_clients_can_be_made_in_many_threads() -> None:
    barrier = threading.Barrier(8)

    def make() -> Any:
        barrier.wait(20)
        return awsio.client("kinesis", region="us-east-1").meta.region_name

    tasks = [Task(make) for _ in range(8)]
    assert [task.result() for task in tasks] == ["us-east-1"] * 8


def test_many_streams_at_once(client: MakeClient) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    tasks = [Task(lambda: list(made.converse_stream(**CONVERSE_CALL).stream)) for _ in range(16)]
    assert [task.result() for task in tasks] == [CONVERSE_EVENTS] * 16


def test_bytes_of_a_model(client: MakeClient) -> None:
    frames = [event("chunk", {"bytes": "aGVs"}), event("chunk", {"bytes": "bG8="})]
    response = client("bedrock-runtime", Answer(frames)).invoke_model_with_response_stream(
        **INVOKE_CALL
    )
    assert response.contentType is None
    assert response.body(connection=True).payload().read() == b"hello"
