"""A command of a Lean file: what it is, what it declares, and where each part of it stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a file.

    Attributes:
        start, end: offsets in code points, the end excluded.
        line, last_line: 1-based lines of its first and last character.
    """

    start: int
    end: int
    line: int
    last_line: int

    def of(self, text: str) -> str:
        """What stands there."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Body:
    """The two halves of a declaration.

    Attributes:
        signature: from the word after the keyword up to the value: name, binders, type.
        value: ``:= …``, ``where …`` or equations, without the rest; None when it has none.
        rest: ``deriving …`` or ``termination_by …`` to the end.
    """

    signature: Span
    value: Span | None = None
    rest: Span | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        span: all of it, with the comments directly above and the one behind it on its last line.
        code: without these.
        keyword: ``theorem``, ``class inductive``, ``deriving instance``, ``#eval``, ``/-!`` ….
        line: 1-based line of the keyword.
        namespace: the one it stands in; empty outside.
        names: what it declares, in full; the constructors follow their type. Empty for what Lean names itself.
        prefixes: ``open … in`` and the like before it.
        modifiers: ``private``, ``noncomputable`` ….
        attributes: the ``@[…]`` before it.
        documentation: its documentation comments.
        body: for a declaration.
        members: the declarations of a ``mutual`` block.
    """

    span: Span
    code: Span
    keyword: str
    line: int
    namespace: str = ""
    names: tuple[str, ...] = ()
    prefixes: tuple[Span, ...] = ()
    modifiers: tuple[str, ...] = ()
    attributes: tuple[Span, ...] = ()
    documentation: tuple[Span, ...] = ()
    body: Body | None = None
    members: tuple[Command, ...] = ()
