"""Putting many branches onto ``main`` at once.

A branch whose changed paths hold on the tip what they held where it began is not merged: its changes are written on
top, and the outcome is the one that git's merge would give. What others touched is merged by git, all such branches by
one process, and what that changes on the tip is then written in the same way. Branches of a batch that touch the same
paths follow each other in rounds.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coordinator.errors import GitError
from coordinator.git.batch import Batch, Landing, Refusal
from coordinator.git.changes import changes_of_trees
from coordinator.git.history import History
from coordinator.git.identity import Identity
from coordinator.git.importing import Importer, NewCommit
from coordinator.git.listing import Listing
from coordinator.git.merging import merge, merge_all
from coordinator.git.paths import folders_of, hostile
from coordinator.git.renaming import moves_a_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coordinator.git.batch import Branch
    from coordinator.git.changes import Changes, Comparisons
    from coordinator.git.merging import Merge
    from coordinator.git.objects import Objects
    from coordinator.git.runner import Runner

_MALFORMED = "Its trees are malformed: a path stands in them twice, as no git writes it."


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A branch, what it changed since its base, and whether that is all that matters when it joins the tip."""

    branch: Branch
    author: Identity
    changes: Changes
    plain: bool


@dataclass(frozen=True, slots=True)
class _Ready:
    """What a branch changes on the tip, as the difference of two commits or trees."""

    waiting: _Waiting
    changes: Changes
    before: str
    after: str
    merged: bool


class Batches:
    """Makes batches, and remembers what stands on the tip from one to the next. Several threads take turns."""

    def __init__(self, runner: Runner, objects: Objects, comparisons: Comparisons) -> None:
        self._runner = runner
        self._objects = objects
        self._comparisons = comparisons
        self._importer = Importer(runner)
        self._history = History(runner, objects)
        self._lock = threading.Lock()
        self._listed = ""
        self._listing = Listing({})

    @property
    def pid(self) -> int | None:
        """The process that writes, if one is kept running."""
        return self._importer.pid

    def make(self, tip: str, branches: Sequence[Branch], when: int) -> Batch:
        """Writes the landings of `branches` on `tip`. Of those that touch the same paths, earlier ones come first.

        Args:
            tip: where ``main`` is.
            branches: what is to land.
            when: the date of the landings, in seconds since 1970.

        Raises:
            GitError: git fails, and not because of one of the branches.
        """
        landings: list[Landing] = []
        refusals: list[Refusal] = []
        with self._lock:
            waiting, together = self._screen(tip, branches, refusals), len(branches)
            while waiting:
                top = landings[-1].commit if landings else tip
                known = len(refusals)
                ready, left = self._round(top, waiting, together, refusals)
                if not ready and len(refusals) == known:  # only a tree that git itself would not write comes here
                    refusals.append(Refusal(left.pop(0).branch, (), _MALFORMED))
                try:
                    landings += self._write(top, ready, when)
                except GitError:
                    if len(ready) > 1:  # which of them git refuses shows one by one
                        left, together = [each.waiting for each in ready] + left, 1
                    else:
                        refusals.append(self._refusal_of_write(top, ready[0].waiting, when))
                waiting = left
        return Batch(tip, tuple(landings), _in_order(refusals, branches))

    def changes_on(self, tip: str, branches: Sequence[Branch]) -> list[Changes | Refusal]:
        """What each branch, for itself, changes on `tip`; or why it cannot be joined with it. Nothing is written.

        Raises:
            GitError: git fails, and not because of one of the branches.
        """
        refusals: list[Refusal] = []
        with self._lock:
            waiting = self._screen(tip, branches, refusals)
            if self._listed != tip:
                self._listing, self._listed = Listing.read(self._runner, tip), tip
            ready = self._on_top(tip, waiting, refusals)
        found: dict[int, Changes | Refusal] = {id(each.waiting.branch): each.changes for each in ready}
        found |= {id(refusal.branch): refusal for refusal in refusals}
        return [found[id(branch)] for branch in branches]

    def close(self) -> None:
        """Ends the process that writes."""
        self._importer.close()

    def _screen(self, tip: str, branches: Sequence[Branch], refusals: list[Refusal]) -> list[_Waiting]:
        """The branches that can be tried, with what they changed."""
        bases = self._objects.commits([branch.base for branch in branches])
        heads = self._objects.commits([branch.head for branch in branches])
        found: list[tuple[Branch, Identity]] = []
        for branch, base, head in zip(branches, bases, heads, strict=True):
            if base is None or head is None:
                refusals.append(Refusal(branch, (), "Its base or its head is no commit of this repository."))
            else:
                found.append((branch, branch.author or Identity.of_commit(head)))
        pairs = [(branch.base, branch.head) for branch, _ in found]
        rows = zip(found, self._comparisons.of(pairs), self._history.starts(tip, pairs), strict=True)
        waiting = []
        for (branch, author), changes, plain in rows:
            if bad := _hostile_path(changes):
                refusals.append(Refusal(branch, (), f"It brings the path {bad!r}, which no folder may be given."))
            elif _malformed(changes):
                refusals.append(Refusal(branch, (), _MALFORMED))
            else:
                waiting.append(_Waiting(branch, author, changes, plain))
        return waiting

    def _round(
        self, top: str, waiting: list[_Waiting], together: int, refusals: list[Refusal]
    ) -> tuple[list[_Ready], list[_Waiting]]:
        """What can be written on `top` in one go, and what must wait for the next."""
        if self._listed != top:
            self._listing = Listing.read(self._runner, top)
        self._listed = ""  # it runs ahead of what is written
        chosen, left = _first_at_each_path(waiting, together)
        ready = []
        later = {id(each) for each in left}
        for each in self._on_top(top, chosen, refusals):
            if self._listing.fits(each.changes) and not self._moves_a_folder(each):
                self._listing.apply(each.changes)
                ready.append(each)
            else:
                later.add(id(each.waiting))
        return ready, [each for each in waiting if id(each) in later]

    def _on_top(self, top: str, chosen: list[_Waiting], refusals: list[Refusal]) -> list[_Ready]:
        """What each branch changes on `top`: what it changed since its base, or else what git's merge changes."""
        found = {
            number: _Ready(each, each.changes, each.branch.base, each.branch.head, merged=False)
            for number, each in enumerate(chosen)
            if each.plain
        }
        found = {
            number: ready
            for number, ready in found.items()
            if self._listing.fits(ready.changes) and not self._moves_a_folder(ready)
        }
        others = [number for number in range(len(chosen)) if number not in found]
        merged = self._merged(top, [chosen[number] for number in others], refusals)
        found |= {number: ready for number, ready in zip(others, merged, strict=True) if ready is not None}
        return [found[number] for number in sorted(found)]

    def _merged(self, top: str, chosen: list[_Waiting], refusals: list[Refusal]) -> list[_Ready | None]:
        """What git's merge of each with `top` changes there; ``None`` for those that are refused."""
        merges = self._merges(top, chosen, refusals)
        clean = [result for result in merges if result is not None and result.clean]
        top_tree = self._objects.tree_of(top)
        changes = iter(changes_of_trees(self._runner, [(top_tree, result.tree) for result in clean]))
        found: list[_Ready | None] = []
        for each, result in zip(chosen, merges, strict=True):
            if result is not None and result.clean:
                found.append(_Ready(each, next(changes), top_tree, result.tree, merged=True))
                continue
            if result is not None:
                paths = ", ".join(result.conflicts)
                refusals.append(Refusal(each.branch, result.conflicts, f"It conflicts with main in {paths}."))
            found.append(None)
        return found

    def _merges(self, top: str, chosen: list[_Waiting], refusals: list[Refusal]) -> list[Merge | None]:
        try:
            return list(merge_all(self._runner, [(top, each.branch.head) for each in chosen]))
        except GitError:  # one that cannot be tried ends the process for all
            return [self._merge_alone(top, each.branch, refusals) for each in chosen]

    def _merge_alone(self, top: str, branch: Branch, refusals: list[Refusal]) -> Merge | None:
        try:
            return merge(self._runner, top, branch.head)
        except GitError as error:
            merge(self._runner, top, top)  # raises where it is not the branch that is to blame
            refusals.append(Refusal(branch, (), str(error)))
            return None

    def _moves_a_folder(self, ready: _Ready) -> bool:
        return moves_a_folder(self._listing, self._objects, ready.changes, ready.before, ready.after)

    def _write(self, top: str, ready: list[_Ready], when: int) -> list[Landing]:
        if not ready:
            return []
        commits = self._importer.write(top, [_new_commit(each.waiting, each.changes) for each in ready], when)
        self._history.advance(top, commits)
        self._listed = commits[-1]
        return [
            Landing(each.waiting.branch, commit, each.merged, each.changes)
            for each, commit in zip(ready, commits, strict=True)
        ]

    def _refusal_of_write(self, top: str, waiting: _Waiting, when: int) -> Refusal:
        self._importer.write(
            top, [_new_commit(waiting, ())], when
        )  # raises where it is not the changes that are to blame
        return Refusal(waiting.branch, (), "Git refuses to write what it changes; an object it names may be missing.")


def _new_commit(waiting: _Waiting, changes: Changes) -> NewCommit:
    return NewCommit(changes, waiting.branch.head, waiting.branch.message, waiting.author)


def _hostile_path(changes: Changes) -> str | None:
    return next((change.path for change in changes if change.after is not None and hostile(change.path)), None)


def _malformed(changes: Changes) -> bool:
    """Whether a path comes twice, or as a file and as a folder."""
    added = {change.path for change in changes if change.after is not None}
    twice = len({change.path for change in changes}) < len(changes)
    return twice or any(not added.isdisjoint(folders_of(path)) for path in added)


def _first_at_each_path(waiting: list[_Waiting], together: int) -> tuple[list[_Waiting], list[_Waiting]]:
    """The first `together` that do not touch what an earlier one touches, and the rest."""
    chosen: list[_Waiting] = []
    left: list[_Waiting] = []
    claimed: set[str] = set()
    for each in waiting:
        paths = {change.path for change in each.changes}
        (chosen if len(chosen) < together and claimed.isdisjoint(paths) else left).append(each)
        claimed |= paths
    return chosen, left


def _in_order(refusals: list[Refusal], branches: Sequence[Branch]) -> tuple[Refusal, ...]:
    order = {id(branch): number for number, branch in enumerate(branches)}
    return tuple(sorted(refusals, key=lambda refusal: order[id(refusal.branch)]))
