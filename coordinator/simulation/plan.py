"""What is to be simulated, and the campaign that is made for it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from coordinator.campaign.campaign import Campaign
from coordinator.campaign.founding import commit_folder, require_no_campaign, settings_text, write_settings
from coordinator.simulation.behaviour import Behaviour
from coordinator.simulation.book import LIBRARY, ROOT, write_book

if TYPE_CHECKING:
    from collections.abc import Mapping

BEHAVIOUR = "behaviour.json"
"""File of a simulated campaign's folder in which its agents' behaviour is kept."""

_MODEL = "simulated"
_FEWEST_BUILDERS, _MOST_BUILDERS = 8, 256
_AGENTS_TO_A_BUILDER = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be simulated.

    Attributes:
        nodes: nodes of the book.
        attempts: attempts that the whole book takes on average, which sets the agents' success; where there are fewer
            than the book has stages, every attempt succeeds and the simulation ends after so many.
        concurrency: agents at once.
        seed: what the book and all draws come from.
        speed: how many times faster than life; 0 for agents and builders that take no time.
        reviews: whether pull requests are reviewed.
        push: whether branches are pushed to the hub rather than written into it.
        budget_usd: what the campaign may spend.
        lease_seconds, heartbeat_seconds: see `LeaseSettings`; never accelerated.
    """

    nodes: int
    attempts: int
    concurrency: int
    seed: int = 1
    speed: float = 600.0
    reviews: bool = True
    push: bool = False
    budget_usd: float = 1e9
    lease_seconds: float = 20.0
    heartbeat_seconds: float = 4.0

    def behaviour(self, stages: int) -> Behaviour:
        """How the agents behave, where the book has so many stages."""
        success = min(1.0, stages / self.attempts)
        if not self.speed:
            return Behaviour(self.seed, success, median_seconds=0, build_seconds=0, speed=1, on_host=not self.push)
        return Behaviour(self.seed, success, speed=self.speed, on_host=not self.push)


def found_simulation(folder: Path, plan: Plan) -> Campaign:
    """Makes the campaign of a plan in `folder`.

    Raises:
        CoordinatorError: `folder` is a campaign already.
        GitError: git is missing.
    """
    require_no_campaign(folder)
    files = write_book(plan.nodes, plan.seed)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="blueprover-simulation-") as scratch:
        for path, text in files.items():
            file = Path(scratch, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        commit_folder(folder / "hub.git", Path(scratch), f"A simulated book of {plan.nodes} nodes")
    plan.behaviour(_stages(plan, files)).write(folder / BEHAVIOUR)
    write_settings(folder, _settings(plan))
    return Campaign.open(folder)


def _stages(plan: Plan, files: Mapping[str, str]) -> int:
    """Stages of a book: definitions have one, theorems two."""
    return 2 * plan.nodes - sum(text.count(r"\begin{definition}") for text in files.values())


def _settings(plan: Plan) -> str:
    # Where agents take no time, fewer builders than agents would pile up branches that wait.
    builders = plan.concurrency // (_AGENTS_TO_A_BUILDER if plan.speed else 1)
    builders = min(max(_FEWEST_BUILDERS, builders), _MOST_BUILDERS)
    seats = {"statement": 2, "proof": 1} if plan.reviews else {"statement": 0, "proof": 0}
    return settings_text(
        "A simulated campaign: its agents draw lots. `blueprover run` cannot go on with it.",
        {
            "name": f"Simulation of {plan.nodes} nodes",
            "book": ROOT,
            "library": LIBRARY,
            "budget_usd": plan.budget_usd,
            "model": {"name": _MODEL, "prices": {_MODEL: {"input": 3.0, "output": 15.0}}},
            "attempt": {"max_cost_usd": 5.0},
            # Back-off doubles up to ten minutes, which no speed shortens: simulated items go on at once.
            "retry": {"max_attempts": 1000, "backoff_seconds": 0.0},
            "reviews": seats,
            "lease": {"seconds": plan.lease_seconds, "heartbeat_seconds": plan.heartbeat_seconds},
            "workers": {"agents": plan.concurrency, "builds": builders, "sandbox": "none"},
        },
    )
