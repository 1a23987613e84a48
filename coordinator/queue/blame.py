"""What a build that ended teaches about its members: whom to suspect, how many to build together next time.

A module that fails is the matter of the members that change it, else of those that moved an interface below it. One
suspect means exact blame: its certificates say the rest. Several are halved until each stands alone. A failure that
no member reaches puts all of them in doubt: then only a green build clears them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coordinator.queue.records import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from coordinator.queue.lanes import Lanes
    from coordinator.queue.records import Batch, Branch, Rules


@dataclass(frozen=True, slots=True)
class Lesson:
    """What follows from a build.

    Attributes:
        standings: of members whose standing changed, by number.
        window: the most branches that one build may hold from now on.
        condemned: a branch that broke, twice and alone, modules that it is not known to reach.
    """

    standings: Mapping[int, Standing]
    window: int
    condemned: int | None = None


def suspects(module: str, members: Sequence[Branch], lanes: Lanes) -> tuple[Branch, ...]:
    """Members whose matter a failing module is; none where it is above nothing that they change."""
    authors = tuple(each for each in members if lanes.changes(each.number, module))
    movers = tuple(each for each in members if module in lanes.reach(each.number))
    return authors or movers or tuple(each for each in members if module in lanes.cone(each.number))


def learn(
    batch: Batch, members: Sequence[Branch], lanes: Lanes, tip: str, window: int, rules: Rules, now: float
) -> Lesson:
    """Draws the lesson of a build that ended.

    Args:
        batch: the build.
        members: those of its members that still wait, at the commit that was built.
        lanes: what they reach.
        tip: where ``main`` is now.
        window: the window before it.
        rules: how the queue is run.
        now: seconds since the epoch.
    """
    if batch.state == "lost":
        return Lesson({each.number: _after_no_answer(each, members, rules, now) for each in members}, window)
    if batch.state == "green":
        cleared = {each.number: Standing() for each in members}
        return Lesson(_changed(members, cleared), min(window + rules.growth, rules.widest))
    return _after_failure(batch, members, lanes, tip, window)


def _after_no_answer(branch: Branch, members: Sequence[Branch], rules: Rules, now: float) -> Standing:
    """Nobody is to blame, but what kills a builder again and again is found by building fewer at once."""
    tries = branch.standing.tries + 1
    room = max(1, len(members) // 2) if tries > 1 else branch.standing.room
    return replace(branch.standing, tries=tries, room=room, not_before=now + backoff(tries, rules))


def backoff(tries: int, rules: Rules) -> float:
    """Seconds until a branch is built again of which so many builds gave no answer."""
    return rules.backoff_seconds * 2.0 ** (tries - 1)


def _after_failure(batch: Batch, members: Sequence[Branch], lanes: Lanes, tip: str, window: int) -> Lesson:
    blamed = {module: suspects(module, members, lanes) for module in batch.failures}
    hidden = not all(blamed.values())
    whole = len(members) == len(batch.members)
    if hidden and len(members) == 1 and whole and members[0].standing.doubted and batch.tip == tip:
        return Lesson({}, window, condemned=members[0].number)
    half = max(1, len(members) // 2)
    standings = {each.number: Standing(room=half, doubted=True) for each in members} if hidden else {}
    for several in blamed.values():
        if len(several) > 1:
            room = max(1, len(several) // 2)
            standings |= {each.number: Standing(room=room, doubted=hidden) for each in several}
    held_up = len(standings) > 1
    return Lesson(_changed(members, standings), max(1, window // 2) if held_up else window)


def _changed(members: Sequence[Branch], standings: Mapping[int, Standing]) -> dict[int, Standing]:
    """Who stands elsewhere than before. Those not named had an answer, which ends their fruitless tries."""
    now = {each.number: standings.get(each.number, replace(each.standing, tries=0, not_before=0.0)) for each in members}
    return {each.number: now[each.number] for each in members if now[each.number] != each.standing}
