"""AWS event streams as file-like connections.

.. code-block:: python

    import awsio

    client = awsio.bedrockruntime(region="us-east-1")
    resp = client.converse_stream(modelId=..., messages=[...])
    for text in resp.stream(lambda chunk: chunk.contentBlockDelta.delta.text):
        print(text)

Every AWS service has a constructor here, by its name in the R SDK paws
(``awsio.bedrockruntime``) or in botocore (``awsio.bedrock_runtime``);
``dir(awsio)`` lists them. Importing this package is cheap: names are loaded when
they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awsio import errors as errors
    from awsio import events as events
    from awsio import eventstream as eventstream
    from awsio import sources as sources
    from awsio import testing as testing
    from awsio.clients.attach import attach
    from awsio.clients.body_handler import BodyHandler
    from awsio.clients.client import Client, client
    from awsio.clients.connect import connect
    from awsio.clients.connect import open_stream as open  # noqa: A004 - as gzip.open
    from awsio.clients.many import ManyStreams, stream_many
    from awsio.clients.response import Response
    from awsio.clients.stream_handler import EventStreamHandler, StreamHandler
    from awsio.connection import (
        Exchange,
        FrameParser,
        PawsConnection,
        SensitiveNames,
        SentRequest,
        StreamWatcher,
        SupportsConnection,
    )
    from awsio.connection.options import StreamOptions
    from awsio.events import Event, EventParser, EventSerializer, plain
    from awsio.eventstream import Frame
    from awsio.masking import masked_url
    from awsio.merging import Merged, merge
    from awsio.readers import (
        SupportsReadEvent,
        paws_stream_parser,
        resp_stream_aws,
        resp_stream_is_complete,
        resp_stream_lines,
        resp_stream_raw,
        resp_stream_sse,
    )
    from awsio.resuming import Resumed, resume
    from awsio.sse import ServerSentEvent

__version__ = "0.1.0"

__all__ = (
    "BodyHandler",
    "Client",
    "Event",
    "EventParser",
    "EventSerializer",
    "EventStreamHandler",
    "Exchange",
    "Frame",
    "FrameParser",
    "ManyStreams",
    "Merged",
    "PawsConnection",
    "Response",
    "Resumed",
    "SensitiveNames",
    "SentRequest",
    "ServerSentEvent",
    "StreamHandler",
    "StreamOptions",
    "StreamWatcher",
    "SupportsConnection",
    "SupportsReadEvent",
    "attach",
    "client",
    "connect",
    "errors",
    "events",
    "eventstream",
    "masked_url",
    "merge",
    "open",
    "paws_stream_parser",
    "plain",
    "resp_stream_aws",
    "resp_stream_is_complete",
    "resp_stream_lines",
    "resp_stream_raw",
    "resp_stream_sse",
    "resume",
    "sources",
    "stream_many",
    "testing",
)

# What each public name is imported from when it is first used: (module, name in it), None for
# the module itself.
LAZY_IMPORTS: dict[str, tuple[str, str | None]] = {
    "BodyHandler": ("awsio.clients.body_handler", "BodyHandler"),
    "Client": ("awsio.clients.client", "Client"),
    "Event": ("awsio.events", "Event"),
    "EventParser": ("awsio.events", "EventParser"),
    "EventSerializer": ("awsio.events", "EventSerializer"),
    "EventStreamHandler": ("awsio.clients.stream_handler", "EventStreamHandler"),
    "Exchange": ("awsio.connection", "Exchange"),
    "Frame": ("awsio.eventstream", "Frame"),
    "FrameParser": ("awsio.connection", "FrameParser"),
    "SupportsConnection": ("awsio.connection", "SupportsConnection"),
    "SupportsReadEvent": ("awsio.readers", "SupportsReadEvent"),
    "ManyStreams": ("awsio.clients.many", "ManyStreams"),
    "Merged": ("awsio.merging", "Merged"),
    "PawsConnection": ("awsio.connection", "PawsConnection"),
    "Response": ("awsio.clients.response", "Response"),
    "Resumed": ("awsio.resuming", "Resumed"),
    "SensitiveNames": ("awsio.connection", "SensitiveNames"),
    "SentRequest": ("awsio.connection", "SentRequest"),
    "ServerSentEvent": ("awsio.sse", "ServerSentEvent"),
    "StreamHandler": ("awsio.clients.stream_handler", "StreamHandler"),
    "StreamOptions": ("awsio.connection.options", "StreamOptions"),
    "StreamWatcher": ("awsio.connection", "StreamWatcher"),
    "attach": ("awsio.clients.attach", "attach"),
    "client": ("awsio.clients.client", "client"),
    "connect": ("awsio.clients.connect", "connect"),
    "errors": ("awsio.errors", None),
    "events": ("awsio.events", None),
    "eventstream": ("awsio.eventstream", None),
    "masked_url": ("awsio.masking", "masked_url"),
    "merge": ("awsio.merging", "merge"),
    "open": ("awsio.clients.connect", "open_stream"),
    "paws_stream_parser": ("awsio.readers", "paws_stream_parser"),
    "plain": ("awsio.events", "plain"),
    "resp_stream_aws": ("awsio.readers", "resp_stream_aws"),
    "resp_stream_is_complete": ("awsio.readers", "resp_stream_is_complete"),
    "resp_stream_lines": ("awsio.readers", "resp_stream_lines"),
    "resp_stream_raw": ("awsio.readers", "resp_stream_raw"),
    "resp_stream_sse": ("awsio.readers", "resp_stream_sse"),
    "resume": ("awsio.resuming", "resume"),
    "sources": ("awsio.sources", None),
    "stream_many": ("awsio.clients.many", "stream_many"),
    "testing": ("awsio.testing", None),
}


def __getattr__(name: str) -> Any:
    """Load a public name, or make the constructor of a service."""
    target = LAZY_IMPORTS.get(name)
    if target is not None:
        module = import_module(target[0])
        value = module if target[1] is None else getattr(module, target[1])
    elif name.startswith("_"):
        msg = f"module 'awsio' has no attribute {name!r}"
        raise AttributeError(msg)
    else:
        from awsio.clients.constructors import constructor  # noqa: PLC0415 - cheap import of awsio

        value = constructor(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names and the constructors of all services."""
    from awsio.clients.names import constructor_names  # noqa: PLC0415 - cheap import of awsio

    return sorted({*__all__, "__version__", *constructor_names()})
