"""The gate where Lean has a library and the project a package. Every test here uses the stand-in for lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from checker import Builder, CertificateStore, Change, Layout, LeanChoice, Policy, WarmPool, judge
from checker.build.environment import Environment
from tests.support.lake_books import FILES, MODULE, OPEN, PROOF, TARGET, host_project, write
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from checker import Judgement

LAYOUT = Layout("Book", ("Book/Base",), ("Book/Helpers",))
HELPER = "Book/Helpers/More.lean"


class Desk:
    """A book of lake, its package on this host, and the builder that judges changes of it."""

    def __init__(self, folder: Path, toolchain: Path) -> None:
        self.packages = host_project(folder / "host", toolchain)
        self.base = write(folder / "base", FILES)
        self.folder = folder
        lean = LeanChoice("lake", self.packages).toolchain(self.base, any_sandbox())
        self.builder = Builder(lean, any_sandbox(), CertificateStore(folder / "store"))
        self.lock = Environment(self.builder.certify(self.base)).meaning(TARGET)
        self.heads = 0

    def judge(self, files: Mapping[str, str]) -> Judgement:
        self.heads += 1
        head = write(self.folder / f"head{self.heads}", {**FILES, **files})
        change = Change(
            base=self.base,
            head=head,
            stage="proof",
            target=TARGET,
            module="Book.Nodes.Same",
            is_definition=False,
            lock=self.lock,
            open_statements={},
            locked={TARGET: self.lock},
        )
        return judge(change, LAYOUT, Policy(), self.builder)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, elan_with_library: Path) -> Iterator[Desk]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELAN_HOME", str(elan_with_library.parent.parent))
        made = Desk(tmp_path_factory.mktemp("desk"), elan_with_library)
        yield made
        made.builder.close()


def said(judgement: Judgement) -> list[str]:
    return [f"{reason.code.value}: {reason.message}" for reason in judgement.reasons]


def test_an_honest_proof_from_a_package_is_accepted_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF})
    assert said(judgement) == []
    assert judgement.axioms == {TARGET: ()}


def test_an_axiom_of_the_library_is_allowed_by_name_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF.replace("More.same a", "(fun (_ : Eq True True) => rfl) (propext id id)")})
    assert said(judgement) == []
    assert judgement.axioms == {TARGET: ("propext",)}


def test_an_axiom_of_a_package_is_none_of_the_library_whatever_its_name_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF.replace("More.same", "More.chosen")})
    assert said(judgement) == [
        f"axiom-not-allowed: `{TARGET}` rests on the axiom `Quot.sound`, which is not of the base."
    ]


def test_an_axiom_of_the_library_that_is_not_on_the_list_is_refused_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF.replace("More.same a", "Base.unlisted _")})
    assert said(judgement) == [
        f"axiom-not-allowed: `{TARGET}` rests on the axiom `Base.unlisted`, which is not allowed."
    ]


def test_a_gap_in_a_package_is_a_gap_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF.replace("More.same", "More.open")})
    assert f"sorry: `{TARGET}` rests on `More.open`, which rests on `sorry`." in said(judgement)


def test_prelude_is_not_for_agents_where_the_base_builds_on_the_library_with_the_stand_in(desk: Desk) -> None:
    judgement = desk.judge({MODULE: PROOF, HELPER: "module\nprelude\npublic inductive Nat.Twin where\n  | zero\n"})
    assert said(judgement) == ["module-not-allowed: `prelude` is not for agents where the base builds on Init."]


def test_a_name_that_a_package_declares_is_taken_with_the_stand_in(desk: Desk) -> None:
    helper = "module\npublic theorem More.same (p : Prop) (h : p) : p := h\n"
    judgement = desk.judge({MODULE: PROOF, HELPER: helper})
    assert said(judgement) == [
        "duplicate-declaration: `More.same` is declared in More.Basic too, outside the tree.",
    ]


def test_a_statement_that_is_open_in_the_base_stays_locked_over_a_package_with_the_stand_in(desk: Desk) -> None:
    weaker = PROOF.replace("Eq a a", "Eq More.Thing.one More.Thing.one").replace("More.same a", "rfl")
    assert "statement-changed" in {reason.code.value for reason in desk.judge({MODULE: weaker}).reasons}
    assert said(desk.judge({MODULE: OPEN})) != []


def test_a_warm_server_checks_a_draft_over_packages_and_library_with_the_stand_in(desk: Desk) -> None:
    with WarmPool(desk.builder) as pool:
        assert pool.check(desk.base, "Book.Nodes.Same", PROOF).ok
        wrong = pool.check(desk.base, "Book.Nodes.Same", PROOF.replace("More.same a", "More.nothing a"))
    assert not wrong.ok
    assert any("More.nothing" in each.message for each in wrong.diagnostics)
