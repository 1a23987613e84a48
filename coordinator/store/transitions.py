"""Every change of the store, one function each. Callers run them inside `Store.begin`: one transaction each time.

A function that applies a report answers ``False`` when the job's lease was lost before: then nothing changed but the
money, which was spent all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.sqlite import insert

from coordinator.schedule.state import OPEN_STATES, stages_of
from coordinator.store.schema import (
    events,
    failures,
    feedback,
    items,
    jobs,
    landings,
    modules,
    pull_requests,
    verdicts,
)
from coordinator.store.store import set_meta

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from agents import Usage
    from blueprint import Blueprint
    from coordinator.campaign.settings import RetrySettings
    from coordinator.queue import ModuleRecord
    from coordinator.schedule.state import JobKind
    from coordinator.work.messages import AttemptEnded, AuditEnded, BuildEnded, ReviewEnded

_FORGIVEN_AT_MOST = 3
"""Attempts of an item that may be lost with their worker without counting: beyond, the item itself is suspect."""

_LONGEST_BACKOFF = 600.0


def log_event(connection: Connection, kind: str, now: float, **data: Any) -> None:
    """Appends to the campaign's event log."""
    connection.execute(insert(events).values(at=now, kind=kind, data=data))


def seed_items(connection: Connection, blueprint: Blueprint) -> None:
    """Makes the work items of a blueprint that the store does not have yet."""
    for node in blueprint.nodes:
        if node.marks.notready:
            continue
        for stage in stages_of(node):
            row = insert(items).values(label=node.label, stage=stage, state="open")
            connection.execute(row.on_conflict_do_nothing())


def close_strangers(connection: Connection, blueprint: Blueprint, now: float) -> None:
    """Takes back leases and closes pull requests of items that the book does not have any more."""
    wanted = {(node.label, stage) for node in blueprint.nodes for stage in stages_of(node)}
    strangers = [row.id for row in connection.execute(select(items)) if (row.label, row.stage) not in wanted]
    is_open = pull_requests.c.state.in_(OPEN_STATES)
    for item in strangers:
        for job in connection.execute(select(jobs.c.id).where(jobs.c.item == item, jobs.c.state != "ended")).scalars():
            reap_job(connection, job, now, blame=False)
        gone = update(pull_requests).where(pull_requests.c.item == item, is_open)
        connection.execute(gone.values(state="bounced", reason="The book no longer asks for it.", closed_at=now))


def send_job(
    connection: Connection,
    kind: JobKind,
    *,
    now: float,
    lease_seconds: float,
    base: str,
    item: int | None = None,
    pull_request: int | None = None,
    number: int = 1,
    cap_usd: float = 0.0,
) -> int:
    """Records a job that is about to be sent, and returns its id."""
    row = insert(jobs).values(
        kind=kind,
        item=item,
        pull_request=pull_request,
        number=number,
        state="sent",
        lease_until=now + lease_seconds,
        base=base,
        cap_usd=cap_usd,
        sent_at=now,
    )
    job: int = connection.execute(row.returning(jobs.c.id)).scalar_one()
    log_event(connection, f"{kind}_sent", now, job=job, item=item, pull_request=pull_request)
    return job


def renew_leases(connection: Connection, worker: str, held: Sequence[int], until: float) -> None:
    """Renews the leases a worker says it holds; those already lost stay lost."""
    if held:
        connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(held), jobs.c.state != "ended")
            .values(state="running", worker=worker, lease_until=until)
        )


def extend_leases(connection: Connection, until: float) -> None:
    """Gives every lease that is held at least until `until`."""
    connection.execute(
        update(jobs).where(jobs.c.state != "ended", jobs.c.lease_until < until).values(lease_until=until)
    )


def reap_job(connection: Connection, job: int, now: float, *, blame: bool) -> None:
    """Takes back a lease.

    An attempt lost with its worker does not count against its item: always when the campaign stopped or restarted
    its workers (`blame` is false) or no worker ever took it (all were busy), a few times when the worker died over
    it. Other jobs that a worker died over end as ``lost``, which counts: they may be what kills the workers.
    """
    row = connection.execute(select(jobs).where(jobs.c.id == job, jobs.c.state != "ended")).first()
    if row is None:
        return
    suspect = blame and row.state == "running"
    ending = "lost" if suspect and row.kind != "attempt" else "expired"
    _end(connection, job, ending, "The worker went away." if row.state == "running" else "No worker took it.", now)
    if row.kind == "attempt":
        _forgive(connection, row.item, _FORGIVEN_AT_MOST if suspect else None)
        if suspect:
            _record_failure(connection, row.item, "worker", "The worker went away during the attempt.", now)
    log_event(connection, "lease_lost", now, job=job)


def end_attempt(
    connection: Connection, report: AttemptEnded, retry: RetrySettings, now: float, full_cap_usd: float = 0.0
) -> bool:
    """Applies the end of an attempt: a pull request when it was submitted, a failure with its summary otherwise.

    Neither a cancelled attempt nor one that ran into a cap below `full_cap_usd`, because the budget was nearly
    spent, counts against its item; but one that could not pay for its first call does, or it would be sent for ever.
    """
    row = _claim_end(connection, report.job, report.ending, report.summary, report.usage, now)
    if row is None:
        return False
    cut_short = report.cause == "cost" and row.cap_usd < full_cap_usd
    if report.ending == "submitted":
        _open_pull_request(connection, row, report, now)
    elif report.ending == "cancelled" or (cut_short and report.usage.cost_usd > 0):
        _forgive(connection, row.item)
    else:
        _add_feedback(connection, row.item, "attempt", report.summary, now)
        _record_failure(connection, row.item, report.ending, report.summary, now)
        _back_off(connection, row.item, retry, now)
    return True


def _open_pull_request(connection: Connection, job: Any, report: AttemptEnded, now: float) -> None:
    row = insert(pull_requests).values(
        item=job.item,
        job=job.id,
        state="checking",
        base=job.base,
        head=report.head,
        summary=report.summary,
        opened_at=now,
    )
    number: int = connection.execute(row.returning(pull_requests.c.number)).scalar_one()
    log_event(connection, "pull_request_opened", now, pull_request=number, head=report.head)


def end_review(connection: Connection, report: ReviewEnded, now: float) -> bool:
    """Applies a verdict, or the lack of one."""
    row = _claim_end(connection, report.job, report.ending, report.summary, report.usage, now)
    if row is None:
        return False
    if report.decision:
        verdict = insert(verdicts).values(
            pull_request=row.pull_request,
            seat=row.number,
            reviewer=report.reviewer,
            decision=report.decision,
            reasons=report.reasons,
            commit=report.commit,
            at=now,
        )
        connection.execute(verdict.on_conflict_do_nothing())
        log_event(connection, "verdict", now, pull_request=row.pull_request, decision=report.decision)
    return True


def end_build(connection: Connection, report: BuildEnded, retry: RetrySettings, now: float) -> bool:
    """Applies the gate's answer to a pull request."""
    ending = "failed" if report.error else "accepted" if report.accepted else "refused"
    row = _claim_end(connection, report.job, ending, report.error, None, now)
    if row is None:
        return False
    if report.error:
        return True
    if not report.accepted:
        bounce(connection, row.pull_request, "checker", "\n".join(report.reasons), retry, now)
        return True
    connection.execute(
        update(pull_requests)
        .where(pull_requests.c.number == row.pull_request, pull_requests.c.state == "checking")
        .values(
            state="reviewing",
            certified=row.base,
            lock=report.lock,
            axioms=list(report.axioms),
            assumes=list(report.assumes),
            modules=_module_rows(report.modules),
        )
    )
    log_event(connection, "certified", now, pull_request=row.pull_request, tip=row.base)
    return True


def end_audit(connection: Connection, report: AuditEnded, now: float) -> bool:
    """Applies an audit of ``main``: whether it passed, and what is certified of every module from now on."""
    row = _claim_end(connection, report.job, "failed" if report.error else "audited", report.error, None, now)
    if row is None:
        return False
    if report.error:
        return True
    set_meta(connection, "audit_failure", {"commit": row.base, "problem": report.problem} if report.problem else {})
    if not report.problem:
        set_meta(connection, "audited", row.base)
        set_meta(connection, "certified", row.base)
        set_meta(connection, "audit", {"commit": row.base, "axioms": {k: list(v) for k, v in report.axioms.items()}})
        replace_modules(connection, report.modules)
    log_event(connection, "audited", now, commit=row.base, problem=report.problem)
    return True


def approve(connection: Connection, number: int, now: float) -> None:
    """Puts a reviewed pull request into the merge queue."""
    _move_request(connection, number, "approved")
    log_event(connection, "approved", now, pull_request=number)


def recheck(connection: Connection, number: int, now: float) -> None:
    """Sends a pull request back to the builders: ``main`` moved below its certificates."""
    _move_request(connection, number, "checking")
    log_event(connection, "recheck", now, pull_request=number)


def _move_request(connection: Connection, number: int, state: str) -> None:
    connection.execute(update(pull_requests).where(pull_requests.c.number == number).values(state=state))


CAUSES = {"reviewer": "review", "checker": "lean", "merge": "conflict", "infrastructure": "infrastructure"}
"""Cause of a failure, by who sent a pull request back."""


def bounce(connection: Connection, number: int, source: str, reason: str, retry: RetrySettings, now: float) -> None:
    """Sends a pull request back to its item, with the reasons for the next attempt to read."""
    row = connection.execute(select(pull_requests).where(pull_requests.c.number == number)).one()
    connection.execute(
        update(pull_requests)
        .where(pull_requests.c.number == number)
        .values(state="bounced", reason=reason, closed_at=now)
    )
    if source != "infrastructure":
        _add_feedback(connection, row.item, source, reason, now)
    _record_failure(connection, row.item, CAUSES[source], reason, now)
    _back_off(connection, row.item, retry, now)
    log_event(connection, "bounced", now, pull_request=number, source=source)


def give_up(connection: Connection, item: int, now: float) -> None:
    """Marks an item failed, with the last reason it has."""
    last = connection.execute(
        select(failures).where(failures.c.item == item).order_by(failures.c.id.desc()).limit(1)
    ).first()
    reason = last.reason if last else "It used up its attempts."
    connection.execute(update(items).where(items.c.id == item).values(state="failed", reason=reason))
    _record_failure(connection, item, "attempts", f"Out of attempts. The last one: {reason}", now, final=True)
    log_event(connection, "gave_up", now, item=item)


def intend_landing(connection: Connection, number: int, before: str, after: str, now: float) -> None:
    """Writes down a landing before the ref moves, so that a coordinator that dies in between is understood."""
    row = insert(landings).values(pull_request=number, before=before, after=after, state="intended", at=now)
    connection.execute(row)


def abandon_landing(connection: Connection, after: str) -> None:
    """Forgets a landing that did not happen."""
    connection.execute(delete(landings).where(landings.c.after == after, landings.c.state == "intended"))


def intended_landings(connection: Connection) -> list[tuple[int, str]]:
    """Landings written down and not finished: pull request and commit."""
    rows = connection.execute(select(landings).where(landings.c.state == "intended").order_by(landings.c.id))
    return [(row.pull_request, row.after) for row in rows]


def finish_landing(connection: Connection, number: int, after: str, now: float) -> None:
    """``main`` moved to `after`: the request landed, its item is done, its modules are certified.

    Only what was joined with a certified tip lands, so that `after` is certified too.
    """
    request = connection.execute(select(pull_requests).where(pull_requests.c.number == number)).one()
    connection.execute(update(landings).where(landings.c.after == after).values(state="landed", at=now))
    connection.execute(
        update(pull_requests)
        .where(pull_requests.c.number == number)
        .values(state="landed", landed_as=after, closed_at=now)
    )
    connection.execute(
        update(items)
        .where(items.c.id == request.item)
        .values(state="landed", lock=request.lock, axioms=request.axioms, assumes=request.assumes, reason="")
    )
    _upsert_modules(connection, request.modules)
    set_meta(connection, "main", after)
    set_meta(connection, "certified", after)
    log_event(connection, "landed", now, pull_request=number, commit=after)


def replace_modules(connection: Connection, records: Mapping[str, ModuleRecord]) -> None:
    """Sets what is certified of ``main`` to `records`."""
    connection.execute(delete(modules))
    _upsert_modules(connection, _module_rows(records))


def _upsert_modules(connection: Connection, rows: Mapping[str, Mapping[str, Any]]) -> None:
    for name, row in rows.items():
        values = dict(row)
        statement = insert(modules).values(name=name, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def _module_rows(records: Mapping[str, ModuleRecord]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "source_digest": record.source_digest,
            "interface_digest": record.interface_digest,
            "imports": dict(record.imports),
        }
        for name, record in records.items()
    }


def _claim_end(connection: Connection, job: int, ending: str, summary: str, usage: Usage | None, now: float) -> Any:
    """Ends a job and returns its row, or ``None`` when its lease was lost before. Money counts either way."""
    row = connection.execute(select(jobs).where(jobs.c.id == job)).first()
    if row is None:
        return None
    if usage is not None and row.cost_usd == 0:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job)
            .values(
                cost_usd=usage.cost_usd,
                input_tokens=usage.prompt_tokens,
                output_tokens=usage.output_tokens,
                retries=usage.retries,
            )
        )
    if row.state == "ended":
        return None
    _end(connection, job, ending, summary, now)
    log_event(connection, f"{row.kind}_ended", now, job=job, ending=ending)
    return row


def _end(connection: Connection, job: int, ending: str, summary: str, now: float) -> None:
    connection.execute(
        update(jobs).where(jobs.c.id == job).values(state="ended", ending=ending, summary=summary, ended_at=now)
    )


def _forgive(connection: Connection, item: int, at_most: int | None = None) -> None:
    """Lets an attempt not count against its item, unless `at_most` attempts were forgiven before."""
    forgive = update(items).where(items.c.id == item).values(forgiven=items.c.forgiven + 1)
    connection.execute(forgive if at_most is None else forgive.where(items.c.forgiven < at_most))


def _add_feedback(connection: Connection, item: int, source: str, text: str, now: float) -> None:
    connection.execute(insert(feedback).values(item=item, source=source, text=text, at=now))


def _record_failure(
    connection: Connection, item: int, cause: str, reason: str, now: float, *, final: bool = False
) -> None:
    connection.execute(insert(failures).values(item=item, cause=cause, reason=reason, at=now, final=int(final)))


def _back_off(connection: Connection, item: int, retry: RetrySettings, now: float) -> None:
    """Delays the item's next attempt: twice as long after each attempt."""
    made = len(connection.execute(select(jobs.c.id).where(jobs.c.item == item, jobs.c.kind == "attempt")).all())
    delay = min(retry.backoff_seconds * 2 ** min(made - 1, 20), _LONGEST_BACKOFF)
    connection.execute(update(items).where(items.c.id == item).values(not_before=now + delay))
