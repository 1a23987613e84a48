"""What an agent is asked to do, as plain data that travels to it through the broker."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from agents.errors import AssignmentInvalid
from blueprint.status import Stage  # noqa: TC001 - pydantic reads the annotations when it runs
from checker import Layout  # noqa: TC001 - pydantic reads the annotations when it runs

Role = Literal["author", "reviewer", "resolver"]
Source = Literal["person", "issue", "reviewer", "checker", "merge", "attempt"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where an attempt stops, whatever it has reached.

    Attributes:
        max_calls: requests to the model, nudges included, repeats of a failed request not.
        max_output_tokens: tokens the model may write in one call.
        max_cost_usd: dollars the attempt may cost; no call is made that could overrun it.
        wall_seconds: seconds from the start of the attempt.
        max_tokens: tokens the attempt may use, read and written; no call is made that could overrun it. ``None``: any
            number.
    """

    max_calls: int = 40
    max_output_tokens: int = 16_000
    max_cost_usd: float = 2.0
    wall_seconds: float = 1_800.0
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class NodeBrief:
    """The node an item is about: the book's words, and where its Lean lives.

    Attributes:
        label: its label in the blueprint.
        kind: the environment, such as ``theorem``.
        number: printed number; empty where there is none.
        title: title as LaTeX; empty where there is none.
        statement_tex: the statement as LaTeX.
        proof_tex: the book's proof as LaTeX; empty where there is none.
        declaration: full Lean name it must have.
        module: Lean module it must stand in.
        is_definition: whether the statement stage is all there is.
    """

    label: str
    kind: str
    number: str
    title: str
    statement_tex: str
    proof_tex: str
    declaration: str
    module: str
    is_definition: bool = False


@dataclass(frozen=True, slots=True)
class DependencyBrief:
    """A node this one uses: label, how a reader calls it, full Lean name, Lean module."""

    label: str
    name: str
    declaration: str
    module: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of earlier attempts on the item.

    Attributes:
        source: who says so: a person who runs the campaign, an open issue of the node, a reviewer, the checker on the
            trusted builder, the merge queue, or the summary an earlier attempt left.
        text: what they say.
    """

    source: Source
    text: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What a resolver is to join: a branch and ``main``, where no program could.

    Attributes:
        number: which try at this pull request it is, counted from 1.
        paths: the files in conflict; in the workspace they hold both sides, marked, where that can be marked.
        main: what ``main`` did to them since the branch began, as a unified diff.
        branch: what the branch did to them, likewise.
        tries: what became of the tries before, oldest first: the resolver's words, and the builder's answer.
    """

    number: int
    paths: tuple[str, ...]
    main: str
    branch: str
    tries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """One agent's work on one item.

    Attributes:
        role: who works: the author of a change, a reviewer of one, or the resolver who joins one with ``main``.
        stage: which stage of the node.
        node: what it is about.
        model: the model's name at the service.
        layout: which folders are whose.
        dependencies: what the book says it uses, in the order of the book.
        attempt: number of this attempt on the item, counted from 1.
        feedback: what people say, then what became of earlier attempts, oldest first.
        diff: for reviewers: the unified diff of what is proposed.
        commit: for reviewers: the commit the verdict will be bound to; for resolvers: the branch's.
        conflict: for resolvers: what is to be joined.
        lock: meaning digest of the reviewed statement; ``None`` in the statement stage.
        open_statements: declarations stated, reviewed and still open, to their meaning digests.
        locked: every reviewed declaration to its meaning digest.
        limits: where the attempt stops.
    """

    role: Role
    stage: Stage
    node: NodeBrief
    model: str
    layout: Layout
    dependencies: tuple[DependencyBrief, ...] = ()
    attempt: int = 1
    feedback: tuple[Feedback, ...] = ()
    diff: str = ""
    commit: str = ""
    conflict: Conflict | None = None
    lock: str | None = None
    open_statements: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def to_json(self) -> str:
        """One line of JSON that `from_json` reads back."""
        return _ADAPTER.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        """Read what `to_json` wrote.

        Raises:
            AssignmentInvalid: the text is not an assignment.
        """
        try:
            return _ADAPTER.validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise AssignmentInvalid(f"this is no assignment: {place}: {first['msg']}") from error


_ADAPTER = TypeAdapter(Assignment)
