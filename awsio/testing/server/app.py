"""The ASGI application: reads requests, sends replies, stops when the client has gone."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.testing.server.replies import Reply
from awsio.testing.server.request import HttpRequest
from awsio.testing.server.responder import DeferredReply, Responder
from awsio.testing.server.threaded_iterator import END, ThreadedIterator

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping

    from awsio.testing.server.replies import PieceSource

__all__ = ("App",)

logger = logging.getLogger("awsio.testing")

Receive: TypeAlias = "Callable[[], Awaitable[Mapping[str, Any]]]"
Send: TypeAlias = "Callable[[dict[str, Any]], Awaitable[None]]"


class App:
    """The application of one server.

    Args:
        responder: answers the requests.

    Attributes:
        errors: what the functions of scripts have raised, and the server itself.
        iterators: those functions that may still be running.
    """

    def __init__(self, responder: Responder) -> None:
        self.errors: list[Exception] = []
        self.iterators: set[ThreadedIterator] = set()
        self._responder = responder

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a connection's request, as ASGI asks."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":  # to leave a web socket alone is to refuse it
            body = await read_body(receive)
            if body is not None:
                reply = self._reply(HttpRequest.of_scope(scope, body))
                await while_connected(self._send(reply, send), receive)

    def _reply(self, request: HttpRequest) -> Reply | DeferredReply:
        """Answer a request; where the server itself fails, its error is not lost."""
        try:
            return self._responder.reply(request)
        except Exception as error:  # noqa: BLE001 - the client has to get an answer
            self._keep(error)
            text = f"the local server failed: {error!r}".encode()
            return Reply(500, {"content-type": "text/plain"}, text)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """Complete starting and stopping, which need nothing here."""
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    async def _send(self, reply: Reply | DeferredReply, send: Send) -> None:
        """Send a reply, of which a script's function may have to make something first."""
        if isinstance(reply, DeferredReply):
            reply = await self._make(reply)
        source = reply.source
        if source is None:
            await send_head(reply, send)
            for piece in reply.pieces:
                await send_piece(piece, reply.delay, send)
        else:
            async with self._iterating(source.call) as iterator:
                await self._send_pieces(reply, source, iterator, send)
        await send({"type": "http.response.body"})

    async def _make(self, deferred: DeferredReply) -> Reply:
        """Let a script's function make a reply."""
        async with self._iterating(lambda: [deferred.call()]) as iterator:
            try:
                await iterator.open()
                reply: Reply = await iterator.next()
            except Exception as error:  # noqa: BLE001 - whatever the user's function raises
                self._keep(error)
                return deferred.fail(error)
            return reply

    @contextlib.asynccontextmanager
    async def _iterating(
        self, call: Callable[[], Iterable[Any]]
    ) -> AsyncIterator[ThreadedIterator]:
        """Run a script's function on a thread of its own."""
        iterator = ThreadedIterator(call)
        self.iterators.add(iterator)
        try:
            yield iterator
        finally:
            iterator.close()
            self.iterators = {one for one in self.iterators if one.thread.is_alive()}

    async def _send_pieces(
        self, reply: Reply, source: PieceSource, iterator: ThreadedIterator, send: Send
    ) -> None:
        """Send the pieces of a script as they come.

        Raises:
            Exception: what the script raised in the middle of a body that has no way to
                say so; hypercorn then cuts the connection.
        """
        try:
            await iterator.open()
        except Exception as error:  # noqa: BLE001 - whatever the user's function raises
            self._keep(error)
            await send_head(source.fail(error), send)
            return
        await send_head(reply, send)
        try:
            while (item := await iterator.next()) is not END:
                await send_piece(source.encode(item), reply.delay, send)
        except Exception as error:
            self._keep(error)
            if source.fail_midway is None:
                raise
            await send_piece(source.fail_midway(error), 0.0, send)

    def _keep(self, error: Exception) -> None:
        """Keep and log an error."""
        self.errors.append(error)
        logger.error("The local server or a script of it failed", exc_info=error)


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


async def send_piece(piece: bytes, delay: float, send: Send) -> None:
    """Send a piece of the body as an HTTP chunk of its own."""
    # Also with no delay: the loop has to get round to noticing that a client has gone.
    await asyncio.sleep(delay)
    await send({"type": "http.response.body", "body": piece, "more_body": True})
