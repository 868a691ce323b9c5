"""An ASGI application under hypercorn on a background thread.

hypercorn stops by waiting for its connections, which a stream that is not read, or
that never ends, keeps open for long. Here the loop knows its connections and
cuts them, so that stopping is prompt whatever they are doing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import weakref
from typing import TYPE_CHECKING, Any

from awsio.extras import needs_extra
from awsio.testing.server.address import HOST

if TYPE_CHECKING:
    from collections.abc import Callable

with needs_extra("local", "hypercorn"):
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

__all__ = ("ServerThread",)

#: Connections may be idle as long as the server lives, and be used as often as one likes.
FOREVER = 10**9


class AbortableLoop(asyncio.SelectorEventLoop):
    """An event loop that knows the connections its servers have accepted."""

    def __init__(self) -> None:
        super().__init__()
        self._accepted: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()
        self._is_cut = False

    async def create_server(self, protocol_factory: Any, *args: Any, **options: Any) -> Any:
        """Create a server whose connections are kept track of."""

        def make_protocol() -> Any:
            protocol = protocol_factory()
            made = protocol.connection_made

            def connection_made(transport: asyncio.Transport) -> None:
                made(transport)
                self._accepted.add(transport)
                if self._is_cut:
                    transport.abort()

            protocol.connection_made = connection_made
            return protocol

        return await super().create_server(make_protocol, *args, **options)

    def cut(self) -> None:
        """Cut all connections, and those that still come."""
        self._is_cut = True
        for transport in tuple(self._accepted):
            transport.abort()


class ServerThread:
    """Serves an application on 127.0.0.1, at a free port.

    Args:
        app: the ASGI application.

    Attributes:
        port: the port.

    Raises:
        Exception: what kept hypercorn from starting.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        listener = socket.create_server((HOST, 0))
        self.port: int = listener.getsockname()[1]
        self._loop = AbortableLoop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(
            target=self._run, args=(app, listener), name="awsio-local-server", daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._failures:
            self._join()

    def stop(self) -> None:
        """Cut all connections and end the thread.

        Raises:
            Exception: what hypercorn failed of.
        """
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._join()

    def _join(self) -> None:
        """Wait for the end of the thread, and raise what it failed of."""
        self._thread.join()
        for failure in self._failures:
            raise failure

    def _run(self, app: Callable[..., Any], listener: socket.socket) -> None:
        """Run the event loop to its end; the thread's target."""
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve(app, listener))
        except BaseException as error:  # noqa: BLE001 - it is raised in the other thread
            self._failures.append(error)
        finally:
            listener.close()
            self._ready.set()

    async def _serve(self, app: Callable[..., Any], listener: socket.socket) -> None:
        """Serve until told to stop."""
        config = Config()
        # hypercorn takes the descriptor over, and closes it.
        config.bind = [f"fd://{listener.detach()}"]
        config.errorlog = None
        config.include_server_header = False
        config.keep_alive_timeout = FOREVER
        config.keep_alive_max_requests = FOREVER
        await serve(app, config, shutdown_trigger=self._until_stopped)

    async def _until_stopped(self) -> None:
        """Called by hypercorn when it serves; returns when it shall stop."""
        self._ready.set()
        await self._stop.wait()
        self._loop.cut()
