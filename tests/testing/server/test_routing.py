from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.parsers import create_parser

from awsio.testing import encode_events
from awsio.testing.server.catalog import ServiceEntry, model_text, service_entry
from awsio.testing.server.request import HttpRequest
from awsio.testing.server.routes import ServiceRoutes, service_routes, template_pattern
from awsio.testing.server.routing import Router
from tests.support.made_up import MADE_UP, made_up

if TYPE_CHECKING:
    from awsio.testing import LocalServer

MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
SCOPE = "AWS4-HMAC-SHA256 Credential=key/20250102/us-east-1/{}/aws4_request, Signature=0"


def request(
    path: str, *, query: tuple[tuple[str, str], ...] = (), method: str = "POST", **headers: str
) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method, path, query, named, b"")


def form(body: str, **headers: str) -> HttpRequest:
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8", **headers}
    return HttpRequest("POST", "/", (), headers, body.encode())


FOR_S3_CONTROL = {"authorization": SCOPE.format("s3"), "x_amz_account_id": "1"}
KEY = {"Bucket": "b", "Key": "k"}
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
            request("/model/m/converse"),
            "bedrock-runtime",
            "Converse",
            {"modelId": "m"},
        ),
        (
            request("/", x_amz_target="Logs_20140328.DescribeLogGroups"),
            "logs",
            "DescribeLogGroups",
            {},
        ),
        (request("/b/k", method="GET", host="127.0.0.1:80"), "s3", "GetObject", KEY),
        (request("/b/", method="GET"), "s3", "ListObjects", {"Bucket": "b"}),
        (request("/b/k", method="GET", query=(("acl", ""),)), "s3", "GetObjectAcl", KEY),
        (request("/b/k", method="GET", query=(("uploadId", "1"),)), "s3", "ListParts", KEY),
        (request("/b/k", method="PUT"), "s3", "PutObject", KEY),
        (request("/b/k", method="PUT", x_amz_copy_source="b/j"), "s3", "CopyObject", KEY),
        (
            request("/jobs", method="GET", authorization=SCOPE.format("s3")),
            "s3",
            "ListObjects",
            {"Bucket": "jobs"},
        ),
        (
            request("/v20180820/jobs", method="GET", **FOR_S3_CONTROL),
            "s3control",
            "ListJobs",
            {},
        ),
        (
            request("/", method="GET", authorization=SCOPE.format("s3express")),
            "s3",
            "ListDirectoryBuckets",
            {},
        ),
        (request("/", method="GET", authorization=SCOPE.format("s3")), "s3", "ListBuckets", {}),
        (
            # A bucket may have the name of a path that other services have.
            request("/tags/k", method="GET", authorization=SCOPE.format("s3express")),
            "s3",
            "GetObject",
            {"Bucket": "tags", "Key": "k"},
        ),
        (
            request(
                "/b", method="GET", query=(("X-Amz-Credential", "k/20250102/r/s3/aws4_request"),)
            ),
            "s3",
            "ListObjects",
            {"Bucket": "b"},
        ),
        (form("Action=GetCallerIdentity&Version=2011-06-15"), "sts", "GetCallerIdentity", {}),
        (
            form("Action=GetCallerIdentity", authorization=SCOPE.format("sts")),
            "sts",
            "GetCallerIdentity",
            {},
        ),
        (form("Action=ListQueues&Version=2012-11-05"), "sqs", "ListQueues", {}),
        (
            form("Action=DescribeDBClusters&Version=2014-10-31", authorization=SCOPE.format("rds")),
            "rds",
            "DescribeDBClusters",
            {},
        ),
        (
            request("/", query=(("Action", "ListTopics"), ("Version", "2010-03-31")), method="GET"),
            "sns",
            "ListTopics",
            {},
        ),
        (
            # Version 4A of the signature has no region.
            request(
                "/b/k", method="GET", authorization=SCOPE.format("s3").replace("us-east-1/", "")
            ),
            "s3",
            "GetObject",
            KEY,
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
        request("/model/m/conversation"),
        request("/model//converse-stream"),
        request("/model/m/converse-stream", method="TRACE"),
        request("/bucket/key", query=(("select", ""),)),
        request("/", x_amz_target="Logs_20140328.DescribeLogGrps"),
        request("/", x_amz_target="Nobody_20140328.DescribeLogGroups"),
        request("/service/Nobody/operation/ListMetrics"),
        form("Action=GetCallerIdentity&Version=2011-06-16"),
        form("Action=GetCallersIdentity&Version=2011-06-15"),
        request("/"),
        request("*", method="OPTIONS"),
    ],
)
def test_another_request_finds_none(asked: HttpRequest) -> None:
    assert Router().find(asked) is None


def test_preferred_services_go_first() -> None:
    docdb = form("Action=DescribeDBClusters&Version=2014-10-31")
    router = Router()
    router.prefer("docdb")
    match = router.find(docdb)
    assert match is not None
    assert match.operation.service_model.service_name == "docdb"
    assert router.find(request("/model/m/converse-stream")) is not None


def test_a_preferred_service_does_not_take_what_was_signed_for_another() -> None:
    router = Router()
    router.prefer("s3")
    match = router.find(request("/v20180820/jobs", method="GET", **FOR_S3_CONTROL))
    assert match is not None
    assert match.operation.name == "ListJobs"
    match = router.find(form("Action=GetCallerIdentity&Version=2011-06-15"))
    assert match is not None
    assert match.operation.name == "GetCallerIdentity"


def test_a_scripted_operation_goes_before_its_successor() -> None:
    asked = request("/b", method="GET", query=(("lifecycle", ""),))
    router = Router()
    match = router.find(asked)
    assert match is not None
    assert match.operation.name == "GetBucketLifecycleConfiguration"
    router.prefer("s3", "GetBucketLifecycle")
    match = router.find(asked)
    assert match is not None
    assert match.operation.name == "GetBucketLifecycle"


def test_a_search_parses_only_models_that_may_match(monkeypatch: pytest.MonkeyPatch) -> None:
    from awsio.testing.server import routes

    parsed: list[str] = []
    real = routes.service_model

    def note(service: str) -> Any:
        parsed.append(service)
        return real(service)

    monkeypatch.setattr(routes, "service_model", note)
    routes.service_routes.cache_clear()
    assert Router().find(form("Action=GetCallerIdentity&Version=2011-06-15")) is not None
    assert parsed == ["sts"]
    assert Router().find(request("/model/m/converse")) is not None
    assert len(parsed) < 10
    routes.service_routes.cache_clear()


def test_a_template_is_taken_literally_outside_its_labels() -> None:
    pattern, labels, greedy = template_pattern("/a.b/{one}/c/{rest-of-it+}")
    found = pattern.fullmatch("/a.b/1/c/2/3")
    assert found is not None
    assert found.groups() == ("1", "2/3")
    assert (labels, greedy) == (("one", "rest-of-it"), 1)
    assert pattern.fullmatch("/axb/1/c/2") is None
    assert pattern.fullmatch("/a.b/1/2/c/3") is None
    pattern, *_ = template_pattern("/@here/{one}")
    assert pattern.fullmatch("/@here/1/")
    assert pattern.fullmatch("/%40here/1")


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
        assert len(model_text("made-up", 100)) == 100
        entry = service_entry("made-up")
        assert (entry.signing_name, entry.target_prefix, entry.is_rest) == (
            "made-up",
            "MadeUp",
            True,
        )
        late = {"operations": MADE_UP["operations"], "x": "-" * 10_000, **MADE_UP}
        (folder / "service-2.json").write_text(json.dumps(late), encoding="utf-8")
        assert service_entry("made-up") == entry
        long = {"metadata": {**MADE_UP["metadata"], "x": "-" * 10_000}}
        (folder / "service-2.json").write_text(json.dumps(long), encoding="utf-8")
        assert service_entry("made-up") == entry
    finally:
        models.loader.cache_clear()


def test_what_no_service_has_is_said(server: LocalServer) -> None:
    with urllib3.PoolManager() as http:
        answer = http.request("POST", f"{server.url}/model/m/conversation?a&b=1", body=b"{}")
    assert answer.status == 404
    assert answer.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert "POST /model/m/conversation?a&b=1, X-Amz-Target: none" in answer.json()["message"]
    (record,) = server.requests
    assert (record.service, record.operation, record.params) == ("", "", {})
    assert record.body == b"{}"


TARGET = {"x-amz-target": "DynamoDB_20120810.GetIte"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("protocol", "path", "headers", "body"),
    [
        ("json", "/", TARGET, b""),
        ("smithy-rpc-v2-cbor", "/service/GraniteServiceVersion20100801/operation/List", {}, b""),
        ("query", "/", FORM, b"Action=List"),
        ("ec2", "/", {**FORM, "authorization": SCOPE.format("ec2")}, b"Action=List"),
        ("rest-xml", "/2013-04-01/nothing", {"authorization": SCOPE.format("route53")}, b""),
        ("rest-json", "/no-such-thing", {}, b""),
    ],
)
def test_what_no_service_has_is_said_in_the_callers_protocol(
    server: LocalServer, protocol: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    with urllib3.PoolManager() as http:
        answer = http.request("POST", f"{server.url}{path}", headers=headers, body=body)
    parsed = create_parser(protocol).parse(
        {"status_code": answer.status, "headers": answer.headers, "body": answer.data}, None
    )
    assert parsed["Error"]["Code"] == "UnknownOperationException"
    assert "no operation of the services" in parsed["Error"]["Message"]


def test_an_event_stream_as_input_is_refused_by_name(server: LocalServer) -> None:
    path = "/model/m/invoke-with-bidirectional-stream"
    with urllib3.PoolManager() as http:
        answer = http.request("POST", f"{server.url}{path}", body=b"")
    assert answer.status == 404
    assert answer.json()["message"] == (
        "InvokeModelWithBidirectionalStream takes an event stream as input, which the local "
        "server cannot receive"
    )
    assert server.requests[0].operation == "InvokeModelWithBidirectionalStream"


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


def test_the_wire_form_of_a_stream_is_that_of_encode_events(server: LocalServer) -> None:
    events = [{"Records": {"Payload": b"1,2\n"}}, {"End": {}}]
    server.add("s3", "SelectObjectContent", events)
    with urllib3.PoolManager() as http:
        answer = http.request("POST", f"{server.url}/b/k?select&select-type=2")
    assert answer.data == encode_events("s3", "SelectObjectContent", events)


def test_an_event_stream_comes_in_the_protocol_that_botocore_uses_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = made_up("Hum", protocols=["json", "query"]).service_model
    assert model.resolved_protocol == "json"
    monkeypatch.setattr("awsio.testing.server.routes.service_model", lambda _: model)
    routes = ServiceRoutes("made-up")
    for name, expected in (("Hum", []), ("Everything", ["query"])):
        asked = form(f"Action={name}&Version=2025-01-02")
        assert [match.protocol for match in routes.matches(asked)] == expected
        (match,) = routes.matches(request("/", x_amz_target=f"MadeUp.{name}"))
        assert match.protocol == "json"


def test_rpc_v2_is_told_by_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    model = made_up("Hum", protocol="smithy-rpc-v2-cbor").service_model
    entry = ServiceEntry("made-up", "made-up", "MadeUp", "2025-01-02", frozenset())
    monkeypatch.setattr("awsio.testing.server.routes.service_model", lambda _: model)
    monkeypatch.setattr("awsio.testing.server.routing.service_entries", lambda: (entry,))
    service_routes.cache_clear()
    try:
        match = Router().find(request("/service/MadeUp/operation/Hum"))
        assert match is not None
        assert (match.operation.name, match.protocol) == ("Hum", "smithy-rpc-v2-cbor")
        assert Router().find(request("/service/MadeUp/operation/Whistle")) is None
        assert Router().find(request("/service/Other/operation/Hum")) is None
    finally:
        service_routes.cache_clear()
