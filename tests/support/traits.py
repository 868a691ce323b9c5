"""Models that no service has: an operation whose events have every trait there is."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.model import ServiceModel

if TYPE_CHECKING:
    from botocore.model import OperationModel

__all__ = ("all_traits", "make_service")


def make_service(protocol: str, shapes: dict[str, Any]) -> ServiceModel:
    """Make a model of one operation ``Op`` out of shapes."""
    members = shapes["Out"]["members"]
    description = {
        "version": "2.0",
        "metadata": {
            "apiVersion": "2020-01-01",
            "endpointPrefix": "synthetic",
            "protocol": protocol,
            "protocols": [protocol],
            "serviceFullName": "Synthetic",
            "serviceId": "Synthetic",
            "signatureVersion": "v4",
            "uid": "synthetic-2020-01-01",
        },
        "operations": {
            "Op": {
                "name": "Op",
                "http": {"method": "POST", "requestUri": "/"},
                "input": {"shape": "In"},
                "output": {"shape": "Out"},
            }
        },
        "shapes": {"In": {"type": "structure", "members": members}, **shapes},
    }
    return ServiceModel(description, "synthetic-service")


@cache
def all_traits(protocol: str) -> OperationModel:
    """Give the model of an operation whose events have every trait of a protocol."""
    return make_service(protocol, every_trait(protocol)).operation_model("Op")


HEADERS = {
    "HeadFlag": "boolean",
    "HeadTiny": "byte",
    "HeadSmall": "short",
    "HeadNumber": "integer",
    "HeadBig": "long",
    "HeadRaw": "blob",
    "HeadText": "string",
    "HeadWhen": "timestamp",
}


def every_trait(protocol: str) -> dict[str, Any]:
    """Write the shapes of a stream with every kind of event."""
    headers = {name: {"shape": kind, "eventheader": True} for name, kind in HEADERS.items()}
    inner = {"shape": "Inner", "eventpayload": True}
    events = {
        "Body": body_members(protocol),
        "Bytes": {"Data": {"shape": "blob", "eventpayload": True}},
        "Words": {"Data": {"shape": "string", "eventpayload": True}},
        "Struct": {"Data": inner},
        "Headers": headers,
        "HeadersBytes": {**headers, "Data": {"shape": "blob", "eventpayload": True}},
        "HeadersWords": {**headers, "Data": {"shape": "string", "eventpayload": True}},
        "HeadersStruct": {**headers, "Data": inner},
        "HeadersBody": {**headers, "Other": {"shape": "string"}, "Inner": {"shape": "Inner"}},
        "Empty": {},
    }
    return {
        **{name: {"type": "structure", "event": True, "members": m} for name, m in events.items()},
        "Out": {
            "type": "structure",
            "members": {"Stream": {"shape": "Stream"}, "First": {"shape": "string"}},
        },
        "Stream": {
            "type": "structure",
            "eventstream": True,
            "members": {name: {"shape": name} for name in (*events, "Failure")},
        },
        "Failure": {
            "type": "structure",
            "exception": True,
            "error": {"httpStatusCode": 429, "senderFault": True},
            "retryable": {"throttling": True},
            "members": {"message": {"shape": "string"}, "Count": {"shape": "integer"}},
        },
        "Inner": {
            "type": "structure",
            "members": {"Text": {"shape": "string"}, "Deeper": {"shape": "Inner"}},
        },
        **scalars_and_collections(),
    }


def body_members(protocol: str) -> dict[str, Any]:
    """Write the members of an event whose payload is the event itself."""
    members: dict[str, dict[str, Any]] = {
        "Text": {"shape": "string", "locationName": "text-on-the-wire"},
        "Kind": {"shape": "string", "xmlAttribute": True, "locationName": "kind"},
        "Flag": {"shape": "boolean"},
        "Number": {"shape": "integer"},
        "Ratio": {"shape": "double"},
        "Raw": {"shape": "blob"},
        "When": {"shape": "timestamp"},
        "Iso": {"shape": "timestamp", "timestampFormat": "iso8601"},
        "Mail": {"shape": "timestamp", "timestampFormat": "rfc822"},
        "Unix": {"shape": "timestamp", "timestampFormat": "unixTimestamp"},
        "Iso2": {"shape": "IsoTime"},
        "Names": {"shape": "Names"},
        "Nested": {"shape": "NestedList"},
        "NamedItems": {"shape": "NamedItems"},
        "Flat": {"shape": "FlatNames"},
        "FlatNamed": {"shape": "FlatNamed"},
        "FlatStructs": {"shape": "FlatStructs", "locationName": "flat-structs"},
        "Map": {"shape": "Map"},
        "NamedMap": {"shape": "NamedMap"},
        "FlatMap": {"shape": "FlatMap"},
        "Choice": {"shape": "Choice"},
        "Inner": {"shape": "Inner"},
        "Times": {"shape": "Times"},
    }
    if protocol == "smithy-rpc-v2-cbor":  # botocore reads CBOR members by their own names
        return {
            name: {key: item for key, item in ref.items() if key != "locationName"}
            for name, ref in members.items()
        }
    if protocol != "rest-xml":
        members["Free"] = {"shape": "Free"}
    return members


def scalars_and_collections() -> dict[str, Any]:
    """Write the shapes that members refer to."""
    name = {"shape": "string"}
    named = {"shape": "string", "locationName": "item"}
    return {
        **{kind: {"type": kind} for kind in (*HEADERS.values(), "double")},
        "IsoTime": {"type": "timestamp", "timestampFormat": "iso8601"},
        "Times": {"type": "list", "member": {"shape": "IsoTime"}},
        "Names": {"type": "list", "member": name},
        "NestedList": {"type": "list", "member": {"shape": "Names"}},
        "NamedItems": {"type": "list", "member": named},
        "FlatNames": {"type": "list", "member": name, "flattened": True},
        "FlatNamed": {"type": "list", "member": named, "flattened": True},
        "FlatStructs": {"type": "list", "member": {"shape": "Inner"}, "flattened": True},
        "Map": {"type": "map", "key": name, "value": {"shape": "Names"}},
        "NamedMap": {
            "type": "map",
            "key": {"shape": "string", "locationName": "K"},
            "value": {"shape": "Inner", "locationName": "V"},
        },
        "FlatMap": {"type": "map", "key": name, "value": {"shape": "blob"}, "flattened": True},
        "Choice": {
            "type": "structure",
            "union": True,
            "members": {
                "Text": {"shape": "string"},
                "Inner": {"shape": "Inner"},
                "Choice": {"shape": "Choice"},
            },
        },
        "Free": {"type": "structure", "document": True, "members": {}},
    }
