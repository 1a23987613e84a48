"""What became of an attempt, as plain data that travels back through the broker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from agents.errors import AssignmentInvalid

Ending = Literal["submitted", "gave_up", "verdict", "limit", "failed", "cancelled"]
Decision = Literal["approve", "request_changes", "reject"]
IssueKind = Literal["missing_lemma", "wrong_statement", "ambiguous_text"]
"""What can be wrong: something is missing in the book or the library, says too much, or can be read in two ways."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A reviewer's decision and the reasons for it, addressed to the author of the next attempt."""

    decision: Decision
    reasons: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an agent found to be wrong with a node, for people and for other agents.

    Attributes:
        kind: what is wrong.
        node: label of the node.
        text: what, in the agent's words.
    """

    kind: IssueKind
    node: str
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What an attempt used so far.

    Attributes:
        input_tokens: prompt tokens at the full price (neither read from nor written to the cache).
        output_tokens: tokens the model wrote, thinking included.
        cache_read_tokens: prompt tokens read from the prompt cache.
        cache_write_tokens: prompt tokens written to the prompt cache.
        calls: requests that the service answered in full.
        retries: requests that were sent again.
        cost_usd: what all of it cost, in dollars.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    calls: int = 0
    retries: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_write_tokens + other.cache_write_tokens,
            self.calls + other.calls,
            self.retries + other.retries,
            self.cost_usd + other.cost_usd,
        )

    @property
    def prompt_tokens(self) -> int:
        """All prompt tokens, whatever they cost."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        ending: in one word.
        summary: for the next attempt and for the pull request; never empty.
        verdict: what a reviewer decided; ``None`` for every other ending.
        usage: what the attempt used.
        cause: for ``limit`` and ``failed``, which limit or which kind of failure (`AgentError.cause`);
            empty otherwise.
        findings: what the agent found to be wrong.
        closes: numbers of the issues that the submitted work resolves, in the author's words.
    """

    ending: Ending
    summary: str
    verdict: Verdict | None = None
    usage: Usage = field(default_factory=Usage)
    cause: str = ""
    findings: tuple[Finding, ...] = ()
    closes: tuple[int, ...] = ()

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads back."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """Read what `to_json` wrote.

        Raises:
            AssignmentInvalid: the text is not an outcome.
        """
        try:
            return _ADAPTER.validate_json(text)
        except ValidationError as error:
            raise AssignmentInvalid(f"this is no outcome of an attempt: {error.errors()[0]['msg']}") from error


_ADAPTER = TypeAdapter(Outcome)
