"""A batch is what git's merges would have made, one after the other."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.many_branches import Draft, write_drafts
from coordinator.git import Branch, Merge, Repository
from coordinator.git.changes import changes_of_trees
from coordinator.git.merging import merge_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.git import Landing

# Few paths and few contents: files are found again elsewhere, which git takes as moved, and folders come and go.
PATHS = [f"{folder}{name}" for folder in ("", "f/", "g/", "g/h/") for name in ("1", "2", "3")]
LINES = [[f"{kind} {number}" for number in range(9)] for kind in ("a", "b")]
CONTENTS = [("\n".join([*lines[:at], "changed", *lines[at:]]) + "\n").encode() for lines in LINES for at in (0, 4, 9)]
FILES = st.dictionaries(st.sampled_from(PATHS), st.sampled_from(CONTENTS), min_size=4)
EDITS = st.dictionaries(st.sampled_from(PATHS), st.none() | st.sampled_from(CONTENTS), min_size=1, max_size=4)
EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)


@pytest.fixture(scope="module")
def repository() -> Iterator[Repository]:
    with tempfile.TemporaryDirectory() as folder:
        made = Repository.create(Path(folder))
        yield made
        made.close()


def branches(repository: Repository, files: dict[str, bytes], edits: list[dict[str, bytes | None]]) -> list[Branch]:
    kept = [{path: new for path, new in edit.items() if new is not None or path in files} for edit in edits]
    base, *heads = write_drafts(repository, [Draft((), files), *(Draft((0,), edit) for edit in kept)])
    return [Branch(base, head, "x") for head in heads]


def is_merged_somewhere(repository: Repository, landing: Landing, tips: list[str]) -> bool:
    """Whether git's merge with one of `tips` changes there what the landing changes."""
    merges = merge_all(repository._runner, [(tip, landing.branch.head) for tip in tips])
    tops = [repository._objects.tree_of(tip) for tip in tips]
    pairs = [(top, merge.tree) for top, merge in zip(tops, merges, strict=True) if merge.clean]
    return landing.changes in changes_of_trees(repository._runner, pairs)


def is_what_git_makes(repository: Repository, made: list[Branch], first: int) -> int:
    """Lands some branches and then the others, compares each landing with git's merge; returns how many landed."""
    count, tip = 0, made[0].base
    for part in (made[:first], made[first:]):
        batch = repository.batch(tip, part, 0)
        before = [tip, *(landing.commit for landing in batch.landings)]
        pairs = [(old, landing.branch.head) for old, landing in zip(before, batch.landings, strict=False)]
        for at, (merge, landing) in enumerate(zip(merge_all(repository._runner, pairs), batch.landings, strict=True)):
            if landing.merged:
                # Not always with the one just before: two landings of a batch can look like a moved file together.
                assert is_merged_somewhere(repository, landing, before[: at + 1])
            else:
                assert merge == Merge(repository._objects.tree_of(landing.commit), ())
        count += len(batch.landings)
        assert len(batch.landings) + len(batch.refusals) == len(part)
        tip = batch.top
    return count


@EXAMPLES
@given(files=FILES, edits=st.lists(EDITS, min_size=1, max_size=6), first=st.integers(0, 6))
def test_each_landing_is_what_git_makes_of_it(
    repository: Repository, files: dict[str, bytes], edits: list[dict[str, bytes | None]], first: int
) -> None:
    is_what_git_makes(repository, branches(repository, files, edits), first)


@EXAMPLES
@given(files=FILES, edit=st.lists(EDITS, min_size=1, max_size=3), first=st.integers(0, 6))
def test_changes_that_do_not_overlap_all_land_as_if_merged_one_by_one(
    repository: Repository, files: dict[str, bytes], edit: list[dict[str, bytes | None]], first: int
) -> None:
    taken: set[str] = set()
    disjoint: list[dict[str, bytes | None]] = []
    for each in edit:
        # Nothing is added or removed: then no folder seems to move, and git never finds a conflict.
        own: dict[str, bytes | None] = {
            path: new for path, new in each.items() if path in files and path not in taken and new is not None
        }
        taken |= set(own)
        disjoint.append(own)
    assert is_what_git_makes(repository, branches(repository, files, disjoint), first) == len(disjoint)
