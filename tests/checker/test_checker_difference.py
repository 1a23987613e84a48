from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker.gate.difference import difference

if TYPE_CHECKING:
    from pathlib import Path

MOST = 1000


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("base", "head"):
        (tmp_path / name / "Book").mkdir(parents=True)
    return tmp_path / "base", tmp_path / "head"


def told(base: Path, head: Path) -> list[tuple[str, str]]:
    return [(each.path, each.how) for each in difference(base, head, MOST)]


def test_a_file_in_a_folder_that_was_empty_is_one_change(sides: tuple[Path, Path]) -> None:
    base, head = sides
    (head / "Book/New.lean").write_text("module\n")
    assert told(base, head) == [("Book/New.lean", "added")]


def test_the_last_file_that_goes_from_a_folder_is_one_change(sides: tuple[Path, Path]) -> None:
    base, head = sides
    (base / "Book/Old.lean").write_text("module\n")
    assert told(base, head) == [("Book/Old.lean", "removed")]


def test_a_link_in_place_of_an_empty_folder_is_told(sides: tuple[Path, Path]) -> None:
    base, head = sides
    (head / "Book").rmdir()
    (head / "Book").symlink_to(base)
    assert [(each.path, each.odd) for each in difference(base, head, MOST)] == [("Book", "a symbolic link")]


def test_an_empty_folder_that_goes_is_told(sides: tuple[Path, Path]) -> None:
    base, head = sides
    (head / "Book").rmdir()
    assert told(base, head) == [("Book", "removed")]
