"""A campaign's state as plain data: what the coordinator hands to the website and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint.book import Blueprint
    from blueprint.status import NodeState, Stage


@dataclass(frozen=True, slots=True)
class NodeProgress:
    """What a campaign knows of one node.

    Attributes:
        label: the node's label.
        state: where it stands.
        module: Lean module the node is formalized in, such as ``Arithmetic.Logic.AndComm``.
        declaration: its full Lean name.
        lean: the module's source on ``main``; ``None`` until its statement has landed.
        axioms: axioms its proof rests on, read from the kernel terms.
        assumes: labels of nodes it rests on that are still open.
        attempts: how many attempts were made on it.
        cost_usd: what they cost, in dollars.
        active: what is going on right now in one word (``stating``, ``proving``, ``reviewing``,
            ``landing``); empty when nothing is.
        reason: why it failed or is left out, in one sentence; empty otherwise.
    """

    label: str
    state: NodeState
    module: str
    declaration: str
    lean: str | None = None
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    attempts: int = 0
    cost_usd: float = 0.0
    active: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """A verdict on a pull request: who, what (``approve``, ``request_changes``, ``reject``), why, of which commit."""

    reviewer: str
    decision: str
    reasons: str
    commit: str


@dataclass(frozen=True, slots=True)
class PullRequestRecord:
    """A branch an attempt proposed, and what became of it.

    Attributes:
        number: counted from 1 within the campaign.
        label: the node it is about.
        stage: which stage of the node it fills.
        state: ``checking``, ``reviewing``, ``approved``, ``landed``, ``bounced`` or ``withdrawn``.
        attempt: number of the attempt that made it.
        base, head: the commit it starts from, and the one it proposes (40 hex digits).
        landed_as: commit on ``main``; empty unless landed.
        reason: why it bounced or was withdrawn; empty otherwise.
        diff: unified diff against its base.
        verdicts: in the order given.
        opened_at, closed_at: seconds since the epoch; ``closed_at`` is ``None`` while it is open.
    """

    number: int
    label: str
    stage: Stage
    state: str
    attempt: int
    head: str
    base: str = ""
    landed_as: str = ""
    reason: str = ""
    diff: str = ""
    verdicts: tuple[VerdictRecord, ...] = ()
    opened_at: float = 0.0
    closed_at: float | None = None


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """Something that went wrong: node, stage, what kind (``lean``, ``review``, ``conflict`` …), one sentence, when."""

    label: str
    stage: Stage
    cause: str
    reason: str
    at: float
    final: bool = False


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """Something that an agent or a person found to be wrong with a node, and that is not closed.

    Attributes:
        number: counted from 1 within the campaign.
        kind: ``missing_lemma``, ``wrong_statement`` or ``ambiguous_text``.
        label: the node's.
        text: what is wrong, in the words of who filed it first.
        filed_by: ``person``, or the job, such as ``attempt 12``.
        times: how often it was filed.
        at: seconds since the epoch.
    """

    number: int
    kind: str
    label: str
    text: str
    filed_by: str
    times: int
    at: float


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """What one model has been used for.

    Attributes:
        attempts: that it made or makes.
        landed: those of them that landed.
        reviews: that it made or makes.
        cost_usd: dollars that it cost, for whatever it did.
    """

    attempts: int
    landed: int
    reviews: int
    cost_usd: float


@dataclass(frozen=True)
class Snapshot:
    """A campaign at one moment.

    Attributes:
        campaign: its name.
        state: ``new``, ``running``, ``stopped``, ``done``, ``stuck`` or ``out_of_budget``.
        reason: why it ended, in a sentence; empty before it has.
        blueprint: the book.
        progress: by node label, one entry for every node.
        attempts: number of attempts by state.
        pull_requests: every pull request, oldest first; in a brief snapshot the last that landed.
        requests: number of pull requests by state.
        landings: number of landings by stage.
        rungs: number of landings by what joined them with ``main``: ``git``, ``declarations`` or ``proof``.
        failures: oldest first; in a brief snapshot the last hundred.
        input_tokens, output_tokens: spent so far.
        cost_usd: spent so far, in dollars.
        models: what each model has been used for, by its name.
        retries: calls of the model that had to be repeated (rate limits, dropped connections).
        sandbox: what Lean code of agents runs in: ``bubblewrap``, or ``none``.
        rehearsal: whether a scripted stand-in answered instead of a paid model.
        taken_at: seconds since the epoch.
        paused: whether a person has asked that no agents be sent.
        skipped: labels of the nodes that a person has left out, in the order of the book.
        issues: the open ones, oldest first.
        lean: identity of the Lean that compiled it in the last run; empty before any was told.
    """

    campaign: str
    state: str
    blueprint: Blueprint
    progress: Mapping[str, NodeProgress]
    attempts: Mapping[str, int] = field(default_factory=dict)
    pull_requests: tuple[PullRequestRecord, ...] = ()
    requests: Mapping[str, int] = field(default_factory=dict)
    landings: Mapping[str, int] = field(default_factory=dict)
    rungs: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[FailureRecord, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    reason: str = ""
    retries: int = 0
    sandbox: str = "bubblewrap"
    rehearsal: bool = False
    taken_at: float = 0.0
    paused: bool = False
    skipped: tuple[str, ...] = ()
    issues: tuple[IssueRecord, ...] = ()
    models: Mapping[str, ModelRecord] = field(default_factory=dict)
    lean: str = ""
