"""Fixtures: clients of awsio and of boto3, and bodies that they have got."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.bodies import OBJECT
from tests.support.clients import MakeClient, boto3_client, clean_settings, client, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.response import StreamingBody

    from awsio.clients.body_handler import BodyHandler
    from tests.support.wire import Answer

__all__ = ("boto3_client", "clean_settings", "client", "server")


@pytest.fixture
def get(client: MakeClient) -> Iterator[Callable[..., BodyHandler]]:
    """Call GetObject with awsio's client, and give the body."""
    made: list[BodyHandler] = []

    def call(answer: Answer) -> BodyHandler:
        body: BodyHandler = client("s3", answer).get_object(**OBJECT).Body
        made.append(body)
        return body

    yield call
    for body in made:
        body.close()


@pytest.fixture
def get_plainly(boto3_client: MakeClient) -> Iterator[Callable[[Answer], StreamingBody]]:
    """Call GetObject with boto3, and give its body."""
    made: list[StreamingBody] = []

    def call(answer: Answer) -> StreamingBody:
        body: StreamingBody = boto3_client("s3", answer).get_object(**OBJECT)["Body"]
        made.append(body)
        return body

    yield call
    for body in made:
        body.close()
