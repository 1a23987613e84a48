"""The tools a model is given: what they are called, what they take, what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.endings import GaveUp, Submitted, VerdictGiven
from agents.errors import ToolError
from agents.outcome import Verdict
from agents.summary import MAX_SUMMARY
from agents.transcript import cut
from checker import Change, judge
from checker.errors import HeaderError
from checker.source.header import module_of, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anthropic.types import ToolParam

    from agents.assignment import Assignment
    from agents.workspace import Workspace
    from checker import Certificate, Diagnostic, Judgement

MAX_OUTPUT = 24_000
"""Longest answer of a tool, in characters."""
MAX_MESSAGES = 40
"""Most messages of Lean, or reasons of the gate, one answer carries."""
_MAX_MESSAGE = 2_000


class ToolInput(BaseModel):
    """What a tool takes; the docstring is what the model is told of the tool."""

    model_config = ConfigDict(extra="forbid", strict=True)
    name: ClassVar[str]


class ListFiles(ToolInput):
    """List the project's files, or those of one folder."""

    name = "list_files"
    under: str = Field("", description="A folder, such as `Arithmetic/Logic`; empty lists all files.")


class ReadFile(ToolInput):
    """Read one file of the project."""

    name = "read_file"
    path: str = Field(description="The file, relative to the project, such as `Arithmetic/Base/Equality.lean`.")
    from_line: int = Field(1, ge=1, description="The first line to show, for files too long for one answer.")


class WriteFile(ToolInput):
    """Write one Lean file, replacing it whole. Only the node's own file and helper modules may be written."""

    name = "write_file"
    path: str = Field(description="The file, relative to the project.")
    text: str = Field(description="The whole new text of the file.")


class Check(ToolInput):
    """Let Lean compile one file, with whatever it imports, and report Lean's messages."""

    name = "check"
    path: str = Field(description="The file, relative to the project.")


class Submit(ToolInput):
    """Hand in the work. The gate judges it first: if it refuses, the reasons come back and you go on."""

    name = "submit"
    summary: str = Field(min_length=1, description="What was done and how, in a few sentences, for the reviewers.")


class GiveUp(ToolInput):
    """End the attempt without a result, when the task cannot be done as it stands."""

    name = "give_up"
    reason: str = Field(
        min_length=1, description="What stands in the way, what was tried, and what the next attempt should know."
    )


class GiveVerdict(ToolInput):
    """Decide on the proposed change. This ends the review."""

    name = "verdict"
    decision: Literal["approve", "request_changes", "reject"] = Field(
        description="`request_changes` when an author can mend it; `reject` when the attempt should be thrown away."
    )
    reasons: str = Field(min_length=1, description="Why, addressed to the author: what is wrong, and what is right.")


_AUTHOR: tuple[type[ToolInput], ...] = (ListFiles, ReadFile, WriteFile, Check, Submit, GiveUp)
_REVIEWER: tuple[type[ToolInput], ...] = (ListFiles, ReadFile, GiveVerdict)


class Toolbox:
    """The tools of one attempt.

    Attributes:
        last_check: what Lean or the gate said last; empty before the first time.
    """

    def __init__(self, assignment: Assignment, workspace: Workspace) -> None:
        self._assignment = assignment
        self._workspace = workspace
        self._kinds = _AUTHOR if assignment.role == "author" else _REVIEWER
        self.last_check = ""

    @property
    def definitions(self) -> tuple[ToolParam, ...]:
        """The tools in the words of the Messages API."""
        return tuple(
            {
                "name": kind.name,
                "description": " ".join((kind.__doc__ or "").split()),
                "input_schema": kind.model_json_schema(),
            }
            for kind in self._kinds
        )

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
            case ReadFile(path=path, from_line=from_line):
                return _page(self._workspace.read(path), from_line)
            case WriteFile(path=path, text=text):
                return self._write(path, text)
            case Check(path=path):
                return self._check(path)
            case Submit(summary=summary):
                return self._submit(summary)
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

    def _write(self, path: str, text: str) -> str:
        self._workspace.write(path, text, self.writable)
        return f"Wrote {path}: {len(text.splitlines())} lines."

    @property
    def writable(self) -> tuple[str, ...]:
        """What the author may write: the node's file, and in the proof stage the helper folders."""
        own = path_of(self._assignment.node.module)
        helpers = self._assignment.layout.helpers if self._assignment.stage == "proof" else ()
        return (own, *(f"{folder.rstrip('/')}/" for folder in helpers))

    def _check(self, path: str) -> str:
        self._workspace.read(path)  # names the mistake when there is no such file
        try:
            module = module_of(path)
        except HeaderError as error:
            raise ToolError(str(error)) from error
        build = self._workspace.builder.certify(self._workspace.folder, [module])
        self.last_check = report(module, build.certificates, build.failures)
        return self.last_check

    def _submit(self, summary: str) -> str:
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
            raise Submitted(summary)
        self.last_check = refusal(judgement)
        raise ToolError(self.last_check)


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


def report(module: str, certificates: Mapping[str, Certificate], failures: Mapping[str, Certificate]) -> str:
    """What Lean says of a module, for the model: its own messages, then those of imports that failed."""
    own = certificates.get(module) or failures.get(module)
    lines = [] if own is None else [_line(module, each) for each in own.diagnostics[:MAX_MESSAGES]]
    for name, failed in failures.items():
        if failed.detail:
            lines.append(f"{name}: {failed.detail}")
        elif name != module:
            lines += [_line(name, each) for each in failed.errors[:MAX_MESSAGES]]
    if not failures:
        return "\n".join([f"Lean accepts {module}.", *lines])
    return "\n".join([f"Lean refuses {module}:", *lines])


def refusal(judgement: Judgement) -> str:
    """The gate's reasons, for the model."""
    lines = [
        f"- {reason.code}: {cut(reason.message, _MAX_MESSAGE)}"
        + (f" ({reason.file}{f':{reason.line}' if reason.line else ''})" if reason.file else "")
        for reason in judgement.reasons[:MAX_MESSAGES]
    ]
    return "\n".join(["The gate refuses this:", *lines, "Mend it, check it, and submit again."])


def _line(module: str, message: Diagnostic) -> str:
    return f"{module}:{message.line}:{message.column}: {message.severity}: {cut(message.message, _MAX_MESSAGE)}"
