"""What can be seen from outside: log lines, the metrics page, traces."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import urllib.error
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from agents import Usage
from coordinator.campaign.campaign import Campaign
from coordinator.campaign.settings import MetricsSettings, Settings
from coordinator.errors import ServiceError, SettingsError
from coordinator.observation import logs
from coordinator.observation.happenings import Chronicle, Happening
from coordinator.observation.logs import log_to
from coordinator.observation.measures import Measures
from coordinator.observation.metrics import Family, Histogram, Registry
from coordinator.observation.observer import Observer
from coordinator.observation.server import serve_metrics
from coordinator.observation.tracing import Tracing, export_traces
from coordinator.store import jobs, reports, requests
from coordinator.store.landings import finish_landing, intend_landing
from coordinator.work.printed import KEPT
from coordinator.work.reports import BuildEnded, ReviewEnded
from tests.coordinator.test_steering import Steered
from tests.coordinator.test_transitions import SPENT
from tests.support.campaigns import small_campaign

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from coordinator.store.store import Store
    from coordinator.store.transaction import Event, Transaction

LINE = re.compile(r'^(?P<name>[a-z_]+)(?:\{(?P<label>[a-z]+)="(?P<of>(?:[^"\\]|\\.)*)"\})? (?P<value>\S+)$')


def parse(text: str) -> dict[tuple[str, str], float]:
    """The samples of an exposition, each line of which is well formed."""
    samples: dict[tuple[str, str], float] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            assert re.match(r"^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|histogram))$", line)
            continue
        found = LINE.match(line)
        assert found is not None, line
        of = (found["of"] or "").replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
        assert (found["name"], of) not in samples
        samples[found["name"], of] = float(found["value"])
    return samples


class Watched(Steered):
    """A campaign whose happenings are collected, from one attempt to its landing."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        with store.begin() as transaction:
            self.chronicle = Chronicle(transaction, self.ledger.state)
            self.measures = Measures(transaction, 50.0)
        self.happenings: list[Happening] = []
        self.ledger.listeners.append(self.hear)

    def hear(self, events: Sequence[Event], seconds: float) -> None:
        self.measures.note_transaction(seconds)
        for happening in self.chronicle.tell(events):
            self.measures.note_happening(happening)
            self.happenings.append(happening)

    def send(self, transaction: Transaction, kind: Any, number: int = 0) -> int:
        self.now += 1.0
        about: dict[str, Any] = {"item": self.item("thm:low").id, "pull_request": 1, "number": number}
        return jobs.send_job(transaction, kind, now=self.now, lease_seconds=9, base="a" * 40, **about)

    def send_attempt(self, transaction: Transaction, number: int) -> int:
        about: dict[str, Any] = {"item": self.item("thm:low").id, "number": number, "cap_usd": 1.0}
        return jobs.send_job(transaction, "attempt", now=self.now, lease_seconds=9, base="a" * 40, **about)

    def land(self) -> None:
        """An attempt that fails, and one that is built, reviewed and landed."""
        self.attempt("thm:low", "gave_up")
        self.now += 1.0
        self.attempt("thm:low", "submitted")
        with self.ledger.begin() as transaction:
            lost = self.send(transaction, "build")
            jobs.reap_job(transaction, lost, self.now + 0.5, blame=None)
            build = self.send(transaction, "build")
        with self.ledger.begin() as transaction:
            reports.end_build(transaction, BuildEnded(build, accepted=True), self.retry, self.now + 0.5)
            review = self.send(transaction, "review")
        with self.ledger.begin() as transaction:
            ended = ReviewEnded(review, "verdict", "", SPENT, "r", "approve", "Fine.", "b" * 40)
            reports.end_review(transaction, ended, self.now + 0.5)
            requests.approve(transaction, 1, self.now + 1.0)
            intend_landing(transaction, 1, "a" * 40, "c" * 40, self.now + 1.5)
        with self.ledger.begin() as transaction:
            finish_landing(transaction, 1, "c" * 40, self.now + 2.0)

    @property
    def retry(self) -> Any:
        return Settings().retry


@pytest.fixture
def watched(store: Store) -> Watched:
    return Watched(store)


def test_every_happening_names_the_node_and_the_attempt_that_it_concerns(watched: Watched) -> None:
    watched.land()
    told = [(each.kind, each.node, each.attempt, each.origin) for each in watched.happenings]
    second = [each for each in told if each[3] == 2]
    assert {each[0] for each in second} >= {
        *("attempt_sent", "attempt_ended", "pull_request_opened", "build_sent", "lease_lost", "build_ended"),
        *("certified", "review_sent", "review_ended", "verdict", "approved", "landed"),
    }
    assert {each[1:3] for each in second} == {("thm:low", 1)}
    assert {each[1] for each in told} == {"thm:low"}


def test_a_chronicle_begun_later_knows_where_open_pull_requests_came_from(watched: Watched) -> None:
    job = watched.attempt("thm:low", "submitted")
    with watched.store.begin() as transaction:
        later = Chronicle(transaction, watched.ledger.state)
    before = len(watched.happenings)
    with watched.ledger.begin() as transaction:
        build = watched.send(transaction, "build")
        (told,) = later.tell(transaction.events)
    assert (told.node, told.origin, told.job, told.of) == ("thm:low", job, build, "build")
    assert len(watched.happenings) == before + 1


def test_metrics_count_what_happened_and_begin_with_what_the_store_holds(watched: Watched) -> None:
    watched.land()
    watched.measures.note_state(watched.ledger.state)
    watched.measures.note_decision(0.002)
    seen = parse(watched.measures.registry.render())
    assert seen["blueprover_attempts_total", "submitted"] == 1
    assert seen["blueprover_attempts_total", "gave_up"] == 1
    assert seen["blueprover_landings_total", "statement"] == 1
    assert seen["blueprover_leases_lost_total", "build"] == 1
    assert seen["blueprover_pull_requests", "landed"] == 1
    assert seen["blueprover_items", "landed"] == 1
    assert seen["blueprover_spent_dollars_total", "attempt"] == pytest.approx(2 * SPENT.cost_usd)
    assert seen["blueprover_tokens_total", "input"] == 3 * SPENT.prompt_tokens
    assert seen["blueprover_decision_seconds_bucket", "0.003"] == 1
    assert seen["blueprover_transaction_seconds_count", ""] >= 5
    with watched.store.begin() as transaction:
        anew = Measures(transaction, 50.0)
    anew.note_state(watched.ledger.state)
    again = parse(anew.registry.render())
    counters = {key for key in seen if key[0].endswith("_total")}
    assert {key: again[key] for key in counters} == {key: seen[key] for key in counters}


def test_what_was_reckoned_too_high_of_a_job_that_was_lost_is_right_with_its_late_report(watched: Watched) -> None:
    dollars, budget = ("blueprover_spent_dollars_total", "attempt"), ("blueprover_budget_spent_dollars", "")
    seen = []
    for usd in (None, 0.25, 0.5, 1.0):
        with watched.ledger.begin() as transaction:
            if usd is None:
                lost = watched.send_attempt(transaction, 1)
                jobs.take_jobs(transaction, "w", [lost], watched.now)
                jobs.reap_job(transaction, lost, watched.now, blame=None)
            else:
                job = lost if usd == 0.25 else watched.send_attempt(transaction, 2)
                jobs.claim_end(transaction, job, "gave_up", "", Usage(cost_usd=usd), watched.now)
        watched.measures.note_jobs(watched.ledger.state)
        told = parse(watched.measures.registry.render())
        seen.append((told[dollars], told[budget]))
    assert seen == [(1.0, 1.0), (1.0, 0.25), (1.0, 0.75), (1.75, 1.75)]


def test_a_job_that_is_lost_is_nobody_s_as_soon_as_it_is_taken_back(watched: Watched, tmp_path: Path) -> None:
    campaign = Campaign(small_campaign(tmp_path / "c"), Settings(metrics=MetricsSettings(port=0)))
    with watched.ledger.begin() as transaction:
        lost = watched.send_attempt(transaction, 1)
        jobs.take_jobs(transaction, "w", [lost], watched.now)

    def held(port: int | None) -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as page:
            return parse(page.read().decode())["blueprover_jobs", "attempt"]

    with Observer(campaign) as observer:
        observer.follow(watched.ledger)
        assert held(observer.port) == 1
        with watched.ledger.begin() as transaction:
            jobs.reap_job(transaction, lost, watched.now, blame=None)
        assert held(observer.port) == 0
        watched.ledger.listeners.pop()


def test_the_page_is_served_and_nothing_else(watched: Watched) -> None:
    with serve_metrics(watched.measures.registry, "127.0.0.1", 0) as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert ("blueprover_budget_dollars", "") in parse(answer.read().decode())
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/secrets", timeout=20)
        with (
            pytest.raises(ServiceError, match=r"another `metrics\.port`"),
            serve_metrics(Registry(), "127.0.0.1", port),
        ):
            pass


@given(st.dictionaries(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), max_size=4))
def test_any_value_of_a_label_can_be_read_back(values: dict[str, float]) -> None:
    values = {of.replace("\r", ""): value for of, value in values.items() if of.isprintable() or of == "\n"}
    registry = Registry()
    registry.add(Family("some_total", "Some.", "counter", "of")).values.update(values)
    assert parse(registry.render()) == {("some_total", of): value for of, value in values.items()}


@given(st.lists(st.floats(0, 100), max_size=20))
def test_a_histogram_counts_each_observation_in_every_bucket_that_holds_it(seconds: list[float]) -> None:
    histogram = Histogram("h", "H.", (0.1, 1.0, 10.0))
    for each in seconds:
        histogram.observe(each)
    registry = Registry()
    registry.add_histogram(histogram)
    found = {line.split()[0]: float(line.split()[1]) for line in histogram.lines()}
    for bound, name in ((0.1, "0.1"), (1.0, "1"), (10.0, "10"), (float("inf"), "+Inf")):
        assert found[f'h_bucket{{le="{name}"}}'] == sum(each <= bound for each in seconds)
    assert found["h_count"] == len(seconds)
    assert found["h_sum"] == pytest.approx(sum(seconds))


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "logs" / "campaign.jsonl"
    structlog.reset_defaults()


def test_log_lines_are_json_and_name_the_campaign(log_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with log_to(log_file, "Mine"):
        log = structlog.get_logger()
        log.info("attempt_sent", node="thm:low", attempt=2)
        log.warning("broker_away", error="gone\x1b[31m\nbye")
    first, second = map(json.loads, log_file.read_text().splitlines())
    assert {name: first[name] for name in ("campaign", "event", "node", "attempt", "level")} == {
        "campaign": "Mine",
        "event": "attempt_sent",
        "node": "thm:low",
        "attempt": 2,
        "level": "info",
    }
    assert second["error"] == "gone\x1b[31m\nbye"
    assert capsys.readouterr().err == "warning: broker away (error: gone [31m bye)\n"


def test_what_a_library_warns_of_is_a_line_as_well(
    log_file: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)  # whatever a worker that was started in this process has made of it
    with log_to(log_file, "Mine"):
        logging.getLogger("kombu").warning("The broker\n%s", "is away.")
        logging.getLogger("kombu").info("Nobody asked.")
    logging.getLogger("kombu").warning("Too late.")
    (line,) = map(json.loads, log_file.read_text().splitlines())
    assert (line["campaign"], line["level"], line["logger"]) == ("Mine", "warning", "kombu")
    assert line["event"] == "The broker is away."
    assert capsys.readouterr().err.startswith("warning: The broker is away. (logger: kombu)\n")


def test_a_log_that_has_grown_is_put_aside_and_only_some_are_kept(
    log_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "LARGEST", 2000)
    with log_to(log_file, "Mine"):
        for number in range(200):
            structlog.get_logger().info("attempt_sent", attempt=number)
    files = sorted(log_file.parent.iterdir())
    assert len(files) == KEPT + 1
    assert all(file.stat().st_size <= 2000 for file in files)
    assert json.loads(log_file.read_text().splitlines()[-1])["attempt"] == 199


def traced() -> tuple[Tracing, Any]:
    """Traces of a campaign, and where they come to."""
    pytest.importorskip("opentelemetry.sdk.trace", reason="the extra `otel` is not installed")
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - part of the extra
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter  # noqa: PLC0415

    exporter = InMemorySpanExporter()
    return Tracing(SimpleSpanProcessor(exporter), "Mine"), exporter


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "stopped"])
def test_an_attempt_that_outlives_its_coordinator_stays_one_trace(watched: Watched, killed: bool) -> None:
    watched.land()
    watched.ledger.listeners.clear()
    between = next(n for n, each in enumerate(watched.happenings) if each.kind == "certified")
    first, before = traced()
    first.follow("mine-1", (), 0.0)
    for happening in watched.happenings[:between]:
        first.note(happening)
    if not killed:
        first.close()
    second, after = traced()
    second.follow("mine-1", {2}, 0.0)
    for happening in watched.happenings[between:]:
        second.note(happening)
    begun = [span for span in before.get_finished_spans() if span.attributes["blueprover.job"] == 2]
    resumed, *others = sorted(after.get_finished_spans(), key=lambda span: span.name)
    assert [(resumed.name, resumed.attributes["blueprover.ending"])] == [("attempt", "landed")]
    assert resumed.attributes["blueprover.job"] == 2
    assert [span.name for span in others] == ["landing", "review"]
    assert {span.parent.span_id for span in others} == {resumed.context.span_id}
    in_flight = [span for span in before.get_finished_spans() if span.context.trace_id == resumed.context.trace_id]
    assert [span.name for span in in_flight][:2] == ["build", "build"]
    assert {span.parent.span_id for span in in_flight[:2]} == {resumed.parent.span_id}
    assert [span.attributes["blueprover.ending"] for span in begun] == ([] if killed else ["unfinished"])
    assert {span.context.span_id for span in begun} <= {resumed.parent.span_id}
    stranger, elsewhere = traced()
    stranger.follow("mine-2", {2}, 0.0)
    for happening in watched.happenings[between:]:
        stranger.note(happening)
    assert resumed.context.trace_id not in {span.context.trace_id for span in elsewhere.get_finished_spans()}


def test_an_attempt_that_is_lost_with_its_coordinator_ends_in_its_trace(watched: Watched) -> None:
    with watched.ledger.begin() as transaction:
        item = watched.item("thm:low").id
        job = jobs.send_job(transaction, "attempt", now=watched.now, lease_seconds=9, base="a" * 40, item=item)
    with watched.store.begin() as transaction:
        later = Chronicle(transaction, watched.ledger.state)
    assert later.under_way == {job}
    tracing, exporter = traced()
    tracing.follow("mine-1", later.under_way, 0.0)
    with watched.ledger.begin() as transaction:
        jobs.reap_job(transaction, job, watched.now, blame=None)
        for happening in later.tell(transaction.events):
            tracing.note(happening)
    (span,) = exporter.get_finished_spans()
    assert (span.name, span.attributes["blueprover.ending"]) == ("attempt", "lost")
    assert not tracing._attempts


def test_an_attempt_is_one_trace_with_its_builds_reviews_and_landing(watched: Watched) -> None:
    tracing, exporter = traced()
    watched.land()
    watched.ledger.listeners.clear()
    for happening in watched.happenings:
        tracing.note(happening)
    spans: Any = exporter.get_finished_spans()
    failed, landed = (span for span in spans if span.name == "attempt")
    assert failed.attributes["blueprover.ending"] == "gave_up"
    assert {name: landed.attributes[f"blueprover.{name}"] for name in ("campaign", "node", "ending", "job")} == {
        "campaign": "Mine",
        "node": "thm:low",
        "ending": "landed",
        "job": 2,
    }
    children = [span for span in spans if span.parent is not None]
    assert {span.parent.span_id for span in children} == {landed.context.span_id}
    assert [(span.name, span.attributes["blueprover.ending"]) for span in children] == [
        ("build", "lost"),
        ("build", "accepted"),
        ("review", "verdict"),
        ("landing", "landed"),
    ]
    assert all(landed.start_time <= span.start_time <= span.end_time <= landed.end_time for span in children)
    tracing.close()


def test_traces_reach_a_collector_when_a_campaign_ends(watched: Watched) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the extra `otel` is not installed")
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        tracing = export_traces(f"http://127.0.0.1:{server.server_port}/v1/traces", "Mine")
        watched.land()
        for happening in watched.happenings:
            tracing.note(happening)
        tracing.close()
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
    assert {path for path, _ in received} == {"/v1/traces"}
    sent = b"".join(zlib.decompress(body, 47) if body[:2] == b"\x1f\x8b" else body for _, body in received)
    assert b"blueprover.node" in sent
    assert b"thm:low" in sent


def test_without_the_extra_traces_are_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http.trace_exporter"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=r"pip install 'blueprover\[otel\]'"):
        export_traces("http://127.0.0.1:9/v1/traces", "Mine")
