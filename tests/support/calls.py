"""Arguments of the calls that tests make."""

from __future__ import annotations

from typing import Any

__all__ = ("CONVERSE_CALL", "INVOKE_CALL", "KINESIS_CALL", "LAMBDA_CALL", "LOGS_CALL", "S3_CALL")

CONVERSE_CALL: dict[str, Any] = {
    "modelId": "model-1",
    "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
}
INVOKE_CALL: dict[str, Any] = {"modelId": "model-1", "body": b"{}"}
LAMBDA_CALL: dict[str, Any] = {"FunctionName": "f", "Payload": b"{}"}
KINESIS_CALL: dict[str, Any] = {
    "ConsumerARN": "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1",
    "ShardId": "shardId-0",
    "StartingPosition": {"Type": "LATEST"},
}
LOGS_CALL: dict[str, Any] = {
    "logGroupIdentifiers": ["arn:aws:logs:us-east-1:123456789012:log-group:g"]
}
S3_CALL: dict[str, Any] = {
    "Bucket": "b",
    "Key": "k",
    "Expression": "SELECT * FROM S3Object",
    "ExpressionType": "SQL",
    "InputSerialization": {"CSV": {}},
    "OutputSerialization": {"CSV": {}},
}
