"""Agents at work on the demo book: the real Lean, the real client, a scripted model over real HTTP."""

from __future__ import annotations

import shutil
from typing import Any

from agents.assignment import Feedback
from agents.rehearsal import Action, Request
from agents.rehearsal.mistakes import read_rehearsal
from agents.rehearsal.script import DemoScript
from tests.support.agent_desk import BOOK, STOP, Desk, Says, assignment, entries


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


def test_a_restarted_rehearsal_goes_on_where_it_was(desk: Desk) -> None:
    """The script keeps nothing: every request can be answered by another process."""
    script = DemoScript(read_rehearsal(BOOK / "rehearsal.yaml"))

    class Forgetful:
        def act(self, request: Request) -> Action:
            return DemoScript(read_rehearsal(BOOK / "rehearsal.yaml")).act(request)

    desk.lay_out("thm:and_comm", own=False)
    runs = [desk.work(assignment("author", "statement", "thm:and_comm"), each) for each in (script, Forgetful())]
    assert runs[0] == runs[1]
