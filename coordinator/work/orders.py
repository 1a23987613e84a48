"""Orders: what the coordinator sends to workers through the broker. JSON, checked on both ends.

An order carries all a worker needs besides the git remote and its own host's settings: workers see no database and
share no file system with the coordinator. A job is sent once; its id is the fencing number.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations when it runs
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from agents import Assignment  # noqa: TC001 - pydantic reads the annotations when it runs
from blueprint import Stage  # noqa: TC001 - pydantic reads the annotations when it runs
from checker import Choice  # noqa: TC001 - pydantic reads the annotations when it runs
from coordinator.campaign.settings import ModelPrice  # noqa: TC001 - pydantic reads the annotations when it runs


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every order says: which job, of which campaign, on which commit of which remote.

    Attributes:
        job: the job's id, unique within the campaign.
        campaign: prefix of the campaign's keys in the broker.
        remote: where to fetch from and push to.
        base: the commit the work starts from.
        library: name of the Lean library.
        base_folders: trusted folders of the repository.
        helper_folders: folders open to every attempt.
        lean: which Lean compiles the trees; ``auto`` to go by the tree.
        identity: that of the campaign's Lean; empty while no answer has told it.
        landings: as of which landing the locks hold that the work is to respect (see `locks`).
        comparator: whether the comparator of a toolchain that has one judges last.
        node: label of the node that the work is for; empty where it is for none. For log lines only, as what follows.
        attempt: number of the attempt that it is, builds or reviews; 0 where it is none.
        stage: of the node; empty where it is for none.
        title: the campaign's name.
    """

    job: int
    campaign: str
    remote: str
    base: str
    library: str
    base_folders: tuple[str, ...]
    helper_folders: tuple[str, ...]
    lean: Choice = "auto"
    identity: str = ""
    landings: int = 0
    comparator: bool = True
    node: str = ""
    attempt: int = 0
    stage: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """How to reach the model: address (``None``: the provider's), name of the key's variable, prices by model."""

    base_url: str | None
    api_key_env: str
    rehearsal: bool
    prices: Mapping[str, ModelPrice] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgentOrder:
    """An attempt, a review or a resolution.

    Attributes:
        assignment: what the agent is asked, but for the locks, which the worker knows.
        model: how to reach the model.
        ref: attempts and resolutions: the branch to push; reviews: empty.
        head: reviews: the commit to read; resolutions: the one to work on; attempts: empty.
        branch: resolutions: the commit to be joined with the envelope's base; otherwise empty.
    """

    envelope: Envelope
    assignment: Assignment
    model: ModelAccess
    ref: str = ""
    head: str = ""
    branch: str = ""
    kind: Literal["agent"] = "agent"


@dataclass(frozen=True, slots=True)
class BuildOrder:
    """Certify `head`, the joined state of a branch and ``main``, as a change of the envelope's base.

    Attributes: see `checker.Change`.
    """

    envelope: Envelope
    head: str
    stage: Stage
    target: str
    module: str
    is_definition: bool
    lock: str | None
    kind: Literal["build"] = "build"


@dataclass(frozen=True, slots=True)
class JointMember:
    """One branch of a joint build, and what the gate is to judge of it: the change from `base` to `head`.

    Attributes:
        number: its pull request.
        base: the tip, or the tip with the members joined that it follows.
        head: that, with the branch joined.
        follows: members before it that touch the same files, and those that these follow.
        stage, target, module, is_definition, lock: see `checker.Change`.
    """

    number: int
    base: str
    head: str
    stage: Stage
    target: str
    module: str
    is_definition: bool
    lock: str | None
    follows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class JointOrder:
    """Certify `head`, several branches joined with the envelope's base, and judge each branch as its build would.

    Attributes:
        head: all of them joined.
        members: those after which others follow come before these.
    """

    envelope: Envelope
    head: str
    members: tuple[JointMember, ...]
    kind: Literal["joint"] = "joint"


@dataclass(frozen=True, slots=True)
class AuditOrder:
    """Build the envelope's base from nothing and look at it.

    Attributes:
        declarations: the finished ones, whose axioms are read from the kernel terms.
        homes: the declarations of all nodes, with whether they are to be definitions.
    """

    envelope: Envelope
    declarations: tuple[str, ...]
    homes: Mapping[str, bool] = field(default_factory=dict)
    kind: Literal["audit"] = "audit"


Order = AgentOrder | BuildOrder | JointOrder | AuditOrder


_ORDERS: TypeAdapter[Order] = TypeAdapter(Annotated[Order, Field(discriminator="kind")])
_ACCESS = TypeAdapter(ModelAccess)


def write_access(access: ModelAccess) -> str:
    """The access as JSON: equal for equal accesses, so that it can serve as a key."""
    return _ACCESS.dump_json(access).decode()


def write_order(order: Order) -> str:
    """The order as JSON."""
    return _ORDERS.dump_json(order).decode()


def read_order(text: str) -> Order:
    """An order from JSON.

    Raises:
        pydantic.ValidationError: it is no order.
    """
    return _ORDERS.validate_json(text)


def order_schema() -> dict[str, Any]:
    """JSON schema of all orders."""
    return _ORDERS.json_schema()


def reviewer_of(order: AgentOrder) -> str:
    """What the reviewer of an order is called."""
    return f"{order.assignment.model} #{order.envelope.job}"
