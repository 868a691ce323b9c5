"""`Response`: boto3's dict, with attributes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from awsio import Response
from tests.support.calls import CONVERSE_CALL, KINESIS_CALL
from tests.support.frames import CONVERSE, initial
from tests.support.wire import Answer

MakeClient = Callable[..., Any]


def test_members_are_attributes_and_typos_are_errors(client: MakeClient) -> None:
    response = client("bedrock-runtime", Answer(CONVERSE)).converse_stream(**CONVERSE_CALL)
    assert isinstance(response, dict)
    assert set(response) == {"ResponseMetadata", "stream"}
    assert "stream" in dir(response)
    with pytest.raises(AttributeError, match="stream"):
        _ = response.steam


def test_it_is_a_plain_dict_to_others(client: MakeClient) -> None:
    answer = Answer(
        [b'{"ShardLimit": 500, "OpenShardCount": 1}'],
        "length",
        content_type="application/x-amz-json-1.1",
    )
    response = client("kinesis", answer).describe_limits()
    assert json.loads(json.dumps(response))["ShardLimit"] == 500
    assert {**response}["ShardLimit"] == 500


def test_the_initial_response_of_an_rpc_stream(client: MakeClient) -> None:
    response = client("kinesis", Answer([initial()])).subscribe_to_shard(**KINESIS_CALL)
    assert response.initial_response == {}


def test_without_a_stream_there_is_no_initial_response() -> None:
    assert Response({"a": 1}).initial_response is None
    assert Response({"a": 1}).a == 1
