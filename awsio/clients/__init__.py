"""Clients: botocore does the request, awsio the stream.

Importing this package is cheap: its modules import botocore, and are imported on first use.
"""
