"""A campaign's state in memory, as `scheduler.decide` reads it: frozen records, and what is known of them all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from coordinator.queue import Trail
from coordinator.schedule.budget import Account, Cap, Money
from coordinator.schedule.chapters import Chapters
from coordinator.schedule.purse import Purse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from blueprint import Blueprint, Node, Stage

NO_TRAIL = Trail()
"""That of a campaign without landings."""

JobKind = Literal["attempt", "review", "resolve", "build", "joint", "audit", "background_audit"]
ItemState = Literal["open", "landed", "failed", "skipped"]
PullRequestState = Literal["checking", "resolving", "reviewing", "approved", "landed", "bounced", "withdrawn"]

OPEN_STATES: tuple[PullRequestState, ...] = ("checking", "resolving", "reviewing", "approved")
"""States of a pull request that something is still to be done about."""

_NO_CHAPTERS = Chapters()

_NOTHING_KNOWN = Account(0, "", "")
"""Where money belongs that was spent on nothing the book still asks for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One stage of one node.

    Attributes:
        attempts: how many attempts were sent, the forgiven ones (a worker died) not counted.
        sent: number of the last attempt, or how many were sent: numbers are not given again.
        not_before: seconds since the epoch before which no attempt starts.
        lock: meaning digest of the landed statement; empty until it landed.
        landing: number of the landing that brought it, or took it away, from 1; 0 until it landed.
        assumes: declarations its landed proof rests on that were open when it landed.
        axioms: axioms the landed declaration rests on.
        model: that a person chose for its attempts; empty for the campaign's.
        max_cost_usd: dollars a person lets one of its attempts spend; 0 to go by the settings.
        boost: how many times as much as by itself it matters to a person.
    """

    id: int
    label: str
    stage: Stage
    state: ItemState
    attempts: int = 0
    sent: int = 0
    not_before: float = 0.0
    lock: str = ""
    landing: int = 0
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    reason: str = ""
    model: str = ""
    max_cost_usd: float = 0.0
    boost: float = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """A leased piece of work that a worker does: an attempt, a review, a resolution, a build or an audit.

    Attributes:
        number: of an attempt: which one on its item, from 1; of a review: the reviewer's seat, from 0; of a
            resolution: which try at its pull request, from 1.
        lease_until: seconds since the epoch. A job is sent once: when its lease is lost the work goes out again
            as a new job, so that the id is the fencing number, and what is reported of a lost job changes nothing.
        cap_usd: dollars reserved for it, which it cannot overrun.
        cap_tokens: tokens reserved for it; ``None`` where they are not limited.
    """

    id: int
    kind: JobKind
    item: int | None
    pull_request: int | None
    number: int
    lease_until: float
    worker: str = ""
    base: str = ""
    cap_usd: float = 0.0
    cap_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reviewer's decision (``approve``, ``request_changes`` or ``reject``) on one commit, from one seat."""

    seat: int
    decision: str
    reasons: str
    commit: str


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A branch an attempt proposed, still open.

    Attributes:
        attempt: which attempt at the item proposed it, from 1.
        base: the commit of ``main`` that it began from, or that a resolver joined it with.
        head: what is proposed: the author's commit, or a resolver's.
        certified: the tip of ``main`` it was certified against; empty until it was.
        tries: builds, reviews and resolutions of it that ended without an answer since a person's last word on it.
        failed_at: when the last of those that broke did so, in seconds since the epoch; 0 where none did.
        error: what that one said, in a line.
        rung: what joined it with ``main`` last; while it is left to resolvers, the rung whose result was refused.
        resolutions: tries of resolvers to join it with ``main`` that have ended with one since then.
    """

    number: int
    item: int
    state: PullRequestState
    base: str
    head: str
    certified: str = ""
    verdicts: tuple[Verdict, ...] = ()
    tries: int = 0
    attempt: int = 1
    resolutions: int = 0
    rung: str = "git"
    failed_at: float = 0.0
    error: str = ""


class CampaignState:
    """All that a decision depends on, kept in memory and changed one record at a time.

    What is asked often is kept ready, so that no question costs more than its answer is long.

    Attributes:
        items: by (label, stage).
        by_id: the same items by their id.
        chapters: of the book.
        purse: what is spent, and promised to jobs that run.
        main: the tip of ``main``.
        certified: the commit whose modules are all known to be certified: the last audit's, and what landed on it.
        audited: the commit of the last passed audit; empty before the first.
        audit_failure: why ``main`` as it is now did not pass its audit; empty otherwise.
        audit_errors: why audits of ``main`` as it is now gave no answer in this run, one entry each.
        lean: identity of the campaign's Lean; empty while no answer has told it.
        trail: the landings since the last audit that found nothing wrong.
        landings: number of the last landing.
        paused: whether a person has asked that no agents be sent.
        landed: stages landed, by label.
        failed: labels of nodes given up.
        skipped: labels of nodes that a person has left out.
    """

    def __init__(
        self,
        items: Mapping[tuple[str, Stage], Item],
        jobs: Iterable[Job] = (),
        pull_requests: Iterable[PullRequest] = (),
        spent_usd: float = 0.0,
        main: str = "",
        certified: str = "",
        audited: str = "",
        audit_failure: str = "",
        audit_errors: tuple[str, ...] = (),
        lean: str = "",
        trail: Trail = NO_TRAIL,
        *,
        paused: bool = False,
        chapters: Chapters = _NO_CHAPTERS,
    ) -> None:
        self.items: dict[tuple[str, Stage], Item] = {}
        self.by_id: dict[int, Item] = {}
        self.landed: dict[str, frozenset[Stage]] = {}
        self._given_up: Counter[str] = Counter()
        self._left_out: Counter[str] = Counter()
        self._jobs: dict[int, Job] = {}
        self._requests: dict[int, PullRequest] = {}
        self._at_work: Counter[int] = Counter()
        self.chapters = chapters
        self.purse = Purse()
        self.purse.carry(_NOTHING_KNOWN, Money(spent_usd))
        self.main = main
        self.certified = certified
        self.audited = audited
        self.audit_failure = audit_failure
        self.audit_errors = audit_errors
        self.lean = lean
        self.trail = trail
        self.landings = 0
        self.paused = paused
        for item in items.values():
            self.put_item(item)
        for job in jobs:
            self.put_job(job)
        for request in pull_requests:
            self.put_request(request)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Those with a live lease, oldest first."""
        return tuple(self._jobs.values())

    @property
    def pull_requests(self) -> tuple[PullRequest, ...]:
        """Those still open, oldest first."""
        return tuple(self._requests.values())

    @property
    def failed(self) -> frozenset[str]:
        """Labels of nodes given up."""
        return frozenset(self._given_up)

    @property
    def skipped(self) -> frozenset[str]:
        """Labels of nodes that a person has left out."""
        return frozenset(self._left_out)

    @property
    def spent_usd(self) -> float:
        """Dollars spent by everything that has ended."""
        return self.purse.spent.usd

    @property
    def reserved_usd(self) -> float:
        """Dollars promised to jobs that still run."""
        return self.purse.reserved.usd

    def account(self, item: int | None) -> Account:
        """Where what is spent on an item belongs; on one that the book does not ask for, to the campaign alone."""
        known = self.by_id.get(item) if item is not None else None
        if known is None:
            return _NOTHING_KNOWN
        return Account(known.id, known.label, self.chapters.of.get(known.label, ""))

    def job(self, number: int) -> Job | None:
        """A job whose lease is live."""
        return self._jobs.get(number)

    def request(self, number: int) -> PullRequest | None:
        """A pull request that is still open."""
        return self._requests.get(number)

    def is_idle(self, item: int) -> bool:
        """Whether an item is open and nobody works on it: no attempt, no open pull request."""
        return self.by_id[item].state == "open" and not self._at_work.get(item)

    def at_work(self, item: int) -> int:
        """How many attempts and open pull requests there are of an item."""
        return self._at_work[item]

    def put_item(self, item: Item) -> None:
        """Sets what is known of an item."""
        before = self.by_id.get(item.id)
        self.landings = max(self.landings, item.landing)
        if before is not None and before.state != item.state:
            self._leave(before)
        self.items[item.label, item.stage] = self.by_id[item.id] = item
        if before is None or before.state != item.state:
            self._enter(item)

    def _enter(self, item: Item) -> None:
        if item.state == "landed":
            self.landed[item.label] = self.landed.get(item.label, frozenset()) | {item.stage}
        elif item.state == "failed":
            self._given_up[item.label] += 1
        elif item.state == "skipped":
            self._left_out[item.label] += 1

    def _leave(self, item: Item) -> None:
        if item.state == "landed":
            left = self.landed.pop(item.label) - {item.stage}
            self.landed.update({item.label: left} if left else {})
        elif item.state == "failed":
            self._given_up -= Counter([item.label])
        elif item.state == "skipped":
            self._left_out -= Counter([item.label])

    def put_job(self, job: Job) -> None:
        """Sets what is known of a job whose lease is live."""
        if job.id not in self._jobs and job.kind == "attempt" and job.item is not None:
            self._at_work[job.item] += 1
        self._jobs[job.id] = job
        if job.cap_usd or job.cap_tokens:
            self.purse.reserve(job.id, self.account(job.item), Cap(job.cap_usd, job.cap_tokens).money)

    def end_job(self, number: int) -> None:
        """Forgets a job: it ended, or its lease was lost."""
        job = self._jobs.pop(number, None)
        self.purse.release(number)
        if job is not None and job.kind == "attempt" and job.item is not None:
            self._at_work[job.item] -= 1

    def put_request(self, request: PullRequest) -> None:
        """Sets what is known of an open pull request."""
        if request.number not in self._requests:
            self._at_work[request.item] += 1
        self._requests[request.number] = request

    def close_request(self, number: int) -> None:
        """Forgets a pull request: it landed, bounced or was withdrawn."""
        request = self._requests.pop(number, None)
        if request is not None:
            self._at_work[request.item] -= 1


def is_wanted(item: Item, blueprint: Blueprint) -> bool:
    """Whether the book still asks for an item.

    It does not when the node is gone, or became a definition and this is its proof, or when the item was given up and
    the author has since marked the node not ready.
    """
    node = blueprint.by_label.get(item.label)
    if node is None or item.stage not in stages_of(node):
        return False
    return not (item.state == "failed" and node.marks.notready)


def stages_of(node: Node) -> tuple[Stage, ...]:
    """The stages there are to a node: a definition has no proof."""
    return ("statement",) if node.is_definition else ("statement", "proof")
