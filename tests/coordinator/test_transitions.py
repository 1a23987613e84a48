from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from agents import Usage
from coordinator.campaign.settings import RetrySettings
from coordinator.errors import StoreError
from coordinator.queue import Member
from coordinator.schedule.budget import Limits, Money, Scope
from coordinator.store import audits, batches, items, jobs, reports, requests, resolving, spending, withdrawal
from coordinator.store.kept import set_meta
from coordinator.store.loading import load_state
from coordinator.store.store import Store
from coordinator.work.reports import AttemptEnded, AuditEnded, BuildEnded, JointEnded, ResolutionEnded
from tests.support.books import book, node

if TYPE_CHECKING:
    from blueprint import Blueprint
    from coordinator.schedule.state import CampaignState, Item, JobKind

RETRY = RetrySettings()
SPENT = Usage(input_tokens=5, output_tokens=7, cache_read_tokens=100, cost_usd=0.25)


@pytest.fixture
def seeded(store: Store) -> Store:
    with store.begin() as transaction:
        items.seed_items(transaction, book(node("a"), node("d", definition=True), node("n", notready=True)))
    return store


def load(store: Store, made: Blueprint | None = None) -> CampaignState:
    with store.begin() as transaction:
        return load_state(transaction, made)


def the_item(store: Store) -> Item:
    return load(store).items["a", "statement"]


def send(store: Store, cap: float = 1.0) -> int:
    with store.begin() as transaction:
        return jobs.send_job(transaction, "attempt", now=1.0, lease_seconds=9.0, base="b" * 40, item=1, cap_usd=cap)


def end(store: Store, job: int, ending: str, cause: str = "", usage: Usage = SPENT) -> bool:
    report = AttemptEnded(job, ending, "words", usage, "c" * 40, cause)
    with store.begin() as transaction:
        return reports.end_attempt(transaction, report, RETRY, 2.0, full=Money(1.0, 500))


def test_a_node_has_the_stages_its_kind_asks_for(seeded: Store) -> None:
    assert set(load(seeded).items) == {("a", "statement"), ("a", "proof"), ("d", "statement")}


def test_what_the_book_drops_is_neither_worked_on_nor_held_against_it(seeded: Store) -> None:
    end(seeded, send(seeded), "submitted")
    job = send(seeded)
    smaller = book(node("d", definition=True))
    with seeded.begin() as transaction:
        items.give_up(transaction, 2, 1.0)
        withdrawal.close_strangers(transaction, smaller, 2.0)
    assert load(seeded).pull_requests == ()
    assert load(seeded).jobs == ()
    assert not end(seeded, job, "submitted")
    seen = load(seeded, smaller)
    assert set(seen.items) == {("d", "statement")}
    assert not seen.failed
    assert load(seeded, book(node("a"))).failed == {"a"}
    assert not load(seeded, book(node("a", notready=True))).failed
    assert set(load(seeded, book(node("a", definition=True))).items) == {("a", "statement")}


def test_a_report_of_a_lost_lease_changes_nothing_but_the_money(seeded: Store) -> None:
    job = send(seeded)
    with seeded.begin() as transaction:
        jobs.reap_job(transaction, job, 1.5, blame=RETRY)
    assert not end(seeded, job, "submitted")
    after = load(seeded)
    assert after.pull_requests == ()
    assert after.spent_usd == pytest.approx(0.25)


def test_a_report_told_twice_counts_once(seeded: Store) -> None:
    job = send(seeded)
    assert end(seeded, job, "submitted")
    assert not end(seeded, job, "submitted")
    after = load(seeded)
    assert len(after.pull_requests) == 1
    assert after.spent_usd == pytest.approx(0.25)


def test_only_attempts_that_are_the_items_own_fault_count(seeded: Store) -> None:
    assert end(seeded, send(seeded), "gave_up")
    assert the_item(seeded).attempts == 1
    end(seeded, send(seeded), "cancelled")
    end(seeded, send(seeded, cap=0.4), "limit", "cost")
    assert (the_item(seeded).attempts, the_item(seeded).sent) == (1, 3)
    end(seeded, send(seeded), "limit", "cost")
    assert the_item(seeded).attempts == 2


def test_an_attempt_that_cannot_pay_for_its_first_call_is_not_sent_for_ever(seeded: Store) -> None:
    end(seeded, send(seeded, cap=0.4), "limit", "cost", Usage())
    assert the_item(seeded).attempts == 1
    assert the_item(seeded).not_before > 2.0


def test_a_worker_lost_over_an_item_is_forgiven_three_times_and_a_stop_always(seeded: Store) -> None:
    for _ in range(5):
        job = send(seeded)
        with seeded.begin() as transaction:
            jobs.take_jobs(transaction, "w", [job], 9.0)
            jobs.reap_job(transaction, job, 2.0, blame=RETRY)
    assert the_item(seeded).attempts == 2
    job = send(seeded)
    with seeded.begin() as transaction:
        jobs.reap_job(transaction, job, 2.0, blame=None)
    assert the_item(seeded).attempts == 2


def test_an_order_that_no_worker_took_says_nothing_about_its_item(seeded: Store) -> None:
    for _ in range(9):
        job = send(seeded)
        with seeded.begin() as transaction:
            jobs.reap_job(transaction, job, 2.0, blame=RETRY)
    assert the_item(seeded).attempts == 0
    with seeded.begin() as transaction:
        assert transaction.connection.exec_driver_sql("select count(*) from failures").scalar() == 0


def test_builds_and_audits_that_take_their_worker_down_are_counted(seeded: Store) -> None:
    end(seeded, send(seeded), "submitted")
    with seeded.begin() as transaction:
        set_meta(transaction, "main", "b" * 40)
        kinds: tuple[tuple[JobKind, int | None], ...] = (("build", 1), ("audit", None))
        for kind, request in kinds:
            for taken in (True, False):
                job = jobs.send_job(
                    transaction, kind, now=1.0, lease_seconds=9.0, base="b" * 40, item=request, pull_request=request
                )
                if taken:
                    jobs.take_jobs(transaction, "w", [job], 9.0)
                jobs.reap_job(transaction, job, 2.0, blame=RETRY)
    after = load(seeded)
    assert after.pull_requests[0].tries == 1
    assert after.audit_errors == ("The worker went away.",)


def test_a_build_or_audit_whose_worker_was_told_to_stop_is_held_against_nothing(seeded: Store) -> None:
    end(seeded, send(seeded), "submitted")
    with seeded.begin() as transaction:
        set_meta(transaction, "main", "b" * 40)
        common: dict[str, Any] = {"now": 1.0, "lease_seconds": 9.0, "base": "b" * 40}
        build = jobs.send_job(transaction, "build", item=1, pull_request=1, **common)
        joint = jobs.send_job(transaction, "joint", **common)
        audit = jobs.send_job(transaction, "audit", **common)
        batches.start_batch(transaction, joint, "b" * 40, "d" * 40, {Member(1, "c" * 40): ()}, {})
        reports.end_build(transaction, BuildEnded(build, accepted=False, error="Stopped.", cancelled=True), RETRY, 2.0)
        batches.end_joint(transaction, JointEnded(joint, error="Stopped.", cancelled=True), 2.0)
        audits.end_audit(transaction, AuditEnded(audit, "", error="Stopped.", cancelled=True), 2.0)
        assert not batches.load_batches(transaction)
    after = load(seeded)
    assert (after.jobs, after.audit_errors) == ((), ())
    (request,) = after.pull_requests
    assert (request.state, request.tries, request.failed_at) == ("checking", 0, 0.0)


def test_each_failure_doubles_the_wait_but_for_a_part_that_draws_items_apart(seeded: Store) -> None:
    for longest in (1.0, 2.0, 4.0):
        end(seeded, send(seeded), "gave_up")
        assert 0.75 * longest <= the_item(seeded).not_before - 2.0 <= longest


def test_a_conflict_is_nobodys_fault_a_few_times(seeded: Store) -> None:
    counted = []
    for _ in range(7):
        end(seeded, send(seeded), "submitted")
        with seeded.begin() as transaction:
            (request,) = load_state(transaction).pull_requests
            requests.bounce(transaction, request.number, "merge", "It does not join.", RETRY, 3.0)
        counted.append(the_item(seeded).attempts)
    assert counted == [0, 0, 0, 0, 0, 1, 2]


def test_an_item_given_up_says_in_a_sentence_why(seeded: Store) -> None:
    for ending, cause in (("gave_up", ""), ("limit", "wall"), ("gave_up", ""), ("limit", "cost")):
        end(seeded, send(seeded), ending, cause)
    with seeded.begin() as transaction:
        items.give_up(transaction, 1, 5.0)
        items.give_up(transaction, 1, 6.0)
        final = transaction.connection.exec_driver_sql("select cause from failures where final = 1").all()
    given_up = the_item(seeded)
    assert given_up.state == "failed"
    assert given_up.reason == (
        "4 attempts: 2 given up by the agent, 1 out of budget, 1 out of time; the last said: words"
    )
    assert final == [("attempts",)]


def test_a_model_that_refused_thrice_ends_the_item_at_once(seeded: Store) -> None:
    for _ in range(3):
        assert the_item(seeded).state == "open"
        end(seeded, send(seeded), "failed", "refused")
    assert the_item(seeded).state == "failed"
    assert the_item(seeded).reason.startswith("3 attempts: 3 refused by the model")


def test_an_item_given_up_is_open_again_when_the_settings_allow_more(seeded: Store) -> None:
    for _ in range(6):
        end(seeded, send(seeded), "gave_up")
    with seeded.begin() as transaction:
        items.give_up(transaction, 1, 5.0)
        items.reopen(transaction, RETRY, 6.0)
    assert the_item(seeded).state == "failed"
    with seeded.begin() as transaction:
        items.reopen(transaction, RetrySettings(max_attempts=8), 7.0)
    assert (the_item(seeded).state, the_item(seeded).reason) == ("open", "")


def test_a_refused_item_is_open_again_when_more_refusals_are_allowed_and_not_for_more_attempts(seeded: Store) -> None:
    for _ in range(3):
        end(seeded, send(seeded), "failed", "refused")
    with seeded.begin() as transaction:
        items.reopen(transaction, RetrySettings(max_attempts=50), 6.0)
    assert the_item(seeded).state == "failed"
    kinder = RetrySettings.model_validate({"causes": {"refused": {"at_most": 5}}})
    with seeded.begin() as transaction:
        items.reopen(transaction, kinder, 7.0)
    assert the_item(seeded).state == "open"


def test_an_attempt_that_is_stopped_holds_nothing_against_its_item_and_its_cost_is_counted_when_told(
    seeded: Store,
) -> None:
    job = send(seeded)
    with seeded.begin() as transaction:
        jobs.take_jobs(transaction, "w", [job], 1.5)
        spending.note_told(transaction, {job: Usage(input_tokens=10, cost_usd=0.1)})
        for now in (2.0, 3.0):
            jobs.revoke_job(transaction, job, "A limit is overshot.", now)
    assert (the_item(seeded).attempts, the_item(seeded).sent, load(seeded).jobs) == (0, 1, ())
    assert load(seeded).spent_usd == pytest.approx(0.1)
    assert not end(seeded, job, "cancelled")
    assert load(seeded).spent_usd == pytest.approx(0.25)


def test_an_attempt_whose_tokens_were_cut_short_does_not_count(seeded: Store) -> None:
    for tokens, counted in ((100, 0), (500, 1)):
        with seeded.begin() as transaction:
            job = jobs.send_job(
                transaction, "attempt", now=1.0, lease_seconds=9.0, base="", item=1, cap_usd=1.0, cap_tokens=tokens
            )
        end(seeded, job, "limit", "tokens")
        assert the_item(seeded).attempts == counted


TOLD = Usage(input_tokens=40, cache_read_tokens=2, output_tokens=8, cost_usd=0.5)


@pytest.mark.parametrize(
    ("taken", "told", "call", "spent"),
    [
        (False, None, Money(0.3, 500), Money(0.0, 0)),  # nobody began it
        (True, TOLD, Money(0.3, 500), Money(0.5, 50)),
        (True, Usage(), Money(0.3, 500), Money(0.0, 0)),
        (True, None, Money(0.3, 500), Money(0.3, 500)),  # it was in its first call, as far as is known
        (
            True,
            None,
            Money(3.0, 5000),
            Money(1.0, 700),
        ),  # which may not cost more than all that it was allowed to spend
    ],
)
def test_the_money_of_a_job_whose_report_is_lost_is_what_its_heartbeats_told_or_else_one_call(
    seeded: Store, taken: bool, told: Usage | None, call: Money, spent: Money
) -> None:
    with seeded.begin() as transaction:
        more = {"item": 1, "cap_usd": 1.0, "cap_tokens": 700}
        job = jobs.send_job(transaction, "attempt", now=1.0, lease_seconds=9.0, base="", **more)  # type: ignore[arg-type]
        jobs.take_jobs(transaction, "w", [job] if taken else [], 1.5)
        spending.note_told(transaction, {job: told} if told else {})
        jobs.reap_job(transaction, job, 20.0, blame=RETRY, call=call)
    assert load(seeded).purse.spent == spent
    for _ in range(2):  # its worker was cut off and comes back, with what it has really spent
        end(seeded, job, "gave_up")
    assert load(seeded).purse.spent == Money(0.25, 112)
    with seeded.begin() as transaction:
        spending.note_told(transaction, {job: TOLD})
    end(seeded, job, "failed", usage=Usage())
    assert load(seeded).purse.spent == Money(0.25, 112)


def test_a_report_without_any_use_is_not_believed_where_heartbeats_told_of_some(seeded: Store) -> None:
    job = send(seeded)
    with seeded.begin() as transaction:
        spending.note_told(transaction, {job: TOLD})
    end(seeded, job, "failed", usage=Usage())
    assert load(seeded).purse.spent == Money(0.5, 50)


def test_what_was_spent_is_loaded_by_item_and_by_hour(seeded: Store) -> None:
    made = book(node("a"), node("d", definition=True), node("n", notready=True))
    for at in (0.0, 5000.0):
        with seeded.begin() as transaction:
            job = jobs.send_job(transaction, "attempt", now=at, lease_seconds=9.0, base="", item=1, cap_usd=1.0)
            reports.end_attempt(transaction, AttemptEnded(job, "gave_up", "no", SPENT), RETRY, at)
    loaded = load(seeded, made)
    assert loaded.purse.spent_on(Scope.ITEM, 1) == Money(0.5, 224)
    assert loaded.purse.spent_on(Scope.CHAPTER, "0") == Money(0.5, 224)
    limits = Limits(hour=Money(1.0, 1000))
    assert loaded.purse.room(loaded.account(1), limits, 5001.0) == Money(0.75, 888)


def test_an_item_whose_budget_is_spent_says_so_before_its_failures(seeded: Store) -> None:
    end(seeded, send(seeded), "gave_up")
    with seeded.begin() as transaction:
        items.give_up(transaction, 1, 3.0, "Its budget is spent.")
        items.give_up(transaction, 2, 3.0, "Its budget is spent.")
    assert load(seeded).by_id[1].reason.startswith("Its budget is spent. 1 attempt: 1 given up by the agent")
    assert load(seeded).by_id[2].reason == "Its budget is spent."


def test_a_failed_audit_holds_until_main_moves(seeded: Store) -> None:
    with seeded.begin() as transaction:
        set_meta(transaction, "main", "b" * 40)
        job = jobs.send_job(transaction, "audit", now=1.0, lease_seconds=9.0, base="b" * 40)
        audits.end_audit(transaction, AuditEnded(job, "a rests on sorryAx."), 2.0)
    assert load(seeded).audit_failure == "a rests on sorryAx."
    with seeded.begin() as transaction:
        set_meta(transaction, "main", "c" * 40)
    assert load(seeded).audit_failure == ""


def test_a_transaction_is_kept_whole_or_not_at_all(seeded: Store) -> None:
    def send_and_crash() -> None:
        with seeded.begin() as transaction:
            jobs.send_job(transaction, "attempt", now=1.0, lease_seconds=9.0, base="", item=1)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        send_and_crash()
    assert load(seeded).jobs == ()


def test_a_reader_sees_the_store_while_the_coordinator_writes(seeded: Store) -> None:
    reader = Store(seeded.where, writable=False)
    with seeded.begin() as transaction:
        jobs.send_job(transaction, "attempt", now=1.0, lease_seconds=9.0, base="", item=1)
        assert load(reader).jobs == ()
    assert len(load(reader).jobs) == 1
    with pytest.raises(StoreError), reader.begin() as transaction:
        set_meta(transaction, "main", "x")
    reader.close()


def resolve(store: Store, head: str) -> None:
    about = {"item": 1, "pull_request": 1, "now": 3.0, "lease_seconds": 9.0, "base": "d" * 40}
    with store.begin() as transaction:
        job = jobs.send_job(transaction, "resolve", **about)  # type: ignore[arg-type]
        reports.end_resolution(transaction, ResolutionEnded(job, "submitted", "Both.", SPENT, head), 4.0)


def test_what_a_resolver_made_takes_the_authors_place_until_the_builders_refuse_it(seeded: Store) -> None:
    end(seeded, send(seeded), "submitted")
    with seeded.begin() as transaction:
        resolving.leave_to_resolver(transaction, 1, "It conflicts.", 2.0)
    resolve(seeded, "e" * 40)
    (request,) = load(seeded).pull_requests
    assert (request.state, request.base, request.head) == ("checking", "d" * 40, "e" * 40)
    assert (request.rung, request.resolutions) == ("resolver", 1)
    with seeded.begin() as transaction:
        about = {"item": 1, "pull_request": 1, "now": 5.0, "lease_seconds": 9.0, "base": "d" * 40}
        build = jobs.send_job(transaction, "build", **about)  # type: ignore[arg-type]
        refused = BuildEnded(build, accepted=False, reasons=("Half a pair: \ud83d.",))
        reports.end_build(transaction, refused, RETRY, 6.0, resolvers=True)
        (told,) = resolving.read_tries(transaction, 1)
    (request,) = load(seeded).pull_requests
    assert (request.state, request.base, request.head) == ("resolving", "b" * 40, "c" * 40)
    assert told.startswith("A resolver handed in a joined state. Both.")
    assert "Half a pair" in told
    resolve(seeded, "f" * 40)
    assert load(seeded).pull_requests[0].resolutions == 2


def test_a_resolver_is_late_for_what_was_closed_meanwhile(seeded: Store) -> None:
    end(seeded, send(seeded), "submitted")
    with seeded.begin() as transaction:
        resolving.leave_to_resolver(transaction, 1, "It conflicts.", 2.0)
        requests.bounce(transaction, 1, "merge", "Nobody wants it.", RETRY, 3.0)
    resolve(seeded, "e" * 40)
    assert load(seeded).pull_requests == ()
    assert load(seeded).spent_usd == pytest.approx(2 * SPENT.cost_usd)
