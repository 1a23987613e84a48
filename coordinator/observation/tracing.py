"""Traces: one span an attempt, a child each build, review and resolution, and its landing. Needs the extra ``otel``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coordinator.errors import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

    from coordinator.observation.happenings import Happening

_LATEST = 10_000
"""Attempts that may be open at once; of those beyond no trace is kept."""

_CHILDREN = ("build", "review", "resolve")


def export_traces(endpoint: str, campaign: str) -> Tracing:
    """Traces that are sent to a collector.

    Args:
        endpoint: its address for traces, such as ``http://localhost:4318/v1/traces`` (OTLP over HTTP).
        campaign: the campaign's name.

    Raises:
        SettingsError: the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            "`traces.endpoint` needs OpenTelemetry: `pip install 'blueprover[otel]'`, or leave the setting out."
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "blueprover"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    return Tracing(provider, campaign)


class Tracing:
    """Makes spans of happenings. An attempt that was sent before a coordinator began has none."""

    def __init__(self, provider: TracerProvider, campaign: str) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("blueprover")
        self._campaign = campaign
        self._attempts: dict[int, Span] = {}
        self._children: dict[tuple[str, int], Span] = {}

    def note(self, happening: Happening) -> None:
        """Begins and ends the spans that a happening begins and ends."""
        match happening.kind:
            case "attempt_sent" if len(self._attempts) < _LATEST:
                self._attempts[happening.job] = self._begin("attempt", happening)
            case "build_sent" | "review_sent" | "resolve_sent":
                self._begin_child(happening.of, happening.job, happening)
            case "build_ended" | "review_ended" | "resolve_ended":
                self._end_child(happening.of, happening.job, happening, str(happening.data["ending"]))
            case "lease_lost" if happening.of in _CHILDREN:
                self._end_child(happening.of, happening.job, happening, "lost")
            case "revoked" if happening.of in _CHILDREN:
                self._end_child(happening.of, happening.job, happening, "revoked")
            case "approved":
                self._begin_child("landing", happening.pull_request, happening)
            case "recheck":
                self._end_child("landing", happening.pull_request, happening, "recheck")
            case _:
                self._note_end(happening)

    def _note_end(self, happening: Happening) -> None:
        """Ends the attempt's own span where it came to nothing, or its pull request is over."""
        ending = str(happening.data.get("ending", ""))
        match happening.kind:
            case "attempt_ended" if ending != "submitted":
                self._end_attempt(happening, ending)
            case "lease_lost" if happening.of == "attempt":
                self._end_attempt(happening, "lost")
            case "revoked" if happening.of == "attempt":
                self._end_attempt(happening, "revoked")
            case "landed" | "bounced" | "withdrawn":
                self._end_child("landing", happening.pull_request, happening, happening.kind)
                self._end_attempt(happening, happening.kind)

    def close(self) -> None:
        """Ends what has not ended, as unfinished, and sends what is left to send."""
        for span in (*self._children.values(), *self._attempts.values()):
            span.set_attribute("blueprover.ending", "unfinished")
            span.end()
        self._provider.shutdown()

    def _begin(self, name: str, happening: Happening, parent: Span | None = None) -> Span:
        from opentelemetry.context import Context  # noqa: PLC0415 - part of the extra
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

        attributes: dict[str, Any] = {
            "blueprover.campaign": self._campaign,
            "blueprover.node": happening.node,
            "blueprover.stage": happening.stage,
            "blueprover.attempt": happening.attempt,
            "blueprover.job": happening.job,
        }
        context = Context() if parent is None else set_span_in_context(parent, Context())
        return self._tracer.start_span(name, context, attributes=attributes, start_time=_nanoseconds(happening))

    def _begin_child(self, name: str, key: int, happening: Happening) -> None:
        parent = self._attempts.get(happening.origin)
        if parent is not None:
            self._children[name, key] = self._begin(name, happening, parent)

    def _end_child(self, name: str, key: int, happening: Happening, ending: str) -> None:
        span = self._children.pop((name, key), None)
        if span is not None:
            _end(span, happening, ending)

    def _end_attempt(self, happening: Happening, ending: str) -> None:
        span = self._attempts.pop(happening.origin, None)
        if span is not None:
            _end(span, happening, ending)


def _end(span: Span, happening: Happening, ending: str) -> None:
    span.set_attribute("blueprover.ending", ending)
    if happening.data.get("cost_usd"):
        span.set_attribute("blueprover.cost_usd", float(happening.data["cost_usd"]))
    span.end(_nanoseconds(happening))


def _nanoseconds(happening: Happening) -> int:
    return int(happening.at * 1e9)
