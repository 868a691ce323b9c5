"""`Openers`: the pools of one run, of urllib3 and of botocore's clients."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import urllib3
from botocore.config import Config

import awsio
from awsio import EventParser, PawsConnection
from awsio.events import operation_model
from tests.support.clients import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.soak.plan import Plan

__all__ = ("TRANSPORT_TIMEOUT", "Openers")

#: Seconds without a byte after which a transport gives up; no server here is silent so long.
TRANSPORT_TIMEOUT = 15.0
NAMES = {
    "converse-stream": "ConverseStream",
    "invoke-with-response-stream": "InvokeModelWithResponseStream",
}


class Openers:
    """Opens the streams of plans.

    Args:
        routes: the URL of each.
        certificate: that of the servers.
    """

    def __init__(self, routes: Mapping[str, str], certificate: Path) -> None:
        self._routes = routes
        context = ssl.create_default_context(cafile=str(certificate))
        self._pool = urllib3.PoolManager(
            retries=False, timeout=TRANSPORT_TIMEOUT, ssl_context=context, maxsize=8
        )
        config = Config(
            retries={"total_max_attempts": 1},
            read_timeout=TRANSPORT_TIMEOUT,
            max_pool_connections=8,
        )
        self._clients = {
            route: awsio.client(
                "bedrock-runtime", config, region="us-east-1", endpoint=url, credentials=KEY
            )
            for route, url in routes.items()
        }
        self._parsers = {
            operation: EventParser.for_operation(operation_model("bedrock-runtime", name))
            for operation, name in NAMES.items()
        }

    def open(self, plan: Plan) -> PawsConnection:
        """Open a stream."""
        model = plan.request.name
        if plan.pool == "bare":
            url = self._routes[plan.route]
            response = self._pool.connection_from_url(url).urlopen(
                "POST",
                f"{url}/model/{model}/{plan.operation}",
                body=b"{}",
                preload_content=False,
                decode_content=False,
                enforce_content_length=False,
            )
            return PawsConnection(response, self._parsers[plan.operation])
        return self._call(self._clients[plan.route], plan.operation, model)

    @staticmethod
    def _call(client: Any, operation: str, model: str) -> PawsConnection:
        if operation == "converse-stream":
            messages = [{"role": "user", "content": [{"text": "soak"}]}]
            response = client.converse_stream(modelId=model, messages=messages)
            stream = response["stream"]
        else:
            response = client.invoke_model_with_response_stream(modelId=model, body=b"{}")
            stream = response["body"]
        con: PawsConnection = stream(connection=True)
        return con

    def close(self) -> None:
        """Close all pools."""
        self._pool.clear()
        for client in self._clients.values():
            client.close()
