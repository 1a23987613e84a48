r"""Insertions: where the marks of a draft go in the files, and what they say.

Everything that is inserted stands between two characters of the original; nothing of it is changed or moved.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from blueprint.latex.arguments import Cursor
from blueprint.latex.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from blueprint.draft.originals import Original
    from blueprint.draft.proposal import Draft, NodeDraft, ProposedEdge
    from blueprint.node import Place

_BEGIN = re.compile(r"\\begin\s*\{([^{}]*)\}|\\[A-Za-z@]+")
_LABEL = re.compile(r"\\label\s*\{[^{}\\%\n]{0,200}\}")
_PLAIN_GROUP = re.compile(r"\{[^{}\\%\n]{0,200}\}")
_BLANKS = re.compile(r"[ \t]*")
_BOX = re.compile(r"\\(?:newtcbtheorem|NewTcbTheorem|DeclareTcbTheorem)\s*(?:\[[^\[\]]*\])?\s*\{([^{}]*)\}")
_PACKAGE = re.compile(r"^[^%\n]*\\usepackage\s*(?:\[[^\[\]]*\])?\s*\{[^{}]*\bblueprint\b[^{}]*\}", re.MULTILINE)
_UNSAFE = re.compile(r"[\\{}%\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LONGEST_REASON = 300
_INDENT = "  "

HINT = "% blueprover draft: "
"""How the lines begin that are put into a preamble; where they are already, they are not put there again."""


def insertions_of(draft: Draft, files: Mapping[str, Original]) -> dict[str, list[tuple[int, str]]]:
    """Return what is to be inserted: by file, offsets in its text and what goes there.

    Args:
        draft: what is proposed.
        files: the files of the book, the root first.
    """
    if draft.is_empty:
        return {}
    inserter = _Inserter(files)
    found: dict[str, dict[int, str]] = {}
    for node in draft.nodes:
        for place, lines, is_proof in _marks(node):
            file = files.get(place.file)
            if file is not None and lines:
                offset, text = inserter.insertion(file, place, lines, is_proof=is_proof)
                at = found.setdefault(place.file, {})
                at[offset] = at.get(offset, "") + text
    hint = _hint(draft, files)
    if hint is not None:
        name, offset, text = hint
        at = found.setdefault(name, {})
        at[offset] = text + at.get(offset, "")
    return {name: sorted(at.items()) for name, at in found.items()}


def _marks(node: NodeDraft) -> Iterator[tuple[Place, list[str], bool]]:
    lines: list[str] = []
    for name, command in ((node.new_label, "label"), (node.lean, "lean")):
        if name is not None:
            lines += [_comment(name.reason), f"\\{command}{{{name.name}}}"]
    yield node.place, lines + _uses(node.statement_uses), False
    if node.proof_place is not None:
        yield node.proof_place, _uses(node.proof_uses), True


def _uses(edges: Iterable[ProposedEdge]) -> list[str]:
    edges = tuple(edges)
    if not edges:
        return []
    names = ", ".join(edge.source for edge in edges)
    return [*(_comment(f"{edge.source}: {edge.reason}") for edge in edges), f"\\uses{{{names}}}"]


def _comment(reason: str) -> str:
    r"""Return a reason as a comment of one line that no command or brace of the book can be hidden in."""
    plain = " ".join(_UNSAFE.sub(" ", reason).split()).replace("\u201c ", "\u201c").replace(" \u201d", "\u201d")
    return f"% inferred: {plain[:_LONGEST_REASON]}"


class _Inserter:
    """Finds the places of marks in the files of one book."""

    def __init__(self, files: Mapping[str, Original]) -> None:
        self._cursors = {name: Cursor(file.text) for name, file in files.items()}
        self._spans = {name: [(token.start, token.end) for token in scan(file.text)] for name, file in files.items()}
        self._boxes = {box.strip() for file in files.values() for box in _BOX.findall(file.text)}

    def insertion(self, file: Original, place: Place, lines: list[str], *, is_proof: bool) -> tuple[int, str]:
        """Return where the marks of a statement or proof go, and the text to insert."""
        text = file.text
        offset = self._outside_tokens(file.name, self._behind_begin(file, place, is_proof=is_proof))
        start = text.rfind("\n", 0, file.offset(place)) + 1
        indent = text[start : _behind_blanks(text, start)] + _INDENT
        block = "".join(f"\n{indent}{line}" for line in lines)
        ends_line = text[(end := _behind_blanks(text, offset)) : end + 1] in {"", "\n"}
        return offset, block if ends_line else f"{block}\n{indent}"

    def _outside_tokens(self, name: str, offset: int) -> int:
        """Return the offset, or, if it is inside a command with its arguments, the one behind that."""
        spans = self._spans[name]
        index = bisect_left(spans, (offset, 0)) - 1
        return max(offset, spans[index][1]) if index >= 0 else offset

    def _behind_begin(self, file: Original, place: Place, *, is_proof: bool) -> int:
        r"""Return the offset behind the ``\begin`` at a place, its arguments and the labels that follow."""
        text, cursor = file.text, self._cursors[file.name]
        begin = _BEGIN.match(text, file.offset(place))
        if begin is None:
            return file.offset(place)
        name = (begin[1] or "").strip()
        option = cursor.option(begin.end())
        end = option.end if option else begin.end()
        groups = 0 if is_proof else 2 if name == "restatable" or name in self._boxes else 0
        if not is_proof and name.endswith("*") and name[:-1] in self._boxes:
            groups = 1
        for _ in range(groups):
            group = cursor.group(end)
            end = group.end if group else end
        while plain := _PLAIN_GROUP.match(text, end):
            end = plain.end()
        while label := _LABEL.match(text, cursor.skip_blank(end)):
            end = label.end()
        return end


def _behind_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _hint(draft: Draft, files: Mapping[str, Original]) -> tuple[str, int, str] | None:
    """Return what a preamble without the blueprint package is told: file, offset and text."""
    if any(_PACKAGE.search(file.text) or HINT in file.text for file in files.values()):
        return None
    for name, file in files.items():
        for token in scan(file.text):
            if token.name == "begin" and token.arguments == ("document",):
                at = token.start
                hint = ("" if file.text[at - 1 : at] in {"", "\n"} else "\n") + _preamble(draft)
                is_harmless = _structure(file.text[:at] + hint + file.text[at:]) == _structure(file.text)
                return (name, at, hint) if is_harmless else None
    return None


def _structure(text: str) -> list[tuple[str, tuple[str | None, ...]]]:
    """Return what a file's tokens say, but for what a hint adds; a bracket left open above would swallow the hint."""
    return [(token.name, token.arguments) for token in scan(text) if token.name not in {"comment", "providecommand"}]


def _preamble(draft: Draft) -> str:
    kinds = "+".join(_UNSAFE.sub("", kind) for kind in draft.kinds)
    return (
        f"{HINT}for leanblueprint, load its package in the web version:\n"
        f"{HINT}  \\usepackage[showmore, dep_graph, thms={kinds}]{{blueprint}}\n"
        f"{HINT}where no package defines the marks, they print nothing:\n"
        "\\providecommand{\\lean}[1]{}\\providecommand{\\uses}[1]{}\n"
    )
