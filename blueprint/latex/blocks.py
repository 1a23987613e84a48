r"""Environments: statements, proofs, numbered displays, lists and floats, from their ``\begin`` to their ``\end``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from blueprint.latex.drafts import PassageDraft, ProofDraft, StatementDraft
from blueprint.latex.environments import KNOWN
from blueprint.latex.frames import DEEPEST, Frame
from blueprint.latex.labels import Target, plain_tag
from blueprint.latex.lists import LISTS, item_start, item_template, write_item
from blueprint.latex.scan import ROWED
from blueprint.latex.theorems import parse_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.latex.arguments import Found
    from blueprint.latex.state import Book
    from blueprint.latex.token import Token
    from blueprint.node import Place

_FLOATS = {"figure": "figure", "figure*": "figure", "wrapfigure": "figure", "table": "table", "table*": "table"}
_ONE_NUMBER = frozenset({"equation", "multline"})
_COMMANDS_ONLY = re.compile(r"(?:\s*+\\[A-Za-z]++\*?(?:\s*+(?:\[[^\[\]]*+\]|\{[^{}]*+\}))*+)++\s*+")
_ENDS = re.compile(r"\\end\s*\{[^{}]*\}\s*$")
_PARAGRAPH_END = re.compile(r"\n[ \t]*+\n")


class Blocks:
    """Opens and closes environments."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.handlers: dict[str, Callable[[Token], None]] = {
            "item": self._item,
            "caption": self._caption,
            "\\": self._row,
            "nonumber": self._silence,
            "notag": self._silence,
            "tag": self._tag,
        }
        self._too_deep = 0

    @property
    def is_clear(self) -> bool:
        """Whether no environment is open."""
        return not self.book.frames and not self._too_deep

    # ---- opening

    def begin(self, token: Token) -> None:
        """Open an environment."""
        book, name = self.book, token.argument(0)
        if len(book.frames) >= DEEPEST:
            if not self._too_deep:
                message = f"Environments are nested more than {DEEPEST} deep; is an \\end missing above?"
                book.report(token, "BP113", "error", message)
            self._too_deep += 1
        elif name in book.theorems or name == "restatable":
            self._begin_statement(token, name, name)
        elif name == "proof":
            self._begin_proof(token, name)
        elif (inner := book.macros.wrappers.get(name)) is not None and inner in book.theorems:
            self._begin_statement(token, name, inner)
        elif inner == "proof":
            self._begin_proof(token, name)
        else:
            self._begin_other(token, name)

    def _begin_statement(self, token: Token, name: str, kind: str) -> None:
        book = self.book
        book.manuscript.copy_to(token.start)
        option = book.source.cursor.option(token.end)
        end = option.end if option else token.end
        if name == "restatable":
            of = book.source.cursor.group(end)
            command = book.source.cursor.group(of.end) if of else None
            kind, end = (of.text.strip(), command.end) if of and command else (name, end)
        title, label, end = self._read_box(kind, option, end)
        draft = StatementDraft(
            book.place(token), book.location, " ".join(title.split()),
            kind=kind, heading=book.theorems.heading(kind), number=book.theorems.number(kind),
            is_node=book.theorems.is_node(kind), is_aside=book.theorems.is_aside(kind),
        )  # fmt: skip
        self._check_surroundings(token, draft)
        if draft.is_node and not self._drafted():
            book.manuscript.end_prose(book.location)
        else:
            title = f"[{draft.title}]" if draft.title else ""
            book.manuscript.pieces += [f"\\begin{{{kind}}}{title}", ""]
        book.statements.append(draft)
        book.begun += 1
        if draft.is_node:
            book.last_statement, book.last_aside = draft, None
        else:
            book.last_aside = draft
        self._open(name, "statement", token, draft, end)
        if label:
            draft.labels.append(label)
            target = Target("node" if draft.is_node else "aside", draft.heading, draft.number, draft.place, draft)
            book.labels.add(label, target)

    def _read_box(self, kind: str, option: Found | None, end: int) -> tuple[str, str, int]:
        """Return title and label of a statement, and where its text begins; a box has both as arguments."""
        style = self.book.theorems.styles.get(kind)
        if style is None or not style.groups:
            return option.text if option else "", "", end
        label = parse_options(option.text).get("label", "") if option else ""
        title = self.book.source.cursor.group(end)
        name = self.book.source.cursor.group(title.end) if title and style.groups > 1 else None
        if name and name.text.strip():
            label = style.prefix + " ".join(name.text.split())
        last = name or title
        return title.text if title else "", label, last.end if last else end

    def _check_surroundings(self, token: Token, draft: StatementDraft) -> None:
        if not draft.is_node:
            return
        if self.book.frames and self.book.frames[-1].role == "statement":
            outer = self.book.frames[-1]
            message = f"This {draft.kind} stands inside the {outer.name} of line {outer.place.line}"
            self.book.report(token, "BP166", "warning", f"{message}; is \\end{{{outer.name}}} missing?")
        elif not self.book.frames and _is_glued(self.book.manuscript.tail()):
            message = f"Text stands directly above this {draft.kind}, so that leanblueprint sees no statement here"
            self.book.report(token, "BP165", "warning", f"{message}; put a blank line before \\begin{{{draft.kind}}}.")

    def _begin_proof(self, token: Token, name: str) -> None:
        book = self.book
        outer = self._drafted()
        if isinstance(outer, ProofDraft) and book.begun == self._begun_before(outer):
            self._open(name, "other", token, None, token.end)
            return
        book.manuscript.copy_to(token.start)
        book.check_leaning(on_statement=True)
        option = book.source.cursor.option(token.end)
        draft = ProofDraft(
            book.place(token), book.location, " ".join(option.text.split()) if option else "",
            enclosing=outer if isinstance(outer, StatementDraft) else None,
            statement=self._here(book.last_statement), aside=self._here(book.last_aside),
        )  # fmt: skip
        if outer is None:
            book.manuscript.end_prose(book.location)
        elif draft.enclosing is None or not draft.enclosing.is_node:
            book.manuscript.pieces.append("\\begin{proof}" + (f"[{draft.title}]" if draft.title else ""))
        book.proofs.append(draft)
        self._open(name, "proof", token, draft, option.end if option else token.end)
        book.frames[-1].count = book.begun

    def _begin_other(self, token: Token, name: str) -> None:
        book, base = self.book, name.removesuffix("*")
        if base in ROWED:
            self._open(name, "display", token, None, token.end)
            return
        book.frames.append(Frame(name, "other", book.place(token)))
        frame = book.frames[-1]
        if name in LISTS:
            option = book.source.cursor.option(token.end)
            level = self._list_level()
            frame.role = "list"
            frame.template = item_template(option.text if option else "", level) if "enum" in name else ""
            frame.count = item_start(option.text if option else "", self._counts().get(level, 0)) - 1
        elif name in _FLOATS:
            frame.role = "float"
        elif name == "subequations":
            frame.role = "subequations"
            frame.number = book.counters.step("equation")
        elif name not in KNOWN and base not in KNOWN and name not in book.macros.environments | book.remarked:
            book.remarked.add(name)
            message = f"The environment “{name}” is unknown; its text is read, its meaning is not."
            book.report(token, "BP115", "warning", f"{message} Check its spelling, or define it in the preamble.")

    def _open(self, name: str, role: Any, token: Token, draft: StatementDraft | ProofDraft | None, end: int) -> None:
        book = self.book
        if draft is not None:
            book.manuscript.skip_to(end)
            book.skip = end
        place = draft.place if draft else book.place(token)
        book.frames.append(Frame(name, role, place, draft, len(book.manuscript.pieces)))

    def _list_level(self) -> int:
        """Return how many numbered lists are open."""
        return sum(frame.role == "list" and bool(frame.template) for frame in self.book.frames)

    def _counts(self) -> dict[int, int]:
        """Return what the lists of the innermost open statement or proof have counted; nothing in prose."""
        return next((frame.counts for frame in reversed(self.book.frames) if frame.draft), {})

    def _drafted(self) -> StatementDraft | ProofDraft | None:
        """Return the innermost statement or proof that is open."""
        return next((frame.draft for frame in reversed(self.book.frames) if frame.draft), None)

    def _begun_before(self, proof: ProofDraft) -> int:
        return next(frame.count for frame in self.book.frames if frame.draft is proof)

    def _here(self, draft: StatementDraft | None) -> StatementDraft | None:
        """A proof is about a statement of its own section or subsection only."""
        return draft if draft and draft.at.divisions == self.book.location.divisions else None

    # ---- closing

    def end(self, token: Token) -> None:
        """Close an environment, and those inside it that were left open."""
        book, name = self.book, token.argument(0)
        if self._too_deep:
            self._too_deep -= 1
            return
        depth = next((i for i in range(len(book.frames) - 1, -1, -1) if book.frames[i].name == name), None)
        if depth is None:
            message = f"\\end{{{name}}} closes nothing; take it out, or add \\begin{{{name}}}."
            book.report(token, "BP112", "error", message)
            return
        book.manuscript.copy_to(token.start)
        if depth + 1 < len(book.frames):
            self._close_above(depth + 1, book.place(token))
        frame = book.frames.pop()
        self._finish(frame)
        if frame.draft is not None:
            book.manuscript.skip_to(token.end)

    def close_drafts(self, at: Place) -> None:
        """Close all down to the outermost open statement or proof: a new section begins."""
        depth = next((i for i, frame in enumerate(self.book.frames) if frame.draft), None)
        if depth is not None:
            self._too_deep = 0
            self._close_above(depth, at)

    def close_all(self, at: Place) -> None:
        """Close all: the book ends."""
        self._close_above(0, at)

    def _close_above(self, depth: int, at: Place) -> None:
        while len(self.book.frames) > depth:
            frame = self.book.frames.pop()
            where = f"line {at.line}" + (f" of {at.file}" if at.file != frame.place.file else "")
            message = f"\\begin{{{frame.name}}} is not closed before {where}; add \\end{{{frame.name}}}."
            self.book.report(frame.place, "BP111", "error", message)
            self._finish(frame)

    def _finish(self, frame: Frame) -> None:
        if frame.role == "display":
            self._finish_row(frame, at_end=True)
        elif frame.role == "list" and frame.template:
            self._counts()[self._list_level()] = frame.count
        elif isinstance(frame.draft, StatementDraft):
            self._finish_statement(frame, frame.draft)
        elif isinstance(frame.draft, ProofDraft):
            self._finish_proof(frame, frame.draft)

    def _finish_statement(self, frame: Frame, draft: StatementDraft) -> None:
        manuscript = self.book.manuscript
        draft.tex = manuscript.take_body(frame.piece)
        draft.equations = manuscript.equations_since(frame.piece)
        if draft.is_node and not self._drafted():
            manuscript.drop_body(0)
        else:
            manuscript.pieces[frame.piece - 1] = "".join(f"\\label{{{name}}}" for name in self._names(draft))
            manuscript.pieces.append(f"\\end{{{draft.kind}}}")
        if draft.is_node:
            manuscript.add_statement(draft)

    def _names(self, draft: StatementDraft) -> list[str]:
        """Return a statement's labels, or one made for it, by which the renderer finds its number."""
        if not draft.labels and draft.number:
            name = f"{draft.kind} {draft.number}"
            target = Target("aside", draft.heading, draft.number, draft.place, draft)
            self.book.labels.take(name, target, is_own=False)
            return [name]
        return draft.labels

    def _finish_proof(self, frame: Frame, draft: ProofDraft) -> None:
        manuscript = self.book.manuscript
        draft.tex = manuscript.take_body(frame.piece)
        draft.equations = manuscript.equations_since(frame.piece)
        outer = self._drafted()
        if outer is None:
            manuscript.drop_body(0)
            manuscript.passages.append(PassageDraft(draft.at, proof=draft))
        elif draft.enclosing is not None and draft.enclosing.is_node:
            manuscript.drop_body(frame.piece)
        else:
            manuscript.pieces.append("\\end{proof}")

    # ---- inside displays, lists and floats

    def _innermost(self, role: str) -> Frame | None:
        return next((frame for frame in reversed(self.book.frames) if frame.role == role), None)

    def _item(self, token: Token) -> None:
        frame = self._innermost("list")
        if frame is None:
            return
        option = self.book.source.cursor.option(token.end)
        if option:
            frame.number = option.text.strip()
            frame.count += not frame.template
            return
        frame.count += 1
        frame.number = write_item(frame.template, frame.count).removesuffix(".") if frame.template else ""

    def _caption(self, token: Token) -> None:
        del token
        frame = self._innermost("float")
        if frame is not None and not frame.number:
            frame.number = self.book.counters.step(_FLOATS[frame.name])

    def _row(self, token: Token) -> None:
        del token
        frame = self._innermost("display")
        if frame is not None and frame.name not in _ONE_NUMBER:
            self._finish_row(frame)

    def _silence(self, token: Token) -> None:
        del token
        frame = self._innermost("display")
        if frame is not None:
            frame.silenced = True

    def _tag(self, token: Token) -> None:
        frame, tag = self._innermost("display"), plain_tag(token.argument(1))
        if frame is not None:
            frame.tag = tag
        else:
            self.book.loose_tag = (self.book.source, token.end, tag)

    def _finish_row(self, frame: Frame, *, at_end: bool = False) -> None:
        """Number a row of a display, and let its labels name that number.

        A row without number hands its labels on to the next, as amsmath does.
        """
        number = tagged = frame.tag
        if not number and not frame.silenced and not frame.name.endswith("*"):
            number = self._equation_number()
        frame.silenced, frame.tag = False, ""
        if number or at_end:
            draft = next((f.draft for f in reversed(self.book.frames) if f.draft), None)
            if number and not frame.waiting and not tagged:
                self.book.manuscript.add_equation(number)
            for name, place in frame.waiting:
                self.book.labels.add(name, Target("equation", "equation", number, place, draft))
            frame.waiting = []

    def _equation_number(self) -> str:
        group = self._innermost("subequations")
        if group is None:
            return self.book.counters.step("equation")
        group.count += 1
        return group.number + write_item(r"\alph*", group.count)


def _is_glued(before: str) -> bool:
    """Whether a paragraph is not ended where a statement begins, given the text before it."""
    paragraph = _PARAGRAPH_END.split(before)[-1].strip()
    if not paragraph or _COMMANDS_ONLY.fullmatch(paragraph):
        return False
    return not (_ENDS.search(paragraph) or paragraph.endswith("$$"))
