r"""Marks and labels: what ``\lean``, ``\leanok``, ``\uses``, ``\label`` and their kin say, and of what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.drafts import Mention, ProofDraft, StatementDraft
from blueprint.latex.labels import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.latex.drafts import MarkedDraft
    from blueprint.latex.frames import Frame
    from blueprint.latex.state import Book
    from blueprint.latex.token import Token

_NEAR = 200
_LEAVES_FORMULA = re.compile(r"\\\]|\$\$|\n[ \t]*\n|\\(?:begin|end)\{")
_DIVISION_WORDS = {-1: "Part", 0: "Chapter"}


def split_names(text: str) -> list[str]:
    """Return the names of a comma-separated list, blanks and line breaks inside them made one blank."""
    return [name for part in text.split(",") if (name := " ".join(part.split()))]


class Marking:
    """Reads marks and labels in the text."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.handlers: dict[str, Callable[[Token], None]] = {
            "label": self._label,
            "lean": self._lean,
            "uses": self._uses,
            "leanok": self._leanok,
            "mathlibok": self._statement_mark,
            "notready": self._statement_mark,
            "proves": self._proves,
            "discussion": self._statement_mark,
            "alsoIn": self._statement_mark,
            "foreign": self._foreign,
        }

    def _cut(self, token: Token) -> None:
        self.book.manuscript.cut_mark(token.start, token.end)

    # ---- labels

    def _label(self, token: Token) -> None:
        book, name, place = self.book, " ".join(token.argument(0).split()), self.book.place(token)
        frame = next((frame for frame in reversed(book.frames) if _takes_labels(frame)), None)
        if not name:
            self._cut(token)
        elif frame is None:
            self._cut(token)
            self._label_division(name, token)
        elif frame.role == "display":
            frame.waiting.append((name, place))
        elif (tag := self._loose_tag(token)) is not None:
            book.labels.add(name, Target("equation", "equation", tag, place, frame.draft))
        elif isinstance(frame.draft, StatementDraft):
            self._cut(token)
            draft = frame.draft
            draft.labels.append(name)
            kind = "node" if draft.is_node else "aside"
            book.labels.add(name, Target(kind, draft.heading, draft.number, place, draft))
        elif isinstance(frame.draft, ProofDraft):
            self._cut(token)
            book.labels.add(name, Target("proof", "Proof", "", place, frame.draft))
        else:
            book.labels.add(name, self._inner_target(frame, token))

    def _loose_tag(self, token: Token) -> str | None:
        r"""Return the number of the formula that a label stands in, between ``\[`` and ``\]`` or double dollars."""
        if self.book.loose_tag is None:
            return None
        source, end, tag = self.book.loose_tag
        between = source.text[end : token.start]
        near = source is self.book.source and len(between) < _NEAR
        return tag if near and not _LEAVES_FORMULA.search(between) else None

    def _inner_target(self, frame: Frame, token: Token) -> Target:
        """What a label inside a list, a float or a group of equations names."""
        kind = {"list": "item", "float": "float"}.get(frame.role, "equation")
        word = {"list": "item", "float": frame.name.strip("*").capitalize()}.get(frame.role, "equation")
        draft = next((other.draft for other in reversed(self.book.frames) if other.draft), None)
        return Target(kind, word, frame.number, self.book.place(token), draft)

    def _label_division(self, name: str, token: Token) -> None:
        number = word = ""
        self.book.check_leaning(on_statement=False)
        if self.book.divisions:
            division = self.book.divisions[-1]
            division.label = division.label or name
            number, word = division.number, _DIVISION_WORDS.get(division.level, "Section")
        self.book.labels.add(name, Target("division", word, number, self.book.place(token)))

    # ---- marks

    def _marked(self, token: Token) -> MarkedDraft | None:
        """Return what a mark is about, and note where it stands in the wrong place."""
        book, mark = self.book, f"\\{token.name}"
        self._cut(token)
        frame = next((frame for frame in reversed(book.frames) if frame.draft), None)
        if frame is None or frame.draft is None:
            message = f"{mark} stands outside every statement and proof and marks nothing; move it into one."
            book.report(token, "BP152", "warning", message)
            return None
        if frame is book.frames[-1]:
            frame.draft.direct[token.name] = split_names(token.argument(0))
        if isinstance(frame.draft, StatementDraft) and not frame.draft.is_node:
            message = f"{mark} stands in a {frame.name}, which is no node; name “{frame.name}” in the option thms="
            book.report(token, "BP152", "warning", f"{message} of the blueprint package, or take the mark out.")
        elif frame is not book.frames[-1]:
            inner = book.frames[-1]
            what = "an item of a list" if inner.role == "list" else f"the environment “{inner.name}”"
            message = f"{mark} stands inside {what}, where leanblueprint loses it; move it up to the {frame.name}."
            book.report(token, "BP151", "warning", message)
        return frame.draft

    def _lean(self, token: Token) -> None:
        draft = self._marked(token)
        if draft is None:
            return
        if "lean" in draft.seen:
            message = "A second \\lean in one environment: leanblueprint keeps the last only; the two are joined here."
            self.book.report(token, "BP142", "warning", f"{message} Write them as one.")
        draft.seen.add("lean")
        place = self.book.place(token)
        draft.lean += [Mention(name, place) for name in split_names(token.argument(0))]

    def _uses(self, token: Token) -> None:
        draft = self._marked(token)
        if draft is None:
            return
        names = split_names(token.argument(0))
        if not names:
            self.book.report(token, "BP134", "warning", "\\uses{} names nothing; name a label or take it out.")
        if "uses" in draft.seen:
            message = "A second \\uses in one environment: leanblueprint keeps the last only; the two are joined here."
            self.book.report(token, "BP133", "warning", f"{message} Write them as one.")
        draft.seen.add("uses")
        place = self.book.place(token)
        draft.uses += [Mention(name, place) for name in names]

    def _leanok(self, token: Token) -> None:
        draft = self._marked(token)
        if draft is not None:
            draft.leanok = True

    def _statement_mark(self, token: Token) -> None:
        draft = self._marked(token)
        if not isinstance(draft, StatementDraft):
            if draft is not None:
                message = f"\\{token.name} stands in a proof and marks nothing; move it into the statement."
                self.book.report(token, "BP152", "warning", message)
        elif token.name == "mathlibok":
            draft.mathlibok = True
        elif token.name == "notready":
            draft.notready = True
        else:
            draft.tags.append(self.book.tag(token, token.name, token.arguments))
            if token.name == "discussion":
                draft.discussion += [name.lstrip("\\# ") for name in split_names(token.argument(0))]

    def _proves(self, token: Token) -> None:
        draft = self._marked(token)
        names = split_names(token.argument(0))
        if isinstance(draft, ProofDraft) and names:
            draft.proves = Mention(names[0], self.book.place(token))

    def _foreign(self, token: Token) -> None:
        """A mark of a fork, kept as a tag, unless the book itself defines the command: then it is text."""
        book, name = self.book, token.argument(0)
        macro = book.macros.macros.get(name)
        if macro is not None and macro.body.strip():
            return
        self._cut(token)
        draft = next((frame.draft for frame in reversed(book.frames) if frame.draft), None)
        tags = book.tags if draft is None else draft.tags
        tags.append(book.tag(token, name, token.arguments[1:]))
        if macro is None and f"\\{name}" not in book.remarked:
            book.remarked.add(f"\\{name}")
            message = f"\\{name} is no mark of leanblueprint, and the book does not define it; it is kept as a tag."
            book.report(token, "BP155", "info", f"{message} Check its spelling, or define it in the preamble.")


def _takes_labels(frame: Frame) -> bool:
    """Whether a label directly inside an environment names something of that environment."""
    if frame.role == "list":
        return frame.count > 0 or bool(frame.number)
    return frame.role in {"statement", "proof", "display", "float", "subequations"}
