"""What follows from a failed attempt: whether it counts, how long to wait, when to stop, and what to say then.

Each cause of failure has a policy. What an item may still cost is therefore known beforehand: an item that can never
be done is attempted at most `RetryRules.most_attempts` times, and while it waits for its next attempt others go on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.campaign.settings import RetrySettings

_LAST_SHOWN = 200
"""Characters shown of what the last failure said."""


class Cause(StrEnum):
    """Why an attempt did not land."""

    LEAN = "lean"
    """The checker refused it."""
    REVIEW = "review"
    """A reviewer sent it back."""
    GAVE_UP = "gave_up"
    """The agent gave up."""
    BUDGET = "budget"
    """It reached its limit of dollars or tokens."""
    TIME = "time"
    """It reached its limit of seconds."""
    CALLS = "calls"
    """It reached its limit of calls."""
    CONTEXT = "context"
    """It had more to say than the model can read."""
    SILENT = "silent"
    """The model kept answering without using a tool."""
    REFUSED = "refused"
    """The model's service refused to answer."""
    INFRASTRUCTURE = "infrastructure"
    """Something it needs was away or broke: the model's service, a builder."""
    WORKER = "worker"
    """Its worker went away."""
    CONFLICT = "conflict"
    """It no longer joined with ``main``."""
    CANCELLED = "cancelled"
    """Somebody stopped it, the campaign's budget ended it, or another attempt at the item won the race."""


_WORDS: Mapping[Cause, str] = {
    Cause.LEAN: "with Lean errors",
    Cause.REVIEW: "sent back in review",
    Cause.GAVE_UP: "given up by the agent",
    Cause.BUDGET: "out of budget",
    Cause.TIME: "out of time",
    Cause.CALLS: "out of calls",
    Cause.CONTEXT: "longer than the model can read",
    Cause.SILENT: "without a use of tools",
    Cause.REFUSED: "refused by the model",
    Cause.INFRASTRUCTURE: "ended by infrastructure",
    Cause.WORKER: "lost with a worker",
    Cause.CONFLICT: "in conflict with main",
    Cause.CANCELLED: "cancelled",
}

_OF_ENDINGS: Mapping[str, Cause] = {
    "gave_up": Cause.GAVE_UP,
    "cancelled": Cause.CANCELLED,
    "limit:cost": Cause.BUDGET,
    "limit:tokens": Cause.BUDGET,
    "limit:wall": Cause.TIME,
    "limit:calls": Cause.CALLS,
    "limit:context": Cause.CONTEXT,
    "limit": Cause.CALLS,
    "failed:refused": Cause.REFUSED,
    "failed:silent": Cause.SILENT,
    "failed": Cause.INFRASTRUCTURE,
}


def cause_of(ending: str, detail: str = "") -> Cause:
    """Why an attempt that proposed nothing failed: by its ending and its cause, as `agents.Outcome` has them."""
    return _OF_ENDINGS.get(f"{ending}:{detail}") or _OF_ENDINGS.get(ending, Cause.INFRASTRUCTURE)


@dataclass(frozen=True, slots=True)
class Policy:
    """What follows from failures of one cause.

    Attributes:
        free: how many do not count against the item; ``None``: none ever does.
        at_most: how many end the item at once, whatever else is left of its attempts; ``None``: however many.
        patience: the wait before the next attempt is so many times as long as for other causes.
    """

    free: int | None = 0
    at_most: int | None = None
    patience: float = 1.0


POLICIES: Mapping[Cause, Policy] = {
    # A model that refused thrice will refuse again: the item wants a person, or another model.
    Cause.REFUSED: Policy(at_most=3),
    # Nobody's fault and soon over, or not soon: wait longer, and stop when it looks as if the item were to blame.
    Cause.INFRASTRUCTURE: Policy(free=5, patience=10.0),
    Cause.WORKER: Policy(free=3),
    # The work was good and `main` was faster.
    Cause.CONFLICT: Policy(free=5, patience=0.0),
    Cause.CANCELLED: Policy(free=None, patience=0.0),
}
"""Policies by cause; a cause that is missing has the plain `Policy`."""


@dataclass(frozen=True, slots=True)
class RetryRules:
    """How often an item is attempted, and how long it waits in between.

    Attributes:
        max_attempts: attempts that count.
        backoff_seconds: before the second attempt; twice as long after each further failure.
        max_backoff_seconds: the longest wait.
        jitter: part of a wait, from 0 to 1, by which items that failed together are drawn apart.
        policies: by cause.
    """

    max_attempts: int = 6
    backoff_seconds: float = 1.0
    max_backoff_seconds: float = 600.0
    jitter: float = 0.25
    policies: Mapping[Cause, Policy] = field(default_factory=lambda: POLICIES)

    def policy(self, cause: Cause) -> Policy:
        """What follows from a failure of this cause."""
        return self.policies.get(cause, Policy())

    @property
    def most_attempts(self) -> int:
        """How often an item is attempted at most, those attempts left out that others ended."""
        return self.max_attempts + sum(self.policy(cause).free or 0 for cause in Cause)


@dataclass(frozen=True, slots=True)
class Tally:
    """The failures of an item.

    Attributes:
        counts: how many, by cause.
        last: what the last one said.
    """

    counts: Mapping[Cause, int] = field(default_factory=dict)
    last: str = ""

    def after(self, cause: Cause, said: str) -> Tally:
        """The tally with one more failure."""
        return Tally({**self.counts, cause: self.counts.get(cause, 0) + 1}, said)

    @property
    def failures(self) -> int:
        """All failures, whether they count or not."""
        return sum(self.counts.values())

    def counted(self, rules: RetryRules) -> int:
        """Those that count against the item."""
        return sum(_counting(number, rules.policy(cause)) for cause, number in self.counts.items())


def _counting(number: int, policy: Policy) -> int:
    return 0 if policy.free is None else max(number - policy.free, 0)


def is_exhausted(tally: Tally, rules: RetryRules) -> bool:
    """Whether the item is not to be attempted again.

    Nothing of it is remembered: where the rules are made more generous, an item that was given up is open again.
    """
    return tally.counted(rules) >= rules.max_attempts or is_too_often(tally, rules)


def wait_seconds(item: int, tally: Tally, cause: Cause, rules: RetryRules) -> float:
    """Seconds until the next attempt at an item whose last failure, already in the tally, had this cause."""
    doublings = min(max(tally.failures - 1, 0), 40)
    longest = rules.backoff_seconds * rules.policy(cause).patience * 2.0**doublings
    return min(longest, rules.max_backoff_seconds) * (1 - rules.jitter * _fraction(item, tally.failures))


def rest_seconds(number: int, tries: int, rules: RetryRules) -> float:
    """Seconds until what broke over a pull request is tried again, like an attempt that infrastructure ended.

    Args:
        number: of the pull request.
        tries: its builds, reviews and resolutions without an answer so far, the last among them.
        rules: of the campaign.
    """
    return wait_seconds(number, Tally({Cause.INFRASTRUCTURE: tries}), Cause.INFRASTRUCTURE, rules)


def _fraction(item: int, failures: int) -> float:
    """A number from 0 to 1 that looks random and is the same each time."""
    digest = hashlib.blake2b(f"{item}:{failures}".encode(), digest_size=4).digest()
    return int.from_bytes(digest) / 2**32


def is_free(tally: Tally, cause: Cause, rules: RetryRules) -> bool:
    """Whether the last failure, already in the tally, does not count against the item."""
    free = rules.policy(cause).free
    return free is None or tally.counts.get(cause, 0) <= free


def is_too_often(tally: Tally, rules: RetryRules) -> bool:
    """Whether the item has failed so often of one cause that it is given up, whatever is left of its attempts."""
    caps = ((number, rules.policy(cause).at_most) for cause, number in tally.counts.items())
    return any(cap is not None and number >= cap for number, cap in caps)


def dead_letter(tally: Tally) -> str:
    """One sentence that says why an item was given up, made of its failures: the most frequent cause first."""
    total = tally.failures
    if not total:
        return "It was given up before it was attempted."
    parts = sorted(tally.counts.items(), key=lambda part: (-part[1], part[0]))
    causes = ", ".join(f"{number} {_WORDS[cause]}" for cause, number in parts if number)
    said = in_short(tally.last)
    return f"{total} attempt{'s' if total > 1 else ''}: {causes}" + (f"; the last said: {said}" if said else ".")


def in_short(text: str) -> str:
    """The first line of what was said, bounded and fit to be printed."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    words = " ".join("".join(character if character.isprintable() else " " for character in line).split())
    return words if len(words) <= _LAST_SHOWN else f"{words[: _LAST_SHOWN - 1]}…"


def rules_of(retry: RetrySettings) -> RetryRules:
    """The rules that a campaign's settings ask for: the built-in policies, with theirs over them."""
    policies = dict(POLICIES)
    for name, wanted in retry.causes.items():
        known = policies.get(Cause(name), Policy())
        free = known.free if wanted.free is None else None if wanted.free == "all" else wanted.free
        at_most = known.at_most if wanted.at_most is None else wanted.at_most
        patience = known.patience if wanted.patience is None else wanted.patience
        policies[Cause(name)] = Policy(free, at_most, patience)
    return RetryRules(retry.max_attempts, retry.backoff_seconds, retry.max_backoff_seconds, policies=policies)
