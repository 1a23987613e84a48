"""The scanner: one file's text to its structural tokens. A pure function of the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.arguments import Cursor, Found
from blueprint.latex.token import SHORT, SIGNATURES, Token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROWED = frozenset({"align", "gather", "eqnarray", "flalign", "alignat", "multline", "equation"})
"""Displays that carry equation numbers; all but ``equation`` and ``multline`` one a row."""

VERBATIM = frozenset(
    {"verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "alltt", "leancode", "lean4", "filecontents*"}
)
"""Environments whose text LaTeX does not interpret."""

IGNORED = frozenset({"comment", "filecontents"})
"""Environments whose text does not belong to the book."""

MOST_CONDITIONALS = 100_000
"""Conditionals looked at in one file; beyond them ``\\iffalse`` is read as text."""

_NAMES = "|".join(sorted(SIGNATURES, key=len, reverse=True))
_TOKEN = re.compile(
    rf"\\(?:(?P<env>begin|end)\s*+\{{(?P<name>[^{{}}\\%\n]*+)\}}"
    rf"|(?P<command>{_NAMES})(?![A-Za-z@])"
    r"|(?P<special>verb|lstinline|url|href|nolinkurl|iffalse|ifplastex|(?:lean|blueprint|mathlib|inputlean)[A-Za-z]++)(?![A-Za-z@])"
    r"|(?P<escape>[\\%]))"
    r"|(?P<comment>%)"
)
_EDGE = re.compile(r"\\(begin|end)\s*\{([^{}\\\n]*)\}")
_COMMENT = re.compile(r"%[^\n]*+(?:\n[ \t]*+%[^\n]*+)*+")
_BLANK_LINE = re.compile(r"\n[ \t]*+\n")
_LINE_START = re.compile(r"\n[ \t]*+")
_CONDITIONAL = re.compile(r"\\(if(?!f(?![A-Za-z])|thenelse)[A-Za-z@]*+|else|fi)(?![A-Za-z@])")
_BROKEN = re.compile(r"\n[ \t]*+\n|\\(?:begin|end)(?![A-Za-z])")
_BARE_FILE = re.compile(r"[ \t]*+([^\s{}\\%]++)")


def scan(text: str, edges: Mapping[str, str] | None = None) -> tuple[Token, ...]:
    r"""Return the structural tokens of a file, in order, none inside another's argument.

    Args:
        text: what the file says.
        edges: commands of the book that stand for ``\begin`` or ``\end`` of environments, to what they are.
    """
    return _Scanner(text, edges or {}).run()


class _Scanner:
    """One run over one text."""

    def __init__(self, text: str, edges: Mapping[str, str]) -> None:
        self.text = text
        self.edges = edges
        names = "|".join(sorted(edges, key=len, reverse=True))
        self.pattern = re.compile(rf"\\(?P<edge>{names})(?![A-Za-z@])|{_TOKEN.pattern}") if edges else _TOKEN
        self.cursor = Cursor(text)
        self.tokens: list[Token] = []
        self.cuts: list[tuple[int, int]] = []
        self.rowed = ""
        self.inner = 0
        self._looked = 0
        self._readers: dict[str, Callable[[int], Found | None]] = {
            "m": self.cursor.group,
            "o": self.cursor.option,
            "s": self.cursor.star,
            "c": self.cursor.command,
            "d": self.cursor.until_group,
            "e": self._equals,
        }

    def run(self) -> tuple[Token, ...]:
        at = 0
        search = self.pattern.search
        while match := search(self.text, at):
            start = match.start()
            if self.cuts and start >= self.cuts[-1][0]:
                at = self._cut()
                continue
            kind = match.lastgroup
            if kind == "name":
                at = self._environment(match)
            elif kind == "command":
                at = self._command(match["command"], start, match.end())
            elif kind == "edge":
                at = self._edges(match)
            elif kind == "comment":
                at = self._comment(start)
            elif kind == "escape":
                at = match.end()
                if self.rowed and not self.inner and match["escape"] == "\\":
                    self.tokens.append(Token("\\", start, at))
            else:
                at = self._special(match["special"], start, match.end())
        while self.cuts:
            self._cut()
        return tuple(self.tokens)

    def _cut(self) -> int:
        """Leave out a part that LaTeX never reaches, and go on behind it."""
        start, end = self.cuts.pop()
        self.tokens.append(Token("comment", start, end))
        return end

    def _comment(self, start: int) -> int:
        """A comment eats its line break and the blanks behind it, unless an empty line follows."""
        match = _COMMENT.match(self.text, start)
        end = match.end() if match else start + 1
        if not _BLANK_LINE.match(self.text, end):
            line = _LINE_START.match(self.text, end)
            end = line.end() if line else end
        self.tokens.append(Token("comment", start, end))
        return end

    def _environment(self, match: re.Match[str]) -> int:
        start, end, name = match.start(), match.end(), match["name"].strip()
        opens = match["env"] == "begin"
        if opens and (name in VERBATIM or name in IGNORED):
            return self._verbatim(name, start, end)
        self._note_edge(name, start, end, opens=opens)
        return end

    def _note_edge(self, name: str, start: int, end: int, *, opens: bool) -> None:
        if self.rowed:
            self.inner += 1 if opens else -1
            if self.inner < 0:
                self.rowed, self.inner = "", 0
        elif opens and name.removesuffix("*") in ROWED:
            self.rowed = name
        self.tokens.append(Token("begin" if opens else "end", start, end, (name,)))

    def _edges(self, match: re.Match[str]) -> int:
        r"""Begin and end the environments that a command of the book stands for."""
        for edge in _EDGE.finditer(self.edges[match["edge"]]):
            self._note_edge(edge[2].strip(), match.start(), match.end(), opens=edge[1] == "begin")
        return match.end()

    def _verbatim(self, name: str, start: int, end: int) -> int:
        closing = f"\\end{{{name}}}"
        found = self.text.find(closing, end)
        if found < 0:
            self.tokens.append(Token("unclosed", start, end, (name,)))
            return len(self.text)
        found += len(closing)
        self.tokens.append(Token("comment" if name in IGNORED else "verbatim", start, found, (name,)))
        return found

    def _command(self, name: str, start: int, end: int) -> int:
        arguments: list[str | None] = []
        at = end
        for letter in SIGNATURES[name]:
            found = self._argument(letter, at)
            if found is None and letter in "mcdf":
                if name in SHORT or letter == "f":
                    self.tokens.append(Token("unclosed", start, end, (name,)))
                return end
            if letter != "e":
                arguments.append(None if found is None else found.text)
            at = at if found is None else found.end
        if name in SHORT and any(text and _BROKEN.search(text) for text in arguments):
            self.tokens.append(Token("unclosed", start, end, (name,)))
            return end
        self.tokens.append(Token(name, start, at, tuple(arguments)))
        return at

    def _argument(self, letter: str, at: int) -> Found | None:
        if letter == "f":
            return self.cursor.group(at) or self._bare_file(at)
        return self._readers[letter](at)

    def _equals(self, at: int) -> Found | None:
        at = self.cursor.skip_blank(at)
        return Found("=", at + 1) if self.text.startswith("=", at) else None

    def _bare_file(self, at: int) -> Found | None:
        match = _BARE_FILE.match(self.text, at)
        return Found(match[1], match.end()) if match else None

    def _special(self, name: str, start: int, end: int) -> int:
        if name in {"verb", "lstinline"}:
            return self._verb(end)
        if name == "iffalse":
            return self._false_branch(start, end)
        if name == "ifplastex":
            return self._true_branch(start, end)
        if name.startswith(("lean", "blueprint", "mathlib", "inputlean")):
            return self._foreign_mark(name, start, end)
        found = self.cursor.raw_group(end)
        return found.end if found else end

    def _verb(self, end: int) -> int:
        r"""Return the offset behind ``\verb|text|``, which stays on one line."""
        end += self.text.startswith("*", end)
        delimiter = self.text[end : end + 1]
        line = self.text.find("\n", end, end + 2_000)
        if not delimiter or delimiter.isspace():
            return end
        closing = self.text.find(delimiter, end + 1, line if line >= 0 else end + 2_000)
        return closing + 1 if closing >= 0 else end

    def _foreign_mark(self, name: str, start: int, end: int) -> int:
        r"""A mark that a fork of the blueprint package knows, such as ``\leantarget{...}``."""
        arguments: list[str | None] = [name]
        option = self.cursor.option(end) if self.text.startswith("[", end) else None
        found = self.cursor.group(option.end if option else end)
        while found is not None and not _BROKEN.search(found.text):
            arguments += [found.text] if option is None else [option.text, found.text]
            option, end = None, found.end
            found = self.cursor.group(end) if self.text.startswith("{", end) else None
        self.tokens.append(Token("foreign", start, end, tuple(arguments)))
        return end

    def _false_branch(self, start: int, end: int) -> int:
        branches = self._branches(end)
        if branches is None:
            self.tokens.append(Token("unclosed", start, end, ("iffalse",)))
            return end
        other, closing = branches
        if other is None:
            self.cuts.append((start, closing[1]))
        else:
            self.cuts += [closing, (start, other[1])]
        return self._cut()

    def _true_branch(self, start: int, end: int) -> int:
        r"""``\ifplastex`` is true here, as it is where leanblueprint makes its pages."""
        branches = self._branches(end)
        if branches is None:
            return end
        other, closing = branches
        self.cuts += [closing if other is None else (other[0], closing[1]), (start, end)]
        return self._cut()

    def _branches(self, at: int) -> tuple[tuple[int, int] | None, tuple[int, int]] | None:
        r"""Find the ``\else`` and the ``\fi`` of a conditional whose ``\if`` ends at ``at``, as spans."""
        other = None
        depth = 0
        for match in _CONDITIONAL.finditer(self.text, at):
            self._looked += 1
            if self._looked > MOST_CONDITIONALS:
                return None
            word = match[1]
            if word == "fi" and depth == 0:
                return other, match.span()
            if word == "else" and depth == 0 and other is None:
                other = match.span()
            depth += (word not in {"fi", "else"}) - (word == "fi")
        self._looked = MOST_CONDITIONALS
        return None
