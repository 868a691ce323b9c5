"""The tracers of the field, each behind the same few methods.

One environment has one of them: two would patch the same client. What is not installed is not
imported.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
from typing import Any, NamedTuple, Protocol

__all__ = ("INSTALLED", "TRACERS", "Seen", "Tracer")


class Seen(NamedTuple):
    """A span that has ended.

    Attributes:
        tokens: input and output tokens; None for what the span does not say.
        failed: whether it says that the call or its stream failed.
    """

    tokens: tuple[int | None, int | None]
    failed: bool


class Tracer(Protocol):
    """A tracer.

    Attributes:
        package: the distribution.
        patches_clients: whether it instruments the clients that are created from then on;
            otherwise all, those that exist too.
        sees_streams: whether its span lasts as long as the stream.
        ends_closed_streams: whether its span of ConverseStream ends when the stream is closed
            before its end, with boto3 too.
        counts_tokens: whether its spans say how many tokens were used.
    """

    package: str
    patches_clients: bool
    sees_streams: bool
    ends_closed_streams: bool
    counts_tokens: bool

    def instrument(self) -> None:
        """Begin to trace."""
        ...

    def uninstrument(self) -> None:
        """Trace no more."""
        ...

    def ended(self) -> list[Seen]:
        """Return the spans that have ended since this was last asked."""
        ...


class OpenTelemetry:
    """What the three tracers on OpenTelemetry share: their spans.

    Args:
        package: the distribution.
        module: where the instrumentor is.
        instrumentor: its class.
        tokens: the attributes of input and output tokens.
    """

    sees_streams = True
    counts_tokens = True

    def __init__(
        self,
        package: str,
        module: str,
        instrumentor: str,
        tokens: tuple[str, str],
        *,
        patches_clients: bool,
        ends_closed_streams: bool,
    ) -> None:
        self.package = package
        self.patches_clients = patches_clients
        self.ends_closed_streams = ends_closed_streams
        self._module = module
        self._class = instrumentor
        self._tokens = tokens
        self._exporter: Any = None
        self._provider: Any = None
        self._instrumentor: Any = None

    def instrument(self) -> None:
        trace = importlib.import_module("opentelemetry.sdk.trace")
        export = importlib.import_module("opentelemetry.sdk.trace.export")
        memory = importlib.import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter")
        if self._provider is None:
            self._exporter = memory.InMemorySpanExporter()
            self._provider = trace.TracerProvider()
            self._provider.add_span_processor(export.SimpleSpanProcessor(self._exporter))
            self._instrumentor = getattr(importlib.import_module(self._module), self._class)()
        self._exporter.clear()
        self._instrumentor.instrument(tracer_provider=self._provider, skip_dep_check=True)

    def uninstrument(self) -> None:
        self._instrumentor.uninstrument()

    def ended(self) -> list[Seen]:
        spans = self._exporter.get_finished_spans()
        self._exporter.clear()
        return [self._seen(span) for span in spans]

    def _seen(self, span: Any) -> Seen:
        given, made = (span.attributes.get(name) for name in self._tokens)
        return Seen((given, made), span.status.status_code.name == "ERROR")


GEN_AI_TOKENS = "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"
LLM_TOKENS = "llm.token_count.prompt", "llm.token_count.completion"


class Datadog:
    """ddtrace, with its LLM Observability, which alone counts tokens. It sends nothing."""

    package = "ddtrace"
    patches_clients = False
    sees_streams = True
    ends_closed_streams = True
    counts_tokens = True

    def __init__(self) -> None:
        self._spans: list[Any] = []
        self._began = False

    def instrument(self) -> None:
        ddtrace = importlib.import_module("ddtrace")
        if not self._began:
            self._begin()
        self._spans.clear()
        ddtrace.patch(botocore=True)

    def uninstrument(self) -> None:
        importlib.import_module("ddtrace.contrib.internal.botocore.patch").unpatch()

    def ended(self) -> list[Seen]:
        metrics = importlib.import_module("ddtrace.llmobs._utils").get_llmobs_metrics
        found = []
        for span in self._spans:
            counts = metrics(span) or {}
            tokens = counts.get("input_tokens"), counts.get("output_tokens")
            found.append(Seen(tokens, bool(span.error)))
        self._spans.clear()
        return found

    def _begin(self) -> None:
        """Enable it once, and keep every trace here."""
        trace = importlib.import_module("ddtrace.trace")
        spans = self._spans

        class Keep(trace.TraceFilter):  # type: ignore[misc,name-defined]  # it is imported late
            def process_trace(self, traced: list[Any]) -> None:
                spans.extend(traced)

        trace.tracer.configure(trace_processors=[Keep()])
        observability = importlib.import_module("ddtrace.llmobs").LLMObs
        observability.enable(
            agent_service="awsio",
            agentless_enabled=True,
            api_key="none",
            integrations_enabled=False,
        )
        self._began = True


class XRay:
    """aws-xray-sdk: its subsegment ends with the call, before the stream is read."""

    package = "aws-xray-sdk"
    patches_clients = False
    sees_streams = False
    ends_closed_streams = True
    counts_tokens = False

    def __init__(self) -> None:
        self._documents: list[dict[str, Any]] = []
        self._emitter: Any = None

    def instrument(self) -> None:
        core = importlib.import_module("aws_xray_sdk.core")
        documents = self._documents

        class Keep:
            def send_entity(self, entity: Any) -> None:
                documents.append(json.loads(entity.serialize()))

        recorder = core.xray_recorder
        recorder.configure(service="awsio", sampling=False, context_missing="LOG_ERROR")
        self._emitter = (
            self._emitter or recorder.emitter
        )  # it has a socket, which it does not close
        recorder.emitter = Keep()
        documents.clear()
        core.patch(["botocore"])
        recorder.begin_segment("test")

    def uninstrument(self) -> None:
        core = importlib.import_module("aws_xray_sdk.core")
        core.xray_recorder.end_segment()
        patcher = importlib.import_module("aws_xray_sdk.core.patcher")
        patcher._PATCHED_MODULES.discard("botocore")  # noqa: SLF001 - it has no unpatch
        client = importlib.import_module("botocore.client")
        endpoint = importlib.import_module("botocore.endpoint")
        for owner, name in (
            (client.BaseClient, "_make_api_call"),
            (endpoint.Endpoint, "prepare_request"),
        ):
            setattr(owner, name, vars(owner)[name].__wrapped__)
        del client._xray_enabled  # noqa: SLF001 - as above

    def ended(self) -> list[Seen]:
        core = importlib.import_module("aws_xray_sdk.core")
        recorder = core.xray_recorder
        recorder.end_segment()
        documents = [one for whole in self._documents for one in whole.get("subsegments", [])]
        self._documents.clear()
        recorder.begin_segment("test")
        return [Seen((None, None), bool(one.get("fault") or one.get("error"))) for one in documents]


ALL: tuple[Tracer, ...] = (
    OpenTelemetry(
        "opentelemetry-instrumentation-botocore",
        "opentelemetry.instrumentation.botocore",
        "BotocoreInstrumentor",
        GEN_AI_TOKENS,
        patches_clients=False,
        ends_closed_streams=True,
    ),
    OpenTelemetry(
        "openinference-instrumentation-bedrock",
        "openinference.instrumentation.bedrock",
        "BedrockInstrumentor",
        LLM_TOKENS,
        patches_clients=True,
        ends_closed_streams=True,
    ),
    OpenTelemetry(
        "opentelemetry-instrumentation-bedrock",
        "opentelemetry.instrumentation.bedrock",
        "BedrockInstrumentor",
        GEN_AI_TOKENS,
        patches_clients=True,
        # Its span ends with the event `metadata` alone.
        ends_closed_streams=False,
    ),
    Datadog(),
    XRay(),
)
TRACERS = {tracer.package: tracer for tracer in ALL}


def is_installed(package: str) -> bool:
    """Return whether a distribution is installed."""
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


#: Those of them that are installed.
INSTALLED = [package for package in TRACERS if is_installed(package)]
