"""What people ask of a campaign: wishes, as data that waits in the campaign's inbox, and the answers they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from agents import IssueKind  # noqa: TC001 - pydantic reads the annotations when it runs
from coordinator.errors import InputError

LONGEST_HINT = 8_000
"""Characters of a hint: a page or two, which every next attempt reads."""

Name = Annotated[str, Field(max_length=500)]
"""What a person calls a node."""

Number = Annotated[int, Field(ge=1, lt=1 << 63)]
"""A pull request's number."""

Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
"""A commit's full name."""

BranchName = Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]
"""The name of a branch."""


class Unmet(Exception):
    """A wish is understood and cannot be granted; the message is the answer."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Send no new agents; those at work end."""

    kind: Literal["pause"] = "pause"


@dataclass(frozen=True, slots=True)
class Resume:
    """Send agents again."""

    kind: Literal["resume"] = "resume"


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run of the coordinator with this process id; to a later run it says nothing."""

    process: int
    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True)
class Retry:
    """Open items again, and forget that they failed.

    Attributes:
        node: the node whose items are meant; empty: those that `failed` or `cause` choose.
        failed: all that were given up.
        cause: all that were given up or keep failing, the last time for this cause.
        hint: what the next agent reads before all else; empty for none.
        model: the model for their attempts; empty for the campaign's.
        max_cost_usd: dollars one of their attempts may spend; ``None``: as the settings say.
    """

    node: Name = ""
    failed: bool = False
    cause: Annotated[str, Field(max_length=40)] = ""
    hint: Annotated[str, Field(max_length=LONGEST_HINT)] = ""
    model: Annotated[str, Field(max_length=200)] = ""
    max_cost_usd: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] | None = None
    kind: Literal["retry"] = "retry"


@dataclass(frozen=True, slots=True)
class Skip:
    """Leave a node out until somebody retries it."""

    node: Name
    kind: Literal["skip"] = "skip"


@dataclass(frozen=True, slots=True)
class Boost:
    """Value a node, and what it rests on, so many times as much as by itself; 1 takes that back."""

    node: Name
    by: Annotated[float, Field(ge=0.001, le=1e6, allow_inf_nan=False)]
    kind: Literal["boost"] = "boost"


@dataclass(frozen=True, slots=True)
class FileIssue:
    """Say what is wrong with a node."""

    node: Name
    issue: IssueKind
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    kind: Literal["file_issue"] = "file_issue"


@dataclass(frozen=True, slots=True)
class CloseIssue:
    """Say that an issue is none, or none any more."""

    number: Annotated[int, Field(ge=1)]
    kind: Literal["close_issue"] = "close_issue"


@dataclass(frozen=True, slots=True)
class Publish:
    """Take note of where a pull request can be found outside the hub.

    Attributes:
        number: the pull request's.
        branch: its branch there.
        head: the commit that it holds.
        url: its page on a forge.
        page: the forge's number of it.
    """

    number: Number
    branch: BranchName
    head: Commit
    url: Annotated[str, Field(max_length=500)]
    page: Annotated[int, Field(ge=0)]
    kind: Literal["publish"] = "publish"


@dataclass(frozen=True, slots=True)
class Revise:
    """Take commits of a person, which the hub holds, into a pull request.

    Attributes:
        number: the pull request's.
        head: the last of the commits.
        base: where they parted from ``main``.
        branch: the branch that they came from.
    """

    number: Number
    head: Commit
    base: Commit
    branch: BranchName
    kind: Literal["revise"] = "revise"


Wish = Pause | Resume | Stop | Retry | Skip | Boost | FileIssue | CloseIssue | Publish | Revise


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish.

    Attributes:
        words: one sentence.
        exit_code: what the command returns: 0 when the wish was granted, or was so already.
    """

    words: str
    exit_code: int = 0


_WISHES: TypeAdapter[Wish] = TypeAdapter(Annotated[Wish, Field(discriminator="kind")])
_ANSWERS = TypeAdapter(Answer)


def write_wish(wish: Wish) -> bytes:
    """The wish as JSON.

    Raises:
        InputError: it is longer or larger than a wish may be.
    """
    written = _WISHES.dump_json(wish)
    read_wish(written)
    return written


def read_wish(text: bytes) -> Wish:
    """A wish from JSON.

    Raises:
        InputError: it is no wish.
    """
    try:
        return _WISHES.validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"][1:]) or "the whole"
        raise InputError(f"This cannot be asked of a campaign: {place}: {first['msg']}.") from error


def write_answer(answer: Answer) -> bytes:
    """The answer as JSON."""
    return _ANSWERS.dump_json(answer)


def read_answer(text: bytes) -> Answer:
    """An answer from JSON.

    Raises:
        pydantic.ValidationError: it is no answer.
    """
    return _ANSWERS.validate_json(text)
