"""Drafts: what an author is told of them by warm servers, by compilations, and by the cut of a file. The real Lean."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agents.advice import MAX_MESSAGES
from agents.assignment import Assignment, NodeBrief
from agents.editing import MAX_DECLARATIONS, open_places, outline_text
from agents.endings import Submitted
from agents.errors import ToolError
from agents.outcome import Finding
from agents.tools import MAX_OUTPUT, Toolbox
from agents.workspace import Workspace
from checker import Certificate, Layout, Limits, WarmPool
from checker.build.environment import Environment
from checker.source.tree import source_of
from checker.warm.memory import family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker import Builder

BOOK = Path(__file__).parents[2] / "lean_project"
PATH, MODULE = "Arithmetic/Multiplication/ZeroMul.lean", "Arithmetic.Multiplication.ZeroMul"
NAME = "Arithmetic.Natural.zero_mul"
PROOF = (BOOK / PATH).read_text(encoding="utf-8")
STATED = PROOF[: PROOF.index(":=")] + ":=\n  sorry\n\nend Arithmetic.Natural\n"
STEP = ":=\n  induction (fun n => Eq (zero.mul n) zero) rfl (fun _ ih => {}) n"


@pytest.fixture(scope="module")
def pool(builder: Builder) -> Iterator[WarmPool]:
    with WarmPool(builder) as made:
        yield made


@pytest.fixture
def workspace(tmp_path: Path, builder: Builder, pool: WarmPool) -> Iterator[Workspace]:
    base = tmp_path / "base"
    shutil.copytree(BOOK, base, ignore=shutil.ignore_patterns(".*", "blueprint"))
    (base / PATH).write_text(STATED)
    shutil.copytree(base, tmp_path / "folder")
    yield Workspace(base, tmp_path / "folder", builder, pool=pool)
    pool.forget(tmp_path / "folder")


def toolbox(workspace: Workspace, role: Any = "author") -> Toolbox:
    node = NodeBrief("lem:zero_mul", "lemma", "", "", "A claim.", "", NAME, MODULE)
    layout = Layout("Arithmetic", ("Arithmetic/Base",), ("Arithmetic/Helpers",))
    lock = Environment(workspace.builder.certify(workspace.base, [MODULE])).meaning(NAME)
    return Toolbox(Assignment(role, "proof", node, "rehearsal", layout, lock=lock), workspace)


def use(tools: Toolbox, name: str, **given: Any) -> str:
    return tools.run(name, {"path": PATH, **given})


def names(tools: Toolbox) -> list[str]:
    return [each["name"] for each in tools.definitions]


def test_a_proof_is_found_with_goal_and_surgery_and_certified_from_nothing_in_the_end(
    workspace: Workspace, pool: WarmPool
) -> None:
    """And what a server accepted has not been compiled by anybody, until `submit` does."""
    tools = toolbox(workspace)
    assert f"public theorem {NAME} (open: sorry)" in use(tools, "outline")
    first = use(tools, "goal")
    assert first.startswith(f"{MODULE}:12:2: sorry\n")
    assert first.endswith("n : Natural\n⊢ Eq (zero.mul n) zero")
    use(tools, "replace_proof", declaration=NAME, proof=STEP.format("rfl"))
    refused = use(tools, "check")
    assert refused.startswith(f"Lean refuses {MODULE}:\n")
    goal = use(tools, "goal")
    assert "error: Type mismatch" in goal
    assert goal.endswith("ih : Eq (zero.mul x✝) zero\n⊢ Eq (zero.mul x✝.succ) zero")
    told = use(tools, "replace_proof", declaration=NAME, proof=STEP.format("ih"))
    assert "sorry" not in told
    assert use(tools, "check") == f"Lean accepts {MODULE}."
    assert pool.processes()
    source = source_of(MODULE, (workspace.folder / PATH).read_bytes())
    order = workspace.builder.order(workspace.folder, source)
    assert not isinstance(order, Certificate)
    assert workspace.builder.store.get(order.key) is None
    with pytest.raises(Submitted):
        tools.run("submit", {"summary": "Proved."})
    assert workspace.builder.store.get(order.key) is not None


DRAFTS = [STEP.format("(ih)"), STEP.format("rfl"), ":= sorry", ":= nonsense", ":= n", ":= by\n  exact rfl"]


def test_warm_checks_and_compilations_are_told_in_the_same_words(workspace: Workspace, pool: WarmPool) -> None:
    warm, cold = toolbox(workspace), toolbox(Workspace(workspace.base, workspace.folder, workspace.builder))
    use(warm, "check")
    for proof in DRAFTS:
        use(warm, "replace_proof", declaration=NAME, proof=proof)
        told = use(warm, "check")
        assert list(pool.processes()) == [(str(workspace.folder), MODULE)]
        assert told == use(cold, "check"), proof


def test_a_first_check_is_a_compilation_whose_certificate_the_gate_finds(workspace: Workspace, pool: WarmPool) -> None:
    tools = toolbox(workspace)
    use(tools, "replace_proof", declaration=NAME, proof=STEP.format("((ih))"))
    assert use(tools, "check") == f"Lean accepts {MODULE}."
    assert not pool.processes()
    assert workspace.builder.certify(workspace.folder, [MODULE]).compiled == ()


def test_a_server_that_fails_is_told_by_name_and_a_compilation_answers(workspace: Workspace) -> None:
    with WarmPool(workspace.builder, limits=Limits(seconds=20, memory_bytes=20 << 20)) as poor:
        tools = toolbox(Workspace(workspace.base, workspace.folder, workspace.builder, pool=poor))
        use(tools, "check")
        told = use(tools, "check")
        assert told.splitlines()[0].startswith("Lean's server failed at this draft (memory): Lean needed over 20 MB")
        assert f"Lean accepts {MODULE}." in told
        for place in ({}, {"line": 12}):
            with pytest.raises(ToolError, match="memory"):
                use(tools, "goal", **place)


def test_servers_of_a_tree_go_with_it(workspace: Workspace, pool: WarmPool) -> None:
    tools = toolbox(workspace)
    use(tools, "goal")
    (held,) = pool.processes().values()
    assert len(family(held)) > 1
    pool.forget(workspace.base)
    assert list(pool.processes().values()) == [held]
    pool.forget(workspace.folder)
    assert not pool.processes()
    assert pool.memory_bytes() == 0


def test_where_there_is_no_goal_the_author_is_told_so(workspace: Workspace) -> None:
    tools = toolbox(workspace)
    assert use(tools, "goal", line=1) == f"Lean knows no goal at {MODULE}:1:0."
    assert use(tools, "goal", line=12).endswith("⊢ Eq (zero.mul n) zero")
    assert use(tools, "goal", line=12, column=10**6)
    with pytest.raises(ToolError, match=r"has 15 lines"):
        use(tools, "goal", line=16)
    use(tools, "write_file", text=PROOF)
    assert use(tools, "goal") == f"Lean has no errors in {MODULE}, and it holds no `sorry`."
    use(tools, "write_file", text="module\nprelude\n" + "theorem sorry\n" * 20)
    assert "no goal at the first" in use(tools, "goal")
    use(tools, "write_file", text="module\nprelude\nimport Arithmetic.Absent\n")
    with pytest.raises(ToolError, match="missing-import"):
        use(tools, "goal")


def test_without_servers_there_is_no_goal_tool_and_reviewers_only_read(workspace: Workspace) -> None:
    bare = toolbox(Workspace(workspace.base, workspace.folder, workspace.builder))
    assert "goal" not in names(bare)
    with pytest.raises(ToolError, match="no tool 'goal'"):
        use(bare, "goal")
    assert names(toolbox(workspace, "reviewer")) == ["list_files", "read_file", "outline", "file_issue", "verdict"]


def test_an_agent_files_a_few_issues_about_what_it_works_on(workspace: Workspace) -> None:
    tools = toolbox(workspace, "reviewer")

    def file(text: str, **more: str) -> str:
        return tools.run("file_issue", {"kind": "missing_lemma", "text": text, **more})

    assert file("Zero is needed.").startswith("Filed.")
    assert file("Zero is needed.").startswith("Filed.")
    assert tools.findings == [Finding("missing_lemma", "lem:zero_mul", "Zero is needed.")]
    with pytest.raises(ToolError, match="'thm:other' is no node that this work uses"):
        file("That one too.", node="thm:other")
    with pytest.raises(ToolError, match="at most 2000 characters"):
        file("x" * 2001)
    for number in range(4):
        file(f"Lemma {number}.")
    with pytest.raises(ToolError, match="5 issues are the most"):
        file("One more.")


def test_messages_of_a_broken_import_are_told_warm_and_cold(workspace: Workspace) -> None:
    tools = toolbox(workspace)
    helper = "Arithmetic/Helpers/New.lean"
    use(tools, "write_file", path=helper, text="module\nprelude\ntheorem broken\n")
    use(tools, "write_file", text=STATED.replace("\nimport ", "\nimport Arithmetic.Helpers.New\nimport ", 1))
    first = use(tools, "check")
    assert "Arithmetic.Helpers.New:" in first
    assert ": error: " in first
    assert use(tools, "check") == first


def test_of_too_many_messages_errors_come_first_and_the_rest_is_counted(workspace: Workspace) -> None:
    many = "".join(f"theorem t{n} : Eq zero zero := sorry\n" for n in range(MAX_MESSAGES + 5))
    text = STATED.replace("/-- Zero", many + "theorem wrong : Eq zero zero := nonsense\n/-- Zero")
    tools = toolbox(workspace)
    use(tools, "write_file", text=text)
    for told in (use(tools, "check"), use(tools, "check")):
        assert "nonsense" in told.splitlines()[1]
        assert told.splitlines()[-1] == "… and 7 more messages."
        assert len(told.splitlines()) == MAX_MESSAGES + 2


def test_declarations_come_and_go_one_by_one(workspace: Workspace) -> None:
    tools = toolbox(workspace)
    lemma = "/-- Helps. -/\ntheorem helps : Eq zero zero := rfl"
    use(tools, "insert_declaration", text=lemma, above=NAME)
    use(tools, "insert_declaration", text=lemma.replace("helps", "more"), below="Arithmetic.Natural.helps")
    last = lemma.replace("helps", "last")
    told = use(tools, "insert_declaration", text=last, namespace="Arithmetic.Natural")
    assert [line.split()[-1] for line in told.splitlines()[1:] if "open" not in line] == [
        "Arithmetic.Natural.helps", "Arithmetic.Natural.more", "Arithmetic.Natural.last",
    ]  # fmt: skip
    assert use(tools, "check").startswith("Lean accepts")
    for name in ("helps", "more", "last"):
        use(tools, "remove_declaration", declaration=f"Arithmetic.Natural.{name}")
    assert workspace.read(PATH) == STATED


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("replace_proof", {"declaration": NAME, "proof": "rfl"}, "begins with"),
    ("replace_proof", {"declaration": NAME, "proof": ":= rfl\ntheorem more : Eq zero zero := rfl"}, "Nothing"),
    ("replace_proof", {"declaration": NAME, "proof": ":= (rfl"}, "Nothing was written"),
    ("replace_proof", {"declaration": "zero_mul", "proof": ":= rfl"}, "`outline` names"),
    ("insert_declaration", {"text": "open Natural"}, "Nothing was written"),
    ("insert_declaration", {"text": "theorem x : a := b", "above": NAME, "below": NAME}, "one place"),
    ("insert_declaration", {"text": "theorem x : a := b", "above": "Nowhere"}, "`outline` names"),
    ("insert_declaration", {"text": "theorem x : a := b", "namespace": "Nowhere"}, "no place inside"),
    ("remove_declaration", {"declaration": "Nowhere"}, "`outline` names"),
    ("remove_declaration", {"declaration": "Arithmetic.Eq.rec", "path": "Arithmetic/Base/Absent.lean"}, "no file"),
    ("replace_proof", {"declaration": "Natural.add", "proof": ":= x", "path": "README.md"}, "README"),
]


@pytest.mark.parametrize(("name", "given", "why"), REFUSED)
def test_an_edit_that_is_not_plainly_of_one_declaration_writes_nothing(
    workspace: Workspace, name: str, given: dict[str, str], why: str
) -> None:
    with pytest.raises(ToolError, match=why):
        use(toolbox(workspace), name, **given)
    assert workspace.changed() == ()


def test_edits_reach_no_file_that_may_not_be_written(workspace: Workspace) -> None:
    other = "Arithmetic/Multiplication/Mul.lean"
    with pytest.raises(ToolError, match="may not write"):
        use(toolbox(workspace), "insert_declaration", path=other, text="theorem more : Eq a a := rfl")
    assert workspace.changed() == ()


def test_a_file_that_cannot_be_cut_says_why_and_what_to_use(workspace: Workspace) -> None:
    tools = toolbox(workspace)
    use(tools, "write_file", text="module\nprelude\nnamespace A\nend B\n")
    with pytest.raises(ToolError, match=r"line 4.*write_file"):
        use(tools, "outline")
    assert open_places('theorem a : b := "sorry') == []


def test_long_outlines_go_on_where_they_stop() -> None:
    text = "module\n" + "".join(f"theorem t{n} : a := sorry\n" for n in range(MAX_DECLARATIONS + 50))
    first = outline_text(text)
    assert first.splitlines()[0] == "2-2: theorem t0 (open: sorry)"
    assert "50 more: outline from_line=302" in first.splitlines()[-1]
    rest = outline_text(text, 302)
    assert len(rest.splitlines()) == 50
    assert "declares nothing" in outline_text(text, 10**6)
    assert len(first) < MAX_OUTPUT


def test_a_sorry_in_a_comment_or_a_string_is_no_open_place() -> None:
    text = 'theorem a : b := -- sorry\n  f "sorry" /- sorry -/ (sorry)\n\ntheorem c : d := sorry'
    assert open_places(text) == [(2, 25), (4, 17)]
