"""The tools a model is given: what they are called, what they take, what they do."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agents import editing
from agents.advice import MAX_MESSAGE, MAX_MESSAGES, Adviser
from agents.endings import GaveUp, Submitted, VerdictGiven
from agents.errors import ToolError
from agents.inputs import (
    AUTHOR,
    RESOLVER,
    REVIEWER,
    AskGoal,
    Check,
    FileIssue,
    GiveUp,
    GiveVerdict,
    InsertDeclaration,
    ListFiles,
    OutlineFile,
    ReadFile,
    ReadSide,
    RemoveDeclaration,
    ReplaceProof,
    Submit,
    ToolInput,
    WriteFile,
)
from agents.outcome import Finding, Verdict
from agents.summary import MAX_SUMMARY
from agents.transcript import cut
from checker import Change, judge
from checker.source.header import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic.types import ToolParam

    from agents.assignment import Assignment, Role
    from agents.workspace import Workspace
    from checker import Judgement

MAX_OUTPUT = 24_000
"""Longest answer of a tool, in characters."""
_KINDS: Mapping[Role, tuple[type[ToolInput], ...]] = {"author": AUTHOR, "reviewer": REVIEWER, "resolver": RESOLVER}
MAX_FINDINGS = 5
"""Issues that one attempt may file: what is worth telling is told in a few."""


class Toolbox:
    """The tools of one attempt.

    Attributes:
        last_check: what Lean or the gate said last; empty before the first time.
        findings: what the agent found to be wrong.
    """

    def __init__(self, assignment: Assignment, workspace: Workspace) -> None:
        self._assignment = assignment
        self._workspace = workspace
        self._adviser = Adviser(workspace)
        kinds = _KINDS[assignment.role]
        self._kinds = tuple(each for each in kinds if each is not AskGoal or workspace.pool is not None)
        self.last_check = ""
        self.findings: list[Finding] = []

    @property
    def definitions(self) -> tuple[ToolParam, ...]:
        """The tools in the words of the Messages API."""
        return tuple(map(_definition, self._kinds))

    def run(self, name: str, given: Any) -> str:
        """Use a tool.

        Args:
            name: the tool's name as the model gave it.
            given: the input as the model gave it: any JSON.

        Returns:
            The answer for the model.

        Raises:
            ToolError: the model used it wrongly; the message tells it so.
            Ended: the tool ended the attempt.
            CheckerError: Lean cannot be run at all.
        """
        kinds = {kind.name: kind for kind in self._kinds}
        if name not in kinds:
            raise ToolError(f"There is no tool {name!r}; there are {', '.join(kinds)}.")
        try:
            wanted = kinds[name].model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "input"
            raise ToolError(f"{name}: {place}: {first['msg']}.") from error
        return cut(self._use(wanted), MAX_OUTPUT)

    def _use(self, wanted: ToolInput) -> str:
        match wanted:
            case ListFiles(under=under):
                return self._list(under)
            case ReadFile() | ReadSide() | OutlineFile():
                return self._read(wanted)
            case WriteFile(path=path, text=text):
                return self._write(path, text)
            case ReplaceProof() | InsertDeclaration() | RemoveDeclaration():
                return self._edit(wanted)
            case _:
                return self._ask_or_end(wanted)

    def _ask_or_end(self, wanted: ToolInput) -> str:
        match wanted:
            case Check(path=path):
                self.last_check = self._adviser.check(path)
                return self.last_check
            case AskGoal(path=path, line=line, column=column):
                return self._adviser.goal(path, line, column)
            case FileIssue():
                return self._file(wanted)
            case Submit(summary=summary, closes=closes):
                return self._submit(summary, tuple(closes))
            case GiveUp(reason=reason):
                raise GaveUp(reason)
            case GiveVerdict(decision=decision, reasons=reasons):
                raise VerdictGiven(Verdict(decision, cut(reasons, MAX_SUMMARY)))
            case _:
                raise AssertionError(f"a tool without a use: {wanted!r}")

    def _list(self, under: str) -> str:
        names, count = self._workspace.files(under)
        more = f"\n… and {count - len(names)} more: name a folder." if count > len(names) else ""
        return ("\n".join(names) or "No files.") + more

    def _read(self, wanted: ReadFile | ReadSide | OutlineFile) -> str:
        match wanted:
            case ReadSide(path=path, side=side):
                return _page(self._workspace.read_side(path, side), wanted.from_line)
            case OutlineFile(path=path):
                return editing.outline_text(self._workspace.read(path), wanted.from_line)
            case ReadFile(path=path):
                return _page(self._workspace.read(path), wanted.from_line)

    def _write(self, path: str, text: str) -> str:
        self._workspace.write(path, text, self.writable)
        return f"Wrote {path}: {len(text.splitlines())} lines."

    @property
    def writable(self) -> tuple[str, ...]:
        """What the author or the resolver may write: the node's file, and in the proof stage the helper folders."""
        own = path_of(self._assignment.node.module)
        helpers = self._assignment.layout.helpers if self._assignment.stage == "proof" else ()
        return (own, *(f"{folder.rstrip('/')}/" for folder in helpers))

    def _edit(self, wanted: ReplaceProof | InsertDeclaration | RemoveDeclaration) -> str:
        """Change a file by one declaration, and tell where that stands."""
        path = wanted.path
        before = self._workspace.read(path)
        match wanted:
            case ReplaceProof(declaration=name, proof=proof):
                after = editing.with_proof(before, name, proof)
                told = f"{name} has its new proof"
            case InsertDeclaration(text=text, above=above, below=below, namespace=namespace):
                after = editing.with_declarations(before, text, above, below, namespace)
                told = "The declarations are in"
            case RemoveDeclaration(declaration=name):
                after = editing.without(before, name)
                told = f"{name} is gone"
        self._workspace.write(path, after, self.writable)
        return f"{told}; {path} now declares:\n{editing.outline_text(after)}"

    def _file(self, wanted: FileIssue) -> str:
        known = [self._assignment.node.label, *(each.label for each in self._assignment.dependencies)]
        node = wanted.node or known[0]
        if node not in known:
            raise ToolError(f"file_issue: {node!r} is no node that this work uses; those are {', '.join(known)}.")
        finding = Finding(wanted.kind, node, wanted.text)
        if finding not in self.findings:
            if len(self.findings) >= MAX_FINDINGS:
                raise ToolError(f"file_issue: {MAX_FINDINGS} issues are the most that one attempt may file.")
            self.findings.append(finding)
        return "Filed. People and other agents will read it; go on with the work as well as it can be done."

    def _submit(self, summary: str, closes: tuple[int, ...]) -> str:
        task = self._assignment
        change = Change(
            base=self._workspace.base,
            head=self._workspace.folder,
            stage=task.stage,
            target=task.node.declaration,
            module=task.node.module,
            is_definition=task.node.is_definition,
            lock=task.lock,
            open_statements=task.open_statements,
            locked=task.locked,
        )
        judgement = judge(change, task.layout, self._workspace.policy, self._workspace.builder)
        if judgement.accepted:
            raise Submitted(summary, closes)
        self.last_check = refusal(judgement)
        raise ToolError(self.last_check)


@cache
def _definition(kind: type[ToolInput]) -> ToolParam:
    """A tool in the words of the Messages API: one object for all attempts, which may be thousands in one process."""
    return {
        "name": kind.name,
        "description": " ".join((kind.__doc__ or "").split()),
        "input_schema": kind.model_json_schema(),
    }


def _page(text: str, from_line: int) -> str:
    """The text from a line on, as far as one answer carries; where it goes on, if it does."""
    lines = text.split("\n")
    if from_line > len(lines):
        raise ToolError(f"The file has {len(lines)} lines.")
    shown, size = list[str](), 0
    for line in lines[from_line - 1 :]:
        size += len(line) + 1
        if shown and size > MAX_OUTPUT - 100:
            more = from_line + len(shown)
            return "\n".join([*shown, f"[… goes on with line {more} of {len(lines)}: read_file from_line={more} …]"])
        shown.append(line)
    return "\n".join(shown)


def refusal(judgement: Judgement) -> str:
    """The gate's reasons, for the model."""
    lines = [
        f"- {reason.code}: {cut(reason.message, MAX_MESSAGE)}"
        + (f" ({reason.file}{f':{reason.line}' if reason.line else ''})" if reason.file else "")
        for reason in judgement.reasons[:MAX_MESSAGES]
    ]
    return "\n".join(["The gate refuses this:", *lines, "Mend it, check it, and submit again."])
