"""The last gate. Every test here uses the stand-ins for lake and for Lean's exporter; no real comparator was run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from checker import Builder, CertificateStore, Change, Layout, LeanChoice, Policy, audit, judge
from checker.build.environment import Environment
from checker.errors import AuditFailed
from checker.gate.comparator import Comparator
from checker.lean.lake import installed_toolchain
from tests.support.lake_books import FILES, MODULE, PROOF, TARGET, give_library, host_project, write
from tests.support.sandboxes import any_sandbox
from tests.support.toolchains import give_judges, stand_in_toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from checker import Judgement

LEMMA = "Book/Nodes/Lemma.lean"
FILES_WITH_LEMMA = {
    **FILES,
    LEMMA: "module\npublic import More.Basic\npublic theorem Book.lemma (p : Prop) : p := sorry\n",
}


class Desk:
    """A book of lake, and a toolchain of its own that has judges."""

    def __init__(self, folder: Path) -> None:
        self.toolchain = give_judges(give_library(stand_in_toolchain(folder / "elan")))
        self.packages = host_project(folder / "host", self.toolchain)
        self.folder, self.heads = folder, 0
        self.base = write(folder / "base", FILES_WITH_LEMMA)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ELAN_HOME", str(folder / "elan"))
            lean = LeanChoice("lake", self.packages).toolchain(self.base, any_sandbox())
        self.builder = Builder(lean, any_sandbox(), CertificateStore(folder / "store"))
        environment = Environment(self.builder.certify(self.base))
        self.locks = {name: environment.meaning(name) for name in (TARGET, "Book.lemma")}

    def judge(self, files: Mapping[str, str], policy: Policy | None = None) -> Judgement:
        self.heads += 1
        change = Change(
            base=self.base,
            head=write(self.folder / f"head{self.heads}", {**FILES_WITH_LEMMA, **files}),
            stage="proof",
            target=TARGET,
            module="Book.Nodes.Same",
            lock=self.locks[TARGET],
            open_statements=self.locks,
            locked=self.locks,
        )
        return judge(change, Layout("Book", ("Book/Base",), ("Book/Helpers",)), policy or Policy(), self.builder)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    made = Desk(tmp_path_factory.mktemp("desk"))
    yield made
    made.builder.close()


@pytest.fixture
def prepared(desk: Desk, request: pytest.FixtureRequest) -> Iterator[str]:
    """A file in the toolchain that has its judge say something."""
    file = desk.toolchain / request.param
    file.touch()
    yield request.param
    file.unlink()


def said(judgement: Judgement) -> list[str]:
    return [f"{reason.code.value}: {reason.message}" for reason in judgement.reasons]


def test_a_proof_is_judged_by_the_toolchains_own_comparator_last_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF})
    assert said(judgement) == []
    assert judgement.compared


@pytest.mark.parametrize(
    ("prepared", "words"),
    [
        ("refuse", "comparator: `lake comparator` refuses it: error: theorem statement do not match"),
        ("unable", "comparator: `lake comparator` gave no judgement: error: this judge needs what is not there"),
    ],
    indirect=["prepared"],
)
@pytest.mark.usefixtures("prepared")
def test_what_the_comparator_refuses_or_cannot_judge_is_refused_with_the_stand_in(desk: Desk, words: str) -> None:
    judgement = desk.judge({MODULE: PROOF})
    assert said(judgement) == [words]
    assert not judgement.compared
    assert said(desk.judge({MODULE: PROOF}, Policy(comparator=False))) == []


def asked(judgement: Judgement) -> dict[str, object]:
    """What a judge that tells was asked."""
    [words] = said(judgement)
    found: dict[str, object] = json.loads(words.partition("error: ")[2])
    return found


@pytest.mark.parametrize("prepared", ["tell"], indirect=True)
@pytest.mark.usefixtures("prepared")
def test_the_comparator_is_asked_for_the_target_and_the_axioms_there_are_with_the_stand_in(desk: Desk) -> None:
    honest = asked(desk.judge({MODULE: PROOF}))
    assert honest == {
        "challenge_module": "Book.Nodes.Same",
        "solution_module": "Book.Nodes.Same",
        "theorem_names": [TARGET],
        "permitted_axioms": ["Classical.choice", "Quot.sound", "propext"],
    }
    conditional = PROOF.replace("import More.Basic", "import More.Basic\npublic import Book.Nodes.Lemma")
    conditional = conditional.replace("More.same a", "Book.lemma _")
    assert asked(desk.judge({MODULE: conditional}))["permitted_axioms"] == [
        "Classical.choice", "Quot.sound", "propext", "sorryAx",
    ]  # fmt: skip


def test_an_audit_ends_with_lakes_own_check_with_the_stand_in(desk: Desk, tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", {**FILES, MODULE: PROOF})
    assert audit(tree, desk.builder, [TARGET]) == {TARGET: ()}
    refusing = desk.toolchain / "refuse"
    refusing.touch()
    try:
        with pytest.raises(AuditFailed, match=r"^`lake check` refuses it: error: theorem statement do not match$"):
            audit(tree, desk.builder, [TARGET])
        assert audit(tree, desk.builder, [TARGET], comparator=False) == {TARGET: ()}
        assert audit(tree, desk.builder, []) == {}
    finally:
        refusing.unlink()


def test_a_module_the_exporter_does_not_find_is_not_judged_with_the_stand_in(desk: Desk) -> None:
    judges = Comparator.of(desk.builder)
    assert judges is not None
    build = desk.builder.certify(desk.base)
    assert judges.compare(build, build, "Book.Nowhere", TARGET, ()) == (
        "Lean's exporter did not write Book.Nowhere: unknown module prefix 'Book.Nowhere'"
    )


def test_a_toolchain_without_judges_and_the_embedded_lean_have_no_comparator_with_the_stand_in(
    builder: Builder, elan_with_library: Path, tmp_path: Path
) -> None:
    assert Comparator.of(builder) is None
    older = Builder(installed_toolchain(elan_with_library), any_sandbox(), CertificateStore(tmp_path / "store"))
    assert Comparator.of(older) is None
