"""Reports: what workers tell the coordinator through the broker. JSON, checked on both ends."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from agents import Finding, Usage
from coordinator.queue import ModuleRecord  # noqa: TC001 - pydantic reads the annotations when it runs
from coordinator.work.orders import AgentOrder, AuditOrder, BuildOrder, JointOrder, Order, order_schema, reviewer_of


@dataclass(frozen=True, slots=True)
class Beat:
    """The worker of this name still works on `jobs`.

    `spent` is what agents have used so far, by job: of those only of which that is news.
    """

    worker: str
    jobs: tuple[int, ...]
    spent: Mapping[int, Usage] = field(default_factory=dict)
    kind: Literal["beat"] = "beat"


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    """An attempt is over: how and why (see `agents.Outcome`), with its branch's commit when it was submitted.

    `lean` is the identity of the Lean its agent worked with; empty where there was none. `findings` is what it found to
    be wrong, `closes` the issues that its work resolves, as it says.
    """

    job: int
    ending: str
    summary: str
    usage: Usage
    head: str = ""
    cause: str = ""
    lean: str = ""
    findings: tuple[Finding, ...] = ()
    closes: tuple[int, ...] = ()
    kind: Literal["attempt"] = "attempt"


@dataclass(frozen=True, slots=True)
class ReviewEnded:
    """A review is over; `decision` is empty where there was no verdict. `commit` is what the reviewer read.

    `lean` is the identity of the Lean its agent worked with; empty where there was none. `findings` is what it found to
    be wrong.
    """

    job: int
    ending: str
    summary: str
    usage: Usage
    reviewer: str
    decision: str = ""
    reasons: str = ""
    commit: str = ""
    lean: str = ""
    findings: tuple[Finding, ...] = ()
    kind: Literal["review"] = "review"


@dataclass(frozen=True, slots=True)
class ResolutionEnded:
    """A resolver's try is over: how and why (see `agents.Outcome`), with the joined commit when it was submitted.

    `lean` is the identity of the Lean its agent worked with; empty where there was none. `findings` is what it found to
    be wrong.
    """

    job: int
    ending: str
    summary: str
    usage: Usage
    head: str = ""
    lean: str = ""
    findings: tuple[Finding, ...] = ()
    kind: Literal["resolution"] = "resolution"


@dataclass(frozen=True, slots=True)
class BuildEnded:
    """A build is over.

    Attributes:
        accepted: the gate's answer.
        reasons: why not, a sentence each.
        lock: meaning digest of the target.
        axioms: those the target rests on.
        assumes: open declarations it rests on.
        modules: every module whose certificate differs from the base's, by name.
        error: why there is no answer (infrastructure); empty where there is one.
        cancelled: whether that is because its worker was told to stop, which is nobody's failure.
        lean: identity of the Lean that was used; empty where none was.
    """

    job: int
    accepted: bool
    reasons: tuple[str, ...] = ()
    lock: str = ""
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    error: str = ""
    lean: str = ""
    cancelled: bool = False
    kind: Literal["build"] = "build"


@dataclass(frozen=True, slots=True)
class JointVerdict:
    """What the gate says of one member of a joint build.

    Attributes:
        number: its pull request.
        accepted, lock, axioms, assumes, modules: see `BuildEnded`; the modules are those whose certificate differs
            from that in the member's base.
        reasons: why not: a module, or the path of a file, and a sentence each.
    """

    number: int
    accepted: bool
    reasons: tuple[tuple[str, str], ...] = ()
    lock: str = ""
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JointEnded:
    """A joint build is over.

    Attributes:
        job: which.
        modules: every module of all members joined whose certificate differs from the tip's, by name.
        gone: modules of the tip that are not there any more.
        broken: modules that Lean refuses for what they say themselves, with what they import and no interface.
        failures: why modules do not build, those left out that only import one which does not.
        verdicts: of the members that could be judged.
        error: why there is no answer (infrastructure); empty where there is one.
        cancelled: whether that is because its worker was told to stop, which is nobody's failure.
        lean: identity of the Lean that was used; empty where none was.
    """

    job: int
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    broken: Mapping[str, ModuleRecord] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    verdicts: tuple[JointVerdict, ...] = ()
    error: str = ""
    lean: str = ""
    cancelled: bool = False
    kind: Literal["joint"] = "joint"


@dataclass(frozen=True, slots=True)
class Standing:
    """What an audited tree declares of a node.

    Attributes:
        module: where.
        meaning: meaning digest of the declaration.
        is_proved: whether it rests on nothing open but statements of other nodes, and on no axiom but allowed ones.
        axioms: those it rests on.
        assumes: open statements of other nodes that it rests on.
    """

    module: str
    meaning: str
    is_proved: bool
    axioms: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditEnded:
    """An audit is over.

    Attributes:
        problem: what is wrong with the tree; empty where nothing is.
        axioms: of the finished declarations.
        modules: every module of the tree, by name.
        error: why there is no answer (infrastructure); empty where there is one.
        cancelled: whether that is because its worker was told to stop, which is nobody's failure.
        lean: identity of the Lean that was used; empty where none was.
        standing: what the tree declares of the nodes that were asked for, ``None`` for one that it does not state;
            ``None`` in all where nobody looked.
    """

    job: int
    problem: str
    axioms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    error: str = ""
    lean: str = ""
    standing: Mapping[str, Standing | None] | None = None
    cancelled: bool = False
    kind: Literal["audit"] = "audit"


End = AttemptEnded | ReviewEnded | ResolutionEnded | BuildEnded | JointEnded | AuditEnded
Report = Beat | End

_LONGEST_ERROR = 500
"""Characters of an unexpected error that are told."""

_REPORTS: TypeAdapter[Report] = TypeAdapter(Annotated[Report, Field(discriminator="kind")])


def message_schemas() -> list[dict[str, Any]]:
    """JSON schemas of all orders and reports, by which two programs tell whether they understand one another."""
    return [order_schema(), _REPORTS.json_schema()]


def write_report(report: Report) -> str:
    """The report as JSON."""
    return _REPORTS.dump_json(report).decode()


def read_report(text: str | bytes) -> Report:
    """A report from JSON.

    Raises:
        pydantic.ValidationError: it is no report.
    """
    return _REPORTS.validate_json(text)


def in_one_line(error: Exception) -> str:
    """An unexpected error as people are told of it: its kind and the first line of what it says, bounded."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {said}"[:_LONGEST_ERROR] if said else type(error).__name__


def failed_report(order: Order, reason: str, used: Usage | None = None, *, cancelled: bool = False) -> Report:
    """The report of an order that could not be carried out.

    Args:
        order: which.
        reason: why.
        used: what its agent is known to have used.
        cancelled: whether its worker was told to stop, which is no failure.
    """
    job, usage, ending = order.envelope.job, used or Usage(), "cancelled" if cancelled else "failed"
    match order:
        case AgentOrder(assignment=assignment) if assignment.role == "author":
            return AttemptEnded(job, ending, reason, usage)
        case AgentOrder(assignment=assignment) if assignment.role == "resolver":
            return ResolutionEnded(job, ending, reason, usage)
        case AgentOrder():
            return ReviewEnded(job, ending, reason, usage, reviewer_of(order))
        case BuildOrder():
            return BuildEnded(job, accepted=False, error=reason, cancelled=cancelled)
        case JointOrder():
            return JointEnded(job, error=reason, cancelled=cancelled)
        case AuditOrder():
            return AuditEnded(job, "", error=reason, cancelled=cancelled)
