"""Attempts of agents at nodes of the demo book: the real Lean, the real client, a scripted model over real HTTP."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.agent import run_agent
from agents.assignment import Assignment, NodeBrief
from agents.model import AnthropicModel
from agents.prices import REHEARSAL_MODEL
from agents.rehearsal import Action, RehearsalServer, Request, Script
from agents.rehearsal.answers import Answers
from agents.rehearsal.mistakes import read_rehearsal
from agents.rehearsal.script import DemoScript
from agents.transcript import Transcript
from agents.workspace import Workspace
from checker import Change, Layout, Policy, judge
from checker.source.header import path_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.outcome import Outcome
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


WRITE = Action("I write.", "write_file", {"path": "Arithmetic/Logic/AndComm.lean", "text": "module\nprelude\n"})


CHECK = Action("Is it right?", "check", {"path": "Arithmetic/Logic/AndComm.lean"})
