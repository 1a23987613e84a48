"""A worker's bench: what carries out one order, from fetching its base to pushing its branch.

A workshop belongs to one host. It holds a mirror of the remote, a certificate store of its own and a builder; each
job is lent trees that are its own while it lasts. It knows nothing of Celery or the store.
"""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

import agents
from agents import Outcome, PriceTable, Transcript, Workspace, run_agent
from checker import (
    Builder,
    CertificateStore,
    CheckerError,
)
from checker.build.scratch import Scratch
from coordinator.errors import CoordinatorError, GitError
from coordinator.git import Identity, Repository, Trailers
from coordinator.work.carrier import connect
from coordinator.work.judging import build_alone, build_joint
from coordinator.work.leans import Leans
from coordinator.work.locks import LockBook
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, JointOrder, reviewer_of, write_access
from coordinator.work.remotes import Remotes
from coordinator.work.reports import (
    AttemptEnded,
    AuditEnded,
    BuildEnded,
    JointEnded,
    ResolutionEnded,
    ReviewEnded,
    failed_report,
)
from coordinator.work.shared_certificates import open_certificates
from coordinator.work.tree_audit import look_at
from coordinator.work.trees import Trees

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents import Assignment, Usage
    from coordinator.work.host import HostSettings
    from coordinator.work.locks import Locks
    from coordinator.work.orders import Envelope, ModelAccess, Order
    from coordinator.work.reports import Report
    from coordinator.work.trees import Tree

_REASON_LENGTH = 4000
_TREES_KEPT = 16
"""Trees that nobody has and that are kept for the next job."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Reins:
    """What ties an agent to its worker: it is asked whether to stop, and told what was used so far."""

    cancelled: Callable[[], bool]
    note: Callable[[Usage], None]


class Workshop:
    """Carries out orders; safe for many threads at once. Close it at the end."""

    def __init__(self, host: HostSettings, broker: str = "") -> None:
        """Finds the sandbox. Which Lean is needed the trees of orders say.

        Args:
            host: what this host allows.
            broker: its URL, through which certificates are shared if they are.

        Raises:
            checker.CheckerError: it is missing.
            CoordinatorError: certificates are to be shared, and there is no key to seal them with.
        """
        self._host = host
        self._leans = Leans(host, open_certificates(host.folder / "certificates", broker, host.sharing))
        self._locks = LockBook(connect(broker) if broker else None)
        self._mirror = Repository.create(host.folder / "mirror.git")
        self._remotes = Remotes(self._mirror)
        self._models: dict[str, agents.AnthropicModel] = {}
        self._connecting = threading.Lock()
        (host.folder / "scratch").mkdir(parents=True, exist_ok=True)
        self._scratch = Scratch(host.folder / "scratch")
        self._trees = Trees(self._mirror, self._scratch.folder, _TREES_KEPT)

    def carry_out(
        self, order: Order, cancelled: Callable[[], bool], note: Callable[[Usage], None] = lambda _: None
    ) -> Report:
        """Does what an order says and returns the report: where that fails, a report that says so."""
        try:
            match order:
                case AgentOrder():
                    return self._act(order, _Reins(cancelled, note))
                case BuildOrder() | JointOrder():
                    return self._build(order, cancelled)
                case AuditOrder():
                    return self._audit(order, cancelled)
        except (CheckerError, CoordinatorError) as error:
            log.warning("order_refused", error=str(error))
            return failed_report(order, str(error)[:_REASON_LENGTH], cancelled=cancelled())
        except Exception as error:  # the boundary: whatever went wrong, the coordinator is told
            log.warning("order_failed", exc_info=True)
            reason = f"{type(error).__name__}: {error}"[:_REASON_LENGTH]
            return failed_report(order, reason, cancelled=cancelled())

    def _act(self, order: AgentOrder, reins: _Reins) -> AttemptEnded | ReviewEnded | ResolutionEnded:
        match order.assignment.role:
            case "author":
                return self._attempt(order, reins)
            case "resolver":
                return self._resolve(order, reins)
            case "reviewer":
                return self._review(order, reins)

    def close(self) -> None:
        """Ends the Lean servers and connections, removes the scratch folder; orders under way should have ended."""
        self._leans.close()
        for model in self._models.values():
            model.close()
        self._locks.close()
        self._scratch.close()

    def _attempt(self, order: AgentOrder, reins: _Reins) -> AttemptEnded:
        job = order.envelope.job
        with self._lent(order.envelope, order.envelope.base, order.envelope.base, cancelled=reins.cancelled) as (
            base,
            work,
        ):
            builder = self._leans.builder_of(order.envelope, base.folder)
            outcome = self._run_agent(order, builder, base.folder, work.folder, reins)
            outcome, head = self._hand_in(order, work, outcome, reins.cancelled)
        return AttemptEnded(
            job,
            outcome.ending,
            outcome.summary,
            outcome.usage,
            head,
            outcome.cause,
            builder.lean.identity,
            outcome.findings,
            outcome.closes,
        )

    def _resolve(self, order: AgentOrder, reins: _Reins) -> ResolutionEnded:
        envelope = order.envelope
        commits = envelope.base, order.head, order.branch
        with self._lent(envelope, *commits, cancelled=reins.cancelled) as (base, work, branch):
            builder = self._leans.builder_of(envelope, base.folder)
            outcome = self._run_agent(order, builder, base.folder, work.folder, reins, branch.folder)
            outcome, head = self._hand_in(order, work, outcome, reins.cancelled)
        found, lean = outcome.findings, builder.lean.identity
        return ResolutionEnded(envelope.job, outcome.ending, outcome.summary, outcome.usage, head, lean, found)

    def _hand_in(
        self, order: AgentOrder, work: Tree, outcome: Outcome, cancelled: Callable[[], bool]
    ) -> tuple[Outcome, str]:
        """Brings submitted work to the hub; returns the commit, and the outcome: a failure where that fails."""
        if outcome.ending != "submitted":
            return outcome, ""
        try:
            return outcome, self._publish(order, work, outcome, cancelled)
        except (GitError, OSError, ValueError) as error:
            log.warning("branch_not_pushed", exc_info=True)
            reason = f"Its branch was not pushed: {error}"[:_REASON_LENGTH]
            return Outcome("cancelled" if cancelled() else "failed", reason, usage=outcome.usage), ""

    def _publish(self, order: AgentOrder, work: Tree, outcome: Outcome, cancelled: Callable[[], bool]) -> str:
        """Commits the agent's tree and pushes its branch; returns the commit. A resolver's has two parents."""
        assignment = order.assignment
        node = assignment.node
        told = Trailers(
            node=node.label,
            attempt=str(assignment.attempt),
            cost=f"${outcome.usage.cost_usd:.4f}",
            others=(("Stage", assignment.stage), ("Model", assignment.model)),
        )
        what = f"{assignment.stage} of {node.label}: {node.declaration}"
        title = f"Join with main the {what}" if order.branch else what
        message = told.onto(f"{title}\n\n{outcome.summary}")
        author = Identity(f"agent ({assignment.model})", "agent@blueprover.invalid")
        parents = [order.envelope.base, *([order.branch] if order.branch else [])]
        head = self._mirror.commit(self._trees.write(work), parents, message, author)
        self._remotes.push(order.envelope.remote, head, order.ref, cancelled)
        return head

    def _review(self, order: AgentOrder, reins: _Reins) -> ReviewEnded:
        with self._lent(order.envelope, order.envelope.base, order.head, cancelled=reins.cancelled) as (base, head):
            builder = self._leans.builder_of(order.envelope, base.folder)
            outcome = self._run_agent(order, builder, base.folder, head.folder, reins)
        verdict = outcome.verdict
        return ReviewEnded(
            order.envelope.job,
            outcome.ending,
            outcome.summary,
            outcome.usage,
            reviewer=reviewer_of(order),
            decision=verdict.decision if verdict else "",
            reasons=verdict.reasons if verdict else "",
            commit=order.head,
            lean=builder.lean.identity,
            findings=outcome.findings,
        )

    def _run_agent(
        self,
        order: AgentOrder,
        builder: Builder,
        base: Path,
        folder: Path,
        reins: _Reins,
        branch: Path | None = None,
    ) -> Outcome:
        transcript = self._host.folder / "transcripts" / order.envelope.campaign / f"{order.envelope.job}.jsonl"
        pool = self._leans.pool_of(builder)
        workspace = Workspace(base, folder, builder, pool=pool, branch=branch)
        try:
            with Transcript(transcript) as record:
                assignment, model = self._complete(order), self._model_of(order.model)
                return run_agent(assignment, workspace, model, reins.cancelled, record, reins.note)
        finally:
            if pool is not None:
                pool.forget(folder)

    def _complete(self, order: AgentOrder) -> Assignment:
        """An agent's assignment with the locks it is to respect."""
        locks, own = self._locks_of(order.envelope), order.assignment.node.declaration
        return replace(order.assignment, locked=locks.locked, open_statements=locks.open_besides(own))

    def _locks_of(self, envelope: Envelope) -> Locks:
        return self._locks.as_of(envelope.campaign, envelope.landings)

    def _model_of(self, access: ModelAccess) -> agents.AnthropicModel:
        """The client for a service: one for all threads, since connecting and configuring it is not free."""
        key = write_access(access)
        with self._connecting:
            if key not in self._models:
                prices = PriceTable({name: price.as_price() for name, price in access.prices.items()})
                self._models[key] = agents.AnthropicModel(os.environ.get(access.api_key_env), access.base_url, prices)
            return self._models[key]

    def _build(self, order: BuildOrder | JointOrder, cancelled: Callable[[], bool]) -> BuildEnded | JointEnded:
        envelope, lent = order.envelope, partial(self._lent, cancelled=cancelled)
        with lent(envelope, envelope.base) as (tree,):
            builder = self._leans.builder_of(envelope, tree.folder)
        locks, lean = self._locks_of(envelope), builder.lean.identity
        if isinstance(order, BuildOrder):
            return replace(build_alone(order, lent, builder, locks), lean=lean)
        return replace(build_joint(order, lent, builder, locks), lean=lean)

    def _audit(self, order: AuditOrder, cancelled: Callable[[], bool]) -> AuditEnded:
        with (
            self._lent(order.envelope, order.envelope.base, cancelled=cancelled) as (tree,),
            tempfile.TemporaryDirectory(dir=self._scratch.folder, ignore_cleanup_errors=True) as certificates,
        ):
            known = self._leans.builder_of(order.envelope, tree.folder)
            fresh = self._leans.make_builder(known.lean, CertificateStore(Path(certificates)), known.outside)
            try:
                ended = look_at(tree.folder, fresh, order, self._locks_of(order.envelope).locked)
                return replace(ended, lean=known.lean.identity)
            finally:
                fresh.close()

    @contextmanager
    def _lent(
        self, envelope: Envelope, *commits: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Tree, ...]]:
        """Trees of `commits`, for as long as the context lasts; a hub that is away is waited for."""
        self._remotes.fetch(envelope.remote, sorted(set(commits)), cancelled)
        with ExitStack() as stack:
            yield tuple(stack.enter_context(self._trees.lend(commit)) for commit in commits)
