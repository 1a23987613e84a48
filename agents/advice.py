"""What Lean says of a draft, for its author: from a warm server where that is quick, else from a compilation.

It certifies nothing. What is handed in is compiled from nothing again, and judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agents.editing import open_places
from agents.errors import ToolError
from agents.transcript import cut
from checker.errors import HeaderError
from checker.source.header import module_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agents.workspace import Workspace
    from checker import Certificate, Diagnostic, WarmPool

MAX_MESSAGES: Final = 40
"""Most messages of Lean, or reasons of the gate, one answer carries."""
MAX_MESSAGE: Final = 2_000
"""Longest of them, in characters."""
_MAX_GOAL: Final = 12_000
_TRIED: Final = 8
"""Most places asked for the first goal: Lean knows none where it could not make sense of the text."""
_SERVER_FAILURES: Final = frozenset({"timeout", "memory", "crash", "output"})


class Adviser:
    """Asks Lean about the drafts in one workspace.

    A draft's first check is a compilation: it takes as long as a server's start, and when Lean accepts the draft, the
    gate finds its certificate. From then on the file has a server.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._served: set[str] = set()

    def check(self, path: str) -> str:
        """Lean's verdict on a file as it stands, and its messages.

        Raises:
            ToolError: there is no such Lean file.
            CheckerError: Lean cannot be run at all.
        """
        module, text = self._read(path)
        pool, note = self._workspace.pool, ""
        if pool is not None and module in self._served:
            found = pool.check(self._workspace.folder, module, text)
            if found.failure in (None, "errors"):
                return _verdict(module, _lines(module, found.diagnostics), ok=found.ok)
            if found.failure in _SERVER_FAILURES:
                self._served.discard(module)
                note = f"{_why(found.failure, found.detail)} So it was compiled from nothing:\n"
        else:
            self._served.add(module)
        build = self._workspace.builder.certify(self._workspace.folder, [module])
        return note + report(module, build.certificates, build.failures)

    def goal(self, path: str, line: int | None, column: int | None) -> str:
        """What is to be proved at a 1-based line and 0-based column; without a line, at the first error or ``sorry``.

        Raises:
            ToolError: there is no such file or line, or Lean failed at it.
            CheckerError: Lean cannot be run at all.
        """
        module, text = self._read(path)
        pool = self._workspace.pool
        if pool is None:
            raise ToolError("There is no Lean server here that could be asked; `check` compiles the file.")
        self._served.add(module)
        if line is None:
            return self._first_goal(pool, module, text)
        lines = text.split("\n")
        if line > len(lines):
            raise ToolError(f"The file has {len(lines)} lines.")
        at = len(lines[line - 1]) - len(lines[line - 1].lstrip()) if column is None else column
        goal = self._goal(pool, module, text, line, at)
        return f"At {module}:{line}:{at}:\n{goal}" if goal else f"Lean knows no goal at {module}:{line}:{at}."

    def _first_goal(self, pool: WarmPool, module: str, text: str) -> str:
        found = pool.check(self._workspace.folder, module, text)
        if found.failure not in (None, "errors"):
            raise _unanswered(module, found.failure, found.detail)
        errors = {(each.line, each.column): _line(module, each) for each in reversed(found.errors)}
        places = sorted({*errors, *open_places(text)})
        if not places:
            return f"Lean has no errors in {module}, and it holds no `sorry`."
        tried = places[:_TRIED]
        for line, column in tried:
            goal = self._goal(pool, module, text, line, column)
            if goal:
                said = errors.get((line, column), f"{module}:{line}:{column}: sorry")
                return f"{said}\nTo be proved there:\n{goal}"
        told = [errors.get(each, f"{module}:{each[0]}:{each[1]}: sorry") for each in tried]
        return "\n".join([f"Lean knows no goal at the first {len(tried)} of these {len(places)} places:", *told])

    def _goal(self, pool: WarmPool, module: str, text: str, line: int, column: int) -> str:
        """The goal at a place; empty where there is none."""
        goal = pool.goal(self._workspace.folder, module, text, line, column)
        if goal.failure is not None:
            raise _unanswered(module, goal.failure, goal.detail)
        return cut(goal.text, _MAX_GOAL)

    def _read(self, path: str) -> tuple[str, str]:
        text = self._workspace.read(path)  # names the mistake when there is no such file
        try:
            return module_of(path), text
        except HeaderError as error:
            raise ToolError(str(error)) from error


def report(module: str, certificates: Mapping[str, Certificate], failures: Mapping[str, Certificate]) -> str:
    """What a compilation says of a module, for the model: its own messages, then those of imports that failed."""
    own = certificates.get(module) or failures.get(module)
    lines = [] if own is None else _lines(module, own.diagnostics)
    for name, failed in failures.items():
        if failed.failure != "errors":
            lines.append(f"{name}: {failed.detail}")
        elif name != module:
            lines += _lines(name, failed.errors)
    return _verdict(module, lines, ok=not failures)


def _verdict(module: str, lines: list[str], *, ok: bool) -> str:
    return "\n".join([f"Lean accepts {module}." if ok else f"Lean refuses {module}:", *lines])


def _lines(module: str, messages: Sequence[Diagnostic]) -> list[str]:
    """Messages in the order of the text; where there are too many, errors before the rest, and how many more."""
    shown = sorted(messages, key=lambda each: (each.line, each.column))
    if len(shown) > MAX_MESSAGES:
        shown = sorted(shown, key=lambda each: each.severity != "error")[:MAX_MESSAGES]
    lines = [_line(module, each) for each in shown]
    return [*lines, f"… and {len(messages) - len(shown)} more messages."] if len(messages) > len(shown) else lines


def _line(module: str, message: Diagnostic) -> str:
    return f"{module}:{message.line}:{message.column}: {message.severity}: {cut(message.message, MAX_MESSAGE)}"


def _why(failure: str | None, detail: str) -> str:
    return f"Lean's server failed at this draft ({failure}): {detail}"


def _unanswered(module: str, failure: str | None, detail: str) -> ToolError:
    return ToolError(f"Lean cannot be asked about {module} ({failure}): {detail} `check` tells more.")
