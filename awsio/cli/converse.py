"""``awsio converse``: prints an answer, then a line about it, or about what went wrong."""

from __future__ import annotations

import sys

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

import awsio
from awsio.cli.bedrock import Question, Target, ask, open_client
from awsio.cli.terminal import StatusLine, TextOutput
from awsio.errors import AwsioError, MissingExtraError

__all__ = ("print_answer",)

FAILED = 1
NOT_SET_UP = 2
INTERRUPTED = 130
PIPE_CLOSED = 141

# What can go wrong outside of this program; ValueError is botocore's for a bad endpoint.
EXPECTED_ERRORS = (AwsioError, BotoCoreError, ClientError, OSError, ValueError)

SETUP_HINT = (
    "credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_BEARER_TOKEN_BEDROCK, or "
    "--profile) and a region (AWS_DEFAULT_REGION or --region); --local needs neither"
)


def print_answer(question: Question, target: Target) -> int:
    """Ask, print the answer to standard output and one line to standard error.

    Args:
        question: what to ask.
        target: whom to ask.

    Returns:
        The exit code, as in :mod:`awsio.cli`.
    """
    output = TextOutput(sys.stdout)
    status = StatusLine(sys.stderr)
    opened = False
    try:
        with open_client(target) as client:
            opened = True
            answer = ask(client, question, output.write)
            output.write("\n")
            status.info(answer.summary())
    except KeyboardInterrupt:
        output.end_line()
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has had enough
        return PIPE_CLOSED
    except EXPECTED_ERRORS as error:
        output.end_line()
        code, message = explain(error, opened=opened)
        status.error(awsio.masked_url(message))  # botocore's errors tell the endpoint as it is
        return code
    return 0


def explain(error: Exception, *, opened: bool) -> tuple[int, str]:
    """Say what a failure is to the user: the exit code, and the error's code and message.

    Args:
        error: what was raised.
        opened: whether there was a client. What keeps one from being made, but for the
            machine's own errors, is a setting: a profile, an endpoint, a broken file.
    """
    if isinstance(error, (NoCredentialsError, NoRegionError)):
        missing = "region" if isinstance(error, NoRegionError) else "credentials"
        return NOT_SET_UP, f"no AWS {missing} found: set {SETUP_HINT}"
    if isinstance(error, (MissingExtraError, PartialCredentialsError)):
        return NOT_SET_UP, str(error)
    if isinstance(error, ClientError):
        details = error.response.get("Error", {})
        return FAILED, f"{details.get('Code')}: {details.get('Message')}"
    is_setting = not opened and isinstance(error, (BotoCoreError, ValueError))
    return NOT_SET_UP if is_setting else FAILED, f"{type(error).__name__}: {error}"
