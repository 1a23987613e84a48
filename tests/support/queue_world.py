"""A world for the merge queue: modules with hidden truth, people who push, builders that fail, landings that lose.

`World` carries out what `decide` asks for and checks, against the truth, that each action was right.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from coordinator.queue import (
    Accuse,
    Audit,
    Batch,
    Bounce,
    Branch,
    Build,
    Certificate,
    Land,
    Landing,
    Member,
    MergeQueue,
    ModuleRecord,
    Rules,
    Screen,
    Screening,
    SetAside,
    Settle,
    Source,
    Standing,
    Tip,
    Trail,
    Withdraw,
    certificate_key,
    decide,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coordinator.queue import Action


@dataclass(frozen=True)
class Text:
    """A module's source: what it imports and shows, and the truth that only a build brings to light."""

    digest: str
    imports: tuple[str, ...]
    interface: str
    bad: bool = False
    dislikes: frozenset[str] = frozenset()


Library = dict[str, Text]


def failures(library: Library) -> dict[str, str]:
    """The truth: which modules do not build, and why."""
    found: dict[str, str] = {}
    for module, text in library.items():
        shown = {library[each].interface for each in text.imports if each in library}
        if text.bad:
            found[module] = "its proof is wrong"
        elif any(each not in library for each in text.imports):
            found[module] = "an import is gone"
        elif text.dislikes & shown:
            found[module] = "an import is not what it was"
    return found | dict.fromkeys(_circles(library), "imports run in a circle")


def _circles(library: Library) -> set[str]:
    left = {module: sum(each in library for each in text.imports) for module, text in library.items()}
    above: dict[str, list[str]] = {}
    for module, text in library.items():
        for each in text.imports:
            above.setdefault(each, []).append(module)
    ground = [module for module, count in left.items() if not count]
    while ground:
        module = ground.pop()
        del left[module]
        for each in above.get(module, ()):
            left[each] -= 1
            ground += [each] if not left[each] else []
    return set(left)


def records(library: Library) -> dict[str, ModuleRecord]:
    """The certificates of a library that builds."""
    return {
        module: ModuleRecord(text.digest, text.interface, {each: library[each].interface for each in text.imports})
        for module, text in library.items()
    }


@dataclass(frozen=True)
class Proposal:
    """What a branch does to the library it started from: a new text, or none, by module."""

    base: Library
    changes: Mapping[str, Text | None]


def join(onto: Library, proposal: Proposal) -> tuple[Library, tuple[str, ...]]:
    """The library with a branch merged in, and the modules in conflict."""
    joined, conflicts = dict(onto), []
    for module, theirs in proposal.changes.items():
        base, ours = proposal.base.get(module), onto.get(module)
        merged = theirs if ours in (base, theirs) else _merge(base, ours, theirs)
        if merged is None and theirs is not None:
            conflicts.append(module)
        elif merged is None:
            joined.pop(module, None)
        else:
            joined[module] = merged
    return joined, tuple(conflicts)


def _merge(base: Text | None, ours: Text | None, theirs: Text | None) -> Text | None:
    """Git's merge of one text: a conflict one time in four, and one time in four clean but wrong."""
    if base is None or ours is None or theirs is None:
        return None
    luck = random.Random(f"{ours.digest} {theirs.digest}").random()
    if luck < 0.25:
        return None
    return Text(
        f"({ours.digest}&{theirs.digest})",
        tuple(sorted({*ours.imports, *theirs.imports})),
        theirs.interface if theirs.interface != base.interface else ours.interface,
        ours.bad or theirs.bad or luck > 0.75,
        ours.dislikes | theirs.dislikes,
    )


@dataclass
class Faults:
    """What goes wrong in a world, as shares."""

    lost: float = 0.0
    killed: float = 0.0
    outrun: float = 0.0
    pushed: float = 0.0
    forced: float = 0.0


@dataclass
class World:
    """Main, the branches, the builders, and the queue's records of them."""

    library: Library
    proposals: dict[int, Proposal]
    luck: random.Random
    faults: Faults = field(default_factory=Faults)
    builders: int = 4
    rules: Rules = field(default_factory=Rules)
    hidden: frozenset[int] = frozenset()
    """Branches that break a module which nobody could know they reach."""
    secret: frozenset[int] = frozenset()
    """Branches that break main where no build of theirs looks, only an audit."""
    poison: frozenset[int] = frozenset()
    """Branches that kill every builder."""

    def __post_init__(self) -> None:
        assert not failures(self.library)
        self.now = 0.0
        self.serial = 0
        self.commits: dict[str, Library] = {"c0": self.library}
        self.candidates: dict[int, Library] = {}
        self.killed: set[int] = set()
        self.ends: dict[int, float] = {}
        self.audit_ends: dict[str, float] = {}
        self.landed: list[int] = []
        self.bounced: dict[int, Bounce] = {}
        self.aside: list[int] = []
        self.accused: list[Landing] = []
        self.builds = 0
        self.sizes: list[int] = []
        self.screens = 0
        self.outruns = 0
        self.queue = MergeQueue(
            Tip("c0", records(self.library)),
            tuple(self._branch(number, 1) for number in self.proposals),
            builders=self.builders,
            rules=self.rules,
        )

    def _branch(self, number: int, version: int) -> Branch:
        proposal = self.proposals[number]
        changes = {}
        moves = False
        for module, text in proposal.changes.items():
            base = proposal.base.get(module)
            seen = {
                each: proposal.base[each].interface for each in (text.imports if text else ()) if each in proposal.base
            }
            changes[module] = ModuleRecord(text.digest if text else "", text.interface if text else "", seen)
            moves = moves or text is None or base is None or base.interface != text.interface
        head = f"h{number}.{version}"
        # One branch in four that moves an interface does not say so.
        return Branch(number, head, head, changes, moves_interface=moves and number % 4 != 0, since=self.now)

    def run(self, most: int = 4000) -> None:
        """Goes on until no branch is left."""
        for _ in range(most):
            actions = self._decide()
            if not actions:
                if not self.audit_ends and (not self.queue.branches or self.queue.trail.red):
                    return
                self._wait()
            for action in actions:
                self.carry_out(action)
        raise AssertionError(f"{len(self.queue.branches)} branches never come to an end")

    def _decide(self) -> list[Action]:
        actions = decide(self.queue, self.now)
        assert actions == decide(self.queue, self.now)
        running = sum(batch.state == "running" for batch in self.queue.batches) + len(self.queue.trail.running)
        started = sum(isinstance(action, Build | Audit) for action in actions)
        assert running + started <= self.builders or not started
        return actions

    def _wait(self) -> None:
        """Time goes on to the next thing that happens."""
        coming = [*self.ends.values(), *self.audit_ends.values()]
        coming += [b.standing.not_before for b in self.queue.branches if b.standing.not_before > self.now]
        assert coming, "nothing runs, nothing is due, and branches are left"
        self.now = min(coming)
        for commit in [commit for commit, at in self.audit_ends.items() if at <= self.now]:
            self._end_audit(commit)
        for batch in [batch for batch, at in self.ends.items() if at <= self.now]:
            self._end_build(batch)
        if self.luck.random() < self.faults.pushed:
            self.push()
        if self.luck.random() < self.faults.forced:
            self.force()

    def push(self) -> None:
        """A person changes a module on main, so that it still builds."""
        module = self.luck.choice([*sorted(self.library)] or ["People"])
        text = self.library.get(module, Text("", (), "ipeople"))
        self.serial += 1
        moved = f"i{module}.push{self.serial}" if self.luck.random() < 0.3 else text.interface
        library = {**self.library, module: replace(text, digest=f"push{self.serial}", interface=moved)}
        if not failures(library):
            self._set_main(library)
            self.queue = replace(self.queue, tip=replace(self.queue.tip, commit=self.tip, certified=False))

    def force(self) -> None:
        """An author pushes to a branch that was approved already: what comes is wrong, as nobody has read it."""
        if self.queue.branches:
            branch = self.luck.choice(self.queue.branches)
            proposal = self.proposals[branch.number]
            changes = {
                m: text and replace(text, digest=f"{text.digest}!", bad=True) for m, text in proposal.changes.items()
            }
            self.proposals[branch.number] = Proposal(proposal.base, changes)
            self._replace_branch(replace(branch, head=f"{branch.head}!"))

    @property
    def tip(self) -> str:
        return next(reversed(self.commits))

    def _set_main(self, library: Library) -> None:
        assert not failures(library), failures(library)
        self.library = library
        self.commits[f"c{len(self.commits)}"] = library

    def _replace_branch(self, branch: Branch) -> None:
        branches = tuple(branch if each.number == branch.number else each for each in self.queue.branches)
        self.queue = replace(self.queue, branches=branches)

    def _remove(self, *numbers: int) -> None:
        branches = tuple(each for each in self.queue.branches if each.number not in numbers)
        self.queue = replace(self.queue, branches=branches)

    def _named(self, member: Member) -> Branch:
        branch = next(each for each in self.queue.branches if each.number == member.number)
        assert branch.head == branch.reviewed == member.head, "what nobody approved is touched"
        return branch

    def carry_out(self, action: Action) -> None:
        """Does what the queue asks for."""
        match action:
            case Screen(members, tip):
                assert tip == self.tip
                self.screens += 1
                found = {member.number: self._screen(self._named(member)) for member in members}
                self.queue = replace(self.queue, screenings={**self.queue.screenings, **found})
            case Build(members, _):
                self._build(members)
            case Land():
                self._land(action)
            case Bounce(member):
                self._bounce(member.number, action)
            case Withdraw(number, head):
                branch = next(each for each in self.queue.branches if each.number == number)
                assert head == branch.head != branch.reviewed
                renewed = self._branch(number, 2)
                self._replace_branch(replace(renewed, head=head, reviewed=head, standing=Standing()))
            case SetAside(member):
                self.aside.append(member.number)
                self._remove(member.number)
            case Settle(batch, window, standings):
                self._settle(batch, window, standings)
            case Audit(commit):
                self.audit_ends[commit] = self.now + 200
                self.queue = replace(self.queue, trail=replace(self.queue.trail, running=(commit,)))
            case Accuse(landing):
                self.accused.append(landing)
                self.queue = replace(self.queue, trail=replace(self.queue.trail, accused=landing.commit))

    def _screen(self, branch: Branch) -> Screening:
        joined, conflicts = join(self.library, self.proposals[branch.number])
        return Screening(branch.head, *self._sides(joined, branch.changes), conflicts)

    def _sides(self, joined: Library, changed: Mapping[str, object]) -> tuple[dict[str, Source], dict[str, str]]:
        sources = {m: Source(joined[m].digest, joined[m].imports) if m in joined else Source("") for m in changed}
        return sources, {m: self.library[m].digest if m in self.library else "" for m in changed}

    def _build(self, members: tuple[Member, ...]) -> None:
        assert 0 < len(members) <= self.queue.window
        assert self.queue.tip.certified
        busy = {m for batch in self.queue.batches if batch.state == "running" for m in batch.members}
        assert busy.isdisjoint(members), "nothing is built twice at once"
        self.builds += 1
        self.sizes.append(len(members))
        joined, changed = self.library, dict[str, object]()
        for member in members:
            branch = self._named(member)
            joined, conflicts = join(joined, self.proposals[member.number])
            changed |= dict(branch.changes)
            if conflicts:
                batch = Batch(
                    self.builds, members, self.tip, state="red", failures=dict.fromkeys(conflicts, "conflict")
                )
                self.queue = replace(self.queue, batches=(*self.queue.batches, batch))
                return
        batch = Batch(self.builds, members, self.tip, *self._sides(joined, changed))
        self.candidates[self.builds] = joined
        killed = self.luck.random() < self.faults.killed
        self.killed |= {self.builds} if killed else set()
        self.ends[self.builds] = self.now + (500 if killed else 80)
        self.queue = replace(self.queue, batches=(*self.queue.batches, batch))

    def _end_build(self, number: int) -> None:
        del self.ends[number]
        batch = next(each for each in self.queue.batches if each.id == number)
        numbers = {member.number for member in batch.members}
        if number in self.killed or numbers & self.poison or self.luck.random() < self.faults.lost:
            self._note(replace(batch, state="lost"))
            return
        joined = self.candidates.pop(number)
        broken = failures(joined)
        if numbers & self.hidden:
            broken |= {"Elsewhere": "it fails"}
        self.learn(joined, broken)
        self._note(replace(batch, state="red" if broken else "green", failures=broken))

    def learn(self, joined: Library, broken: Mapping[str, str] | None = None) -> None:
        """A builder has seen a library: its certificates are known from now on."""
        known, broken = dict(self.queue.known), broken or {}
        for module, text in joined.items():
            if all(each in joined and each not in broken for each in text.imports):
                key = certificate_key(module, text.digest, {each: joined[each].interface for each in text.imports})
                known[key] = Certificate("", broken[module]) if module in broken else Certificate(text.interface)
        self.queue = replace(self.queue, known=known)

    def _note(self, batch: Batch) -> None:
        batches = tuple(batch if each.id == batch.id else each for each in self.queue.batches)
        self.queue = replace(self.queue, batches=batches)

    def _settle(self, number: int, window: int, standings: Mapping[int, Standing]) -> None:
        batches = tuple(each for each in self.queue.batches if each.id != number)
        self.queue = replace(self.queue, batches=batches, window=window)
        for branch in self.queue.branches:
            if branch.number in standings:
                self._replace_branch(replace(branch, standing=standings[branch.number]))

    def _land(self, action: Land) -> None:
        assert action.tip == self.queue.tip.commit
        if action.tip == self.tip and self.luck.random() < self.faults.outrun:
            self.push()
        if action.tip != self.tip:
            self.outruns += 1
            return
        landings = []
        for unit in action.units:
            joined = self.library
            for member in unit.members:
                self._named(member)
                joined, conflicts = join(joined, self.proposals[member.number])
                assert not conflicts
            self._set_main(joined)
            truth = records(joined)
            assert {module: truth.get(module) for module in unit.records} == unit.records
            landings.append(Landing(self.tip, unit.members))
            self.landed += [member.number for member in unit.members]
        trail = replace(self.queue.trail, landings=(*self.queue.trail.landings, *landings))
        self.queue = replace(self.queue, tip=Tip(self.tip, records(self.library)), trail=trail)
        self._remove(*self.landed)

    def _bounce(self, number: int, action: Bounce) -> None:
        assert number not in self.bounced
        assert number not in self.landed
        assert action.evidence
        assert str(action.evidence[0])
        joined, conflicts = join(self.library, self.proposals[number])
        broken = failures(joined)
        assert conflicts or broken or number in self.hidden, "something good is rejected"
        if action.source == "merge":
            assert {each.module for each in action.evidence} == set(conflicts)
        elif number not in self.hidden:
            assert {each.module for each in action.evidence} <= set(broken)
            assert all(each.tip == self.tip for each in action.evidence)
        self.bounced[number] = action
        self._remove(number)

    def _end_audit(self, commit: str) -> None:
        del self.audit_ends[commit]
        trail, tip = replace(self.queue.trail, running=()), self.queue.tip
        if not tip.certified and commit == self.tip:
            self.queue = replace(self.queue, tip=Tip(commit, records(self.library)), trail=Trail())
            return
        problem = "it differs" if self._broken_at(commit) else ""
        self.queue = replace(self.queue, trail=replace(trail, findings={**trail.findings, commit: problem}))

    def _broken_at(self, commit: str) -> bool:
        for landing in self.queue.trail.landings:
            if {member.number for member in landing.members} & self.secret:
                return True
            if landing.commit == commit:
                return False
        return False
