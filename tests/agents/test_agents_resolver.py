"""Agents that join a branch with what landed in the same places."""

from __future__ import annotations

import shutil

from agents.assignment import Conflict
from agents.rehearsal import Action
from agents.rehearsal.answers import Answers
from checker.source.header import path_of
from tests.support.agent_desk import BOOK, NODES, STOP, Desk, Says, assignment, entries

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
