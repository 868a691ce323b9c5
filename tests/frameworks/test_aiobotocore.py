"""aiobotocore's clients, sessions and streams are refused, with the way to asyncio."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio.testing import LocalServer

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("aiobotocore", reason="aiobotocore is not installed")

WAY = r"use boto3, under asyncio"


def refused(function: Callable[[], Any]) -> None:
    """Check that a call is refused with the way to go."""
    with pytest.raises(TypeError, match=WAY):
        function()


def test_clients_sessions_and_streams_of_aiobotocore_are_refused() -> None:
    async def check() -> None:
        session = importlib.import_module("aiobotocore.session").get_session()
        refused(lambda: awsio.client("bedrock-runtime", session=session))
        with LocalServer() as server:
            arguments = server.client_arguments()
            del arguments["config"]  # aiobotocore has a class of its own
            async with session.create_client("bedrock-runtime", **arguments) as client:
                refused(lambda: awsio.attach(client))
                refused(lambda: awsio.Client(client))
                refused(lambda: awsio.stream_many(client, "converse_stream", [{}]))
                response = await client.converse_stream(modelId="any", messages=[])
                stream = response["stream"]
                refused(lambda: awsio.connect(stream))
                refused(lambda: awsio.connect(stream, client))
                refused(lambda: awsio.PawsConnection(stream))
                refused(lambda: next(awsio.resume(lambda _: response, None)))
                # It was not touched.
                assert [next(iter(event)) async for event in stream][-2:] == [
                    "messageStop",
                    "metadata",
                ]
                response = await client.invoke_model(modelId="any", body=b"{}")
                refused(lambda: awsio.connect(response["body"]))
                refused(lambda: awsio.PawsConnection(response["body"]))
                assert await response["body"].read()

    asyncio.run(check())


def test_asynchronous_files_are_refused() -> None:
    anyio = pytest.importorskip("anyio")

    async def check() -> None:
        async with await anyio.open_file(__file__, "rb") as file:
            refused(lambda: awsio.PawsConnection(file))
            refused(lambda: awsio.open(file))

    asyncio.run(check())
