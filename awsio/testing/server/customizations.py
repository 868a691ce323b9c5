"""Outputs that botocore changes after it has parsed them, changed back before they are sent.

A script has them as boto3 returns them: a policy as a dict, a console's output as text. See
``json_decode_policies``, ``json_decode_template_body`` and ``decode_console_output`` in
https://github.com/boto/botocore/blob/develop/botocore/handlers.py
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.model import OperationModel

__all__ = ("undo_customizations",)


def quoted_document(document: Any) -> str:
    """Write a document as IAM does."""
    return quote(json.dumps(document))


#: Services that send JSON documents as text, and how.
DOCUMENTS: dict[str, Callable[[Any], str]] = {
    "cloudformation": json.dumps,
    "iam": quoted_document,
}


def undo_customizations(operation: OperationModel, output: dict[str, Any]) -> dict[str, Any]:
    """Return an output as the service sends it.

    Args:
        operation: the operation's model.
        output: members in boto3's form.
    """
    service = operation.service_model.service_name
    if (service, operation.name) == ("ec2", "GetConsoleOutput") and "Output" in output:
        return {**output, "Output": b64encode(str(output["Output"]).encode()).decode()}
    write = DOCUMENTS.get(service)
    if write is None or operation.output_shape is None:
        return output
    return dict(documents_as_text(output, operation.output_shape, write))


def documents_as_text(value: Any, shape: Any, write: Callable[[Any], str]) -> Any:
    """Write the dicts and lists that stand where the model has a string."""
    if shape.type_name == "string" and isinstance(value, (dict, list)):
        return write(value)
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            name: documents_as_text(item, shape.members[name], write)
            if name in shape.members
            else item
            for name, item in value.items()
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [documents_as_text(item, shape.member, write) for item in value]
    return value
