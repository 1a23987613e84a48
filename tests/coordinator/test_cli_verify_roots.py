"""Repositories whose Lean sources stand in a folder of their own, as their lakefile says."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from coordinator.campaign.founding import source_folder_of
from coordinator.git import MAIN, Repository
from tests.checker.desk import PROJECT, PROOF, ZERO_ADD
from tests.support.campaigns import blueprover
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path

LAKEFILE = 'import Lake\nopen Lake DSL\n\npackage book\nlean_lib Book where\n  srcDir := "lean"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    shutil.copytree(PROJECT, folder / "lean")
    (folder / "lean" / "lakefile.lean").unlink()
    (folder / "lakefile.lean").write_text(LAKEFILE)
    return folder


def judged(tmp_path: Path, repository: Repository, base: str, tree: Path) -> dict[str, Any]:
    head = repository.commit(repository.write_tree(tree), [base], "a change")
    kept = ("--certificates", str(tmp_path / "certificates"), "--sandbox", any_sandbox().name)
    answer = blueprover("verify", str(repository.path), "--base", base, "--head", head, "--json", *kept)
    found: dict[str, Any] = json.loads(answer.stdout)
    assert answer.returncode == (0 if found["accepted"] else 1)
    return found


def test_modules_are_named_from_the_folder_that_the_lakefile_names_and_what_is_outside_is_for_people(
    tmp_path: Path, tree: Path
) -> None:
    repository = Repository.create(tmp_path / "project.git")
    base = repository.commit(repository.write_tree(tree), [], "a project")
    repository.move(MAIN, base, None)
    (tree / "lean" / ZERO_ADD).write_text(PROOF)
    found = judged(tmp_path, repository, base, tree)
    assert found["accepted"] is True
    assert (found["target"], found["module"]) == ("Book.zero_add", "Book.Nodes.ZeroAdd")

    (tree / "lakefile.lean").write_text(LAKEFILE.replace('"lean"', '"elsewhere"'))
    [reason] = judged(tmp_path, repository, base, tree)["reasons"]
    assert (reason["code"], reason["file"]) == ("path-not-allowed", "lakefile.lean")

    (tree / "lakefile.lean").write_text(LAKEFILE)
    (tree / "lean" / ZERO_ADD).write_text(PROOF.replace("a.rec rfl", "a.rec wrong"))
    reasons = judged(tmp_path, repository, base, tree)["reasons"]
    assert {(each["code"], each["file"]) for each in reasons} == {("build-failed", f"lean/{ZERO_ADD}")}


def test_a_link_in_place_of_the_sources_leads_nowhere(tmp_path: Path, tree: Path) -> None:
    repository = Repository.create(tmp_path / "project.git")
    base = repository.commit(repository.write_tree(tree), [], "a project")
    elsewhere = tmp_path / "elsewhere"
    (tree / "lean").rename(elsewhere)
    (tree / "lean").symlink_to(elsewhere)
    found = judged(tmp_path, repository, base, tree)
    assert found["accepted"] is False
    assert {each["code"] for each in found["reasons"]} == {"path-not-allowed"}


@pytest.mark.parametrize(
    ("name", "text", "folder"),
    [
        ("lakefile.lean", LAKEFILE, "lean"),
        ("lakefile.toml", '[[lean_lib]]\nname = "Book"\nsrcDir = "lean"\n', "lean"),
        ("lakefile.lean", LAKEFILE.replace('"lean"', '"./lean/"'), "lean"),
        ("lakefile.lean", LAKEFILE.replace('"lean"', '"."'), ""),
        ("lakefile.lean", LAKEFILE.replace('"lean"', '"../lean"'), ""),
        ("lakefile.lean", LAKEFILE.replace('"lean"', '"/usr"'), ""),
        ("lakefile.lean", LAKEFILE.replace('"lean"', '"missing"'), ""),
        ("lakefile.lean", "lean_lib Book\n", ""),
    ],
)
def test_only_a_folder_below_is_taken_for_the_folder_of_sources(
    tmp_path: Path, name: str, text: str, folder: str
) -> None:
    (tmp_path / "lean").mkdir()
    (tmp_path / name).write_text(text)
    assert source_folder_of(tmp_path) == folder
