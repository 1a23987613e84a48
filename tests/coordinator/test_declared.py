"""Where a book's nodes are declared already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from coordinator.campaign.declared import declared_in, find_declared
from coordinator.campaign.layout import Home
from coordinator.git import MAIN, Repository
from tests.support.repositories import commit_files

if TYPE_CHECKING:
    from pathlib import Path

BIG = "namespace A\n\ntheorem one : True := x\n\nnamespace B\n\n@[simp] lemma two : True := x\n\nend B\n\nend A\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (BIG, {"A.one", "A.B.two"}),
        ("-- theorem A.one\ntheorem A.two : True := one\n", set()),
        ("theorem A.B.two : True := x\nstructure A.one where\n", {"A.one", "A.B.two"}),
        (f"{BIG}\n)(", {"A.one", "A.B.two"}),
        ("theorem someone : True := x\n)(", set()),
        ("", set()),
    ],
)
def test_a_source_tells_which_names_it_declares(text: str, found: set[str]) -> None:
    assert declared_in(text, ("A.one", "A.B.two", "A.three")) == found


def test_the_first_source_that_declares_a_name_is_found_and_what_is_no_source_is_passed_over(tmp_path: Path) -> None:
    hub = Repository.create(tmp_path / "hub.git")
    files = {"A/Big.lean": BIG, "A/Later.lean": BIG, "A/One.lean": "theorem A.one : True := x\n", "1/x y.lean": BIG}
    tip = commit_files(hub, tmp_path, {**files, "lakefile.lean": BIG, "A.txt": BIG}, MAIN)
    wanted = ("A.one", "A.B.two", "A.three")
    assert find_declared(hub, hub.blobs(tip), wanted, ()) == {"A.one": "A.Big", "A.B.two": "A.Big"}
    assert find_declared(hub, hub.blobs(tip), wanted, ("A/Big.lean",)) == {"A.one": "A.Later", "A.B.two": "A.Later"}
    assert find_declared(hub, hub.blobs(tip), (), ()) == {}


def test_the_home_of_a_module_with_a_strange_name_is_its_file() -> None:
    assert Home("A.«b-c».D", "A.d").path == "A/b-c/D.lean"
