"""The bench of a simulated worker: in the place of `Workshop`, agents who draw lots and builders who believe them.

An author really commits a file on the base it was given and its branch really reaches the hub; a builder really reads
the joined state it is asked about. Only the thinking and the compiling are left out.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import redis
import structlog

from agents import Usage
from coordinator.errors import CoordinatorError, GitError
from coordinator.git import Contribution, Identity, Repository
from coordinator.simulation.lean import (
    flaw_of,
    meaning_of,
    missing_imports,
    module_path,
    open_declarations,
    record_of,
    records_of,
    write_module,
)
from coordinator.work.carrier import connect
from coordinator.work.locks import LockBook
from coordinator.work.orders import AgentOrder, AuditOrder, JointOrder, reviewer_of
from coordinator.work.remotes import Remotes
from coordinator.work.reports import (
    AttemptEnded,
    AuditEnded,
    BuildEnded,
    JointEnded,
    JointVerdict,
    ResolutionEnded,
    ReviewEnded,
    failed_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coordinator.simulation.behaviour import Behaviour, Draw
    from coordinator.work.orders import BuildOrder, Envelope, JointMember, Order
    from coordinator.work.reports import Report

_GLANCE = 0.5
"""Seconds between two looks at whether a job was cancelled."""

_FEWEST_GLANCES = 4
"""How often even the shortest job looks, and an agent tells what it used: heartbeats tell of it, too."""

log = structlog.get_logger(__name__)


class SimulatedWorkshop:
    """Carries out orders as `Workshop` does; safe for many threads at once."""

    def __init__(self, behaviour: Behaviour, folder: Path, broker: str = "") -> None:
        """Makes the bench.

        Args:
            behaviour: of its agents and builders.
            folder: the worker's own; a mirror of the hub is kept there when branches are pushed.
            broker: where it learns what is locked; left out, it asks nobody.
        """
        self._locks = LockBook(connect(broker)) if broker else None
        self._behaviour = behaviour
        self._mirror = None if behaviour.on_host else Repository.create(folder / "mirror.git")
        self._remotes = None if self._mirror is None else Remotes(self._mirror)
        self._hubs: dict[str, Repository] = {}
        self._known: dict[str, bytes] = {}
        self._guard = threading.Lock()

    def carry_out(
        self, order: Order, cancelled: Callable[[], bool], note: Callable[[Usage], None] = lambda _: None
    ) -> Report:
        """Acts an order's part and returns the report: where that fails, a report that says so."""
        try:
            match order:
                case AgentOrder(assignment=assignment) if assignment.role == "author":
                    return self._attempt(order, cancelled, note)
                case AgentOrder(assignment=assignment) if assignment.role == "resolver":
                    return self._resolve(order, cancelled, note)
                case AgentOrder():
                    return self._review(order, cancelled, note)
                case AuditOrder():
                    return self._audit(order, cancelled)
                case _:
                    return self._certify(order, cancelled)
        except (CoordinatorError, redis.RedisError, OSError) as error:
            log.warning("order_failed", error=str(error))
            return failed_report(order, f"{type(error).__name__}: {error}", cancelled=cancelled())

    def _attempt(self, order: AgentOrder, cancelled: Callable[[], bool], note: Callable[[Usage], None]) -> AttemptEnded:
        job, assignment = order.envelope.job, order.assignment
        drawn = self._behaviour.draw_attempt(assignment.node.label, assignment.stage, assignment.attempt)
        done, usage = _work(drawn, assignment.limits.max_cost_usd, cancelled, note)
        if done < 1:
            return AttemptEnded(job, "cancelled", "It was told to stop.", usage)
        if usage.cost_usd < drawn.cost_usd:
            return AttemptEnded(job, "limit", "It ran into its cap.", usage, cause="cost")
        if drawn.fate in {"gave_up", "limit", "failed"}:
            return AttemptEnded(job, drawn.fate, f"The lot said {drawn.fate}.", usage, cause="calls")
        try:
            head = self._publish(order, write_module(assignment, drawn.fate), cancelled)
        except GitError as error:
            return AttemptEnded(job, "failed", f"Its branch was not pushed: {error}", usage)
        return AttemptEnded(job, "submitted", f"The lot said {drawn.fate}.", usage, head)

    def _resolve(
        self, order: AgentOrder, cancelled: Callable[[], bool], note: Callable[[Usage], None]
    ) -> ResolutionEnded:
        """Writes the author's file anew onto the tip: what both sides of a simulated conflict come to."""
        job, assignment = order.envelope.job, order.assignment
        drawn = self._behaviour.draw(f"resolve/{order.branch}/{job}")
        done, usage = _work(drawn, assignment.limits.max_cost_usd, cancelled, note)
        if done < 1:
            return ResolutionEnded(job, "cancelled", "It was told to stop.", usage)
        if drawn.fate in {"gave_up", "limit", "failed"}:
            return ResolutionEnded(job, drawn.fate, f"The lot said {drawn.fate}.", usage)
        head = self._publish(order, write_module(assignment, drawn.fate), cancelled)
        return ResolutionEnded(job, "submitted", f"The lot said {drawn.fate}.", usage, head)

    def _publish(self, order: AgentOrder, text: str, cancelled: Callable[[], bool]) -> str:
        """Commits an author's or a resolver's file and brings its branch to the hub; returns the commit."""
        assignment, envelope = order.assignment, order.envelope
        repository = self._repository(envelope)
        if self._remotes is not None:
            commits = [envelope.base, *([order.branch] if order.branch else [])]
            self._remotes.fetch(envelope.remote, commits, cancelled)
        head = repository.contribute(
            Contribution(
                envelope.base,
                {module_path(assignment.node.module): text.encode()},
                f"{assignment.stage} of {assignment.node.label}\n\nAttempt: {assignment.attempt}\n",
                Identity.of_agent("agent", assignment.model),
                "" if repository is self._mirror else order.ref,
                order.branch,
            )
        )
        if self._remotes is not None:
            self._remotes.push(envelope.remote, head, order.ref, cancelled)
        return head

    def _review(self, order: AgentOrder, cancelled: Callable[[], bool], note: Callable[[Usage], None]) -> ReviewEnded:
        job, assignment = order.envelope.job, order.assignment
        drawn = self._behaviour.draw(f"review/{order.head}/{job}")
        done, usage = _work(drawn, assignment.limits.max_cost_usd, cancelled, note)
        reviewer = reviewer_of(order)
        if done < 1:
            return ReviewEnded(job, "cancelled", "It was told to stop.", usage, reviewer)
        decision = "request_changes" if "-- flaw: unclear" in assignment.diff else "approve"
        return ReviewEnded(job, "verdict", decision, usage, reviewer, decision, "As the file says.", order.head)

    def _certify(self, order: BuildOrder | JointOrder, cancelled: Callable[[], bool]) -> BuildEnded | JointEnded:
        return self._joint(order, cancelled) if isinstance(order, JointOrder) else self._build(order, cancelled)

    def _build(self, order: BuildOrder, cancelled: Callable[[], bool]) -> BuildEnded:
        job, repository = order.envelope.job, self._read(order.envelope, [order.head], f"build/{order.head}", cancelled)
        source = repository.read(order.head, module_path(order.module)) or b""
        if not source:
            return BuildEnded(job, accepted=False, reasons=(f"{order.module} is missing.",))
        lock, problem = meaning_of(order.target), self._problem(order, order.envelope, source.decode())
        if problem:
            return BuildEnded(job, accepted=False, reasons=(problem,))
        return BuildEnded(job, accepted=True, lock=lock, modules={order.module: record_of(order.module, source)})

    def _joint(self, order: JointOrder, cancelled: Callable[[], bool]) -> JointEnded:
        heads = [member.head for member in order.members]
        repository = self._read(order.envelope, [order.head, *heads], f"joint/{order.head}", cancelled)
        verdicts, modules = [], {}
        for member in order.members:
            source = repository.read(member.head, module_path(member.module)) or b""
            problem = self._problem(member, order.envelope, source.decode()) if source else "It is missing."
            record = {member.module: record_of(member.module, source)}
            if problem:
                reasons = ((module_path(member.module), problem),)
                verdicts.append(JointVerdict(member.number, accepted=False, reasons=reasons))
            else:
                lock = meaning_of(member.target)
                verdicts.append(JointVerdict(member.number, accepted=True, lock=lock, modules=record))
                joined = repository.read(order.head, module_path(member.module)) or b""
                modules[member.module] = record_of(member.module, joined)
        return JointEnded(order.envelope.job, modules=modules, verdicts=tuple(verdicts))

    def _read(self, envelope: Envelope, heads: Sequence[str], lot: str, cancelled: Callable[[], bool]) -> Repository:
        """Where to read commits, once the time that its build takes is over."""
        _wait(self._behaviour.draw(lot, build=True).seconds, lambda: False)
        repository = self._repository(envelope)
        if self._remotes is not None:
            self._remotes.fetch(envelope.remote, heads, cancelled)
        return repository

    def _problem(self, order: BuildOrder | JointMember, envelope: Envelope, text: str) -> str:
        """What is wrong with a branch's file; empty for nothing."""
        if flaw_of(text) == "refused" or (order.stage == "proof" and open_declarations(text)):
            return f"{order.target} is not what was asked for."
        lock = meaning_of(order.target)
        if (order.lock is not None and order.lock != lock) or not self._agrees(order, envelope, lock):
            return f"{order.target} no longer means what was reviewed."
        return ""

    def _agrees(self, order: BuildOrder | JointMember, envelope: Envelope, lock: str) -> bool:
        """Whether the target is locked as what it means, and is open where it is to be proved."""
        if self._locks is None:
            return True
        locks = self._locks.as_of(envelope.campaign, envelope.landings)
        stated = order.stage == "statement" or locks.is_open(order.target)
        return stated and locks.meaning(order.target) in {None, lock}

    def _audit(self, order: AuditOrder, cancelled: Callable[[], bool]) -> AuditEnded:
        envelope = order.envelope
        repository = self._repository(envelope)
        if self._remotes is not None:
            self._remotes.fetch(envelope.remote, [envelope.base], cancelled)
        files = self._sources(repository, envelope)
        records = records_of({path.removesuffix(".lean").replace("/", "."): text for path, text in files.items()})
        absent = ", ".join(missing_imports(records))
        still_open = {name for source in files.values() for name in open_declarations(source.decode())}
        unfinished = ", ".join(sorted(still_open.intersection(order.declarations)))
        problem = f"{absent} is imported and not there." if absent else ""
        problem = problem or (f"{unfinished} is still open." if unfinished else "")
        return AuditEnded(envelope.job, problem, dict.fromkeys(order.declarations, ()), records)

    def _sources(self, repository: Repository, envelope: Envelope) -> dict[str, bytes]:
        """The sources of the library in the envelope's base, by path; those of an earlier audit are not read again."""
        folder = f"{envelope.library}/"
        found = repository.blobs(envelope.base).items()
        wanted = {path: oid for path, oid in found if path.startswith(folder) and path.endswith(".lean")}
        known = self._known
        read = self._known = {oid: known.get(oid) or repository.read_blob(oid) for oid in wanted.values()}
        return {path: read[oid] for path, oid in wanted.items()}

    def _repository(self, envelope: Envelope) -> Repository:
        """The worker's mirror, or the hub where it is on this host."""
        if self._mirror is not None:
            return self._mirror
        with self._guard:
            if envelope.remote not in self._hubs:
                self._hubs[envelope.remote] = Repository(Path(envelope.remote))
            return self._hubs[envelope.remote]


def _work(
    drawn: Draw, cap_usd: float, cancelled: Callable[[], bool], note: Callable[[Usage], None]
) -> tuple[float, Usage]:
    """Takes as long as was drawn or until it is cancelled; which part of it is done then, and what that used."""
    done = _wait(drawn.seconds, cancelled, lambda done: note(_usage(drawn, done, cap_usd)))
    usage = _usage(drawn, done, cap_usd)
    if done == 1:  # what comes now, such as pushing, may take long
        note(usage)
    return done, usage


def _wait(seconds: float, cancelled: Callable[[], bool], tell: Callable[[float], None] = lambda _: None) -> float:
    """Waits, tells now and then which part of the time has gone by, and says so when it was over or cancelled."""
    begun = time.monotonic()
    pause = min(_GLANCE, seconds / _FEWEST_GLANCES)
    while (left := begun + seconds - time.monotonic()) > 0:
        if cancelled():
            return 1 - left / seconds
        if left < seconds - pause / 2:  # as a real agent, it has nothing to tell before its first call
            tell(1 - left / seconds)
        time.sleep(min(left, pause))
    return 1.0


def _usage(drawn: Draw, done: float, cap_usd: float) -> Usage:
    cost = min(drawn.cost_usd * done, cap_usd)
    return Usage(int(drawn.tokens[0] * done), int(drawn.tokens[1] * done), calls=1, cost_usd=round(cost, 6))
