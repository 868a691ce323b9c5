"""`StreamHandler`: what stands in a response where the events come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

from botocore import xform_name
from botocore.eventstream import EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from awsio.connection import PawsConnection

__all__ = ("StreamHandler",)

DOCUMENTATION = (
    "https://docs.aws.amazon.com/boto3/latest/reference/services/{service}/client/{method}.html"
)

Result = TypeVar("Result")


class StreamHandler(EventStream):  # type: ignore[type-arg]  # generic in the stubs only
    """The event stream of a response, in three ways to read it.

    - Called with a function, it pushes every event through it and closes:
      ``resp.stream(lambda chunk: chunk.contentBlockDelta.delta.text)``.
    - Called with ``connection=True``, it hands the connection out:
      ``con = resp.stream(connection=True)``.
    - Iterated, it gives events, as boto3's ``EventStream`` does. It is an instance of
      that class, so code that checks for it goes on working.

    Args:
        connection: the open connection.
        service_name: botocore's name of the service.
        operation_name: the operation, as ``ConverseStream``.
    """

    def __init__(
        self, connection: PawsConnection, service_name: str = "", operation_name: str = ""
    ) -> None:
        # The base class's own reading machinery is replaced, so its __init__ is not run.
        self._connection = connection
        self._service_name = service_name
        self._operation_name = operation_name

    @overload
    def __call__(self, function: Callable[[Any], Result | None]) -> list[Result]: ...

    @overload
    def __call__(self, *, connection: Literal[True]) -> PawsConnection: ...

    def __call__(
        self, function: Callable[[Any], Any] | None = None, *, connection: bool = False
    ) -> list[Any] | PawsConnection:
        """Push every event through a function, or hand the connection out.

        Args:
            function: called with each event. What it raises passes through, and the
                stream stays open at the next event.
            connection: give the connection instead. It is the caller's to close.

        Returns:
            The function's results without the Nones, or the
            :class:`~awsio.PawsConnection`.

        Raises:
            TypeError: neither or both were given.
            ValueError: the connection is closed already.
            Exception: what :meth:`PawsConnection.read_event` raises; the connection is
                closed then.
        """
        if (function is not None) == connection:
            msg = "give a function, or connection=True"
            raise TypeError(msg)
        con = self._connection
        if function is None:
            return con
        results = []
        while (event := self._next_event()) is not None:
            result = function(event)
            if result is not None:
                results.append(result)
        con.close()
        return results

    def __iter__(self) -> PawsConnection:
        """Iterate over the events."""
        return iter(self._connection)

    def __enter__(self) -> Self:
        """Give the handler itself; it is closed on exit."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; see :meth:`PawsConnection.close`."""
        self._connection.close()

    @property
    def initial_response(self) -> Mapping[str, Any] | None:
        """See :attr:`PawsConnection.initial_response`."""
        return self._connection.initial_response

    def get_initial_response(self) -> Mapping[str, Any] | None:
        """As :attr:`initial_response`, under the name that botocore's class has."""
        return self.initial_response

    def _next_event(self) -> Any:
        """Read an event; a stream that breaks is closed."""
        try:
            return self._connection.read_event()
        except Exception:
            self.close()
            raise

    def __repr__(self) -> str:
        """Name the operation and its documentation."""
        method = xform_name(self._operation_name)
        page = DOCUMENTATION.format(service=self._service_name, method=method)
        return f"<StreamHandler {self._service_name}.{self._operation_name} {page}>"
