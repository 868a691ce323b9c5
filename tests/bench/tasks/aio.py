"""The contestant aiobotocore, which awaits what the others block for."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session

from tests.bench.tasks.counting import by_clock, check
from tests.bench.tasks.serving import CALLS, serve
from tests.bench.tasks.trickle import result_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack


class Loop:
    """An event loop with a client in it.

    Args:
        stack: closes both.
        service: of the client.
        url: its endpoint.
        connections: that it keeps.
    """

    def __init__(self, stack: ExitStack, service: str, url: str, connections: int = 10) -> None:
        self.run = stack.enter_context(asyncio.Runner()).run
        config = AioConfig(max_pool_connections=connections, s3={"addressing_style": "path"})
        context = get_session().create_client(service, endpoint_url=url, config=config)
        self.client = self.run(entered(context))
        stack.callback(lambda: self.run(left(context)))
        method, self.arguments, self.member = CALLS[service]
        self.call = getattr(self.client, method)

    async def stream(self) -> Any:
        """Make the call; gives the stream in its response."""
        return (await self.call(**self.arguments))[self.member]

    async def count(self) -> int:
        """Make the call; gives how many events there were."""
        found = 0
        async for _event in await self.stream():
            found += 1
        return found


async def entered(context: Any) -> Any:
    """Enter an asynchronous context."""
    return await context.__aenter__()


async def left(context: Any) -> None:
    """Leave it."""
    await context.__aexit__(None, None, None)


def events(stack: ExitStack, *, service: str, server: dict[str, Any]) -> Callable[[], Any]:
    """Read every event of a call."""
    loop = Loop(stack, service, serve(stack, server).hello["url"])
    return by_clock(lambda: loop.run(loop.count()), server["count"])


def tasks(stack: ExitStack, *, streams: int, server: dict[str, Any]) -> Callable[[], Any]:
    """Read many slow streams, an asyncio task each."""
    url = serve(stack, {**server, "gate": streams}).hello["url"]
    loop = Loop(stack, "bedrock-runtime", url, streams)

    async def count(stream: Any) -> int:
        found = 0
        async for _event in stream:
            found += 1
        return found

    async def everything() -> tuple[float, float]:
        opened = [await loop.stream() for _ in range(streams)]
        clock, cpu = time.perf_counter(), time.process_time()
        found = await asyncio.gather(*map(count, opened))
        check(sum(found), streams * server["count"])
        return time.perf_counter() - clock, time.process_time() - cpu

    return lambda: result_of(*loop.run(everything()), streams * server["count"])
