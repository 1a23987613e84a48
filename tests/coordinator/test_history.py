"""The log and the export: all that happened, at whom, in a stable order, on whatever database."""

from __future__ import annotations

import json
import signal
import subprocess
from typing import TYPE_CHECKING, Any, get_args

import pytest
from typer.testing import CliRunner

from agents import Usage
from coordinator.campaign.settings import RetrySettings
from coordinator.cli import app
from coordinator.errors import InputError
from coordinator.store import items, jobs, landings, reports, requests
from coordinator.store.backups import back_up, restore
from coordinator.store.store import Store
from coordinator.views import export
from coordinator.views.accounts import Division, divide_cost
from coordinator.views.export import state_as_json
from coordinator.views.failing import failing_items
from coordinator.views.history import History
from coordinator.work.reports import AttemptEnded, BuildEnded, ReviewEnded
from tests.support.books import book, node
from tests.support.campaigns import COMMAND, small_campaign

if TYPE_CHECKING:
    from pathlib import Path

    from blueprint import Blueprint

MADE = book(node("a"), node("b", uses=("a",)))
SPENT = Usage(input_tokens=5, output_tokens=7, cost_usd=0.25)


def live(store: Store, made: Blueprint = MADE) -> None:
    """One statement lands; an attempt at another one comes to nothing, in words that a terminal would obey."""
    with store.begin() as transaction:
        items.seed_items(transaction, made)
        sent = {"lease_seconds": 9.0, "base": "b" * 40}
        job = jobs.send_job(transaction, "attempt", now=1.0, item=1, **sent)  # type: ignore[arg-type]
        jobs.take_jobs(transaction, "host-1", [job], 1.5)
        reports.end_attempt(transaction, AttemptEnded(job, "submitted", "Done.", SPENT, "c" * 40), RetrySettings(), 2.0)
        job = jobs.send_job(transaction, "build", now=3.0, item=1, pull_request=1, **sent)  # type: ignore[arg-type]
        reports.end_build(transaction, BuildEnded(job, accepted=True, lock="digest"), RetrySettings(), 4.0)
        job = jobs.send_job(transaction, "review", now=5.0, item=1, pull_request=1, **sent)  # type: ignore[arg-type]
        review = ReviewEnded(job, "verdict", "", SPENT, "r", "approve", "Faithful.", "c" * 40)
        reports.end_review(transaction, review, 6.0)
        requests.approve(transaction, 1, 7.0)
        landings.intend_landing(transaction, 1, "b" * 40, "d" * 40, 8.0)
        landings.finish_landing(transaction, 1, "d" * 40, 8.0)
        job = jobs.send_job(transaction, "attempt", now=9.0, item=3, **sent)  # type: ignore[arg-type]
        said = "\x1b[2J no\0\n“é”"
        reports.end_attempt(transaction, AttemptEnded(job, "gave_up", said, SPENT, ""), RetrySettings(), 10.0)
        transaction.log("main_pushed", 11.0, commit="e" * 40)


def text_of(store: Store) -> str:
    with store.begin() as transaction:
        return "".join(state_as_json(transaction, "A campaign"))


def test_every_event_is_a_line_that_says_when_where_and_what(store: Store) -> None:
    live(store)
    lines = [happening.as_line() for happening in History(store).read_on()]
    assert lines[0].startswith("1970-01-01 00:00:01Z  a (statement): attempt sent, job 1")
    assert lines[1] == "1970-01-01 00:00:01Z  a (statement): taken, job 1, worker host-1"
    assert lines[2].startswith("1970-01-01 00:00:02Z  a (statement): attempt ended, job 1, ")
    assert {"ending submitted", "$0.2500"} <= set(lines[2].split(", "))
    assert f"a (statement): landed, pull request 1, commit {'d' * 10}" in " ".join(lines)
    assert lines[-1] == f"1970-01-01 00:00:11Z  main pushed, commit {'e' * 10}"


def test_the_log_of_a_node_is_what_happened_to_it_and_its_pull_requests(store: Store) -> None:
    live(store)
    of_all = [happening.id for happening in History(store).read_on()]
    of_a = [(each.id, each.kind) for each in History(store, "a").read_on()]
    of_b = [each.kind for each in History(store, "b").read_on()]
    assert of_b == ["attempt_sent", "attempt_ended"]
    assert "approved" in {kind for _, kind in of_a}
    assert len(of_a) == len(of_all) - 3
    assert [number for number, _ in of_a] == sorted(number for number, _ in of_a)


def test_a_log_that_is_read_on_tells_only_what_is_new(store: Store) -> None:
    live(store)
    history = History(store)
    first = list(history.read_on())
    assert list(history.read_on()) == []
    with store.begin() as transaction:
        job = jobs.send_job(transaction, "attempt", now=20.0, lease_seconds=9.0, base="", item=2)
    with store.begin() as transaction:
        jobs.take_jobs(transaction, "host-2", [job], 21.0)
    news = list(history.read_on())
    assert [(each.kind, each.node, each.stage) for each in news] == [
        ("attempt_sent", "a", "proof"),
        ("taken", "a", "proof"),
    ]
    assert news[0].id == first[-1].id + 1


def test_a_long_log_is_read_in_pieces_and_whole(store: Store) -> None:
    with store.begin() as transaction:
        for number in range(2500):
            transaction.log("main_pushed", float(number), commit="e" * 40)
    assert [happening.at for happening in History(store).read_on()] == [float(number) for number in range(2500)]


def test_the_export_is_json_with_everything_in_it_and_the_same_each_time(store: Store) -> None:
    live(store)
    text = text_of(store)
    assert text == text_of(store)
    found = json.loads(text)
    assert list(found) == ["format", "campaign", *export.lists(), "costs"]
    counts = {key: len(value) for key, value in found.items() if isinstance(value, list)}
    assert (counts["items"], counts["attempts"], counts["reviews"], counts["builds"]) == (4, 2, 1, 1)
    assert (counts["pull_requests"], counts["verdicts"], counts["landings"], counts["failures"]) == (1, 1, 1, 1)
    assert found["events"][0] == {"id": 1, "at": 1.0, "kind": "attempt_sent", "data": found["events"][0]["data"]}
    assert found["attempts"][1]["summary"].startswith("\x1b[2J no")
    assert found["costs"]["usd"] == pytest.approx(0.75)
    assert found["costs"]["by_kind"]["attempt"] == {"jobs": 2, "usd": 0.5, "input_tokens": 10, "output_tokens": 14}


def test_a_campaign_that_has_not_begun_is_exported_too(store: Store) -> None:
    found = json.loads(text_of(store))
    assert found["items"] == found["events"] == []
    assert found["costs"] == {"usd": 0.0, "input_tokens": 0, "output_tokens": 0, "by_kind": {}}


def test_both_databases_export_the_same_campaign_to_the_letter(tmp_path: Path, database: str) -> None:
    texts = []
    for place in (tmp_path / "store.sqlite", database):
        opened = Store(place, writable=True)
        live(opened)
        texts.append(text_of(opened).replace("\\u0000", "\\ufffd"))
        opened.close()
    assert texts[0] == texts[1]


def test_costs_and_failures_are_read_from_both_databases(store: Store) -> None:
    live(store)
    with store.begin() as transaction:
        for by in get_args(Division):
            shares = divide_cost(transaction, by, MADE)
            assert sum(share.cost_usd for share in shares) == pytest.approx(0.75), by
        (failing,) = failing_items(transaction, "")
    assert failing.label == "b"


# ---- the commands


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that did the above, to nodes of its own book."""
    folder = small_campaign(tmp_path_factory.mktemp("log") / "c")
    store = Store(folder / "store.sqlite", writable=True)
    live(store, book(node("def:and"), node("thm:and_comm")))
    store.close()
    return folder


def blueprover(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments)


def test_the_log_is_printed_and_what_a_terminal_would_obey_is_not(campaign: Path) -> None:
    told = blueprover("log", str(campaign)).stdout
    assert len(told.splitlines()) == 15
    assert "\x1b" not in told
    lines = [json.loads(line) for line in blueprover("log", str(campaign), "--json").stdout.splitlines()]
    assert [set(line) for line in lines] == [{"id", "at", "kind", "node", "stage", "data"}] * 15
    assert lines[0]["node"] == "def:and"


def test_what_each_node_has_cost_is_a_line_of_a_table_whatever_the_terminal(
    campaign: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    told = blueprover("cost", str(campaign), "--by", "node").stdout.splitlines()
    assert told[:4] == [
        "node          jobs  dollars  tokens in  tokens out",
        "def:and          3   0.5000         10          14",
        "thm:and_comm     1   0.2500          5           7",
        "all              4   0.7500         15          21",
    ]
    assert told[4].startswith("campaign: $0.75 of ")


def test_a_node_that_the_book_does_not_have_is_refused_with_the_nearest(campaign: Path) -> None:
    refused = blueprover("log", str(campaign), "thm:and_com").exception
    assert isinstance(refused, InputError)
    assert "did you mean" in str(refused)


def test_the_export_goes_into_a_file_or_to_the_output(campaign: Path, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    told = blueprover("export", "state", str(campaign)).stdout
    assert blueprover("export", "state", str(campaign), "--json", str(file)).exit_code == 0
    assert file.read_text(encoding="utf-8") == told
    assert blueprover("export", "everything", str(campaign)).exit_code == 2


def test_before_the_first_run_there_is_nothing_to_tell(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c")
    for command in (("log",), ("export", "state"), ("backup",), ("migrate",)):
        refused = blueprover(*command, str(folder)).exception
        assert isinstance(refused, InputError), command
        assert "`blueprover run" in str(refused)
    assert not (folder / "store.sqlite").exists()


def test_a_store_that_was_put_back_is_told_on_from_what_was_told_before(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    store = Store(file, writable=True)
    history = History(store)
    for at in (1.0, 2.0):
        _push(store, at)
    back_up(file, tmp_path / "copy.sqlite")
    for at in (3.0, 4.0, 5.0):
        _push(store, at)
    assert [each.at for each in history.read_on()] == [1.0, 2.0, 3.0, 4.0, 5.0]
    store.close()
    restore(file, tmp_path / "copy.sqlite", now=6.0)
    assert list(history.read_on()) == []
    store.close()
    for at in (7.0, 8.0, 9.0, 10.0):  # one more than there were: numbers alone do not tell
        _push(store, at)
    assert [(each.id, each.at) for each in history.read_on()] == [(3, 7.0), (4, 8.0), (5, 9.0), (6, 10.0)]
    store.close()


def _push(store: Store, at: float) -> None:
    with store.begin() as transaction:
        transaction.log("main_pushed", at, commit="e" * 40)


def test_an_issue_is_told_at_its_node_and_in_the_log_of_that(store: Store) -> None:
    live(store)
    with store.begin() as transaction:
        transaction.log("issue_filed", 12.0, issue=1, node="b", by="a person")
    line = "1970-01-01 00:00:12Z  b: issue filed, issue 1, by a person"
    assert [each.as_line() for each in History(store, "b").read_on()][-1] == line
    assert "issue_filed" not in {each.kind for each in History(store, "a").read_on()}


def test_a_reader_of_the_log_that_has_enough_ends_it_at_once_and_without_a_word(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c")
    store = Store(folder / "store.sqlite", writable=True)
    with store.begin() as transaction:
        for number in range(20_000):
            transaction.log("main_pushed", float(number), commit="e" * 40)
    store.close()
    logging = subprocess.Popen([*COMMAND, "log", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert logging.stdout is not None
    assert logging.stderr is not None
    assert logging.stdout.readline().startswith(b"1970-01-01 00:00:00Z  main pushed")
    logging.stdout.close()
    assert logging.stderr.read() == b""
    logging.stderr.close()
    assert logging.wait(timeout=60) == 1


def test_a_log_is_followed_through_restarts_and_a_restored_backup_until_ctrl_c(tmp_path: Path) -> None:
    folder = small_campaign(tmp_path / "c")
    store = Store(folder / "store.sqlite", writable=True)
    live(store, book(node("def:and"), node("thm:and_comm")))
    command = [*COMMAND, "log", str(folder), "--follow"]
    followed = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert followed.stdout is not None
    for _ in range(15):
        assert followed.stdout.readline()
    _push(store, 12.0)
    assert followed.stdout.readline() == f"1970-01-01 00:00:12Z  main pushed, commit {'e' * 10}\n"
    back_up(folder / "store.sqlite", tmp_path / "copy.sqlite")
    store.close()
    store = Store(folder / "store.sqlite", writable=True)  # as a coordinator does that goes on
    _push(store, 13.0)
    assert followed.stdout.readline().startswith("1970-01-01 00:00:13Z  main pushed")
    store.close()
    restore(folder / "store.sqlite", tmp_path / "copy.sqlite", now=14.0)
    store = Store(folder / "store.sqlite", writable=True)
    _push(store, 15.0)
    assert followed.stdout.readline().startswith("1970-01-01 00:00:15Z  main pushed")
    followed.send_signal(signal.SIGINT)
    _, errors = followed.communicate(timeout=60)
    assert (followed.returncode, errors) == (130, "")
    store.close()
