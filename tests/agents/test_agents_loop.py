"""Agents at work on the demo book: the real Lean, the real client, a scripted model over real HTTP."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agents.agent import run_agent
from agents.assignment import Assignment, Conflict, Feedback, Limits, NodeBrief
from agents.model import AnthropicModel
from agents.outcome import Outcome
from agents.prices import REHEARSAL_MODEL
from agents.rehearsal import Action, RehearsalServer, Request, Script
from agents.rehearsal.answers import Answers
from agents.rehearsal.mistakes import read_rehearsal
from agents.rehearsal.script import DemoScript
from agents.transcript import Transcript
from agents.workspace import Workspace
from checker import Change, CheckerError, Layout, Policy, judge
from checker.source.header import path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker.build.builder import Builder

BOOK = Path(__file__).parents[2] / "lean_project"
LAYOUT = Layout("Arithmetic", ("Arithmetic/Base",), ("Arithmetic/Helpers",))
NODES = {
    "thm:and_comm": ("Arithmetic.and_comm", "Arithmetic.Logic.AndComm"),
    "lem:zero_mul": ("Arithmetic.Natural.zero_mul", "Arithmetic.Multiplication.ZeroMul"),
    "lem:le_trans": ("Arithmetic.Natural.le_trans", "Arithmetic.Order.LeTrans"),
    "thm:eq_decided": ("Arithmetic.Natural.eq_decided", "Arithmetic.Numbers.EqDecided"),
    "thm:le_antisymm": ("Arithmetic.Natural.le_antisymm", "Arithmetic.Order.LeAntisymm"),
    "prop:le_of_add_le_add_left": (
        "Arithmetic.Natural.le_of_add_le_add_left",
        "Arithmetic.Order.LeOfAddLeAddLeft",
    ),
    "def:stable": ("Arithmetic.Stable", "Arithmetic.Logic.Stable"),
}
_IMPORT = re.compile(r"^(?:public )?import (Arithmetic\.(?!Base)\S+)", re.MULTILINE)


@dataclass
class Desk:
    """What a test of an agent needs; each `work` is one attempt in a fresh copy of `base`."""

    root: Path
    builder: Builder
    runs: int = 0

    @property
    def base(self) -> Path:
        return self.root / "base"

    @property
    def folder(self) -> Path:
        return self.root / f"folder{self.runs}"

    @property
    def transcript(self) -> Path:
        return self.root / f"transcript{self.runs}.jsonl"

    def lay_out(self, label: str, *, own: bool) -> None:
        """Put there what the node rests on, finished; with `own`, its own statement too."""
        shutil.copytree(BOOK / "Arithmetic/Base", self.base / "Arithmetic/Base", dirs_exist_ok=True)
        answers = Answers(BOOK)
        path = path_of(NODES[label][1])
        waiting, seen = _IMPORT.findall(answers.finished(path)), set[str]()
        while waiting:
            module = waiting.pop()
            if module not in seen:
                seen.add(module)
                waiting += _IMPORT.findall(answers.finished(path_of(module)))
                if "Helpers" not in module:
                    self.put(path_of(module), answers.finished(path_of(module)))
        if own:
            self.put(path, answers.statement(path))

    def lock(self, label: str) -> str:
        """Meaning digest of the node's statement, as the gate gives it."""
        path = path_of(NODES[label][1])
        before = self.root / "before"
        shutil.copytree(self.base, before)
        (before / path).unlink()
        judgement = judge(change_of(label, before, self.base), LAYOUT, Policy(), self.builder)
        assert judgement.accepted, judgement.reasons
        assert judgement.lock is not None
        return judgement.lock

    def put(self, path: str, text: str) -> None:
        (self.base / path).parent.mkdir(parents=True, exist_ok=True)
        (self.base / path).write_text(text)

    def land(self) -> None:
        """What the last attempt wrote becomes the base of the next."""
        shutil.copytree(self.folder, self.base, dirs_exist_ok=True)

    def work(
        self,
        assignment: Assignment,
        script: Script | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        builder: Any = None,
    ) -> Outcome:
        self.runs += 1
        if not self.folder.exists():
            shutil.copytree(self.base, self.folder)
        branch = self.root / "branch" if assignment.conflict is not None else None
        workspace = Workspace(self.base, self.folder, builder or self.builder, branch=branch)
        rehearsal = script or DemoScript(read_rehearsal(BOOK / "rehearsal.yaml"))
        with RehearsalServer(rehearsal) as server, Transcript(self.transcript) as transcript:
            model = AnthropicModel(base_url=server.url)
            try:
                return run_agent(assignment, workspace, model, cancelled, transcript)
            finally:
                model.close()


@pytest.fixture
def desk(tmp_path: Path, builder: Builder) -> Desk:
    return Desk(tmp_path, builder)


def change_of(label: str, base: Path, head: Path) -> Change:
    declaration, module = NODES[label]
    return Change(base, head, "statement", declaration, module, is_definition=label.startswith("def:"))


def assignment(role: Any, stage: Any, label: str, **more: Any) -> Assignment:
    declaration, module = NODES[label]
    definition = label.startswith("def:")
    kind = "definition" if definition else "theorem"
    node = NodeBrief(label, kind, "1.1", "", "A claim.", "A proof.", declaration, module, definition)
    return Assignment(role, stage, node, REHEARSAL_MODEL, LAYOUT, **more)


def entries(desk: Desk, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in desk.transcript.read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]


class Says:
    """A script that is a list of actions, the last one for ever."""

    def __init__(self, *actions: Action) -> None:
        self.actions = actions

    def act(self, request: Request) -> Action:
        turn = (request.turns - 1) // 2
        return self.actions[min(turn, len(self.actions) - 1)]


STOP = Action("I stop.", "give_up", {"reason": "Enough seen."})


def test_a_statement_is_written_and_accepted(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"))
    assert outcome.ending == "submitted", outcome
    assert "sorry" in (desk.folder / "Arithmetic/Logic/AndComm.lean").read_text()
    assert not (desk.base / "Arithmetic/Logic/AndComm.lean").exists()
    assert outcome.usage.calls == 4
    assert outcome.usage.cost_usd > 0
    assert [entry["name"] for entry in entries(desk, "tool")] == ["list_files", "write_file", "check"]
    assert entries(desk, "start")[0]["turns"][0]["content"][0]["text"].startswith("Role: author\nStage: statement\n")
    assert entries(desk, "end")[0]["outcome"]["ending"] == "submitted"


def test_a_definition_is_written_whole(desk: Desk) -> None:
    desk.lay_out("def:stable", own=False)
    assert desk.work(assignment("author", "statement", "def:stable")).ending == "submitted"


def test_a_wrong_statement_is_sent_back_and_written_again(desk: Desk) -> None:
    desk.lay_out("lem:le_trans", own=False)
    assert desk.work(assignment("author", "statement", "lem:le_trans")).ending == "submitted"
    before = desk.base
    desk.land()
    first = desk.work(assignment("reviewer", "statement", "lem:le_trans", diff="+ …", commit="a" * 40))
    assert first.verdict is not None
    assert first.verdict.decision == "request_changes"
    assert "it should read `public theorem le_trans" in first.verdict.reasons
    (before / "Arithmetic/Order/LeTrans.lean").unlink()
    feedback = (Feedback("reviewer", first.verdict.reasons),)
    again = assignment("author", "statement", "lem:le_trans", attempt=2, feedback=feedback)
    assert desk.work(again).ending == "submitted"
    desk.land()
    second = desk.work(assignment("reviewer", "statement", "lem:le_trans", diff="+ …", commit="b" * 40))
    assert second.verdict is not None
    assert second.verdict.decision == "approve"
    assert second.ending == "verdict"


def test_a_wrong_proof_is_rejected_by_lean_and_repaired(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=True)
    outcome = desk.work(assignment("author", "proof", "thm:and_comm", lock=desk.lock("thm:and_comm")))
    assert outcome.ending == "submitted", outcome
    said = [entry["text"] for entry in entries(desk, "tool") if entry["name"] == "check"]
    assert len(said) == 2
    assert "Lean refuses Arithmetic.Logic.AndComm" in said[0]
    assert "error" in said[0]
    assert "Lean accepts" in said[1]


def test_a_proof_left_open_is_refused_by_the_gate(desk: Desk) -> None:
    desk.lay_out("lem:zero_mul", own=True)
    outcome = desk.work(assignment("author", "proof", "lem:zero_mul", lock=desk.lock("lem:zero_mul")))
    assert outcome.ending == "submitted", outcome
    refused = [entry for entry in entries(desk, "tool") if entry["failed"]]
    assert len(refused) == 1
    assert refused[0]["name"] == "submit"
    assert "sorry" in refused[0]["text"]


def test_the_first_attempt_gives_up_and_the_second_does_not(desk: Desk) -> None:
    desk.lay_out("thm:eq_decided", own=True)
    lock = desk.lock("thm:eq_decided")
    first = desk.work(assignment("author", "proof", "thm:eq_decided", lock=lock))
    assert first.ending == "gave_up"
    assert first.summary == read_rehearsal(BOOK / "rehearsal.yaml").give_up["thm:eq_decided"]
    feedback = (Feedback("attempt", first.summary),)
    second = desk.work(assignment("author", "proof", "thm:eq_decided", lock=lock, attempt=2, feedback=feedback))
    assert second.ending == "submitted", second


def test_two_proofs_put_lemmas_into_one_file_and_lose_none(desk: Desk) -> None:
    shared = "Arithmetic/Helpers/Shared.lean"
    for label in ("thm:le_antisymm", "prop:le_of_add_le_add_left"):
        desk.lay_out(label, own=True)
    locks = {label: desk.lock(label) for label in ("thm:le_antisymm",)}
    first = desk.work(assignment("author", "proof", "thm:le_antisymm", lock=locks["thm:le_antisymm"]))
    assert first.ending == "submitted", first
    assert (desk.folder / shared).read_text().count("public theorem") == 1
    desk.land()
    bounced = (Feedback("merge", f"{shared} was added by somebody else, too."),)
    shutil.rmtree(desk.root / "before")
    label = "prop:le_of_add_le_add_left"
    second = desk.work(assignment("author", "proof", label, lock=desk.lock(label), attempt=2, feedback=bounced))
    assert second.ending == "submitted", second
    assert (desk.folder / shared).read_text() == (BOOK / shared).read_text()
    review = assignment("reviewer", "proof", label, diff="+ …", commit="c" * 40)
    desk.land()
    verdict = desk.work(review).verdict
    assert verdict is not None
    assert verdict.decision == "approve"


BAD_CALLS: list[tuple[str, Any]] = [
    ("no_such_tool", {}),
    ("verdict", {"decision": "approve", "reasons": "I am an author."}),
    ("read_file", {}),
    ("read_file", {"path": 7}),
    ("read_file", {"path": "../../etc/passwd"}),
    ("read_file", {"path": "Arithmetic/Base/Unit.lean", "more": True}),
    ("read_file", {"path": "Arithmetic/Base/Unit.lean", "from_line": 100_000}),
    ("read_file", ["Arithmetic"]),
    ("write_file", {"path": "Arithmetic/Base/Unit.lean", "text": "mine"}),
    ("write_file", {"path": "Arithmetic/Helpers/Early.lean", "text": "module"}),
    ("list_files", {"under": ".git"}),
    ("check", {"path": "nothing.lean"}),
    ("check", {"path": "README.md"}),
    ("submit", {"summary": ""}),
    ("submit", {"summary": "There is nothing yet."}),
]


def test_bad_use_of_tools_is_answered_and_never_ends_the_attempt(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    desk.put("README.md", "Read me.")
    script = Says(*(Action("I try.", name, given) for name, given in BAD_CALLS), STOP)
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), script)
    assert (outcome.ending, outcome.summary) == ("gave_up", "Enough seen.")
    answers = entries(desk, "tool")
    assert len(answers) == len(BAD_CALLS)
    assert all(entry["failed"] for entry in answers), answers
    assert "no tool 'no_such_tool'" in answers[0]["text"]
    assert "path" in answers[2]["text"]
    assert "You may not write" in answers[8]["text"]
    assert "target-missing" in answers[-1]["text"] or "refuses" in answers[-1]["text"]


def test_a_long_file_is_read_page_by_page(desk: Desk) -> None:
    lines = [f"-- {number} {'x' * 60}" for number in range(1_000)]
    desk.lay_out("thm:and_comm", own=False)
    desk.put("Arithmetic/Base/Long.lean", "\n".join(lines))
    read, line = list[str](), 1

    class Reader:
        def act(self, request: Request) -> Action:
            nonlocal line
            if request.exchanges:
                *shown, last = request.exchanges[-1].result.split("\n")
                read.extend(shown)
                if not last.startswith("[… goes on with line "):
                    read.append(last)
                    return STOP
                line = int(last.split()[5])
            return Action("On.", "read_file", {"path": "Arithmetic/Base/Long.lean", "from_line": line})

    assert desk.work(assignment("author", "statement", "thm:and_comm"), Reader()).ending == "gave_up"
    assert read == lines
    assert len(entries(desk, "tool")) > 2


def test_a_reviewer_can_only_read(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=True)
    script = Says(
        Action("I try.", "write_file", {"path": "Arithmetic/Logic/AndComm.lean", "text": "mine"}),
        Action("I try.", "submit", {"summary": "mine"}),
        Action("I try.", "verdict", {"decision": "maybe", "reasons": "?"}),
        Action("I try.", "verdict", {"decision": "reject", "reasons": "No."}),
    )
    outcome = desk.work(assignment("reviewer", "proof", "thm:and_comm"), script)
    assert outcome.ending == "verdict"
    assert outcome.verdict is not None
    assert outcome.verdict.decision == "reject"
    assert [entry["failed"] for entry in entries(desk, "tool")] == [True, True, True]


WRITE = Action("I write.", "write_file", {"path": "Arithmetic/Logic/AndComm.lean", "text": "module\nprelude\n"})
CHECK = Action("Is it right?", "check", {"path": "Arithmetic/Logic/AndComm.lean"})


@pytest.mark.parametrize(
    ("limits", "cause"),
    [
        (Limits(max_calls=3), "calls"),
        (Limits(max_cost_usd=0.2), "cost"),
        (Limits(max_calls=10_000, wall_seconds=0.5), "wall"),
    ],
)
def test_a_limit_keeps_what_was_done_and_says_so(desk: Desk, limits: Limits, cause: str) -> None:
    desk.lay_out("thm:and_comm", own=False)
    outcome = desk.work(assignment("author", "statement", "thm:and_comm", limits=limits), Says(WRITE, CHECK))
    assert (outcome.ending, outcome.cause) == ("limit", cause), outcome
    assert outcome.usage.cost_usd <= limits.max_cost_usd
    if cause == "calls":
        assert outcome.summary.splitlines() == [
            "All 3 calls of the attempt are made.",
            "Files changed: Arithmetic/Logic/AndComm.lean.",
            "The last check said:",
            "Lean accepts Arithmetic.Logic.AndComm.",
            "The agent's last words:",
            "Is it right?",
        ]
    assert (desk.folder / "Arithmetic/Logic/AndComm.lean").exists()


def test_cancelling_ends_the_attempt_between_two_steps(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    written = desk.root / "folder1/Arithmetic/Logic/AndComm.lean"
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), Says(WRITE, CHECK), written.exists)
    assert outcome.ending == "cancelled"
    assert "Files changed: Arithmetic/Logic/AndComm.lean." in outcome.summary


def test_a_model_that_uses_no_tool_is_reminded_and_then_left(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    script = Says(Action("I wonder.", stop_reason="end_turn"))
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), script)
    assert (outcome.ending, outcome.cause, outcome.usage.calls) == ("failed", "silent", 4)
    assert "I wonder." in outcome.summary


def test_a_reply_cut_off_in_a_call_is_not_acted_on(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    cut_off = Action("I write.", "write_file", WRITE.input, stop_reason="max_tokens")
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), Says(cut_off, STOP))
    assert outcome.ending == "gave_up"
    assert "cut off" in entries(desk, "tool")[0]["text"]
    assert not (desk.folder / "Arithmetic/Logic").exists()


def test_half_a_character_harms_nobody(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    task = assignment("author", "statement", "thm:and_comm", limits=Limits(max_calls=2))
    outcome = desk.work(task, Says(Action("Half \ud835 a letter.", "list_files")))
    assert outcome.cause == "calls"
    assert "Half ? a letter." in outcome.summary
    assert Outcome.from_json(outcome.to_json()) == outcome


def test_a_model_that_declines_is_a_failure_with_a_reason(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    script = Says(Action("No.", stop_reason="refusal"))
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), script)
    assert (outcome.ending, outcome.cause) == ("failed", "refused")
    assert "declines" in outcome.summary


def test_a_model_without_a_price_is_never_called(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    task = assignment("author", "statement", "thm:and_comm")
    outcome = desk.work(Assignment(task.role, task.stage, task.node, "unheard-of", LAYOUT))
    assert (outcome.ending, outcome.cause, outcome.usage.calls) == ("failed", "price", 0)


def test_no_lean_is_a_failure_with_a_reason(desk: Desk) -> None:
    class Broken:
        def certify(self, *_: object) -> None:
            raise CheckerError("The sandbox did not start.")

    desk.lay_out("thm:and_comm", own=False)
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), Says(WRITE, CHECK), builder=Broken())
    assert (outcome.ending, outcome.cause) == ("failed", "lean")
    assert outcome.summary.startswith("The sandbox did not start.")


def test_a_restarted_rehearsal_goes_on_where_it_was(desk: Desk) -> None:
    """The script keeps nothing: every request can be answered by another process."""
    script = DemoScript(read_rehearsal(BOOK / "rehearsal.yaml"))

    class Forgetful:
        def act(self, request: Request) -> Action:
            return DemoScript(read_rehearsal(BOOK / "rehearsal.yaml")).act(request)

    desk.lay_out("thm:and_comm", own=False)
    runs = [desk.work(assignment("author", "statement", "thm:and_comm"), each) for each in (script, Forgetful())]
    assert runs[0] == runs[1]


SHARED = "Arithmetic/Helpers/Shared.lean"
MARKED = "<<<<<<< main\n||||||| base\n=======\n>>>>>>> branch\n"


def test_a_resolver_joins_a_branch_with_what_landed_in_the_same_places(desk: Desk) -> None:
    answers, label = Answers(BOOK), "prop:le_of_add_le_add_left"
    desk.lay_out(label, own=True)
    for needed in ("Equality/EqSymm", "Equality/EqTrans", "Addition/AddAssoc", "Addition/AddLeftCancel"):
        desk.put(f"Arithmetic/{needed}.lean", answers.finished(f"Arithmetic/{needed}.lean"))
    before, after = answers.around(SHARED)
    desk.put(SHARED, before + answers.lemma(SHARED, "eq_zero_of_add_eq_self") + after)
    branch, draft = desk.root / "branch", desk.root / "folder1"
    for tree in (branch, draft):
        shutil.copytree(desk.base, tree)
    (branch / SHARED).write_text(before + answers.lemma(SHARED, "add_eq_of_add_add_eq_add") + after)
    (draft / SHARED).write_text(before + MARKED + after)
    own = path_of(NODES[label][1])
    (draft / own).write_text(answers.finished(own))
    task = assignment(
        "resolver", "proof", label, lock=desk.lock(label), commit="a" * 40, conflict=Conflict(1, (SHARED,), "+", "+")
    )
    outcome = desk.work(task)
    assert outcome.ending == "submitted", outcome
    assert (desk.folder / SHARED).read_text() == answers.finished(SHARED)
    used = [entry["name"] for entry in entries(desk, "tool")]
    assert used == ["read_side", "write_file", "read_file", "write_file", "check"]


def test_a_resolver_may_not_leave_marks_nor_write_what_the_branch_may_not(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=True)
    own = path_of(NODES["thm:and_comm"][1])
    for tree in (desk.root / "branch", desk.root / "folder1"):
        shutil.copytree(desk.base, tree)
    (desk.root / "folder1" / own).write_text(MARKED + Answers(BOOK).finished(own))
    script = Says(
        Action("It is as it was.", "submit", {"summary": "Joined."}),
        Action("I take another's.", "write_file", {"path": "Arithmetic/Logic/Other.lean", "text": "module\n"}),
        STOP,
    )
    lock = desk.lock("thm:and_comm")
    task = assignment("resolver", "proof", "thm:and_comm", lock=lock, conflict=Conflict(1, (own,), "+", "+"))
    assert desk.work(task, script).ending == "gave_up"
    assert [entry["failed"] for entry in entries(desk, "tool")] == [True, True]
