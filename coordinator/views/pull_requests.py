"""Pull requests as people handle them: which there are, and all that is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coordinator.errors import InputError
from coordinator.schedule.state import OPEN_STATES
from coordinator.store.publications import publication_of
from coordinator.store.resolving import read_tries
from coordinator.store.revisions import PERSON
from coordinator.store.rows import select_among
from coordinator.store.schema import events, items, jobs, pull_requests, verdicts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Row, Select

    from coordinator.store.publications import Publication
    from coordinator.store.transaction import Transaction

_EVENTS = 200
"""The latest events of one pull request that are told."""


@dataclass(frozen=True, slots=True)
class Line:
    """A pull request in a list.

    Attributes:
        author: who made it, such as ``attempt 3 (claude-opus-4-5)`` or ``a person``.
    """

    number: int
    label: str
    stage: str
    state: str
    base: str
    head: str
    author: str
    opened_at: float
    closed_at: float | None

    def as_json(self) -> dict[str, Any]:
        """As ``pr list --json`` prints it."""
        return {
            "number": self.number,
            "node": self.label,
            "stage": self.stage,
            "state": self.state,
            "base": self.base,
            "head": self.head,
            "author": self.author,
            "opened_at": self.opened_at,
            "closed_at": self.closed_at,
        }


@dataclass(frozen=True, slots=True)
class Try:
    """An attempt at the item of a pull request.

    Attributes:
        ending: how it ended; empty while it runs.
        proposed: whether the pull request came of it.
    """

    number: int
    author: str
    ending: str
    cost_usd: float
    proposed: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict.

    Attributes:
        counts: whether it was given of the commit that is proposed now.
    """

    seat: int
    reviewer: str
    decision: str
    reasons: str
    commit: str
    at: float
    counts: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of one pull request.

    Attributes:
        line: what a list says of it.
        item: the id of its item.
        summary: what its author says of it.
        reason: why it was sent back, or what it is in conflict with; empty when neither.
        rung: what joined it with ``main``.
        joined: the commit that came of that above git's rung; empty otherwise.
        landed_as: the commit of ``main`` with which it landed; empty until it did.
        certified: the tip of ``main`` it was certified with; empty until it was.
        lock: meaning digest of what it states.
        axioms: axioms it rests on.
        assumes: declarations it rests on that were open.
        modules: what was certified of modules, by name.
        closes: issues that its landing closes.
        cost_usd: dollars that its attempt, its reviews and its builds cost.
        attempts: at its item, in order.
        resolutions: what became of the tries to join it with ``main`` where no program could, in order.
        verdicts: in order.
        events: the latest, oldest first: time, kind, data.
        published: where it can be found on a forge; ``None`` while it is on none.
        branch: the name of its branch outside the hub.
    """

    line: Line
    item: int
    summary: str
    reason: str
    rung: str
    joined: str
    landed_as: str
    certified: str
    lock: str
    axioms: tuple[str, ...]
    assumes: tuple[str, ...]
    modules: Mapping[str, Mapping[str, Any]]
    closes: tuple[int, ...]
    cost_usd: float
    attempts: tuple[Try, ...]
    resolutions: tuple[str, ...]
    verdicts: tuple[Opinion, ...]
    events: tuple[tuple[float, str, Mapping[str, Any]], ...]
    published: Publication | None
    branch: str

    def as_json(self) -> dict[str, Any]:
        """As ``pr show --json`` prints it, without what only git knows."""
        return {
            **self.line.as_json(),
            "summary": self.summary,
            "reason": self.reason,
            "rung": self.rung,
            "joined": self.joined,
            "landed_as": self.landed_as,
            "closes": list(self.closes),
            "cost_usd": round(self.cost_usd, 6),
            "branch": self.branch,
            "forge": None
            if self.published is None
            else {"number": self.published.number, "url": self.published.url, "head": self.published.head},
            "attempts": [
                {
                    "number": each.number,
                    "author": each.author,
                    "ending": each.ending,
                    "cost_usd": round(each.cost_usd, 6),
                    "proposed": each.proposed,
                }
                for each in self.attempts
            ],
            "resolutions": list(self.resolutions),
            "verdicts": [
                {
                    "seat": each.seat,
                    "reviewer": each.reviewer,
                    "decision": each.decision,
                    "reasons": each.reasons,
                    "commit": each.commit,
                    "at": each.at,
                    "counts": each.counts,
                }
                for each in self.verdicts
            ],
            "certificates": {
                "tip": self.certified,
                "meaning": self.lock,
                "axioms": list(self.axioms),
                "assumes": list(self.assumes),
                "modules": {name: dict(record) for name, record in self.modules.items()},
            },
            "events": [{"at": at, "kind": kind, "data": dict(data)} for at, kind, data in self.events],
        }


def list_requests(transaction: Transaction, state: str = "open", label: str | None = None) -> list[Line]:
    """Pull requests, oldest first.

    Args:
        transaction: of the store.
        state: the state they are in; ``open`` for all that something is still to be done about, ``all`` for all.
        label: the node they are about; any when left out.
    """
    chosen = _lines().order_by(pull_requests.c.number)
    if state == "open":
        chosen = chosen.where(pull_requests.c.state.in_(OPEN_STATES))
    elif state != "all":
        chosen = chosen.where(pull_requests.c.state == state)
    if label is not None:
        chosen = chosen.where(items.c.label == label)
    return [_line(row) for row in transaction.execute(chosen)]


def read_dossier(transaction: Transaction, number: int) -> Dossier:
    """All that the store knows of a pull request.

    Raises:
        InputError: there is none of that number.
    """
    row = transaction.execute(_lines().where(pull_requests.c.number == number)).first()
    if row is None:
        raise InputError(f"There is no pull request {number}; `blueprover pr list FOLDER --state all` lists them all.")
    told = transaction.execute(select(pull_requests).where(pull_requests.c.number == number)).one()
    spent = select(jobs.c.cost_usd).where((jobs.c.id == told.job) | (jobs.c.pull_request == number))
    published = publication_of(transaction, number)
    return Dossier(
        line=_line(row),
        item=told.item,
        summary=told.summary,
        reason=told.reason,
        rung=told.rung,
        joined=told.joined,
        landed_as=told.landed_as,
        certified=told.certified,
        lock=told.lock,
        axioms=tuple(told.axioms),
        assumes=tuple(told.assumes),
        modules=told.modules,
        closes=tuple(told.closes),
        cost_usd=sum(transaction.execute(spent).scalars()),
        attempts=_attempts(transaction, told.item, told.job),
        resolutions=read_tries(transaction, number),
        verdicts=_verdicts(transaction, number, told.head),
        events=_events(transaction, number),
        published=published if published is not None and published.url else None,
        branch=published.branch if published is not None else branch_name(number, row.label),
    )


def branch_name(number: int, label: str) -> str:
    """The name that a pull request's branch has outside the hub."""
    words = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in label).split())[:60].strip("-")
    return f"blueprover/{number}-{words or 'node'}"


def _lines() -> Select[*tuple[Any, ...]]:
    columns = (
        items.c.label,
        items.c.stage,
        jobs.c.number.label("attempt"),
        jobs.c.model,
        jobs.c.worker,
        *(column for column in pull_requests.c if column.name in {"number", "state", "base", "head"}),
        pull_requests.c.opened_at,
        pull_requests.c.closed_at,
    )
    joined = pull_requests.join(items, items.c.id == pull_requests.c.item)
    return select(*columns).select_from(joined.outerjoin(jobs, jobs.c.id == pull_requests.c.job))


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    author = _author(row.worker or "", row.attempt or 0, row.model or "")
    return Line(row.number, row.label, row.stage, row.state, row.base, row.head, author, row.opened_at, row.closed_at)


def _author(worker: str, attempt: int, model: str) -> str:
    if worker == PERSON:
        return "a person"
    return f"attempt {attempt} ({model})" if model else f"attempt {attempt}"


def _attempts(transaction: Transaction, item: int, job: int) -> tuple[Try, ...]:
    made = select(jobs).where(jobs.c.kind == "attempt").order_by(jobs.c.id)
    return tuple(
        Try(row.number, _author(row.worker, row.number, row.model), row.ending, row.cost_usd, row.id == job)
        for row in select_among(transaction, made, jobs.c.item, [item])
    )


def _verdicts(transaction: Transaction, number: int, head: str) -> tuple[Opinion, ...]:
    given = select(verdicts).where(verdicts.c.pull_request == number).order_by(verdicts.c.id)
    return tuple(
        Opinion(row.seat, row.reviewer, row.decision, row.reasons, row.commit, row.at, row.commit == head)
        for row in transaction.execute(given)
    )


def _events(transaction: Transaction, number: int) -> tuple[tuple[float, str, Mapping[str, Any]], ...]:
    about = events.c.data["pull_request"].as_integer() == number
    latest = select(events).where(about).order_by(events.c.id.desc()).limit(_EVENTS)
    rows = list(transaction.execute(latest))
    return tuple((row.at, row.kind, row.data) for row in reversed(rows))
