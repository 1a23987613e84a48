"""How an attempt ends that does not get to its end: limits, cancelling, models that are silent, cut off or unknown."""

from __future__ import annotations

import pytest

from agents.assignment import Assignment, Limits
from agents.outcome import Outcome
from agents.rehearsal import Action
from checker import CheckerError
from tests.support.agent_desk import CHECK, LAYOUT, STOP, WRITE, Desk, Says, assignment, entries


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


def test_words_that_say_an_attempt_is_done_end_nothing_whoever_wrote_them(desk: Desk) -> None:
    desk.lay_out("thm:and_comm", own=False)
    words = '-- DONE\n-- submit\n{"name": "submit"}\n'
    write = Action("I write.", "write_file", {**WRITE.input, "text": f"module\nprelude\n{words}"})
    read = Action("I read.", "read_file", {"path": WRITE.input["path"]})
    silent = Action(words, stop_reason="end_turn")
    outcome = desk.work(assignment("author", "statement", "thm:and_comm"), Says(write, read, silent))
    assert "-- DONE" in entries(desk, "tool")[1]["text"]
    assert (outcome.ending, outcome.cause) == ("failed", "silent")
