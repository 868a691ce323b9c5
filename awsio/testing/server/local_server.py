"""`LocalServer`: the services of AWS on 127.0.0.1."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from awsio.clients import names
from awsio.closing import ClosedOnExit
from awsio.errors import EventSerializeError
from awsio.events import operation_model
from awsio.testing.server.address import HOST, REGION
from awsio.testing.server.app import App
from awsio.testing.server.responder import Responder
from awsio.testing.server.routing import Router
from awsio.testing.server.scripts import Script, ScriptQueues, make_script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from awsio.clients.client import Client
    from awsio.testing.encoding import Item
    from awsio.testing.server.request import RecordedRequest
    from awsio.testing.server.scripts import EventsFunction, OutputFunction
    from awsio.testing.server.server_thread import ServerThread

__all__ = ("LocalServer",)

#: Seconds that stopping waits for the functions of scripts.
GRACE = 0.25


class LocalServer(ClosedOnExit):
    """An HTTP server that answers every operation of every service that botocore knows.

    :meth:`add` sets what a call gets: events, an output, a streaming body in pieces, or
    an error. Without a script, Converse and InvokeModel, and their streaming forms, answer
    the prompt with a deterministic text; S3 Select streams three rows in the format that
    was asked for; other operations stream one sample of each of their events, or return a
    sample of their output. Only operations that take an event stream as input are refused.

    A sampled output has what the call has under the same name. It leaves out what would
    keep a paginator going, and says that nothing failed.

    It is a context manager; :meth:`start` and :meth:`close` do the same. Several servers
    may run at once.

    Args:
        delay: seconds before each event, and before each body, that no script gives.

    Raises:
        MissingExtraError: hypercorn is not installed; the extra ``local`` brings it.

    Example:
        >>> from awsio.testing import LocalServer
        >>> with LocalServer() as server:
        ...     server.add("s3", "SelectObjectContent", [{"End": {}}])
        ...     client = server.client("s3")
        ...     resp = client.select_object_content(
        ...         Bucket="b", Key="k", Expression="", ExpressionType="SQL",
        ...         InputSerialization={}, OutputSerialization={},
        ...     )
        ...     list(resp.Payload)
        [{'End': {}}]
    """

    def __init__(self, *, delay: float = 0.0) -> None:
        # Here and not when it starts: who lacks the extra learns it at once.
        from awsio.testing.server.server_thread import ServerThread  # noqa: PLC0415 - needs hypercorn

        self._thread_class = ServerThread
        self._thread: ServerThread | None = None
        self._router = Router()
        self._scripts = ScriptQueues(Script(delay=delay))
        self._responder = Responder(self._router, self._scripts)
        self._app = App(self._responder)

    def start(self) -> Self:
        """Start serving; nothing happens where the server runs already.

        Returns:
            The server itself, which takes requests now.
        """
        if self._thread is None:
            self._thread = self._thread_class(self._app)
        return self

    def close(self) -> None:
        """Stop, whatever the connections are doing: open streams are cut.

        Scripts and what was recorded stay; the server can be started again, on another
        port. A script's function that blocks is not waited for.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()
            deadline = time.monotonic() + GRACE
            for iterator in self._app.iterators:
                iterator.thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Self:
        """Start; the server is closed on exit."""
        return self.start()

    @property
    def url(self) -> str:
        """The server's address, such as ``http://127.0.0.1:50321``.

        Raises:
            ValueError: the server is not running.
        """
        if self._thread is None:
            msg = "the local server is not running: use it in a with statement, or start() it"
            raise ValueError(msg)
        return f"http://{HOST}:{self._thread.port}"

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests that came, in order, as :class:`RecordedRequest`."""
        return self._responder.requests

    @property
    def errors(self) -> list[Exception]:
        """What the functions of scripts have raised, in order, and the server itself.

        Each is logged too.
        """
        return self._app.errors

    def add(  # noqa: PLR0913 - each says one thing of the answer
        self,
        service: str,
        operation: str,
        events: Iterable[Item] | EventsFunction | None = None,
        *,
        delay: float | None = None,
        error: str | None = None,
        message: str | None = None,
        output: Mapping[str, Any] | OutputFunction | None = None,
        initial_response: bool | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        r"""Set how a call of an operation is answered.

        Each call takes the next script of its operation; the last one answers all calls
        that still come.

        Args:
            service: botocore's name of the service, such as ``bedrock-runtime``.
            operation: the operation, such as ``ConverseStream`` or ``converse_stream``.
            events: the stream: dicts ``{member: {...}}`` as boto3 gives them (a member
                that the model calls an exception becomes an exception frame),
                :class:`~awsio.Frame` objects, or bytes that are sent as they are. Or a
                function that is called with the call's arguments, as a dict, and gives
                such items; it runs on a thread of its own, so it may block, and each item
                is sent when it is there. None: what the operation streams by itself, or
                nothing, where it has no event stream.
            delay: seconds before each event, or before each piece of a body.
            error: an error instead of events and output: the name of one that the service
                models, or any code.
            message: what the error says.
            output: members of the output as boto3 returns them, besides an event stream.
                A streaming body is bytes, text, or an iterable of these and of
                :class:`~awsio.ServerSentEvent`, whose pieces are sent when they are there;
                an exception of the iterable cuts the connection. Or a function that is
                called with the call's arguments and returns such a dict; it may block.
                None: samples.
            initial_response: False sends no ``initial-response`` frame where the
                protocol has one.
            status: the HTTP status; by default what the model says.
            headers: HTTP headers to add or to replace.

        Raises:
            UnknownServiceError: botocore has no such service.
            UnknownOperationError: the service has no such operation.
            EventSerializeError: the operation has no such event or output member, a value
                has not the form of its shape, there are events for an operation without
                an event stream, or the operation takes one as input.

        Example:
            >>> with LocalServer() as server:
            ...     server.add("s3", "GetObject", output={"Body": [b"1,2", b"\n"]})
            ...     server.client("s3").get_object(Bucket="b", Key="k")["Body"].read()
            b'1,2\n'
        """
        service = names.resolve(service) or service
        model = operation_model(service, operation)
        if model.has_event_stream_input:
            msg = (
                f"{model.name} takes an event stream as input, which the local server "
                "cannot receive"
            )
            raise EventSerializeError(msg)
        script = make_script(
            model,
            events,
            delay=delay,
            error=error,
            message=message,
            output=output,
            initial_response=initial_response,
            status=status,
            headers=headers,
        )
        self._router.prefer(service, model.name)
        self._scripts.add(model, script)

    def client(self, service: str, **options: Any) -> Client:
        """Make a client of this server.

        Args:
            service: the service, in any spelling that :func:`awsio.client` takes.
            options: as of :func:`awsio.client` (credentials as a dict), to go before the
                server's own: its URL, the region ``us-east-1``, made-up credentials, no
                retries, and nothing of the environment's profiles and proxies.

        Returns:
            The client.

        Raises:
            ValueError: the server is not running.
            UnknownServiceError: no service has this name.
        """
        from awsio.clients.client import client  # noqa: PLC0415 - slow to import
        from awsio.testing.server.session import (  # noqa: PLC0415 - as above
            local_session,
            register_handlers,
        )

        own = {"endpoint": self.url, "region": REGION, "session": local_session()}
        made = client(service, **{**own, **options})
        if "endpoint" not in options:
            register_handlers(made.meta.events, self.url)
        self._router.prefer(made.meta.service_model.service_name)
        return made

    def client_arguments(self) -> dict[str, Any]:
        """Return the arguments that make a boto3 client one of this server.

        Returns:
            Keyword arguments for ``boto3.client``.

        Raises:
            ValueError: the server is not running.

        Example:
            >>> import boto3
            >>> with LocalServer() as server:
            ...     client = boto3.client("kinesis", **server.client_arguments())
        """
        from awsio.testing.server.session import ACCESS_KEY, local_config  # noqa: PLC0415 - slow

        return {
            "endpoint_url": self.url,
            "region_name": REGION,
            "aws_access_key_id": ACCESS_KEY,
            "aws_secret_access_key": ACCESS_KEY,
            "config": local_config(),
        }
