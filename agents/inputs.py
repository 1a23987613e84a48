"""What each tool takes, and what the model is told of it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.outcome import IssueKind

_FILE = "The file, relative to the project, such as `Arithmetic/Base/Equality.lean`."
_FULL_NAME = "Full name of the declaration, as `outline` gives it."


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
    path: str = Field(description=_FILE)
    from_line: int = Field(1, ge=1, description="The first line to show, for files too long for one answer.")


class ReadSide(ToolInput):
    """Read one file as it is on one side of the conflict, whole and without marks."""

    name = "read_side"
    path: str = Field(description=_FILE)
    side: Literal["main", "branch"] = Field(
        description="`main`: as it is on main now; `branch`: as its author left it."
    )
    from_line: int = Field(1, ge=1, description="The first line to show, for files too long for one answer.")


class OutlineFile(ToolInput):
    """List the declarations of one Lean file: their lines, kinds and full names, and which are still open."""

    name = "outline"
    path: str = Field(description=_FILE)
    from_line: int = Field(1, ge=1, description="Leave out declarations that end above this line.")


class WriteFile(ToolInput):
    """Write one Lean file, replacing it whole. Only the node's own file and helper modules may be written."""

    name = "write_file"
    path: str = Field(description="The file, relative to the project.")
    text: str = Field(description="The whole new text of the file.")


class ReplaceProof(ToolInput):
    """Give one declaration of a file another proof (or value), and change no other character."""

    name = "replace_proof"
    path: str = Field(description=_FILE)
    declaration: str = Field(description=_FULL_NAME)
    proof: str = Field(description="The new proof with its beginning: `:= …`, `where …`, or equations (`| …`).")


class InsertDeclaration(ToolInput):
    """Add declarations to a file, and change no other character: above or below another, or last in a namespace."""

    name = "insert_declaration"
    path: str = Field(description=_FILE)
    text: str = Field(description="The declarations, whole, with documentation and modifiers.")
    above: str = Field("", description="Full name of the declaration they go above.")
    below: str = Field("", description="Full name of the declaration they go below.")
    namespace: str = Field(
        "", description="Where neither is given: the namespace they go last in; empty, the file's end."
    )


class RemoveDeclaration(ToolInput):
    """Take one declaration out of a file, with its documentation, and change no other character."""

    name = "remove_declaration"
    path: str = Field(description=_FILE)
    declaration: str = Field(description=_FULL_NAME)


class Check(ToolInput):
    """Let Lean check one file, with whatever it imports, and report Lean's messages."""

    name = "check"
    path: str = Field(description="The file, relative to the project.")


class AskGoal(ToolInput):
    """Ask Lean what is to be proved at a place of one file; without a line, at its first error or `sorry`."""

    name = "goal"
    path: str = Field(description="The file, relative to the project.")
    line: int | None = Field(None, ge=1, description="The line, counted from 1, as in Lean's messages.")
    column: int | None = Field(
        None,
        ge=0,
        description="The column, counted from 0, as in Lean's messages; left out, where the line's text begins.",
    )


class FileIssue(ToolInput):
    """Tell people and other agents what is wrong with a node. The work goes on; nothing changes by itself."""

    name = "file_issue"
    kind: IssueKind = Field(
        description="`missing_lemma`: something that is needed stands nowhere; `wrong_statement`: the book's statement "
        "or its Lean is false or says another thing; `ambiguous_text`: the book can be read in two ways."
    )
    text: str = Field(min_length=1, max_length=2000, description="What is wrong, how you know, and what would mend it.")
    node: str = Field("", description="Label of the node, yours or one that it uses; empty for yours.")


class Submit(ToolInput):
    """Hand in the work. The gate judges it first: if it refuses, the reasons come back and you go on."""

    name = "submit"
    summary: str = Field(min_length=1, description="What was done and how, in a few sentences, for the reviewers.")
    closes: list[int] = Field([], max_length=20, description="Numbers of the open issues that this work resolves.")


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


AUTHOR: tuple[type[ToolInput], ...] = (
    ListFiles, ReadFile, OutlineFile, WriteFile, ReplaceProof, InsertDeclaration, RemoveDeclaration, Check, AskGoal,
    FileIssue, Submit, GiveUp,
)  # fmt: skip
"""The author's tools; `AskGoal` only where there are warm servers to ask."""
RESOLVER: tuple[type[ToolInput], ...] = (*AUTHOR[:2], ReadSide, *AUTHOR[2:])
"""The resolver's tools: the author's, and a look at either side of the conflict."""
REVIEWER: tuple[type[ToolInput], ...] = (ListFiles, ReadFile, OutlineFile, FileIssue, GiveVerdict)
"""The reviewer's tools."""
