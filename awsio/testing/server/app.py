"""The ASGI application: reads requests, sends replies, stops when nobody listens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.testing.server.request import HttpRequest
from awsio.testing.server.responder import Reply, Responder, failure_frame
from awsio.testing.server.threaded_iterator import END, ThreadedIterator

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = ("App",)

logger = logging.getLogger("awsio.testing")

Receive: TypeAlias = "Callable[[], Awaitable[Mapping[str, Any]]]"
Send: TypeAlias = "Callable[[dict[str, Any]], Awaitable[None]]"


class App:
    """The application of one server.

    Args:
        responder: answers the requests.

    Attributes:
        errors: what the functions of scripts have raised, in order.
        iterators: those functions that may still be running.
    """

    def __init__(self, responder: Responder) -> None:
        self.errors: list[Exception] = []
        self.iterators: set[ThreadedIterator] = set()
        self._responder = responder

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a connection's request, as ASGI asks."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":  # to leave a web socket alone is to refuse it
            body = await read_body(receive)
            if body is not None:
                reply = self._responder.reply(HttpRequest.of_scope(scope, body))
                await while_connected(self._send(reply, send), receive)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Say that starting and stopping need nothing here."""
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    async def _send(self, reply: Reply, send: Send) -> None:
        """Send a reply."""
        if reply.source is None:
            await send_head(reply, send)
            for event in reply.events:
                await send_event(event, reply.delay, send)
        else:
            iterator = ThreadedIterator(reply.source.call)
            self.iterators.add(iterator)
            try:
                await self._send_pulled(reply, iterator, send)
            finally:
                iterator.close()
                self.iterators = {one for one in self.iterators if one.thread.is_alive()}
        await send({"type": "http.response.body"})

    async def _send_pulled(self, reply: Reply, iterator: ThreadedIterator, send: Send) -> None:
        """Send what a script's function gives, as it gives it."""
        source = reply.source
        assert source is not None  # noqa: S101 - the caller has looked
        try:
            await iterator.open()
        except Exception as error:  # noqa: BLE001 - whatever the user's function raises
            self._keep(error)
            await send_head(source.fail(error), send)
            return
        await send_head(reply, send)
        try:
            while (item := await iterator.next()) is not END:
                await send_event(source.encode(item), reply.delay, send)
        except Exception as error:  # noqa: BLE001 - as above
            self._keep(error)
            await send_event(failure_frame(error), 0.0, send)

    def _keep(self, error: Exception) -> None:
        """Keep and log what a script raised."""
        self.errors.append(error)
        logger.error("A script of the local server failed", exc_info=error)


async def read_body(receive: Receive) -> bytes | None:
    """Read a request's body; None where the client has gone before its end."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def while_connected(work: Any, receive: Receive) -> None:
    """Do the work until it is done or the client has gone.

    Raises:
        Exception: what the work raises.
    """
    task = asyncio.ensure_future(work)
    # After the body's end the only message is that the client has gone.
    gone = asyncio.ensure_future(receive())
    await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    for one in (task, gone):
        one.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def send_head(reply: Reply, send: Send) -> None:
    """Send status and headers, and the beginning of the body."""
    headers = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if reply.head:
        await send({"type": "http.response.body", "body": reply.head, "more_body": True})


async def send_event(event: bytes, delay: float, send: Send) -> None:
    """Send an event as an HTTP chunk of its own."""
    # Also with no delay: the loop has to get round to noticing that a client has gone.
    await asyncio.sleep(delay)
    await send({"type": "http.response.body", "body": event, "more_body": True})
