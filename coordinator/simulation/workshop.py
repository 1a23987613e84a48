"""The bench of a simulated worker: in the place of `Workshop`, agents who draw lots and builders who believe them.

An author really commits a file on the base it was given and its branch really reaches the hub; a builder really reads
the joined state it is asked about. Only the thinking and the compiling are left out.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from agents import Usage
from coordinator.errors import GitError
from coordinator.git import Repository
from coordinator.simulation.committing import commit_onto
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
from coordinator.work.messages import AgentOrder, AttemptEnded, AuditEnded, AuditOrder, BuildEnded, ReviewEnded
from coordinator.work.workshop import failed_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from coordinator.simulation.behaviour import Behaviour, Draw
    from coordinator.work.messages import BuildOrder, Order, Report

_GLANCE = 0.5
"""Seconds between two looks at whether a job was cancelled."""

log = structlog.get_logger(__name__)


class SimulatedWorkshop:
    """Carries out orders as `Workshop` does; safe for many threads at once."""

    def __init__(self, behaviour: Behaviour, folder: Path) -> None:
        """`folder` is the worker's own; a mirror of the hub is kept there when branches are pushed."""
        self._behaviour = behaviour
        self._mirror = None if behaviour.on_host else Repository.create(folder / "mirror.git")

    def carry_out(self, order: Order, cancelled: Callable[[], bool]) -> Report:
        """Acts an order's part and returns the report: where that fails, a report that says so."""
        try:
            match order:
                case AgentOrder(assignment=assignment) if assignment.role == "author":
                    return self._attempt(order, cancelled)
                case AgentOrder():
                    return self._review(order, cancelled)
                case AuditOrder():
                    return self._audit(order)
                case _:
                    return self._build(order)
        except (GitError, OSError) as error:
            log.warning("order_failed", job=order.envelope.job, error=str(error))
            return failed_report(order, f"{type(error).__name__}: {error}")

    def _attempt(self, order: AgentOrder, cancelled: Callable[[], bool]) -> AttemptEnded:
        job, assignment = order.envelope.job, order.assignment
        drawn = self._behaviour.draw(f"attempt/{assignment.node.label}/{assignment.stage}/{assignment.attempt}")
        done = _wait(drawn.seconds, cancelled)
        usage = _usage(drawn, done, assignment.limits.max_cost_usd)
        if done < 1:
            return AttemptEnded(job, "cancelled", "It was told to stop.", usage)
        if usage.cost_usd < drawn.cost_usd:
            return AttemptEnded(job, "limit", "It ran into its cap.", usage, cause="cost")
        if drawn.fate in {"gave_up", "limit", "failed"}:
            return AttemptEnded(job, drawn.fate, f"The lot said {drawn.fate}.", usage, cause="calls")
        summary = f"The lot said {drawn.fate}."
        return AttemptEnded(
            job, "submitted", summary, usage, self._publish(order, write_module(assignment, drawn.fate))
        )

    def _publish(self, order: AgentOrder, text: str) -> str:
        """Commits an author's file and brings its branch to the hub; returns the commit."""
        assignment, envelope = order.assignment, order.envelope
        files = {module_path(assignment.node.module): text.encode()}
        message = f"{assignment.stage} of {assignment.node.label}\n\nAttempt: {assignment.attempt}\n"
        repository = self._repository(envelope.remote)
        if repository is self._mirror:
            repository.fetch(envelope.remote, [envelope.base])
        head = commit_onto(repository.path.resolve(), envelope.base, files, message, order.ref)
        if repository is self._mirror:
            repository.push(envelope.remote, head, order.ref)
        return head

    def _review(self, order: AgentOrder, cancelled: Callable[[], bool]) -> ReviewEnded:
        job, assignment = order.envelope.job, order.assignment
        drawn = self._behaviour.draw(f"review/{order.head}/{job}")
        done = _wait(drawn.seconds, cancelled)
        usage = _usage(drawn, done, assignment.limits.max_cost_usd)
        reviewer = f"{assignment.model} #{job}"
        if done < 1:
            return ReviewEnded(job, "cancelled", "It was told to stop.", usage, reviewer)
        decision = "request_changes" if "-- flaw: unclear" in assignment.diff else "approve"
        return ReviewEnded(job, "verdict", decision, usage, reviewer, decision, "As the file says.", order.head)

    def _build(self, order: BuildOrder) -> BuildEnded:
        job = order.envelope.job
        _wait(self._behaviour.draw(f"build/{order.head}", build=True).seconds, lambda: False)
        repository = self._repository(order.envelope.remote)
        if repository is self._mirror:
            repository.fetch(order.envelope.remote, [order.head])
        source = repository.read(order.head, module_path(order.module))
        if source is None:
            return BuildEnded(job, accepted=False, reasons=(f"{order.module} is missing.",))
        text, lock = source.decode(), meaning_of(order.target)
        if flaw_of(text) == "refused" or (order.stage == "proof" and open_declarations(text)):
            return BuildEnded(job, accepted=False, reasons=(f"{order.target} is not what was asked for.",))
        if order.lock is not None and order.lock != lock:
            return BuildEnded(job, accepted=False, reasons=(f"{order.target} no longer means what was reviewed.",))
        return BuildEnded(job, accepted=True, lock=lock, modules={order.module: record_of(order.module, source)})

    def _audit(self, order: AuditOrder) -> AuditEnded:
        envelope = order.envelope
        repository = self._repository(envelope.remote)
        if repository is self._mirror:
            repository.fetch(envelope.remote, [envelope.base])
        with tempfile.TemporaryDirectory(prefix="blueprover-audit-") as scratch:
            tree = Path(scratch) / "tree"
            repository.export(envelope.base, tree)
            files = {path.relative_to(tree): path.read_bytes() for path in (tree / envelope.library).rglob("*.lean")}
        records = records_of({".".join(path.with_suffix("").parts): source for path, source in files.items()})
        absent = ", ".join(missing_imports(records))
        still_open = {name for source in files.values() for name in open_declarations(source.decode())}
        unfinished = ", ".join(sorted(still_open.intersection(order.declarations)))
        problem = f"{absent} is imported and not there." if absent else ""
        problem = problem or (f"{unfinished} is still open." if unfinished else "")
        return AuditEnded(envelope.job, problem, dict.fromkeys(order.declarations, ()), records)

    def _repository(self, remote: str) -> Repository:
        return self._mirror or Repository(Path(remote))


def _wait(seconds: float, cancelled: Callable[[], bool]) -> float:
    """Waits, and says which part of the time had gone by when it was over or the job was cancelled."""
    begun = time.monotonic()
    while (left := begun + seconds - time.monotonic()) > 0:
        if cancelled():
            return 1 - left / seconds
        time.sleep(min(left, _GLANCE))
    return 1.0


def _usage(drawn: Draw, done: float, cap_usd: float) -> Usage:
    cost = min(drawn.cost_usd * done, cap_usd)
    return Usage(int(drawn.tokens[0] * done), int(drawn.tokens[1] * done), calls=1, cost_usd=round(cost, 6))
