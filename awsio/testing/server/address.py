"""Where local servers listen, and the region that their clients take them to be in."""

from __future__ import annotations

__all__ = ("HOST", "REGION")

HOST = "127.0.0.1"
REGION = "us-east-1"
