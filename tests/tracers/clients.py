"""A client of boto3 for the tests of tracers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from awsio.testing import LocalServer

__all__ = ("new_client",)

KEY = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}


def new_client(server: LocalServer) -> Any:
    """Create a client that calls a server."""
    place = {"region_name": "us-east-1", "endpoint_url": server.url}
    return boto3.client("bedrock-runtime", **place, **KEY)
