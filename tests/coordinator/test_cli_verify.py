from __future__ import annotations

import hashlib
import json
import subprocess
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from checker import Builder, CertificateStore, find_lean
from coordinator.git import MAIN, Repository
from tests.checker.desk import PROJECT, PROOF, STATED, ZERO_ADD
from tests.support.campaigns import blueprover
from tests.support.repositories import commit_files
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from pathlib import Path

SANDBOX = any_sandbox().name
TARGET = "Book.zero_add"
ADD = "Book/Nodes/Add.lean"
NEW = "Book/Nodes/New.lean"
HEAD = "module\nprelude\npublic import Book.Nodes.Add\n"
STATEMENT = HEAD + "public theorem Book.add_zero (a : Num) : Eq (add a .zero) a :=\n  sorry\n".replace(
    "Num", "Book.Num"
).replace("add a", "Book.add a")


@dataclass
class Bench:
    """A bare repository with the checker's small project on ``main``, and certificates kept between tests."""

    repository: Repository
    base: str
    scratch: Path
    certificates: Path

    def commit(self, files: dict[str, str], parent: str | None = None) -> str:
        self.scratch.mkdir(exist_ok=True)
        return commit_files(self.repository, self.scratch, files, parent=parent or self.base)

    def run(self, head: str, *options: str, base: str | None = None) -> subprocess.CompletedProcess[str]:
        words = ("--base", base or self.base, "--head", head, "--sandbox", SANDBOX)
        kept = ("--certificates", str(self.certificates))
        return blueprover("verify", str(self.repository.path), *words, *kept, *options)

    def judge(self, files: dict[str, str], *options: str) -> dict[str, Any]:
        answer = self.run(self.commit(files), "--json", *options)
        assert answer.returncode in (0, 1), answer.stderr
        found: dict[str, Any] = json.loads(answer.stdout)
        assert answer.returncode == (0 if found["accepted"] else 1), answer.stderr
        assert found["accepted"] is not bool(found["reasons"])
        return found


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture
def bench(tmp_path: Path, certificates: Path) -> Bench:
    repository = Repository.create(tmp_path / "project.git")
    base = repository.commit(repository.write_tree(PROJECT), [], "a project")
    repository.move(MAIN, base, None)
    return Bench(repository, base, tmp_path / "trees", certificates)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def codes(found: dict[str, Any]) -> set[str]:
    return {each["code"] for each in found["reasons"]}


def test_an_honest_proof_is_accepted_and_every_promised_key_is_there(bench: Bench) -> None:
    found = bench.judge({ZERO_ADD: PROOF}, "--target", TARGET)
    assert found["accepted"] is True
    assert found["stage"] == "proof"
    assert found["axioms"] == {TARGET: []}
    [module] = found["modules"]
    assert module["name"] == "Book.Nodes.ZeroAdd"
    assert module["certified"] is True
    assert len(module["interface_digest"]) == 64
    assert found["conditional"] is False
    assert found["assumes"] == []
    assert found["sandbox"] == SANDBOX


def test_the_certificate_is_what_anybody_makes_of_both_trees(bench: Bench) -> None:
    text = PROOF + "\n/-- A remark. -/\n"
    found = bench.judge({ZERO_ADD: PROOF}, "--target", TARGET)
    with closing(Builder(find_lean(), any_sandbox(), CertificateStore(bench.certificates))) as builder:
        after = builder.certify(PROJECT, extra={"Book.Nodes.ZeroAdd": PROOF.encode()}).certificates[
            "Book.Nodes.ZeroAdd"
        ]
    parts = [
        "Book.Nodes.ZeroAdd",
        sha256(PROOF),
        *(f"{name}\0{after.imports[name]}" for name in sorted(after.imports)),
    ]
    line = f"Book.Nodes.ZeroAdd {sha256(chr(0).join(parts))} {after.interface_digest}\n"
    assert found["certificate"] == sha256(line), "a proof moves no interface, so that one module differs"
    assert bench.judge({ZERO_ADD: text}, "--target", TARGET)["certificate"] != found["certificate"]
    assert bench.judge({ZERO_ADD: PROOF.replace("rfl", "sorry")}, "--target", TARGET)["certificate"] is None


def test_the_target_is_inferred_where_one_module_with_one_open_statement_is_changed(bench: Bench) -> None:
    found = bench.judge({ZERO_ADD: PROOF, "Book/Helpers/More.lean": HEAD})
    assert found["accepted"] is True
    assert (found["target"], found["module"], found["stage"]) == (TARGET, "Book.Nodes.ZeroAdd", "proof")


def test_a_sorry_that_is_left_is_refused_at_its_file(bench: Bench) -> None:
    found = bench.judge({ZERO_ADD: f"{HEAD}namespace Book\n{STATED}  (sorry)\nend Book\n".replace("Book.zero", "zero")})
    [reason] = found["reasons"]
    assert (reason["code"], reason["file"]) == ("sorry", ZERO_ADD)


def test_a_target_that_was_not_touched_and_is_still_open_is_refused(bench: Bench) -> None:
    found = bench.judge({"Book/Helpers/More.lean": HEAD}, "--target", TARGET)
    assert codes(found) == {"sorry"}


def test_a_changed_statement_is_refused(bench: Bench) -> None:
    weaker = PROOF.replace("Eq (add .zero a) a :=\n  a.rec rfl (fun _ h => congr_succ h)", "Eq a a :=\n  rfl")
    assert "statement-changed" in codes(bench.judge({ZERO_ADD: weaker}, "--target", TARGET))


def test_a_definition_below_may_not_change_in_a_plain_change_either(bench: Bench) -> None:
    text = (PROJECT / ADD).read_text().replace(".succ (add a b)", "add a b")
    found = bench.judge({ADD: text})
    assert found["stage"] == "plain"
    assert "locked-changed" in codes(found)


def test_a_new_axiom_is_refused_with_its_line(bench: Bench) -> None:
    found = bench.judge({ZERO_ADD: PROOF.replace("public theorem", "axiom cheat : True\n\npublic theorem")})
    [reason] = found["reasons"]
    assert (reason["code"], reason["file"], reason["line"]) == ("syntax-not-allowed", ZERO_ADD, 8)


@pytest.mark.parametrize("path", ["lakefile.lean", "text/web.tex", "Book/Base/Logic.lean", "README.md", "Book.lean"])
def test_files_for_people_are_refused_with_and_without_a_target(bench: Bench, path: str) -> None:
    text = HEAD if path.endswith(".lean") else "mine\n"
    files = {ZERO_ADD: PROOF, path: text}
    for options in ((), ("--target", TARGET)):
        found = bench.judge(files, *options)
        assert codes(found) == {"path-not-allowed"}
        assert [each["file"] for each in found["reasons"]] == [path]
    assert codes(bench.judge({path: text})) == {"path-not-allowed"}


def test_a_proof_on_an_open_statement_is_conditional_and_names_it(bench: Bench) -> None:
    text = PROOF.replace("Book.Helpers.Shared", "Book.Nodes.SuccAdd").replace(
        "a.rec rfl (fun _ h => congr_succ h)",
        "have _h := succ_add a a\n  a.rec rfl (fun _ h => congrArg Num.succ h)",
    )
    found = bench.judge({ZERO_ADD: text})
    assert found["accepted"] is True
    assert found["conditional"] is True
    assert found["assumes"] == ["Book.succ_add"]
    assert found["axioms"] == {TARGET: ["sorryAx"]}


def test_a_new_statement_is_inferred_and_accepted(bench: Bench) -> None:
    found = bench.judge({NEW: STATEMENT})
    assert found["accepted"] is True
    assert (found["target"], found["stage"]) == ("Book.add_zero", "statement")


def test_a_new_definition_is_accepted_as_a_target_and_as_a_plain_change(bench: Bench) -> None:
    text = HEAD + "public noncomputable def Book.twice (a : Book.Num) : Book.Num := Book.add a a\n"
    assert bench.judge({NEW: text}, "--target", "Book.twice")["stage"] == "statement"
    found = bench.judge({NEW: text})
    assert found["accepted"] is True
    assert found["stage"] == "plain"


def test_a_plain_change_may_prove_several_statements_and_open_none(bench: Bench) -> None:
    succ = (PROJECT / "Book/Nodes/SuccAdd.lean").read_text()
    proof = succ.replace("sorry", "b.rec rfl (fun _ h => congrArg Num.succ h)")
    files = {ZERO_ADD: PROOF, "Book/Nodes/SuccAdd.lean": proof}
    found = bench.judge(files)
    assert found["accepted"] is True
    assert found["stage"] == "plain"
    assert found["axioms"]["Book.succ_add"] == []
    assert codes(bench.judge({**files, NEW: STATEMENT})) == {"sorry"}


def test_settings_of_the_base_say_who_may_write_where_and_those_of_the_head_do_not(bench: Bench) -> None:
    settings = "library: Book\nbase: [Book/Base, Book/Nodes]\n"
    strict = bench.commit({"campaign.yaml": settings})
    answer = bench.run(bench.commit({ZERO_ADD: PROOF}, strict), "--json", base=strict)
    assert codes(json.loads(answer.stdout)) == {"path-not-allowed"}
    assert codes(bench.judge({"campaign.yaml": "library: Book\n"})) == {"path-not-allowed"}


def test_a_submodule_is_refused(bench: Bench) -> None:
    environment = {
        "GIT_DIR": str(bench.repository.path),
        "GIT_INDEX_FILE": str(bench.repository.path / "scratch-index"),
    }

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], env=environment, check=True, capture_output=True, text=True).stdout

    git("read-tree", bench.base)
    git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},Book/Helpers/Sub")
    head = bench.repository.commit(git("write-tree").strip(), [bench.base], "a submodule")
    answer = bench.run(head, "--json")
    assert answer.returncode == 1
    [reason] = json.loads(answer.stdout)["reasons"]
    assert (reason["code"], reason["file"]) == ("path-not-allowed", "Book/Helpers/Sub")


def test_people_read_the_same_in_words(bench: Bench) -> None:
    answer = bench.run(bench.commit({ZERO_ADD: PROOF}))
    assert answer.returncode == 0
    assert answer.stdout.startswith(f"accepted: proof of {TARGET}, from ")
    assert "rests on no axiom" in answer.stdout
    assert ("sandbox: none" in answer.stdout) is (SANDBOX == "none")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--base", "nowhere"), "has no revision 'nowhere'"),
        (("--head", "--version"), "has no revision"),
        (("--target", "Book.nothing"), "declares 'Book.nothing'"),
        (("--target", "Book.nothing", "--stage", "proof"), "declares 'Book.nothing'"),
        (("--stage", "guess"), "There is no stage 'guess'"),
        (("--sandbox", "maybe"), "There is no sandbox 'maybe'"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(bench: Bench, options: tuple[str, ...], said: str) -> None:
    answer = bench.run("main", *options)
    assert answer.returncode == 2
    assert said in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert answer.stdout == ""


def test_what_is_no_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for folder in ("plain", "missing"):
        answer = blueprover("verify", str(tmp_path / folder), "--base", "main", "--head", "main")
        assert answer.returncode == 2
        assert str(tmp_path / folder) in answer.stderr


def test_a_work_tree_is_read_through_its_repository_whatever_lies_in_it(bench: Bench, tmp_path: Path) -> None:
    tree = tmp_path / "work"
    subprocess.run(["git", "clone", "-q", str(bench.repository.path), str(tree)], check=True, capture_output=True)
    (tree / ZERO_ADD).write_text("not Lean")
    words = ("--base", "HEAD", "--head", "HEAD", "--sandbox", SANDBOX, "--certificates", str(bench.certificates))
    answer = blueprover("verify", str(tree), *words, "--json")
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["modules"] == []
