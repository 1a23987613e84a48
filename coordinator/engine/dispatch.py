"""Writing orders: from a job in the store to everything a worker needs to know for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agents import Assignment, Conflict, DependencyBrief, Feedback, Limits, NodeBrief
from checker import Layout
from coordinator.git import attempt_ref, resolution_ref
from coordinator.work.locks import Lock
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, Envelope, JointMember, JointOrder, ModelAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.assignment import Role
    from blueprint import Stage
    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.engine.joint_builds import JointChange, Lot
    from coordinator.engine.offering import Offer
    from coordinator.schedule.budget import Cap
    from coordinator.schedule.state import CampaignState, Item, PullRequest

_FEEDBACK_SHOWN = 6
"""How many of the latest words on earlier attempts an agent reads."""

_HINTS_SHOWN = 3
"""How many of the latest hints of people an agent reads, before all else."""

_ISSUES_SHOWN = 10
"""How many of the latest open issues of its node an agent reads."""

_DIFF_SHOWN = 60_000
"""Characters of a diff a reviewer or a resolver reads."""

_CONFLICTS_SHOWN = 40
"""Paths in conflict that a resolver reads of; no attempt writes more files."""


@dataclass(frozen=True)
class Dispatcher:
    """Writes the orders of one campaign.

    Attributes:
        campaign: which.
        book: its book.
        key: prefix of the campaign's keys in the broker.
        model_url: where the rehearsal answers; ``None`` to take the settings' address.
    """

    campaign: Campaign
    book: Book
    key: str
    model_url: str | None = None

    def attempt(
        self,
        job: int,
        item: Item,
        number: int,
        cap: Cap,
        base: str,
        state: CampaignState,
        words: Sequence[Feedback],
        model: str = "",
    ) -> AgentOrder:
        """The order of attempt `number` at `item`, with what was said of the earlier ones, to `model`."""
        assignment = self._assignment("author", item, number, cap, state, words, model=model)
        return AgentOrder(
            self._envelope(job, base, state, item, number),
            assignment,
            self._model(),
            ref=attempt_ref(slug(item), number),
        )

    def review(
        self,
        job: int,
        item: Item,
        cap: Cap,
        request: PullRequest,
        state: CampaignState,
        words: Sequence[Feedback],
    ) -> AgentOrder:
        """The order to review what `request` proposes, with what was said of the attempts before it."""
        base, head = request.base, request.head
        diff = self.campaign.hub.diff(base, head, _DIFF_SHOWN)
        assignment = self._assignment("reviewer", item, request.attempt, cap, state, words, diff=diff, commit=head)
        envelope = self._envelope(job, base, state, item, request.attempt)
        return AgentOrder(envelope, assignment, self._model(), head=head)

    def resolution(
        self,
        job: int,
        item: Item,
        cap: Cap,
        request: PullRequest,
        offer: Offer,
        state: CampaignState,
        words: Sequence[Feedback],
        model: str,
        tries: Sequence[str],
    ) -> AgentOrder:
        """The order to join what `request` proposes with ``main``, as `offer` has it; `tries` tells of earlier ones."""
        hub, paths = self.campaign.hub, offer.conflicts[:_CONFLICTS_SHOWN]
        conflict = Conflict(
            request.resolutions + 1,
            paths,
            main=hub.diff(request.base, offer.tip, _DIFF_SHOWN, paths),
            branch=hub.diff(request.base, request.head, _DIFF_SHOWN, paths),
            tries=tuple(tries),
        )
        assignment = self._assignment(
            "resolver", item, request.attempt, cap, state, words, commit=request.head, model=model
        )
        return AgentOrder(
            self._envelope(job, offer.tip, state, item, request.attempt),
            replace(assignment, conflict=conflict),
            self._model(),
            ref=resolution_ref(slug(item), job),
            head=offer.commit,
            branch=request.head,
        )

    def build(self, job: int, item: Item, attempt: int, tip: str, candidate: str, state: CampaignState) -> BuildOrder:
        """The order to certify `candidate`, the branch of an attempt at the item joined with `tip`."""
        home = self.book.homes[item.label]
        node = self.book.blueprint.by_label[item.label]
        return BuildOrder(
            self._envelope(job, tip, state, item, attempt),
            head=candidate,
            stage=item.stage,
            target=home.declaration,
            module=home.module,
            is_definition=node.is_definition,
            lock=self._lock_of(item, state),
        )

    def joint(self, job: int, lot: Lot, state: CampaignState) -> JointOrder:
        """The order to certify several branches joined with the tip, each judged by what its item asks for."""
        members = tuple(self._member(change, state) for change in lot.changes)
        return JointOrder(self._envelope(job, lot.tip, state), lot.commit, members)

    def _member(self, change: JointChange, state: CampaignState) -> JointMember:
        item = state.by_id[change.approved.item]
        home = self.book.homes[item.label]
        return JointMember(
            change.approved.number,
            change.base,
            change.head,
            stage=item.stage,
            target=home.declaration,
            module=home.module,
            is_definition=self.book.blueprint.by_label[item.label].is_definition,
            lock=self._lock_of(item, state),
            follows=change.follows,
        )

    def audit(self, job: int, tip: str, state: CampaignState, landings: int | None = None) -> AuditOrder:
        """The order to audit `tip`: every declaration that counts as finished, now or after so many `landings`.

        What else it declares of nodes is asked of `main` as it is now alone.
        """
        until = state.landings if landings is None else landings
        finished = [label for label in self.book.homes if self._is_finished(label, state, until)]
        declarations = tuple(self.book.homes[label].declaration for label in finished)
        nodes = self.book.blueprint.by_label
        homes = {home.declaration: nodes[label].is_definition for label, home in self.book.homes.items()}
        envelope = replace(self._envelope(job, tip, state), landings=until)
        return AuditOrder(envelope, declarations, homes if landings is None else {})

    def _is_finished(self, label: str, state: CampaignState, until: int) -> bool:
        node = self.book.blueprint.by_label[label]
        item = state.items.get((label, "statement" if node.is_definition else "proof"))
        return item is not None and item.state == "landed" and item.landing <= until

    def _envelope(
        self, job: int, base: str, state: CampaignState, item: Item | None = None, attempt: int = 0
    ) -> Envelope:
        settings = self.campaign.settings
        return Envelope(
            job,
            self.key,
            self.campaign.remote,
            base,
            settings.library,
            settings.base,
            settings.helper_folders,
            settings.lean,
            state.lean,
            state.landings,
            settings.comparator,
            "" if item is None else item.label,
            attempt,
            "" if item is None else item.stage,
            settings.name,
        )

    def _model(self) -> ModelAccess:
        model = self.campaign.settings.model
        return ModelAccess(self.model_url or model.base_url, model.api_key_env, bool(model.rehearsal), model.prices)

    def _assignment(
        self,
        role: Role,
        item: Item,
        number: int,
        cap: Cap,
        state: CampaignState,
        words: Sequence[Feedback],
        *,
        diff: str = "",
        commit: str = "",
        model: str = "",
    ) -> Assignment:
        settings = self.campaign.settings
        limits = settings.attempt
        return Assignment(
            role=role,
            stage=item.stage,
            node=self._brief(item.label),
            model=model or settings.model.name,
            layout=Layout(settings.library, settings.base, settings.helper_folders),
            dependencies=self._dependencies(item.label, item.stage),
            attempt=number,
            feedback=_shown(words),
            diff=diff,
            commit=commit,
            lock=self._lock_of(item, state),
            limits=Limits(limits.max_calls, limits.max_output_tokens, cap.usd, limits.wall_seconds, cap.tokens),
        )

    def _brief(self, label: str) -> NodeBrief:
        node, home = self.book.blueprint.by_label[label], self.book.homes[label]
        return NodeBrief(
            label=label,
            kind=node.kind,
            number=node.number,
            title=node.title,
            statement_tex=node.tex,
            proof_tex=node.proof.tex if node.proof else "",
            declaration=home.declaration,
            module=home.module,
            is_definition=node.is_definition,
        )

    def _dependencies(self, label: str, stage: Stage) -> tuple[DependencyBrief, ...]:
        graph = self.book.graph
        used = list(graph.statement_uses(label))
        if stage == "proof":
            used += [each for each in graph.proof_uses(label) if each not in used]
        return tuple(
            DependencyBrief(
                each,
                self.book.blueprint.by_label[each].name,
                self.book.homes[each].declaration,
                self.book.homes[each].module,
            )
            for each in used
        )

    def _lock_of(self, item: Item, state: CampaignState) -> str | None:
        return state.items[item.label, "statement"].lock if item.stage == "proof" else None

    def declaration_of(self, item: Item) -> str:
        """Full name of the declaration that an item is about."""
        return self.book.homes[item.label].declaration

    def lock_of(self, item: Item, state: CampaignState) -> Lock:
        """What the landing of an item locked, or what is locked still where a person took it away."""
        node = self.book.blueprint.by_label[item.label]
        statement = state.items.get((item.label, "statement"), item)
        is_open = (item.stage == "statement" or item.state != "landed") and not node.is_definition
        meaning = item.lock if item.state == "landed" else statement.lock if item.stage == "proof" else ""
        return Lock(item.landing, self.book.homes[item.label].declaration, meaning, is_open)

    def locks(self, state: CampaignState) -> list[Lock]:
        """What all landings locked, in their order."""
        numbered = (item for item in state.items.values() if item.landing)
        return [self.lock_of(item, state) for item in sorted(numbered, key=lambda item: item.landing)]


def _shown(words: Sequence[Feedback]) -> tuple[Feedback, ...]:
    """What an agent reads of what was said: the hints of people, open issues, what became of the last attempts."""
    hints = [each for each in words if each.source == "person"]
    issues = [each for each in words if each.source == "issue"]
    others = [each for each in words if each.source not in {"person", "issue"}]
    return (*hints[-_HINTS_SHOWN:], *issues[-_ISSUES_SHOWN:], *others[-_FEEDBACK_SHOWN:])


def slug(item: Item) -> str:
    """An item's part of a ref."""
    return slug_of(item.label, item.id)


def slug_of(label: str, item: int) -> str:
    """The part of a ref of an item with this label and id: the label's letters and digits, and the id, to be unique."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", label).strip("-")[:60] or "node"
    return f"{words}-{item}"
