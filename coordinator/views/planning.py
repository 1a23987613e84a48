"""Plans of a campaign: made from its store, kept beside it, and held against what happened since."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func, select

from coordinator.errors import InputError
from coordinator.schedule.experience import Experience, Lesson, prior_of, traits_of
from coordinator.schedule.plan import Estimate, Interval, Means, Task, estimate
from coordinator.schedule.racing import race_rules
from coordinator.schedule.state import CampaignState, stages_of
from coordinator.store.lessons import read_lessons
from coordinator.store.loading import load_state
from coordinator.store.schema import items, jobs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from blueprint import DependencyGraph, Node, Stage
    from coordinator.campaign.campaign import Book, Campaign
    from coordinator.campaign.settings import Settings
    from coordinator.schedule.racing import RaceRules
    from coordinator.store.store import Store
    from coordinator.store.transaction import Transaction

PLAN_FILE = "plan.json"
"""The last plan, in the campaign's folder."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0

_NEVER = -1
"""Stands for a statement that nobody is asked for."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the rest of a campaign was expected to take when the plan was made.

    Attributes:
        made_at: seconds since the epoch.
        left: items that were not landed, by stage, those marked not ready left out.
        slots: agents at once.
        lessons: attempts that had ended.
        spent_usd: dollars already spent.
        estimate: what is left takes.
        assumptions: what that rests on, in sentences.
    """

    made_at: float
    left: Mapping[str, int]
    slots: int
    lessons: int
    spent_usd: float
    estimate: Estimate
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened since a plan was made.

    Attributes:
        cost_usd: dollars spent.
        seconds: during which any job was under way.
        attempts: that ended.
        unlanded: items of the plan that are not landed.
    """

    cost_usd: float
    seconds: float
    attempts: float
    unlanded: float


_PLANS = TypeAdapter(Plan)


def make_plan(campaign: Campaign, book: Book, store: Store | None, slots: int | None = None) -> Plan:
    """What the rest of a campaign will take.

    Args:
        campaign: which.
        book: its book.
        store: its store; ``None`` before its first run.
        slots: agents at once; as many as its settings say when left out.
    """
    settings, now = campaign.settings, time.time()  # what happens while it is made has happened since
    state, lessons = CampaignState({}), list[Lesson]()
    if store is not None:
        with store.begin() as transaction:
            state = load_state(transaction)
            lessons = list(read_lessons(transaction, book.blueprint, settings.model.name))
    experience = Experience(prior_of(settings))
    for lesson in lessons:
        experience.learn(lesson)
    means = Means(slots or settings.workers.agents, settings.retry.max_attempts, race_rules(settings))
    result = estimate(list(_tasks(book, state, means.race)), experience, means)
    assumptions = (*_assumptions(settings, experience, means), _budget_sentence(settings, state.spent_usd, result))
    left = _left(book, state)
    return Plan(now, left, means.slots, experience.lessons, state.spent_usd, result, assumptions)


def _stages(book: Book) -> Iterator[tuple[Node, Stage]]:
    """Everything that is to be landed, whether the store has heard of it or not."""
    return ((node, stage) for node in book.blueprint.nodes if not node.marks.notready for stage in stages_of(node))


def _left(book: Book, state: CampaignState) -> dict[str, int]:
    left = {"statement": 0, "proof": 0}
    for node, stage in _stages(book):
        left[stage] += not _has_landed(node.label, stage, state)
    return left


def _has_landed(label: str, stage: Stage, state: CampaignState) -> bool:
    item = state.items.get((label, stage))
    return item is not None and item.state == "landed"


def _tasks(book: Book, state: CampaignState, race: RaceRules) -> Iterator[Task]:
    """What may still be landed: what was given up is not, and holds up what rests on it."""
    numbers = {(node.label, stage): number for number, (node, stage) in enumerate(_stages(book))}
    for node, stage in _stages(book):
        item = state.items.get((node.label, stage))
        if item is None or item.state == "open":
            needs = tuple(
                numbers.get((label, "statement"), _NEVER)
                for label in _needed(node.label, stage, book.graph)
                if not _has_landed(label, "statement", state)
            )
            attempts, unblocks = item.attempts if item else 0, book.graph.leverage(node.label)
            model = (item.model if item else "") or race.model(unblocks, attempts)
            traits, pinned = traits_of(node, stage, attempts, model), item is not None and bool(item.model)
            yield Task(numbers[node.label, stage], needs, traits, unblocks, pinned)


def _needed(label: str, stage: Stage, graph: DependencyGraph) -> tuple[str, ...]:
    """Nodes whose statements must have landed before a stage can be attempted."""
    uses = graph.statement_uses(label)
    return uses if stage == "statement" else (label, *uses, *graph.proof_uses(label))


def _assumptions(settings: Settings, experience: Experience, means: Means) -> Iterator[str]:
    prior = experience.prior
    assumed = f"{prior.chance:.0%} of attempts land, each for ${prior.cost_usd:.2f} and {prior.seconds:.0f} s"
    if experience.lessons:
        yield (
            f"Attempts go on as the {experience.lessons} that have ended did, by stage, earlier failures, length and "
            f"kind; where those tell nothing, {assumed}."
        )
    else:
        yield f"No attempt has ended yet, so this is a guess from the settings: {assumed}, reviews included."
    yield f"{means.slots} agent(s) work at once, and builders keep up with them."
    yield f"An item is given up after {means.max_attempts} attempts, and what rests on its statement then waits."
    if means.race.max_width > 1:
        yield (
            f"Up to {means.race.max_width} attempts race for an item that holds up many or failed before, in slots "
            "that nothing else needs; those that lose are stopped, and what they used by then is paid."
        )
    if len(means.race.tiers) > 1:
        models = f"{', '.join(means.race.tiers[:-1])}, then {means.race.tiers[-1]}"
        yield f"The more an item holds up and the more often it failed, the stronger its model is: {models}."
    yield "What an item needs is what the book's marks say."
    if settings.model.rehearsal:
        yield "The model is a script, which costs nothing: dollars are those of the prices in the settings."


def _budget_sentence(settings: Settings, spent_usd: float, result: Estimate) -> str:
    left = max(settings.budget_usd - spent_usd, 0.0)
    if left >= result.cost_usd.high:
        return f"The ${left:.2f} left of the budget are enough."
    if left >= result.cost_usd.low:
        return f"The ${left:.2f} left of the budget may not be enough; the figures take no account of that."
    return f"The ${left:.2f} left of the budget will not be enough; the figures take no account of that."


def keep_plan(plan: Plan, folder: Path) -> Path:
    """Writes a plan into the campaign's folder, over the last one; returns its file."""
    file = folder / PLAN_FILE
    scratch = file.with_suffix(".new")
    scratch.write_text(json.dumps(asdict(plan), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    scratch.replace(file)
    return file


def read_plan(folder: Path) -> Plan | None:
    """The campaign's last plan; ``None`` where none was made.

    Raises:
        InputError: the file is there and holds no plan.
    """
    file = folder / PLAN_FILE
    try:
        return _PLANS.validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise InputError(f"{file} holds no plan; `blueprover plan {folder}` makes a new one.") from error


def outcome_since(plan: Plan, store: Store) -> Outcome:
    """What happened since a plan was made."""
    with store.begin() as transaction:
        spent = float(transaction.execute(select(func.coalesce(func.sum(jobs.c.cost_usd), 0.0))).scalar_one())
        unlanded = transaction.execute(select(func.count()).where(items.c.state != "landed")).scalar_one()
        ended = select(func.count()).where(jobs.c.kind == "attempt", jobs.c.ended_at > plan.made_at)
        return Outcome(
            cost_usd=max(spent - plan.spent_usd, 0.0),
            seconds=_busy_seconds(transaction, plan.made_at),
            attempts=float(transaction.execute(ended).scalar_one()),
            unlanded=float(unlanded),
        )


def _busy_seconds(transaction: Transaction, since: float) -> float:
    """Seconds since then during which some job was under way: a campaign that is stopped takes no time."""
    rows = transaction.execute(
        select(jobs.c.sent_at, jobs.c.ended_at).where(jobs.c.ended_at > since).order_by(jobs.c.sent_at)
    )
    busy, until = 0.0, since
    for sent_at, ended_at in rows:
        busy += max(ended_at - max(sent_at, until), 0.0)
        until = max(until, ended_at)
    return busy


def compared(plan: Plan, outcome: Outcome) -> Sequence[tuple[str, Interval, float]]:
    """What was planned and what happened, figure by figure."""
    planned = plan.estimate
    return (
        ("dollars", planned.cost_usd, outcome.cost_usd),
        ("seconds", planned.seconds, outcome.seconds),
        ("attempts", planned.attempts, outcome.attempts),
        ("unlanded", planned.unlanded, outcome.unlanded),
    )


def in_a_line(plan: Plan, outcome: Outcome) -> str:
    """What was planned and what happened, in a sentence."""
    cost, seconds = (
        f"{written(name, planned.low)} to {written(name, planned.high)}"
        for name, planned in (("dollars", plan.estimate.cost_usd), ("seconds", plan.estimate.seconds))
    )
    happened = f"{written('dollars', outcome.cost_usd)} in {written('seconds', outcome.seconds)}"
    guessed = "" if plan.lessons else ", as a guess from the settings"
    return f"Planned{guessed}: {cost}, {seconds}. Since then: {happened}."


def written(name: str, value: float) -> str:
    """A figure of `compared` for people."""
    if name == "dollars":
        return f"${value:,.2f}"
    if name == "seconds":
        return _duration(value)
    return f"{value:,.0f}"


def _duration(seconds: float) -> str:
    for unit, name in ((_DAY, "days"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} s"
