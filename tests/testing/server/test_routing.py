from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationModel, ServiceModel

from awsio.events import cbor
from awsio.testing import encode_events
from awsio.testing.server.catalog import model_text
from awsio.testing.server.error_responses import error_response
from awsio.testing.server.outputs import header_text
from awsio.testing.server.request import HttpRequest, parse_params
from awsio.testing.server.routing import Router, make_route, template_pattern, virtual_host_bucket

if TYPE_CHECKING:
    from awsio.testing import LocalServer

MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
SCOPE = "AWS4-HMAC-SHA256 Credential=key/20250102/us-east-1/{}/aws4_request, Signature=0"


def request(
    path: str, *, query: tuple[tuple[str, str], ...] = (), method: str = "POST", **headers: str
) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method, path, query, named, b"")


SELECT = (("select", ""), ("select-type", "2"))


@pytest.mark.parametrize(
    ("asked", "service", "operation", "labels"),
    [
        (
            request("/model/arn%3Aaws%3Ax%2Fy/converse-stream"),
            "bedrock-runtime",
            "ConverseStream",
            {"modelId": "arn:aws:x/y"},
        ),
        (
            request("/bucket/a/b%20c", query=SELECT),
            "s3",
            "SelectObjectContent",
            {"Bucket": "bucket", "Key": "a/b c"},
        ),
        (
            request("/a/b", query=SELECT, host="my.bucket.localhost:80"),
            "s3",
            "SelectObjectContent",
            {"Bucket": "my.bucket", "Key": "a/b"},
        ),
        (
            request("/", x_amz_target="Logs_20140328.StartLiveTail"),
            "logs",
            "StartLiveTail",
            {},
        ),
        (
            request("/agents/session", authorization=SCOPE.format("bedrock")),
            "bedrock-agent-runtime",
            "InvokeInlineAgent",
            {"sessionId": "session"},
        ),
        (
            # A signing name that no service with such a path has does not hide it.
            request("/agents/session", authorization=SCOPE.format("elsewhere")),
            "bedrock-agent-runtime",
            "InvokeInlineAgent",
            {"sessionId": "session"},
        ),
    ],
)
def test_a_request_finds_its_operation(
    asked: HttpRequest, service: str, operation: str, labels: dict[str, str]
) -> None:
    match = Router().find(asked)
    assert match is not None
    assert match.operation.service_model.service_name == service
    assert match.operation.name == operation
    assert match.labels == labels


@pytest.mark.parametrize(
    "asked",
    [
        request("/model/m/converse"),
        request("/model//converse-stream"),
        request("/model/m/converse-stream", method="GET"),
        request("/bucket/key", query=(("select", ""),)),
        request("/", x_amz_target="Logs_20140328.DescribeLogGroups"),
        request("/"),
    ],
)
def test_another_request_finds_none(asked: HttpRequest) -> None:
    assert Router().find(asked) is None


def test_services_that_the_router_was_preferred_of_go_first() -> None:
    router = Router()
    router.prefer("sagemaker-runtime")
    match = router.find(request("/endpoints/e/invocations-response-stream"))
    assert match is not None
    assert match.operation.name == "InvokeEndpointWithResponseStream"
    assert router.find(request("/model/m/converse-stream")) is not None
    assert router.find(request("/model/m/converse")) is None


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("", ""),
        ("127.0.0.1:80", ""),
        ("[::1]:80", ""),
        ("localhost:80", ""),
        ("bucket.localhost", "bucket"),
        ("a.b.localhost:80", "a.b"),
    ],
)
def test_a_virtual_host_names_the_bucket(host: str, bucket: str) -> None:
    assert virtual_host_bucket(host) == bucket


def test_a_template_is_taken_literally_outside_its_labels() -> None:
    pattern = template_pattern("/a.b/{one}/c/{rest+}")
    found = pattern.fullmatch("/a.b/1/c/2/3")
    assert found is not None
    assert found.groupdict() == {"one": "1", "rest": "2/3"}
    assert pattern.fullmatch("/axb/1/c/2") is None
    assert pattern.fullmatch("/a.b/1/2/c/3") is None


def test_models_of_ones_own_are_found(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from awsio.events import models

    folder = tmp_path / "made-up" / "2025-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(MADE_UP), encoding="utf-8")
    models.loader.cache_clear()
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    try:
        assert b"Sing" in model_text("made-up")
        assert b"ConverseStream" in model_text("bedrock-runtime")
    finally:
        models.loader.cache_clear()


def test_what_the_server_does_not_play_is_said(server: LocalServer) -> None:
    client = boto3.client("bedrock-runtime", **server.client_arguments())
    with pytest.raises(ClientError) as raised:
        client.converse(modelId="m", messages=MESSAGES)
    error = raised.value.response["Error"]
    assert error["Code"] == "UnknownOperationException"
    assert "POST /model/m/converse, X-Amz-Target: none" in error["Message"]
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    (record,) = server.requests
    assert (record.service, record.operation, record.params) == ("", "", {})
    assert json.loads(record.body)["messages"] == MESSAGES


def test_what_the_server_does_not_play_is_said_in_the_callers_protocol(
    server: LocalServer,
) -> None:
    s3 = boto3.client("s3", **server.client_arguments())
    with pytest.raises(ClientError, match=r"GET /b/k\?acl&versionId=1, X") as raised:
        s3.get_object_acl(Bucket="b", Key="k", VersionId="1")
    assert raised.value.response["Error"]["Code"] == "UnknownOperationException"
    logs = boto3.client("logs", **server.client_arguments())
    with pytest.raises(ClientError, match=r"X-Amz-Target: Logs_20140328.DescribeLogGroups"):
        logs.describe_log_groups()


def test_unsigned_requests_find_their_service(server: LocalServer) -> None:
    arguments = server.client_arguments()
    config = arguments["config"].merge(Config(signature_version=UNSIGNED))
    client = boto3.client("kinesis", **arguments | {"config": config})
    response = client.subscribe_to_shard(
        ConsumerARN="arn", ShardId="shard", StartingPosition={"Type": "LATEST"}
    )
    assert [*next(iter(response["EventStream"]))] == ["SubscribeToShardEvent"]
    response["EventStream"].close()
    client.close()


def test_a_bearer_token_in_the_environment_does_no_harm(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "token")
    for client in (
        boto3.client("bedrock-runtime", **server.client_arguments()),
        server.client("bedrock-runtime"),
    ):
        list(client.converse_stream(modelId="m", messages=MESSAGES)["stream"])
    assert all("Credential=local/" in one.headers["authorization"] for one in server.requests)


def test_a_malformed_body_is_a_400(server: LocalServer) -> None:
    with urllib3.PoolManager() as http:
        answer = http.request("POST", f"{server.url}/model/m/converse-stream", body=b"{")
    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"] == "SerializationException"
    assert answer.json()["message"].startswith("the request is not a valid ConverseStream: ")
    assert server.requests[0].operation == "ConverseStream"


def test_repeated_headers_are_joined() -> None:
    headers = [(b"X-One", b"a"), (b"x-one", b"b"), (b"x-two", b"c")]
    scope = {"method": "GET", "raw_path": b"/%20", "query_string": b"a&b=%20", "headers": headers}
    made = HttpRequest.of_scope(scope, b"body")
    assert made.headers == {"x-one": "a, b", "x-two": "c"}
    assert (made.path, made.query, made.body) == ("/%20", (("a", ""), ("b", " ")), b"body")


# A service that has what no real one with event streams has.
MADE_UP: dict[str, Any] = {
    "metadata": {
        "protocol": "rest-json",
        "serviceId": "Made Up",
        "signingName": "made-up",
        "targetPrefix": "MadeUp",
    },
    "operations": {
        "Sing": {
            "name": "Sing",
            "http": {"requestUri": "/sing/{day}/{loud}"},
            "input": {"shape": "SingRequest"},
            "output": {"shape": "SingResponse"},
        },
        "Hum": {"name": "Hum", "http": {"requestUri": "/hum"}, "output": {"shape": "SingResponse"}},
    },
    "shapes": {
        "SingRequest": {
            "type": "structure",
            "payload": "text",
            "members": {
                "day": {"shape": "Integer", "location": "uri"},
                "loud": {"shape": "Boolean", "location": "uri"},
                "tune": {"shape": "Tunes", "location": "querystring", "locationName": "t"},
                "pace": {"shape": "Double", "location": "querystring"},
                "since": {"shape": "Time", "location": "querystring"},
                "key": {"shape": "String", "location": "header", "locationName": "x-key"},
                "text": {"shape": "String"},
            },
        },
        "SingResponse": {
            "type": "structure",
            "payload": "song",
            "members": {"song": {"shape": "Song"}},
        },
        "Song": {"type": "structure", "eventstream": True, "members": {"note": {"shape": "Note"}}},
        "Note": {"type": "structure", "event": True, "members": {}},
        "Tunes": {"type": "list", "member": {"shape": "String"}},
        "Integer": {"type": "integer"},
        "Boolean": {"type": "boolean"},
        "Double": {"type": "double"},
        "Time": {"type": "timestamp"},
        "String": {"type": "string"},
    },
}


def made_up(operation: str, **metadata: str) -> OperationModel:
    model = MADE_UP | {"metadata": MADE_UP["metadata"] | metadata}
    return ServiceModel(model, "made-up").operation_model(operation)


def test_values_in_labels_and_query_have_the_types_of_their_shapes() -> None:
    query = (("t", "a"), ("t", "b"), ("pace", "1.5"), ("since", "2025-01-02T03:04:05Z"))
    asked = HttpRequest("POST", "/", query, {"X-Key": "c"}, "ü".encode())
    params = parse_params(made_up("Sing"), asked, {"day": "7", "loud": "true"})
    assert params.pop("since").isoformat() == "2025-01-02T03:04:05+00:00"
    assert params == {
        "day": 7,
        "loud": True,
        "tune": ["a", "b"],
        "pace": 1.5,
        "key": "c",
        "text": "ü",
    }


def test_an_operation_without_input_has_no_arguments() -> None:
    assert parse_params(made_up("Hum"), request("/hum"), {}) == {}


def test_rpc_v2_is_preferred_by_its_path_and_has_its_own_errors() -> None:
    operation = made_up("Hum", protocol="smithy-rpc-v2-cbor")
    route = make_route(operation)
    assert route.match(request("/"), "/service/MadeUp/operation/Hum") is not None
    assert route.match(request("/"), "/hum") is None
    fault = error_response(operation, "Oops", "so it is", "id")
    assert fault.status == 400
    assert fault.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert fault.body == cbor.dumps({"__type": "Oops", "message": "so it is"})


@pytest.mark.parametrize(
    ("shape", "value", "text"),
    [
        ("Boolean", True, "true"),
        ("Boolean", False, "false"),
        ("Integer", 7, "7"),
        ("Time", "2025-01-02T03:04:05Z", "Thu, 02 Jan 2025 03:04:05 GMT"),
    ],
)
def test_headers_say_values_as_text(shape: str, value: Any, text: str) -> None:
    model = ServiceModel(MADE_UP, "made-up")
    assert header_text(value, model.shape_for(shape)) == text


def test_the_wire_form_of_a_stream_is_that_of_encode_events(server: LocalServer) -> None:
    events = [{"Records": {"Payload": b"1,2\n"}}, {"End": {}}]
    server.add("s3", "SelectObjectContent", events)
    with urllib3.PoolManager() as http:
        answer = http.request("POST", f"{server.url}/b/k?select&select-type=2")
    assert answer.data == encode_events("s3", "SelectObjectContent", events)
