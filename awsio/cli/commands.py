"""What the command line looks like: the commands, their options, their help."""

from __future__ import annotations

import io
import sys
from typing import Any, TextIO

import click

import awsio
from awsio.cli.terminal import escape_controls

__all__ = ("command", "run")

INTERRUPTED = 130
# https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html: a small text
# model of Amazon's own.
DEFAULT_MODEL = "amazon.nova-lite-v1:0"


def run() -> int:
    """Run the command with this process's arguments.

    Returns:
        The exit code.
    """
    try:
        code: int = command.main(prog_name="awsio", standalone_mode=False)
    except click.ClickException as error:
        told = io.StringIO()  # it quotes arguments
        error.show(told)
        click.echo(escape_controls(told.getvalue()), nl=False, err=True)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    return code


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(awsio.__version__, prog_name="awsio")
def command() -> None:
    """Ask AWS services that answer with a stream.

    \b
    Try it without an AWS account:
      awsio converse --local "Why is the sky blue?"
    """  # noqa: D301 - \b is click's mark of a block that is not to be filled


@command.command(short_help="Ask a model of Amazon Bedrock.")
@click.option("--local", is_flag=True, help="Ask a server in this process: no account, no network.")
@click.option(
    "--model", metavar="ID", default=DEFAULT_MODEL, show_default=True, help="Model to ask."
)
@click.option("--region", metavar="NAME", help="AWS region, as us-east-1.")
@click.option("--profile", metavar="NAME", help="Profile of the AWS configuration.")
@click.option("--endpoint-url", metavar="URL", help="Address to call instead of AWS's.")
@click.option("--system", metavar="TEXT", help="System prompt: how the model is to answer.")
@click.option("--max-tokens", type=click.IntRange(min=1), metavar="N", help="Longest answer.")
@click.option(
    "--temperature", type=click.FloatRange(0, 1), metavar="F", help="Randomness, 0.0 to 1.0."
)
@click.argument("prompt")
@click.pass_context
def converse(
    ctx: click.Context,
    /,
    prompt: str,
    model: str,
    system: str | None,
    max_tokens: int | None,
    temperature: float | None,
    **options: Any,
) -> None:
    """Ask a model of Amazon Bedrock and print its answer as it arrives.

    PROMPT is the question; - reads it from standard input.

    The answer goes to standard output. One line on standard error follows it: why the
    model stopped, the tokens in and out, and how long the first token took.

    \b
    Examples:
      awsio converse --local "Why is the sky blue?"
      awsio converse --region us-east-1 --max-tokens 100 "Why is the sky blue?"
      awsio converse --system "Translate to French." - < letter.txt

    \b
    Exit codes:
      0    the answer came to its end
      1    the call failed, or the stream broke off
      2    not set up: arguments, profile, credentials, region, endpoint, an extra
      130  interrupted by Ctrl-C
      141  whoever read the output has gone
    """  # noqa: D301 - \b is click's mark of a block that is not to be filled
    # botocore is slow to import, and --help needs none of it.
    from awsio.cli.bedrock import Question, Target  # noqa: PLC0415 - --help is to be quick
    from awsio.cli.converse import print_answer  # noqa: PLC0415 - likewise

    target = Target(**options)
    if target.local and (target.region or target.profile or target.endpoint_url):
        msg = "--local asks its own server: it takes no --region, --profile or --endpoint-url"
        raise click.UsageError(msg)
    texts = (without_surrogates(read_prompt(prompt)), model, without_surrogates(system or ""))
    question = Question(*texts, max_tokens, temperature)
    ctx.exit(print_answer(question, target))


def read_prompt(prompt: str) -> str:
    """Take the prompt from the argument, or for ``-`` from standard input.

    The line end that ``echo`` adds is no part of the question.

    Raises:
        click.UsageError: there is no text in it.
    """
    if prompt == "-":
        prompt = read_stdin().rstrip("\r\n")
    if not prompt.strip():
        msg = "the prompt is empty"
        raise click.UsageError(msg)
    return prompt


def without_surrogates(text: str) -> str:
    """Replace what was not in the locale's encoding: JSON has no way to say it."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def read_stdin() -> str:
    """Read standard input: as UTF-8 if it is that, whatever the locale says."""
    stdin: TextIO | None = getattr(sys, "stdin", None)
    if stdin is None:  # what Python makes of a closed descriptor
        return ""
    data = stdin.buffer.read()
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(stdin.encoding, errors="replace")
