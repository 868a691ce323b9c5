"""Whether botocore reads from the local server what it was to send, for whole services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3
from botocore import xform_name

from awsio.events.models import service_model
from awsio.testing import LocalServer, sample_params
from awsio.testing.samples import SampleMaker
from awsio.testing.server.defaults import default_output
from awsio.testing.server.outputs import location
from awsio.testing.server.protocols import XML
from awsio.testing.server.session import register_handlers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel

__all__ = ("Comparison", "compare_errors", "compare_outputs")

#: Headers that are about the body, which a sample would contradict.
ABOUT_BODY = re.compile("(?i)content-length|x-amz-checksum-")


class Comparison(NamedTuple):
    """What came of the calls of a service.

    Attributes:
        calls: how many calls were compared.
        uncallable: operations that botocore would not send with sample arguments.
        differences: what was not as it should be.
    """

    calls: int
    uncallable: list[str]
    differences: list[str]


def boto3_client(server: LocalServer, service: str) -> Any:
    """Make a plain client of the server; it needs neither bearer tokens nor other hosts."""
    client = boto3.client(service, **server.client_arguments())
    register_handlers(client.meta.events, server.url)
    return client


def ordinary_operations(service: str) -> list[OperationModel]:
    """Return the operations that neither take nor answer with an event stream.

    Some of S3's are deprecated and have successors with the same requests, and members that
    are read from one element: what botocore returns of them nobody can have sent.
    """
    model = service_model(service)
    operations = [*map(model.operation_model, model.operation_names)]
    current = {uri_of(operation) for operation in operations if not operation.deprecated}
    return [
        operation
        for operation in operations
        if not operation.has_event_stream_input and not operation.has_event_stream_output
        if not operation.deprecated or uri_of(operation) not in current
    ]


def uri_of(operation: OperationModel) -> tuple[str, str]:
    """Return the method and URI of an operation, with the name where all have the same."""
    uri = operation.http["requestUri"]
    return operation.http["method"], uri if len(uri) > 1 else operation.name


def compare_outputs(service: str) -> Comparison:
    """Call every operation twice: answered by the server itself, then by a script."""
    calls, uncallable, differences = 0, [], []
    with LocalServer() as server:
        client = boto3_client(server, service)
        for operation in ordinary_operations(service):
            name = operation.name
            server._router.prefer(service, name)  # noqa: SLF001 - what add() does, without a script
            params = sample_params(service, name)
            sent = len(server.requests)
            try:
                by_itself = call(client, name, params)
            except Exception as error:  # noqa: BLE001 - kept, or botocore's own
                if len(server.requests) == sent:
                    uncallable.append(name)
                    continue
                differences.append(f"{service}.{name}: {error!r}")
                continue
            received = server.requests[-1]
            expected = default_output(operation, received.params)
            differences += compare(operation, by_itself, expected)
            if (received.service, received.operation) != (service, name):
                differences.append(f"{service}.{name} was taken for {received!r:.80}")
            if not without_empty(params).items() <= without_empty(received.params).items():
                differences.append(f"{service}.{name} was read as {received.params!r:.300}")
            scripted = whole_output(operation)
            server.add(service, name, output=scripted)
            differences += compare(operation, call(client, name, params), scripted)
            calls += 2
    return Comparison(calls, uncallable, differences)


def compare_errors(service: str) -> Comparison:
    """Let one operation fail of every error that the service models."""
    shapes: Any = service_model(service).error_shapes
    differences = []
    with LocalServer() as server:
        client = boto3_client(server, service)
        found = callable_operation(client, service)
        if found is None:
            return Comparison(0, [], [])
        name, params = found
        for shape in shapes:
            server.add(service, name, error=shape.name, message=f"it is {shape.name}")
        for shape in shapes:
            try:
                call(client, name, params)
            except client.exceptions.ClientError as error:
                expected = client.exceptions.from_code(shape.error_code)
                status = shape.metadata.get("error", {}).get("httpStatusCode", 400)
                got = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if type(error) is not expected or f"it is {shape.name}" not in str(error):
                    differences.append(f"{service}.{name} {shape.name}: {error!r}")
                elif got != status:
                    differences.append(f"{service}.{name} {shape.name}: status {got}")
            else:
                differences.append(f"{service}.{name} did not fail of {shape.name}")
    return Comparison(len(shapes), [], differences)


def callable_operation(client: Any, service: str) -> tuple[str, Any] | None:
    """Find an operation that botocore sends, and its arguments; None if there is none."""
    for operation in ordinary_operations(service):
        # The answer to HEAD has no body that would name the error.
        if operation.http.get("method") != "HEAD":
            params = sample_params(service, operation.name)
            try:
                call(client, operation.name, params)
            except Exception:  # noqa: BLE001, S112 - whatever botocore has against the samples
                continue
            return operation.name, params
    return None


def call(client: Any, name: str, params: dict[str, Any]) -> dict[str, Any]:
    """Call an operation, and read its body."""
    response: dict[str, Any] = getattr(client, xform_name(name))(**params)
    response.pop("ResponseMetadata")
    return {
        key: value.read() if hasattr(value, "read") else value for key, value in response.items()
    }


def whole_output(operation: OperationModel) -> dict[str, Any]:
    """Make an output with all members, with the second member of each union."""
    if operation.output_shape is None:
        return {}
    maker = SampleMaker(full=True)
    maker.variant = 1
    shape: Any = operation.output_shape
    output = maker.structure(shape, "")
    for name, member in shape.members.items():
        if location(member) == "statusCode":
            output[name] = operation.http.get("responseCode", 200)
        if location(member) == "headers":
            output[name] = {key.lower(): value for key, value in output[name].items()}
        is_length = ABOUT_BODY.match(member.serialization.get("name", ""))
        if is_length and operation.http.get("method") != "HEAD":
            del output[name]
    return output


def compare(
    operation: OperationModel, got: dict[str, Any], expected: dict[str, Any]
) -> Iterator[str]:
    """Yield the members that are not as they should be."""
    shape: Any = operation.output_shape
    members = shape.members if shape is not None else {}
    if operation.service_model.resolved_protocol in XML:  # it has no empty flattened lists
        got, expected = without_empty(got), without_empty(expected)
    for name, member in members.items():
        value = got.get(name)
        if location(member) == "headers" and not member.serialization.get("name"):
            # Without a prefix they are all that came.
            value = {key: item for key, item in value.items() if key in expected[name]}
        if name not in expected and "length" in name.lower():
            continue  # a body has its length, whether it was given or not
        if value != expected.get(name):
            yield f"{operation.name}.{name}: {value!r:.200} instead of {expected.get(name)!r:.200}"


def without_empty(value: Any) -> Any:
    """Remove empty lists and dicts, which forms and XML may have no place for."""
    if isinstance(value, dict):
        items = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in ([], {})}
    if isinstance(value, list):
        return [one for item in value if (one := without_empty(item)) not in ([], {})]
    return value
