"""`stream_many`: one stream per item, read in parallel by any executor.

Rules:

- what is sent to the executor can be pickled wherever the client, the parameters and the
  function can, so threads, processes and clusters all do;
- a client is sent as the arguments that created it, and created once in each process;
- results are in the order of the parameters, and so is the first error;
- an executor that was passed is never shut down;
- once the iterator is closed, by an error or an interrupt too, nothing of it is read any more
  in this process, and nothing of it holds the process at its end.
"""

from __future__ import annotations

import atexit
import pickle
from collections import deque
from collections.abc import Mapping
from functools import lru_cache
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload
from weakref import WeakKeyDictionary

from botocore.exceptions import ClientError

from awsio.clients.client import Client
from awsio.clients.connect import connect
from awsio.clients.daemon_threads import DaemonThreads
from awsio.clients.doors import check_client
from awsio.clients.open_streams import OpenStreams
from awsio.closing import ClosedOnExit
from awsio.errors import ServiceStreamError, UnknownOperationError
from awsio.events.exceptions import modelled_class, stream_error_class
from awsio.suggestions import close_matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor, Future

__all__ = ("ManyStreams", "stream_many")

Result = TypeVar("Result")

MAX_THREADS = 32
# Seconds that the end of a process waits for the threads of streams that were just closed.
AT_EXIT = 0.25
# Clients that a process keeps; the least recently used one is dropped first.
MAX_CLIENTS = 8


@overload
def stream_many(
    client: Any,
    operation: str,
    params: Iterable[Mapping[str, Any]],
    *,
    executor: Executor | None = None,
    fn: None = None,
) -> ManyStreams[Any]: ...


@overload
def stream_many(
    client: Any,
    operation: str,
    params: Iterable[Mapping[str, Any]],
    *,
    executor: Executor | None = None,
    fn: Callable[[Any], Result | None],
) -> ManyStreams[Result]: ...


def stream_many(
    client: Any,
    operation: str,
    params: Iterable[Mapping[str, Any]],
    *,
    executor: Executor | None = None,
    fn: Callable[[Any], Any] | None = None,
) -> ManyStreams[Any]:
    """Open one stream per item of ``params``, and read them in parallel.

    All calls are submitted to the executor at once; each stream is read to its end where
    it was opened. For events as they arrive, and for streams that do not end, see
    :func:`awsio.merge`.

    Args:
        client: the client to call. For processes and clusters it must be one of
            :func:`awsio.client`, which pickles as its arguments; each process creates it
            once and keeps it.
        operation: the operation, such as ``converse_stream`` or ``ConverseStream``.
        params: the arguments of each call, as dicts.
        executor: runs the calls: threads, processes, or a Dask cluster's
            ``Client.get_executor()``. It is not shut down. By default threads of this
            call's own, one an item, 32 at most, which are daemons: a process that ends
            does not wait for them.
        fn: called with each event, in the thread or process that reads the stream; for
            processes it must pickle. None takes the events themselves.

    Returns:
        An iterator over lists, in the order of ``params``: the results of ``fn`` for the
        events of one stream, without the Nones. It is also a context manager. Closed or
        dropped early, it cancels what has not begun and closes the streams that are being
        read in this process. In other processes they are read to their end.

    Raises:
        UnknownOperationError: the client has no such operation, or it does not stream.
        TypeError: ``client`` is something else, such as a client of aiobotocore; ``params`` is
            one dict, or has an item that is not a dict.
        Exception: while iterating, what a call, its stream or ``fn`` raised, in place of
            that stream's result and after the results before it. Results after it are
            lost, because the iterator closes, as above.

    Example:
        >>> import awsio
        >>> from operator import attrgetter
        >>> with awsio.testing.LocalServer() as server:
        ...     events = [{"Records": {"Payload": b"1"}}, {"End": {}}]
        ...     server.add("s3", "SelectObjectContent", events)
        ...     query = {"Expression": "", "ExpressionType": "SQL"}
        ...     query |= {"InputSerialization": {}, "OutputSerialization": {}}
        ...     params = [{"Bucket": "b", "Key": key, **query} for key in ("x", "y")]
        ...     client = server.client("s3")
        ...     rows = attrgetter("Records.Payload")
        ...     list(awsio.stream_many(client, "select_object_content", params, fn=rows))
        [[b'1'], [b'1']]
    """
    check_client(client, "stream_many()")
    method, member = method_and_member(client, operation)
    return ManyStreams(client, (method, member, fn), list_of_arguments(params), executor)


def list_of_arguments(params: Any) -> list[Mapping[str, Any]]:
    """Return the arguments of the calls.

    Raises:
        TypeError: they are not dicts, one for each call.
    """
    if isinstance(params, Mapping):
        msg = "params is a list of dicts, one for each call: for one call write [params]"
        raise TypeError(msg)
    calls = list(params)
    for number, arguments in enumerate(calls):
        if not isinstance(arguments, Mapping):
            msg = f"params[{number}] has to be the dict of a call's arguments, not {arguments!r}"
            raise TypeError(msg)
    return calls


def method_and_member(client: Any, operation: str) -> tuple[str, str]:
    """Return an operation's method, and the member of its output that is the stream.

    Raises:
        UnknownOperationError: the client has no such operation, or it does not stream.
    """
    methods: dict[str, str] = client.meta.method_to_api_mapping
    service = client.meta.service_model
    method = {api_name: name for name, api_name in methods.items()}.get(operation, operation)
    if method not in methods:
        msg = f"{service.service_name} has no operation {operation!r}"
        near = close_matches(operation, [*methods, *methods.values()])
        raise UnknownOperationError(msg, suggestions=near)
    model = service.operation_model(methods[method])
    if not model.has_event_stream_output:
        msg = f"{service.service_name} {model.name} does not answer with an event stream"
        raise UnknownOperationError(msg)
    return method, model.output_shape.event_stream_name


class ManyStreams(ClosedOnExit, Generic[Result]):
    """The iterator that :func:`awsio.stream_many` returns.

    Args:
        client: the client to call.
        task: the method, the member of its output that is the stream, and the function.
        params: the arguments of each call.
        executor: runs the calls; None for threads that belong to the iterator.
    """

    def __init__(
        self,
        client: Any,
        task: tuple[str, str, Callable[[Any], Result | None] | None],
        params: list[Mapping[str, Any]],
        executor: Executor | None,
    ) -> None:
        self._client = client
        self._futures: deque[Future[list[Result]]] = deque()
        self._streams = OpenStreams()
        # One for each read that waits; putting something there wakes it.
        self._waiting: set[SimpleQueue[Any]] = set()
        self._own: DaemonThreads | None = None
        if executor is None:
            self._own = executor = DaemonThreads(MAX_THREADS, "awsio")
            DAEMONS[self] = self._own
        sent = SentClient(client)
        try:
            for number, arguments in enumerate(params):
                self._futures.append(
                    executor.submit(read_stream, sent, arguments, task, self._streams, number)
                )
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Self:
        """Return the iterator itself."""
        return self

    def __next__(self) -> list[Result]:
        """Wait for the results of the next stream; closing the iterator ends the wait."""
        if not self._futures:
            self._finish(wait=False)
            raise StopIteration
        try:
            results = self._next_result()
        except ClientError as error:
            self.close()
            own = of_client(error, self._client)
            if own is error:
                raise
            raise own from error
        except BaseException:
            self.close()
            raise
        if not self._futures:  # all have ended, so nothing is waited for
            self._finish(wait=True)
        return results

    def _next_result(self) -> list[Result]:
        """Wait for the result of the next call.

        Raises:
            StopIteration: another thread or a signal handler closed the iterator.
            Exception: what the call raised.
        """
        future = self._futures.popleft()
        self._wait_for(future)
        if self._streams.closed:
            future.cancel()
            raise StopIteration
        return future.result()

    def _wait_for(self, future: Future[list[Result]]) -> None:
        """Wait until a call has ended, or the iterator is closed."""
        ready: SimpleQueue[Any] = SimpleQueue()
        self._waiting.add(ready)
        try:
            future.add_done_callback(ready.put)
            if not self._streams.closed:
                ready.get()
        finally:
            self._waiting.discard(ready)

    def close(self) -> None:
        """Cancel what has not begun, and close the streams that are being read.

        Safe to call twice, and from any thread; a loop over the iterator in another thread
        ends. A call that waits for the head of its answer cannot be interrupted: it ends
        with that answer, whose stream is then closed, or with botocore's timeout. In threads
        of the iterator's own it does not hold the process meanwhile; an executor that was
        given may wait for it. Streams in other processes are read to their end.
        """
        self._streams.close()
        try:
            while True:
                self._futures.pop().cancel()
        except IndexError:  # there are no more
            pass
        for ready in list(self._waiting):
            ready.put(None)
        self._finish(wait=False)

    def _finish(self, *, wait: bool) -> None:
        """Let the iterator's own threads end."""
        if self._own is not None:
            self._own.shutdown(wait=wait)

    def __del__(self) -> None:
        """Close an iterator that is dropped."""
        self.close()


# The threads of the iterators that have their own.
DAEMONS: WeakKeyDictionary[ManyStreams[Any], DaemonThreads] = WeakKeyDictionary()


@atexit.register
def close_all() -> None:
    """Close what is still read in daemon threads, while these can still run."""
    left = list(DAEMONS.items())
    for many, _ in left:
        many.close()
    for _, threads in left:
        threads.join(AT_EXIT / len(left))


class SentClient:
    """A client on its way to an executor: itself in this process, created again elsewhere.

    Args:
        client: the client.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self._pickled: bytes | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the client once for all tasks.

        Raises:
            TypeError: the client cannot be pickled.
        """
        if not isinstance(self.client, Client):
            msg = (
                f"a {type(self.client).__name__} of botocore cannot be pickled, so only threads "
                "can share it: give stream_many() a client of awsio.client()"
            )
            raise TypeError(msg)
        if self._pickled is None:
            self._pickled = pickle.dumps(self.client)
        return received, (self._pickled,)


@lru_cache(maxsize=MAX_CLIENTS)
def received(pickled: bytes) -> SentClient:
    """Return a client that was sent; each process creates it once."""
    return SentClient(pickle.loads(pickled))  # noqa: S301 - it comes in a pickle itself


def read_stream(
    sent: SentClient,
    arguments: Mapping[str, Any],
    task: tuple[str, str, Callable[[Any], Any] | None],
    streams: OpenStreams,
    _number: int,
) -> list[Any]:
    """Open one stream and read it to its end; this is what the executor runs.

    A cluster may take two tasks of equal arguments for one and run it once: the key of the
    streams and the number make them different.
    """
    if streams.closed:
        return []
    method, member, function = task
    client = sent.client
    response = getattr(client, method)(**arguments)
    with connect(response[member], client) as con:
        try:
            streams.add(con)
            if function is None:
                return list(con)
            return [result for event in con if (result := function(event)) is not None]
        finally:
            streams.remove(con)


def of_client(error: Any, client: Any) -> ClientError:
    """Return an error with the class that the client has for it.

    An error from another process has the classes of that process. With this one,
    ``except client.exceptions.ThrottlingException`` catches it wherever the stream was
    read.
    """
    if isinstance(error, ServiceStreamError):
        modelled = modelled_class(client.exceptions, type(error).__name__)
        cls: Any = stream_error_class(modelled, client.meta.service_model.service_name)
    elif type(error) is ClientError:  # what botocore's classes of errors pickle as
        cls = client.exceptions.from_code(error.response.get("Error", {}).get("Code"))
    else:
        cls = type(error)
    if cls is not type(error):
        twin = cls(error.response, error.operation_name)
        twin.__dict__.update(error.__dict__)
        error = twin
    found: ClientError = error
    return found
