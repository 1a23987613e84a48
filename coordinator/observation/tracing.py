"""Traces: one an attempt, with a span each build, review and resolution, and its landing. Needs ``otel``.

An attempt outlives coordinators. The name of its trace and of its first span follow from the campaign and the attempt
alone, so that the next coordinator goes on with the trace: its spans are below one more span ``attempt``, which is
below the first although that may never have been sent, its coordinator having been killed.
"""

from __future__ import annotations

import hashlib
import random
import time
from typing import TYPE_CHECKING, Any, cast

from coordinator.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from opentelemetry.sdk.trace import SpanProcessor
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
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise SettingsError(
            "`traces.endpoint` needs OpenTelemetry: `pip install 'blueprover[otel]'`, or leave the setting out."
        ) from error
    return Tracing(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)), campaign)


class Tracing:
    """Makes spans of happenings.

    Args:
        processor: takes the spans when they have ended.
        campaign: the campaign's name.
    """

    def __init__(self, processor: SpanProcessor, campaign: str) -> None:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - part of the extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

        self._ids = _Ids()
        about = Resource.create({"service.name": "blueprover"})
        self._provider = TracerProvider(resource=about, id_generator=cast("Any", self._ids))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("blueprover")
        self._campaign = campaign
        self._run = campaign
        self._earlier: set[int] = set()
        self._since = time.time()
        self._attempts: dict[int, Span] = {}
        self._children: dict[tuple[str, int], Span] = {}

    def follow(self, run: str, under_way: Collection[int], now: float) -> None:
        """Takes note of what goes on when a coordinator begins.

        Args:
            run: what tells the campaign's jobs from all others with the same ids.
            under_way: jobs of the attempts that earlier coordinators sent and whose outcome is open.
            now: seconds since the epoch.
        """
        self._run = run
        self._earlier = set(under_way)
        self._since = now

    def note(self, happening: Happening) -> None:
        """Begins and ends the spans that a happening begins and ends."""
        match happening.kind:
            case "attempt_sent" if len(self._attempts) < _LATEST:
                self._ids.fixed = _names_of(self._run, happening.job)
                self._attempts[happening.job] = self._begin("attempt", happening)
                self._ids.fixed = None
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

    def _attempt_of(self, happening: Happening) -> Span | None:
        """The span of an attempt, which an earlier coordinator may have begun."""
        origin = happening.origin
        if origin in self._earlier and len(self._attempts) < _LATEST:
            self._earlier.discard(origin)
            since = min(self._since, happening.at)
            self._attempts[origin] = self._begin("attempt", happening, self._first_span(origin), since)
        return self._attempts.get(origin)

    def _first_span(self, origin: int) -> Span:
        from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags  # noqa: PLC0415 - part of the extra

        trace, span = _names_of(self._run, origin)
        return NonRecordingSpan(SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED)))

    def _begin(self, name: str, happening: Happening, parent: Span | None = None, since: float | None = None) -> Span:
        from opentelemetry.context import Context  # noqa: PLC0415 - part of the extra
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415

        attributes: dict[str, Any] = {
            "blueprover.campaign": self._campaign,
            "blueprover.node": happening.node,
            "blueprover.stage": happening.stage,
            "blueprover.attempt": happening.attempt,
            "blueprover.job": happening.origin if name == "attempt" else happening.job,
        }
        context = Context() if parent is None else set_span_in_context(parent, Context())
        return self._tracer.start_span(
            name, context, attributes=attributes, start_time=_nanoseconds(since or happening.at)
        )

    def _begin_child(self, name: str, key: int, happening: Happening) -> None:
        parent = self._attempt_of(happening)
        if parent is not None:
            self._children[name, key] = self._begin(name, happening, parent)

    def _end_child(self, name: str, key: int, happening: Happening, ending: str) -> None:
        span = self._children.pop((name, key), None)
        if span is not None:
            _end(span, happening, ending)

    def _end_attempt(self, happening: Happening, ending: str) -> None:
        span = self._attempt_of(happening)
        if span is not None:
            del self._attempts[happening.origin]
            _end(span, happening, ending)


class _Ids:
    """Draws the names of traces and spans, but for those that an attempt's first span must have.

    Attributes:
        fixed: names of the trace and the span that are made next; none to draw them.
    """

    def __init__(self) -> None:
        self.fixed: tuple[int, int] | None = None

    def generate_span_id(self) -> int:
        """The name of a span."""
        return self.fixed[1] if self.fixed else random.getrandbits(64) or 1

    def generate_trace_id(self) -> int:
        """The name of a trace."""
        return self.fixed[0] if self.fixed else random.getrandbits(128) or 1

    def is_trace_id_random(self) -> bool:
        """Whether collectors may take the names of traces for drawn: a digest is as good."""
        return True


def _names_of(run: str, job: int) -> tuple[int, int]:
    """The names of an attempt's trace and of its first span, which no coordinator has to remember."""
    digest = hashlib.sha256(f"{run}/{job}".encode()).digest()
    return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


def _end(span: Span, happening: Happening, ending: str) -> None:
    span.set_attribute("blueprover.ending", ending)
    if happening.data.get("cost_usd"):
        span.set_attribute("blueprover.cost_usd", float(happening.data["cost_usd"]))
    span.end(_nanoseconds(happening.at))


def _nanoseconds(at: float) -> int:
    return int(at * 1e9)
