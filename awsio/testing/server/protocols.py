"""The protocols of botocore, in groups that work alike."""

from __future__ import annotations

__all__ = ("CBOR", "QUERY", "REST", "XML")

CBOR = "smithy-rpc-v2-cbor"
#: Forms in, XML out; the operation is the form's ``Action``.
QUERY = frozenset({"ec2", "query"})
#: Members travel in the path, the query, headers and a body.
REST = frozenset({"rest-json", "rest-xml"})
#: Protocols that answer in XML.
XML = frozenset({"ec2", "query", "rest-xml"})
