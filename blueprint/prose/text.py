"""Text as HTML: paragraphs, fonts, references, formulas and the commands between them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.arguments import Cursor
from blueprint.latex.scan import ROWED, VERBATIM
from blueprint.prose import fonts, headings, links
from blueprint.prose.environments import MATHEMATICS, PLAIN, Environments
from blueprint.prose.flow import Flow
from blueprint.prose.rows import number_rows
from blueprint.prose.spaces import behind_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.latex.arguments import Found
    from blueprint.prose.context import Context, Sheet

    Handler = Callable[["TextWriter", str, int, Flow], int]
    """Writes one command: takes the writer, the command, the offset behind it and the flow; returns where to go on."""

DEEPEST = 30
"""Groups, environments and macros within one another; deeper ones are shown as source."""

_TOKEN = re.compile(
    r"\\(?P<word>[A-Za-z@]++)|\\(?P<symbol>.)|(?P<dollar>\$\$?)|(?P<open>\{)|(?P<close>\})"
    r"|(?P<paragraph>\n[ \t]*+\n\s*+)|(?P<comment>%[^\n]*+\n?[ \t]*+)|(?P<ligature>---?|``|''|[`'~])|(?P<odd>\\)",
    re.DOTALL,
)
_EDGE = re.compile(r"\\(?P<verb>verb)(?![A-Za-z])|\\(begin|end)\s*\{([^{}\\\n]*)\}|\\[\\%]|(?P<comment>%[^\n]*+)")
_DOLLAR = re.compile(r"\\.|[${}]|\n[ \t]*+\n", re.DOTALL)
_PLAIN_FORMULA = re.compile(r"[^$\\{}\n]*+(?:(?:\\[^\n]|\n(?![ \t]*\n))[^$\\{}\n]*+)*+\$", re.DOTALL)
_CITATION = re.compile(r"[Cc]ite[A-Za-z]*|[A-Za-z]+cites?")
_LIGATURES = {"--": "–", "---": "—", "``": "“", "''": "”", "`": "‘", "'": "’", "~": "\u00a0"}  # noqa: RUF001 - typography
_LONGEST_FORMULA = 40_000
_LONGEST_RAW = 400
_MOST_RAW_ARGUMENTS = 4


class TextWriter:
    """Writes one text, or what one macro stands for."""

    def __init__(self, context: Context, sheet: Sheet, tex: str, depth: int = 0) -> None:
        self.context = context
        self.sheet = sheet
        self.tex = tex
        self.cursor = Cursor(tex)
        self.depth = depth
        self._searched: dict[str, int] = {}
        self._pairs: dict[int, tuple[int, int]] | None = None

    # ---- entries

    def write(self, flow: Flow, start: int = 0, end: int | None = None) -> None:
        """Write the text between two offsets into a flow."""
        end = len(self.tex) if end is None else end
        if self.depth > DEEPEST:
            self.raw(flow, start, end)
            return
        self.depth += 1
        base, groups = flow.depth, [flow.depth]
        at = start
        while at < end and (match := _TOKEN.search(self.tex, at, end)):
            if match.start() > at:
                flow.text(self.tex[at : match.start()])
            kind = match.lastgroup
            if kind == "open":
                groups.append(flow.depth)
                at = match.end()
            elif kind == "close":
                flow.close_to(max(base, groups.pop() if len(groups) > 1 else base))
                at = match.end()
            else:
                at = self._token(match, flow)
        if at < end:
            flow.text(self.tex[at:end])
        flow.close_to(base)
        self.depth -= 1

    def inline(self, start: int, end: int, *, linked: bool = False) -> str:
        """Return the text between two offsets as inline HTML, with links in it if it may have any."""
        inner = Flow(inline=True, linked=linked)
        self.write(inner, start, end)
        return inner.html()

    def blocks(self, start: int, end: int) -> str:
        """Return the text between two offsets as paragraphs and blocks."""
        inner = Flow()
        self.write(inner, start, end)
        return inner.html()

    def raw(self, flow: Flow, start: int, end: int, name: str = "nesting") -> None:
        """Show source that is not understood."""
        self.show(flow, self.tex[start:end], name)

    def show(self, flow: Flow, source: str, name: str = "") -> None:
        """Show source that is not understood, and count it by a name if it is not to be counted by itself."""
        self.context.unknown[name or source] += 1
        flow.raw(source)

    def formula(self, tex: str, flow: Flow, *, display: bool) -> None:
        """Write a formula."""
        html = self.context.formulas.write(tex, display=display)
        self.sheet.formulas -= len(html)
        if self.sheet.formulas < 0:
            self.show(flow, tex, "formula")
        else:
            flow.add(html)

    @property
    def pairs(self) -> dict[int, tuple[int, int]]:
        r"""Start of every ``\begin`` that is closed, to the span of its ``\end``."""
        if self._pairs is None:
            self._pairs = _pair_environments(self.tex)
        return self._pairs

    # ---- tokens

    def _token(self, match: re.Match[str], flow: Flow) -> int:
        kind, end = match.lastgroup, match.end()
        if kind in {"word", "symbol"}:
            return self._command(match[1] or match[2], match.start(), end, flow)
        if kind == "dollar":
            return self._dollars(match[0], match.start(), end, flow)
        if kind == "paragraph":
            flow.end_paragraph()
        elif kind == "ligature":
            flow.add(_LIGATURES[match[0]])
        elif kind == "odd":
            self.show(flow, "\\")
        return end

    def _command(self, name: str, start: int, end: int, flow: Flow) -> int:
        if name in self.context.expander.macros:
            return self._macro(name, start, end, flow)
        handler = _HANDLERS.get(name)
        if handler is not None:
            return handler(self, name, end, flow)
        if _CITATION.fullmatch(name):
            return links.write_citation(self, name, end, flow)
        return self._unknown(name, start, end, flow)

    def _unknown(self, name: str, start: int, end: int, flow: Flow) -> int:
        """Show a command with the arguments directly behind it, as a formula if it is one, else as source."""
        at = end
        for _ in range(_MOST_RAW_ARGUMENTS):
            found = self.cursor.group(at) or self.cursor.option(at) if self.tex[at : at + 1] in {"{", "["} else None
            if found is None or found.end - start > _LONGEST_RAW:
                break
            at = found.end
        formula = self.context.formulas.attempt(self.tex[start:at]) if name[0].isalpha() else None
        if formula is None:
            self.raw(flow, start, at, f"\\{name}")
        else:
            flow.add(formula)
        return at

    def _macro(self, name: str, start: int, end: int, flow: Flow) -> int:
        sheet = self.sheet
        call = self.context.expander.call(name, self.cursor, end) if sheet.expansions > 0 < sheet.growth else None
        if call is None or self.depth > DEEPEST:
            self.raw(flow, start, end, f"\\{name}")
            return end
        body, at = call
        sheet.expansions -= 1
        sheet.growth -= len(body)
        TextWriter(self.context, self.sheet, body, self.depth).write(flow)
        return behind_word(self.tex, at) if at == end else at

    # ---- mathematics

    def _dollars(self, mark: str, start: int, end: int, flow: Flow) -> int:
        if mark == "$$":
            closing = self.tex.find("$$", end, end + _LONGEST_FORMULA)
            if closing < 0:
                self.raw(flow, start, end, "$$")
                return end
            self.formula(self.tex[end:closing], flow, display=True)
            return closing + 2
        dollar = self._closing_dollar(end)
        if dollar is None:
            self.raw(flow, start, end, "$")
            return end
        self.formula(self.tex[end:dollar], flow, display=False)
        return dollar + 1

    def _closing_dollar(self, at: int) -> int | None:
        """Find the dollar that ends a formula: not one in braces, as in the text inside a formula."""
        plain = _PLAIN_FORMULA.match(self.tex, at, at + _LONGEST_FORMULA)
        if plain:
            return plain.end() - 1
        depth = 0
        first = -1
        for match in _DOLLAR.finditer(self.tex, at, at + _LONGEST_FORMULA):
            found = match[0]
            if found == "$":
                if depth <= 0:
                    return match.start()
                first = match.start() if first < 0 else first
            elif found[0] == "\n":
                break
            depth += (found == "{") - (found == "}")
        return None if first < 0 else first

    def write_formula(self, name: str, at: int, flow: Flow) -> int:
        r"""Write what stands between ``\(`` and ``\)`` or ``\[`` and ``\]``."""
        mark = "\\)" if name == "(" else "\\]"
        closing = self.tex.find(mark, max(at, self._searched.get(mark, 0)), at + _LONGEST_FORMULA)
        if closing < 0:
            self._searched[mark] = at + _LONGEST_FORMULA - 1
            self.raw(flow, at - 2, at, f"\\{name}")
            return at
        self.formula(self.tex[at:closing], flow, display=name == "[")
        return closing + 2

    def write_ensured(self, _name: str, at: int, flow: Flow) -> int:
        """Write a formula in braces."""
        group = self.cursor.group(at)
        if group is None:
            return at
        self.formula(group.text, flow, display=False)
        return group.end

    # ---- environments

    def write_environment(self, _name: str, at: int, flow: Flow) -> int:
        """Write an environment."""
        start = at - len("\\begin")
        group = self.cursor.group(at)
        pair = self.pairs.get(start)
        if group is None or pair is None:
            return self._lone_edge(start, group, at, flow)
        name = group.text.strip()
        if name in MATHEMATICS:
            self.formula(self._numbered(name, start, group.end, pair), flow, display=name != "math")
        elif flow.inline and name not in VERBATIM:
            self.raw(flow, start, pair[1], f"environment {name}")
        else:
            Environments(self).write(name, flow, start, group.end, pair)
        return pair[1]

    def _numbered(self, name: str, start: int, at: int, pair: tuple[int, int]) -> str:
        """Return a display with the numbers of its rows that the book counts but gives no label."""
        if name not in ROWED or not self.sheet.equations:
            return self.tex[start : pair[1]]
        return (
            self.tex[start:at]
            + number_rows(name, self.tex[at : pair[0]], self.sheet.equations)
            + self.tex[slice(*pair)]
        )

    def write_end(self, _name: str, at: int, flow: Flow) -> int:
        r"""Write an ``\end`` that closes nothing."""
        return self._lone_edge(at - len("\\end"), self.cursor.group(at), at, flow)

    def _lone_edge(self, start: int, group: Found | None, at: int, flow: Flow) -> int:
        r"""Show a ``\begin`` or ``\end`` without its other half, unless nothing would be seen of the environment."""
        end = group.end if group else at
        if group is None or group.text.strip() not in PLAIN:
            self.raw(flow, start, end, self.tex[start:at])
        return end

    def group_span(self, at: int) -> tuple[int, int] | None:
        """Return the offsets of what stands between the braces of a group; a single token without braces is none."""
        group = self.cursor.group(at)
        return (self.cursor.skip_blank(at) + 1, group.end - 1) if group else None


_HANDLERS: dict[str, Handler] = {
    **fonts.HANDLERS,
    **links.HANDLERS,
    **headings.HANDLERS,
    "(": TextWriter.write_formula,
    "[": TextWriter.write_formula,
    "ensuremath": TextWriter.write_ensured,
    "begin": TextWriter.write_environment,
    "end": TextWriter.write_end,
}


def _pair_environments(tex: str) -> dict[int, tuple[int, int]]:
    pairs: dict[int, tuple[int, int]] = {}
    opened: list[tuple[str, int]] = []
    hidden_until = 0
    for match in _EDGE.finditer(tex):
        if match.start() < hidden_until or match.lastgroup == "comment" or not match[2]:
            continue
        name = match[3].strip()
        if match[2] == "begin":
            if name in VERBATIM:
                closing = tex.find(f"\\end{{{name}}}", match.end())
                if closing >= 0:
                    hidden_until = closing + len(f"\\end{{{name}}}")
                    pairs[match.start()] = (closing, hidden_until)
                continue
            opened.append((name, match.start()))
            continue
        for back in range(1, min(len(opened), DEEPEST) + 1):
            if opened[-back][0] == name:
                pairs[opened[-back][1]] = match.span()
                del opened[-back:]
                break
    return pairs
