"""What operations without event streams answer by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

from awsio.testing.server.defaults import paginators, remove_at

if TYPE_CHECKING:
    from awsio.testing import LocalServer


def client(server: LocalServer, service: str) -> Any:
    return boto3.client(service, **server.client_arguments())


def test_what_was_asked_for_is_in_the_answer(server: LocalServer) -> None:
    sqs = client(server, "sqs")
    assert sqs.send_message(QueueUrl="http://q", MessageBody="a")["MessageId"] == "sample-MessageId"
    topics = client(server, "iam").get_role_policy(RoleName="mine", PolicyName="p")
    assert (topics["RoleName"], topics["PolicyName"]) == ("mine", "p")


def test_a_paginator_ends_after_one_page(server: LocalServer) -> None:
    for service, operation, params in (
        ("s3", "list_objects_v2", {"Bucket": "b"}),
        ("s3", "list_objects", {"Bucket": "b"}),
        ("dynamodb", "scan", {"TableName": "t"}),
        ("iam", "list_users", {}),
        ("ec2", "describe_instances", {}),
        ("cloudfront", "list_distributions", {}),
        ("logs", "describe_log_groups", {}),
    ):
        pages = client(server, service).get_paginator(operation).paginate(**params)
        assert len(list(pages)) == 1
    assert len(server.requests) == 7


def test_an_answer_says_of_nothing_that_it_failed(server: LocalServer) -> None:
    written = client(server, "dynamodb").batch_write_item(
        RequestItems={"t": [{"PutRequest": {"Item": {}}}]}
    )
    assert written["UnprocessedItems"] == {}
    put = client(server, "kinesis").put_records(
        StreamName="s", Records=[{"Data": b"", "PartitionKey": "p"}]
    )
    assert put["FailedRecordCount"] == 0
    assert put["Records"]
    deleted = client(server, "s3").delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k"}]})
    assert deleted["Deleted"]
    assert "Errors" not in deleted


def test_an_object_has_its_length_and_no_made_up_checksum(server: LocalServer) -> None:
    response = client(server, "s3").get_object(Bucket="b", Key="k", ChecksumMode="ENABLED")
    body = response["Body"].read()
    assert response["ContentLength"] == len(body) > 0
    assert not [name for name in response if name.startswith("Checksum")]


def test_paths_that_are_not_there_are_removed_without_harm() -> None:
    output: dict[str, Any] = {"a": {"b": 1, "c": 2}, "d": 3}
    for path in (["a", "b"], ["d", "e"], ["a", "x"], ["x", "y"], ["d", "e", "f"], ["x"]):
        remove_at(output, path)
    assert output == {"a": {"c": 2}, "d": 3}


def test_a_service_may_have_no_paginators() -> None:
    assert paginators("no-such-service") == {}
    assert "ListObjectsV2" in paginators("s3")
