"""The gate with the toolchain a project has. Every test here uses the stand-in for lake."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from coordinator.cli.app import NO_ENGINE
from coordinator.git import MAIN, Repository
from tests.support.campaigns import blueprover
from tests.support.lake_books import FILES, MODULE, PROOF, TARGET, host_project, write
from tests.support.repositories import commit_files
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path


class Bench:
    """A book of lake in a repository, and this host's compiled packages."""

    def __init__(self, folder: Path, toolchain: Path) -> None:
        self.packages = host_project(folder / "host", toolchain)
        self.repository = Repository.create(folder / "book.git")
        self.base = self.repository.commit(self.repository.write_tree(write(folder / "tree", FILES)), [], "a book")
        self.repository.move(MAIN, self.base, None)
        self.scratch = folder

    def verify(self, files: dict[str, str], *options: str) -> tuple[int, str, str]:
        head = commit_files(self.repository, self.scratch, files, parent=self.base)
        words = ("--base", self.base, "--head", head, "--sandbox", any_sandbox().name, "--json")
        answer = blueprover("verify", str(self.repository.path), *words, *options)
        return answer.returncode, answer.stdout, answer.stderr

    def judge(self, files: dict[str, str], *options: str) -> dict[str, Any]:
        code, out, errors = self.verify(files, "--packages", str(self.packages), *options)
        assert code in (0, 1), errors
        found: dict[str, Any] = json.loads(out)
        return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, elan_with_library: Path) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"), elan_with_library)


@pytest.fixture(autouse=True)
def only_the_stand_in(elan_with_library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ELAN_HOME", str(elan_with_library.parent.parent))


def test_a_proof_from_a_package_is_accepted_with_the_stand_in(bench: Bench) -> None:
    found = bench.judge({MODULE: PROOF}, "--target", TARGET)
    assert found["reasons"] == []
    assert found["accepted"] is True
    assert found["axioms"] == {TARGET: []}
    assert found["lean"].startswith("Lean 4.35.0 eb6cafb7 lake ")


def test_a_proof_that_is_none_is_refused_with_the_stand_in(bench: Bench) -> None:
    found = bench.judge({MODULE: PROOF.replace("More.same a", "a")}, "--target", TARGET)
    assert {each["code"] for each in found["reasons"]} == {"build-failed"}


def test_packages_that_are_nowhere_end_in_one_sentence_with_the_stand_in(bench: Bench) -> None:
    code, _, errors = bench.verify({MODULE: PROOF}, "--target", TARGET)
    assert code == NO_ENGINE
    assert "name the folder of a project with them, as `workers.packages` or with --packages." in errors


def test_people_can_have_the_embedded_lean_judge(bench: Bench) -> None:
    code, out, errors = bench.verify({MODULE: PROOF}, "--lean", "embedded", "--target", TARGET)
    assert code == 2, (out, errors)
    assert "does not compile there" in errors
