"""A service that no botocore has, in any protocol: its shapes are of every kind."""

from __future__ import annotations

from typing import Any

from botocore.model import OperationModel, ServiceModel

__all__ = ("MADE_UP", "made_up")

METADATA = {
    "apiVersion": "2025-01-02",
    "endpointPrefix": "made-up",
    "jsonVersion": "1.0",
    "protocol": "rest-json",
    "serviceId": "Made Up",
    "signingName": "made-up",
    "targetPrefix": "MadeUp",
}
BODY: dict[str, Any] = {
    "text": {"shape": "String", "locationName": "Text"},
    "number": {"shape": "Long"},
    "fraction": {"shape": "Double"},
    "flag": {"shape": "Boolean"},
    "blob": {"shape": "Blob"},
    "time": {"shape": "Time"},
    "iso": {"shape": "IsoTime"},
    "epoch": {"shape": "EpochTime"},
    "names": {"shape": "Names", "locationName": "nameSet"},
    "flat": {"shape": "FlatNames", "locationName": "Flat"},
    "flatNamed": {"shape": "FlatNamed"},
    "items": {"shape": "Items"},
    "map": {"shape": "Counts"},
    "flatMap": {"shape": "FlatCounts", "locationName": "Count"},
    "choice": {"shape": "Choice"},
    "inner": {"shape": "Inner"},
    "inners": {"shape": "Inners"},
}
PLACES: dict[str, Any] = {
    "status": {"shape": "Integer", "location": "statusCode"},
    "key": {"shape": "String", "location": "header", "locationName": "x-key"},
    "when": {"shape": "Time", "location": "header", "locationName": "x-when"},
    "tags": {"shape": "Names", "location": "header", "locationName": "x-tags"},
    "json": {
        "shape": "String",
        "location": "header",
        "locationName": "x-json",
        "jsonvalue": True,
    },
    "meta": {"shape": "Texts", "location": "headers", "locationName": "x-meta-"},
}
SHAPES: dict[str, Any] = {
    "SingRequest": {
        "type": "structure",
        "payload": "text",
        "members": {
            "day": {"shape": "Integer", "location": "uri"},
            "loud": {"shape": "Boolean", "location": "uri"},
            "tune": {"shape": "Tunes", "location": "querystring", "locationName": "t"},
            "pace": {"shape": "Double", "location": "querystring"},
            "since": {"shape": "Time", "location": "querystring"},
            "rest": {"shape": "Lists", "location": "querystring"},
            "key": {"shape": "String", "location": "header", "locationName": "x-key"},
            "text": {"shape": "String"},
        },
    },
    "SingResponse": {
        "type": "structure",
        "payload": "song",
        "members": {"song": {"shape": "Song"}},
    },
    "Song": {"type": "structure", "eventstream": True, "members": {"note": {"shape": "Note"}}},
    "Note": {"type": "structure", "event": True, "members": {}},
    "Everything": {"type": "structure", "members": BODY},
    "Placed": {"type": "structure", "members": {**PLACES, **BODY}},
    "OnlyPlaced": {"type": "structure", "members": PLACES},
    "Document": {
        "type": "structure",
        "payload": "inner",
        "members": {"inner": {"shape": "Inner"}, "key": PLACES["key"]},
    },
    "Union": {"type": "structure", "payload": "choice", "members": {"choice": {"shape": "Choice"}}},
    "Raw": {
        "type": "structure",
        "payload": "body",
        "members": {
            "body": {"shape": "Blob"},
            "length": {"shape": "Long", "location": "header", "locationName": "Content-Length"},
            "kind": {"shape": "String", "location": "header", "locationName": "Content-Type"},
        },
    },
    "RawText": {"type": "structure", "payload": "body", "members": {"body": {"shape": "String"}}},
    "Inner": {
        "type": "structure",
        "members": {
            "attribute": {"shape": "String", "xmlAttribute": True, "locationName": "xsi:kind"},
            "name": {"shape": "String"},
            "inner": {"shape": "Inner"},
        },
        "xmlNamespace": {"prefix": "xsi", "uri": "http://www.w3.org/2001/XMLSchema-instance"},
    },
    "Inners": {"type": "list", "member": {"shape": "Inner"}},
    "Choice": {
        "type": "structure",
        "union": True,
        "members": {"one": {"shape": "String"}, "two": {"shape": "Names"}},
    },
    "Names": {"type": "list", "member": {"shape": "String"}},
    "Items": {"type": "list", "member": {"shape": "String", "locationName": "Item"}},
    "FlatNames": {"type": "list", "member": {"shape": "String"}, "flattened": True},
    "FlatNamed": {
        "type": "list",
        "member": {"shape": "String", "locationName": "item"},
        "flattened": True,
    },
    "Counts": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Long"}},
    "FlatCounts": {
        "type": "map",
        "key": {"shape": "String", "locationName": "Key"},
        "value": {"shape": "Long", "locationName": "Value"},
        "flattened": True,
    },
    "Texts": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "String"}},
    "Lists": {"type": "map", "key": {"shape": "String"}, "value": {"shape": "Tunes"}},
    "Tunes": {"type": "list", "member": {"shape": "String"}},
    "Integer": {"type": "integer"},
    "Long": {"type": "long"},
    "Boolean": {"type": "boolean"},
    "Double": {"type": "double"},
    "Blob": {"type": "blob"},
    "Time": {"type": "timestamp"},
    "IsoTime": {"type": "timestamp", "timestampFormat": "iso8601"},
    "EpochTime": {"type": "timestamp", "timestampFormat": "unixTimestamp"},
    "String": {"type": "string"},
    "Gone": {"type": "structure", "exception": True, "members": {}},
    "Slow": {
        "type": "structure",
        "exception": True,
        "error": {"code": "Slow.Down", "httpStatusCode": 503},
        "members": {"message": {"shape": "String"}},
    },
}


def operation_named(name: str, **more: Any) -> dict[str, Any]:
    """Describe an operation whose output has its name."""
    http = {"method": "POST", "requestUri": f"/{name.lower()}"}
    output = {"shape": name, "resultWrapper": f"{name}Result"}
    return {"name": name, "http": http, "output": output, **more}


OUTPUTS = ("Everything", "Placed", "OnlyPlaced", "Document", "Union", "Raw", "RawText")
MADE_UP: dict[str, Any] = {
    "metadata": METADATA,
    "operations": {
        "Sing": {
            "name": "Sing",
            "http": {"requestUri": "/sing/{day}/{loud}"},
            "input": {"shape": "SingRequest"},
            "output": {"shape": "SingResponse"},
        },
        "Hum": {"name": "Hum", "http": {"requestUri": "/hum"}, "output": {"shape": "SingResponse"}},
        "Take": {
            "name": "Take",
            "http": {"method": "POST", "requestUri": "/take"},
            "input": {"shape": "Everything", "locationName": "TakeRequest"},
        },
        "Gone": {
            "name": "Gone",
            "http": {"method": "POST", "requestUri": "/gone", "responseCode": 204},
            "output": {"shape": "Everything"},
        },
        **{name: operation_named(name) for name in OUTPUTS},
    },
    "shapes": SHAPES,
}


def made_up(operation: str, **metadata: Any) -> OperationModel:
    """Return the model of an operation, with other metadata."""
    model = MADE_UP | {"metadata": METADATA | metadata}
    return ServiceModel(model, "made-up").operation_model(operation)
