"""What the merge queue knows, as plain frozen data: nothing here touches git, a database or a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from coordinator.queue.modules import Modules

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from coordinator.queue.certificates import Certificate, ModuleRecord

BatchState = Literal["running", "green", "red", "lost"]
"""Of a build: under way; every module built; some did not; its builder gave no answer (infrastructure)."""

WINDOW = 16
"""The most branches that one build begins with."""


@dataclass(frozen=True)
class Tip:
    """Where ``main`` is.

    Attributes:
        commit: the commit.
        modules: what is certified of each of its modules, by name.
        certified: whether those records are of this very commit; not so after a person's push, until its audit.
    """

    commit: str
    modules: Mapping[str, ModuleRecord] = field(default_factory=dict)
    certified: bool = True

    @cached_property
    def _indexed(self) -> Modules:
        return self.modules if isinstance(self.modules, Modules) else Modules(self.modules)

    def importers(self, module: str) -> AbstractSet[str]:
        """Who imports a module directly."""
        return self._indexed.importers(module)

    def source_digest(self, module: str) -> str:
        """Digest of a module's source; empty where there is no such module."""
        record = self.modules.get(module)
        return record.source_digest if record else ""


@dataclass(frozen=True, slots=True)
class Source:
    """One module of a joined state before anybody builds it: the digest of its text (empty: gone), what it imports."""

    digest: str
    imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What earlier builds taught about a branch, short of a verdict.

    Attributes:
        tries: builds of it in a row that gave no answer.
        not_before: seconds since the epoch before which it is not built again.
        room: how many branches may be built together with it, itself included; 0 for no bound of its own.
        doubted: a build with it in it broke a module that no member is known to reach: it lands only when a build
            of it was green, whatever the certificates of its own modules say.
    """

    tries: int = 0
    not_before: float = 0.0
    room: int = 0
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """An approved branch that waits to land.

    Attributes:
        number: its pull request.
        head: its commit as of now.
        reviewed: the commit that was approved.
        changes: the modules it changes, with what their imports looked like to its author; the source's digest is
            empty where the branch removes the module. A file that is no module goes by its path.
        moves_interface: whether it is meant to change what importers see: definitions, statements, refactorings.
        since: seconds since the epoch when it was approved.
    """

    number: int
    head: str
    reviewed: str
    changes: Mapping[str, ModuleRecord]
    moves_interface: bool = False
    since: float = 0.0
    standing: Standing = Standing()

    @property
    def member(self) -> Member:
        """It and its commit."""
        return Member(self.number, self.head)


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A branch at one commit: what is known of it is known of that commit alone."""

    number: int
    head: str


@dataclass(frozen=True, slots=True)
class Screening:
    """What joining one branch with a tip in memory gave. It stays true until the tip's own sources of them change.

    Attributes:
        head: the branch's commit.
        sources: the changed modules, joined with the tip.
        before: digests of the tip's own sources of those modules; empty where it had none.
        conflicts: modules, or paths, that no merge could join.
        refusals: what the policy has against its paths or its text, a sentence each.
    """

    head: str
    sources: Mapping[str, Source]
    before: Mapping[str, str]
    conflicts: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Branches that are joined, one after the other, and built at once.

    Attributes:
        id: of the build.
        members: in the order they are joined.
        tip: the commit they are joined with.
        sources: the changed modules, all members joined.
        before: digests of the tip's own sources of those modules.
        failures: what Lean says, by module that does not build; where the members cannot be joined with each other,
            what git says, by module or path.
    """

    id: int
    members: tuple[Member, ...]
    tip: str
    sources: Mapping[str, Source] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    state: BatchState = "running"
    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Landing:
    """A commit that the queue moved ``main`` to, and what landed with it; its number among all landings, if known."""

    commit: str
    members: tuple[Member, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Trail:
    """The audits of ``main`` in the background.

    Attributes:
        landings: since the last commit that people vouch for or that was audited before them, oldest first.
        findings: what audits of those commits found wrong, by commit; empty where nothing.
        running: commits whose audit is under way.
        accused: the commit that was found to have broken ``main``; empty while there is none.
        fruitless: audits of late that gave no answer.
    """

    landings: tuple[Landing, ...] = ()
    findings: Mapping[str, str] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    accused: str = ""
    fruitless: int = 0

    @property
    def red(self) -> bool:
        """Whether an audit found what the certificates had not told."""
        return any(self.findings.values())


@dataclass(frozen=True, slots=True)
class Rules:
    """How the queue is run.

    Attributes:
        growth: by how many the window grows after a build that held up nobody.
        widest: the window grows no wider.
        tries: builds of a branch in a row without an answer after which it is set aside for people to look at.
        backoff_seconds: before the second try; doubled with each one after that.
        audit_every: landings between two audits in the background.
        landings: the most branches that land in one action.
    """

    growth: int = 4
    widest: int = 64
    tries: int = 10
    backoff_seconds: float = 5.0
    audit_every: int = 100
    landings: int = 256


@dataclass(frozen=True, slots=True)
class MergeQueue:
    """All that a decision depends on.

    Attributes:
        tip: where ``main`` is.
        branches: those approved, in the order they were.
        screenings: by number of the branch.
        known: certificates that trusted builders made, by `certificate_key`, under the campaign's one toolchain.
        batches: builds under way, and those that ended and are not settled yet.
        window: the most branches that one build may hold now.
        builders: builds and audits that can run at once.
        trail: the audits in the background.
    """

    tip: Tip
    branches: tuple[Branch, ...] = ()
    screenings: Mapping[int, Screening] = field(default_factory=dict)
    known: Mapping[str, Certificate] = field(default_factory=dict)
    batches: tuple[Batch, ...] = ()
    window: int = WINDOW
    builders: int = 1
    trail: Trail = Trail()
    rules: Rules = Rules()
