"""Tests and trials without AWS: a server of one's own, and streams made of dicts.

.. code-block:: python

    from awsio.testing import LocalServer

    with LocalServer() as server:
        client = server.client("bedrock-runtime")
        resp = client.converse_stream(modelId="any", messages=[...])

Every operation of every service answers, over HTTP on 127.0.0.1: with what
:meth:`LocalServer.add` was given, or by itself. :func:`encode_events` makes the bytes of
a stream without a server.

:func:`check_stream` checks that a byte source of your own keeps the contract of a
connection.

Importing this needs no extra; :class:`LocalServer` needs the extra ``local``.
"""

from __future__ import annotations

from awsio.testing.conformance import StreamPieces, StreamReport, check_stream
from awsio.testing.encoding import encode_events
from awsio.testing.samples import sample_events, sample_exceptions, sample_params
from awsio.testing.server.local_server import LocalServer
from awsio.testing.server.request import RecordedRequest

__all__ = (
    "LocalServer",
    "RecordedRequest",
    "StreamPieces",
    "StreamReport",
    "check_stream",
    "encode_events",
    "sample_events",
    "sample_exceptions",
    "sample_params",
)
