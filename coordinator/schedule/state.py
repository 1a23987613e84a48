"""A campaign's state in memory, as `scheduler.decide` reads it: plain frozen records, loaded from the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint import Blueprint, Node, Stage

JobKind = Literal["attempt", "review", "build", "audit"]
ItemState = Literal["open", "landed", "failed"]
PullRequestState = Literal["checking", "reviewing", "approved", "landed", "bounced"]

OPEN_STATES: tuple[PullRequestState, ...] = ("checking", "reviewing", "approved")
"""States of a pull request that something is still to be done about."""


@dataclass(frozen=True, slots=True)
class Item:
    """One stage of one node.

    Attributes:
        attempts: how many attempts were sent, the forgiven ones (a worker died) not counted.
        not_before: seconds since the epoch before which no attempt starts.
        lock: meaning digest of the landed statement; empty until it landed.
        assumes: declarations its landed proof rests on that were open when it landed.
        axioms: axioms the landed declaration rests on.
    """

    id: int
    label: str
    stage: Stage
    state: ItemState
    attempts: int = 0
    sent: int = 0
    not_before: float = 0.0
    lock: str = ""
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A leased piece of work that a worker does: an attempt, a review, a build or an audit.

    Attributes:
        number: of an attempt: which one on its item, from 1; of a review: the reviewer's seat, from 0.
        lease_until: seconds since the epoch. A job is sent once: when its lease is lost the work goes out again
            as a new job, so that the id is the fencing number, and what is reported of a lost job changes nothing.
        cap_usd: dollars reserved for it, which it cannot overrun.
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
        certified: the tip of ``main`` it was certified against; empty until it was.
        tries: builds and reviews of it that ended without an answer.
    """

    number: int
    item: int
    state: PullRequestState
    base: str
    head: str
    certified: str = ""
    verdicts: tuple[Verdict, ...] = ()
    tries: int = 0


@dataclass(frozen=True)
class CampaignState:
    """All that a decision depends on.

    Attributes:
        items: by (label, stage).
        jobs: those with a live lease.
        pull_requests: those still open, oldest first.
        spent_usd: by everything that has ended.
        main: the tip of ``main``.
        certified: the commit whose modules are all known to be certified: the last audit's, and what landed on it.
        audited: the commit of the last passed audit; empty before the first.
        audit_failure: why ``main`` as it is now did not pass its audit; empty otherwise.
        audit_errors: why audits of ``main`` as it is now gave no answer in this run, one entry each.
    """

    items: Mapping[tuple[str, Stage], Item]
    jobs: tuple[Job, ...] = ()
    pull_requests: tuple[PullRequest, ...] = ()
    spent_usd: float = 0.0
    main: str = ""
    certified: str = ""
    audited: str = ""
    audit_failure: str = ""
    audit_errors: tuple[str, ...] = ()
    by_id: Mapping[int, Item] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {item.id: item for item in self.items.values()})

    def within(self, blueprint: Blueprint) -> CampaignState:
        """The same without what the book no longer asks for.

        That is: items of nodes that are gone, proofs of what became a definition, and items given up whose node the
        author has since marked not ready. No job and no pull request may be open at any of them.
        """
        wanted = {(node.label, stage): node for node in blueprint.nodes for stage in stages_of(node)}
        kept = {
            key: item
            for key, item in self.items.items()
            if key in wanted and not (item.state == "failed" and wanted[key].marks.notready)
        }
        return replace(self, items=kept)

    @property
    def reserved_usd(self) -> float:
        """Dollars promised to jobs that still run."""
        return sum(job.cap_usd for job in self.jobs)

    @property
    def landed(self) -> dict[str, frozenset[Stage]]:
        """Stages landed, by label."""
        stages: dict[str, frozenset[Stage]] = {}
        for item in self.items.values():
            if item.state == "landed":
                stages[item.label] = stages.get(item.label, frozenset()) | {item.stage}
        return stages

    @property
    def failed(self) -> frozenset[str]:
        """Labels of nodes given up."""
        return frozenset(item.label for item in self.items.values() if item.state == "failed")


def stages_of(node: Node) -> tuple[Stage, ...]:
    """The stages there are to a node: a definition has no proof."""
    return ("statement",) if node.is_definition else ("statement", "proof")
