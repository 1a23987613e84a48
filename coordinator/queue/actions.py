"""What the merge queue may ask to have done. Whoever carries an action out writes down what it led to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.queue.certificates import ModuleRecord
    from coordinator.queue.records import Landing, Member, Standing


@dataclass(frozen=True, slots=True)
class Screen:
    """Join each of these branches with the tip in memory, look at paths and policy, and note a `Screening` of each."""

    members: tuple[Member, ...]
    tip: str


@dataclass(frozen=True, slots=True)
class Build:
    """Join these branches with the tip, one after the other, and have all that they affect certified, as a `Batch`.

    Where they cannot be joined with each other the batch is red, with what is in conflict as failures. What the
    builder finds goes into ``known``, module by module.
    """

    members: tuple[Member, ...]
    tip: str


@dataclass(frozen=True, slots=True)
class Unit:
    """What lands as one commit.

    Attributes:
        members: mostly one branch; several where only their union is certified.
        records: what is certified of the modules that the commit changes, or changes the certificate of; ``None``
            where it removes one.
    """

    members: tuple[Member, ...]
    records: Mapping[str, ModuleRecord | None]


@dataclass(frozen=True, slots=True)
class Land:
    """Move ``main`` from `tip` by compare-and-set, to a commit for each unit, one on top of the other.

    Every unit leaves each module with a valid certificate, provided those before it landed. Whoever lands checks that
    git's join gave the sources of the records, and lands nothing else. When ``main`` is elsewhere by now nothing
    happens, and the next decision judges anew.
    """

    units: tuple[Unit, ...]
    tip: str


@dataclass(frozen=True, slots=True)
class Moved:
    """An import whose interface is not the one the author saw: its digest then and now (empty: none)."""

    module: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a branch cannot land.

    Attributes:
        tip: the commit it was tried against.
        module: what fails: a module, or a path in conflict; empty where the policy refuses the branch as a whole.
        message: what Lean, git or the policy says.
        moved: the imports of that module that changed below the branch.
    """

    tip: str
    module: str
    message: str
    moved: tuple[Moved, ...] = ()

    def __str__(self) -> str:
        """As one paragraph, for whoever tries again."""
        where = f"{self.module}: " if self.module else ""
        below = ", ".join(
            f"{each.module} ({each.was[:10] or 'new'} → {each.now[:10] or 'gone'})" for each in self.moved
        )
        changed = f" The interface of {below} is not the one the branch was made against." if below else ""
        return f"On main at {self.tip[:10]}: {where}{self.message}{changed}"


@dataclass(frozen=True, slots=True)
class Bounce:
    """Send a branch back to its author, with the evidence. The only rejection there is."""

    member: Member
    source: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a branch out of the queue because its commit is not the one approved: it is to be reviewed again."""

    number: int
    head: str


@dataclass(frozen=True, slots=True)
class SetAside:
    """Take a branch out of the queue because no builder could answer. Not its fault: people look at the builders."""

    member: Member
    tries: int


@dataclass(frozen=True, slots=True)
class Settle:
    """A build's consequences are drawn: forget the batch, note the window and where its members stand.

    Attributes:
        batch: its id.
        window: the most branches one build may hold from now on.
        standings: of branches whose standing changed, by number.
    """

    batch: int
    window: int
    standings: Mapping[int, Standing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audit:
    """Build a commit of ``main`` from nothing and compare with what the certificates say."""

    commit: str


@dataclass(frozen=True, slots=True)
class Accuse:
    """Name the landing that broke ``main``, though every certificate held: nothing lands until people mend it."""

    landing: Landing
    problem: str


Action = Screen | Build | Land | Bounce | Withdraw | SetAside | Settle | Audit | Accuse
