"""The query protocol of Amazon SQS, whose model is that of the JSON protocol since 2023.

Old clients still speak it, and the service understands them. The model has kept which
collections are flattened, but not what their items are called on the wire; see the responses in
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
"""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from awsio.events.models import loader

if TYPE_CHECKING:
    from botocore.model import ServiceModel

__all__ = ("sqs_query_model",)

#: Lists whose items are not called like the list without the word at its end.
ITEM_NAMES = {
    "BinaryList": "BinaryListValue",
    "MessageSystemAttributeList": "MessageSystemAttributeName",
    "StringList": "StringListValue",
}
#: Members that are maps to the names of their entries.
ENTRY_NAMES = {
    "Attributes": "Attribute",
    "MessageAttributes": "MessageAttribute",
    "MessageSystemAttributes": "MessageSystemAttribute",
    "Tags": "Tag",
    "tags": "Tag",
}
#: Maps whose keys and values are not called ``Name`` and ``Value``.
KEY_NAMES = {"TagMap": "Key"}


@lru_cache(maxsize=1)
def sqs_query_model() -> ServiceModel:
    """Return the model of SQS with the names of the query protocol."""
    from botocore.model import ServiceModel  # noqa: PLC0415 - slow to import

    description: dict[str, Any] = deepcopy(loader().load_service_model("sqs", "service-2"))
    for name, shape in description["shapes"].items():
        if shape["type"] == "list":
            item = ITEM_NAMES.get(name, name.removesuffix("List"))
            shape["member"].setdefault("locationName", item)
        elif shape["type"] == "map":
            shape["key"].setdefault("locationName", KEY_NAMES.get(name, "Name"))
            shape["value"].setdefault("locationName", "Value")
        for member, reference in shape.get("members", {}).items():
            if member in ENTRY_NAMES and description["shapes"][reference["shape"]]["type"] == "map":
                reference.setdefault("locationName", ENTRY_NAMES[member])
    return ServiceModel(description, "sqs")
