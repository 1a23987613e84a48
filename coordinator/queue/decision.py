"""What the merge queue does next: one pure function from what is known to a list of actions.

`decide` reads all of the state, remembers nothing and does nothing. Whoever calls it carries the actions out, writes
down what they led to, and calls it again, until there is nothing more to do for now. Calling it twice, or on the state
that a killed coordinator left, is therefore always safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coordinator.queue.actions import Audit, Bounce, Build, Evidence, Land, Moved, Screen, SetAside, Settle, Withdraw
from coordinator.queue.audits import plan_audit
from coordinator.queue.blame import backoff, learn
from coordinator.queue.joined import Assessment, Main, assess
from coordinator.queue.landings import Landings
from coordinator.queue.lanes import Lanes
from coordinator.queue.lots import form_lots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.queue.actions import Action
    from coordinator.queue.blame import Lesson
    from coordinator.queue.records import Batch, Branch, MergeQueue, Screening, Standing


def decide(queue: MergeQueue, now: float) -> list[Action]:
    """Says what to do in the state `queue` at `now` (seconds since the epoch).

    Invariants of the answer: what lands keeps every module of ``main`` certified, commit by commit; a branch is
    bounced only for what fails with it alone on the tip of now; no more builds and audits run than there are
    builders, no build holds more branches than the window; nothing lands on a tip that is not certified.
    """
    actions: list[Action] = [Withdraw(each.number, each.head) for each in queue.branches if each.head != each.reviewed]
    audit = plan_audit(queue)
    slots = queue.builders - sum(batch.state == "running" for batch in queue.batches) - len(queue.trail.running)
    if audit is not None and (slots > 0 or not isinstance(audit, Audit)):
        actions.append(audit)
    if not queue.tip.certified or queue.trail.red:
        return actions
    return actions + _Round(queue, now).actions(slots - isinstance(audit, Audit))


class _Round:
    """One decision on a certified tip."""

    def __init__(self, queue: MergeQueue, now: float) -> None:
        self._queue = queue
        self._now = now
        self._main = Main(queue.tip)
        self._branches = [each for each in queue.branches if each.head == each.reviewed]
        self._screened = {each.number: s for each in self._branches if (s := self._screening(each)) is not None}
        self._alone = {
            number: assess(self._main, screening.sources, queue.known)
            for number, screening in self._screened.items()
            if not (screening.conflicts or screening.refusals)
        }
        moving = {each.number for each in self._branches if each.moves_interface or self._found(each).moved}
        self._lanes = Lanes(self._main, self._branches, frozenset(moving))
        self._lessons = list(self._learn())
        self._doubted = self._in_doubt()
        self._in_flight = {
            member for batch in queue.batches if batch.state == "running" for member in batch.members
        } & {each.member for each in self._branches}

    def actions(self, slots: int) -> list[Action]:
        """Landings and the lessons of builds first: then the state is another, and the rest is for the next round."""
        settled = [*self._land(), *self._settle()]
        if settled:
            return settled
        return [*self._screen(), *self._bounce(), *self._set_aside(), *self._build(slots)]

    def _screening(self, branch: Branch) -> Screening | None:
        """The branch's screening, if it tells of this commit and of the sources that the tip has."""
        screening = self._queue.screenings.get(branch.number)
        current = screening is not None and screening.head == branch.head and self._main.still_has(screening.before)
        return screening if current else None

    def _found(self, branch: Branch) -> Assessment:
        return self._alone.get(branch.number, Assessment())

    def _members(self, batch: Batch) -> list[Branch]:
        """Those of a build's members that still wait at the commit that was built."""
        by_member = {each.member: each for each in self._branches}
        return [by_member[member] for member in batch.members if member in by_member]

    def _ended(self) -> list[Batch]:
        return [batch for batch in self._queue.batches if batch.state != "running"]

    def _land(self) -> Iterator[Action]:
        landings = Landings(self._main.copy(), self._queue.known, self._queue.rules.landings)
        for batch in self._ended():
            if batch.state == "green":
                able = [each for each in self._members(batch) if each.number in self._alone]
                landings.collect_batch(batch, able, self._screened, self._lanes)
        reserved = self._reserved()
        landings.collect(
            (
                each
                for each in self._branches
                if each.number in self._alone
                and self._alone[each.number].verdict == "certified"
                and each.number not in landings.landed
                and each.number not in self._doubted
                and (each.member in self._in_flight or reserved.isdisjoint(self._lanes.reach(each.number)))
            ),
            self._screened,
        )
        if landings.units:
            yield Land(tuple(landings.units), self._queue.tip.commit)

    def _reserved(self) -> frozenset[str]:
        """What interface changes reach that are being built: the ground below their feet stays as it is meanwhile."""
        wide = [member.number for member in self._in_flight if self._lanes.is_wide(member.number)]
        return frozenset(module for number in wide for module in self._lanes.reach(number))

    def _learn(self) -> Iterator[tuple[Batch, list[Branch], Lesson]]:
        """The lessons of the builds that ended, one after the other."""
        window, tip, rules = self._queue.window, self._queue.tip.commit, self._queue.rules
        for batch in self._ended():
            members = self._members(batch)
            lesson = learn(batch, members, self._lanes, tip, window, rules, self._now)
            window = lesson.window
            yield batch, members, lesson

    def _in_doubt(self) -> set[int]:
        """Branches that no green build has cleared, the builds that just ended included."""
        standings = {each.number: each.standing for each in self._branches}
        for _, _, lesson in self._lessons:
            standings |= lesson.standings
        condemned = {lesson.condemned for _, _, lesson in self._lessons}
        return {number for number, standing in standings.items() if standing.doubted or number in condemned}

    def _settle(self) -> Iterator[Action]:
        for batch, members, lesson in self._lessons:
            for branch in members:
                if branch.number == lesson.condemned:
                    evidence = (Evidence(batch.tip, module, why) for module, why in sorted(batch.failures.items()))
                    yield Bounce(branch.member, "checker", tuple(evidence))
            yield Settle(batch.id, lesson.window, lesson.standings)

    def _screen(self) -> Iterator[Action]:
        members = tuple(each.member for each in self._branches if each.number not in self._screened)
        if members:
            yield Screen(members, self._queue.tip.commit)

    def _bounce(self) -> Iterator[Action]:
        tip = self._queue.tip.commit
        for branch in self._branches:
            screening = self._screened.get(branch.number)
            if screening is None:
                continue
            if screening.refusals:
                yield Bounce(branch.member, "policy", tuple(Evidence(tip, "", each) for each in screening.refusals))
            elif screening.conflicts:
                reason = "It conflicts with what landed meanwhile; start from main as it is now."
                yield Bounce(branch.member, "merge", tuple(Evidence(tip, each, reason) for each in screening.conflicts))
            elif self._found(branch).refused:
                yield Bounce(branch.member, "checker", tuple(self._evidence(branch)))

    def _evidence(self, branch: Branch) -> Iterator[Evidence]:
        found = self._found(branch)
        for module, message in sorted(found.refused.items()):
            author = branch.changes.get(module) or self._main.record(module)
            seen = author.imports if author else {}
            now = found.imports.get(module, {})
            moved = (
                Moved(each, seen[each], now[each]) for each in sorted(now) if seen.get(each, now[each]) != now[each]
            )
            yield Evidence(self._queue.tip.commit, module, message, tuple(moved))

    def _set_aside(self) -> Iterator[Action]:
        for branch in self._branches:
            if branch.standing.tries >= self._queue.rules.tries and branch.member not in self._in_flight:
                yield SetAside(branch.member, branch.standing.tries)

    def _build(self, slots: int) -> Iterator[Action]:
        waiting = [each for each in self._branches if self._needs_build(each)]
        occupied = (self._lanes.reach(member.number) for member in self._in_flight)
        for lot in form_lots(waiting, occupied, self._lanes, slots, self._queue.window):
            yield Build(tuple(each.member for each in lot), self._queue.tip.commit)

    def _waits(self, standing: Standing) -> bool:
        """Whether its back-off is not over. One longer than any comes from a clock that was set back since."""
        return self._now < standing.not_before <= self._now + backoff(standing.tries, self._queue.rules)

    def _needs_build(self, branch: Branch) -> bool:
        found, standing = self._alone.get(branch.number), branch.standing
        return (
            found is not None
            and (found.verdict == "missing" or (standing.doubted and found.verdict == "certified"))
            and branch.member not in self._in_flight
            and standing.tries < self._queue.rules.tries
            and not self._waits(standing)
        )
