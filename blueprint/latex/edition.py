"""The edition: turns the drafts of a book that is read to its end into a blueprint."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.book import Blueprint, Chapter, Passage
from blueprint.latex.labels import Target
from blueprint.latex.losses import formalized_asides, nodes_read_otherwise
from blueprint.node import Marks, Node, Proof

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blueprint.latex.drafts import Division, Location, Mention, PassageDraft, ProofDraft, StatementDraft
    from blueprint.latex.state import Book

_COMMAND = re.compile(r"\\[A-Za-z@]++\*?(?:\[[^\[\]]*+\]|\{[^{}]*+\})*+")
_COMMANDS = {-1: "part", 0: "chapter", 1: "section", 2: "subsection", 3: "subsubsection"}


def _distinct(mentions: Iterable[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(mention.name for mention in mentions))


class Edition:
    """Makes one blueprint of one book."""

    def __init__(self, book: Book, files: tuple[str, ...]) -> None:
        self.book = book
        self.files = files
        levels = {division.level for division in book.divisions}
        self._top = 0 if 0 in levels or 1 not in levels else 1
        self._nodes = [statement for statement in book.statements if statement.is_node]
        self._attached = {id(proof) for node in self._nodes for proof in node.proofs}
        front = (passage for passage in book.manuscript.passages if self._count(passage.at) == 0)
        self._names: dict[int, str] = {}
        self._headed = any(_shows(passage) for passage in front)

    def blueprint(self) -> Blueprint:
        """Return the book as data."""
        book = self.book
        self._settle_labels()
        self._name_headings()
        targets = book.labels.targets
        stated = [(name, target.kind, each) for name, target in targets.items() if (each := target.statement)]
        nodes = tuple([self._node(statement) for statement in self._nodes])
        passages = tuple(self._passages())
        macros = book.macros.macros
        return Blueprint(
            title=book.settings.get("title", ""),
            chapters=self._chapters(),
            nodes=nodes,
            passages=passages,
            macros={name: (macro.arguments, macro.body) for name, macro in macros.items()},
            aliases={name: statement.label for name, kind, statement in stated if kind == "node"},
            references={name: target.number for name, target in targets.items() if target.number},
            problems=tuple(sorted(set(book.problems))),
            files=self.files,
            words={name: target.word for name, target in targets.items() if target.number},
            containers={name: each.label for name, kind, each in stated if kind != "node" and each.is_node},
            defaults={name: macro.default for name, macro in macros.items() if macro.default is not None},
            settings={key: text for key, text in book.settings.items() if key not in {"title", "dep_by"}},
            headings={name: book.theorems.heading(name) for name in {*book.theorems.styles, *book.theorems.nodes}},
            proofs=len(book.proofs),
            read_otherwise=nodes_read_otherwise(book, zip(self._nodes, nodes, strict=True)),
            formalized_asides=formalized_asides(book),
            sections=self._sections(nodes),
            tags=tuple(book.tags),
        )

    # ---- labels

    def _settle_labels(self) -> None:
        """Give every node the label it goes by: its last one that is not another's, or one made up."""
        targets = self.book.labels.targets
        taken: set[str] = set(targets)
        unlabelled: dict[str, int] = {}
        for node in self._nodes:
            own = [name for name in node.labels if targets[name].statement is node]
            if own:
                node.label = own[-1]
                continue
            file = node.place.file.removesuffix(".tex").replace("/", "-")
            unlabelled[file] = unlabelled.get(file, 0) + 1
            base = node.labels[-1] if node.labels else f"unlabelled-{file}"
            count = 2 if node.labels else unlabelled[file]
            while f"{base}-{count}" in taken:
                count += 1
            node.label = f"{base}-{count}"
            taken.add(node.label)

    def _name_headings(self) -> None:
        """Give every numbered heading a label, by which the renderer finds its number."""
        for division in self.book.divisions:
            if division.level > self._top and division.number and not division.label:
                self._names[id(division)] = name = f"{_COMMANDS[division.level]} {division.number}"
                target = Target("division", "Section", division.number, self.book.source.place(0))
                self.book.labels.targets.setdefault(name, target)

    # ---- nodes

    def _node(self, draft: StatementDraft) -> Node:
        made, chapter = draft.node, self._chapter(draft.at)
        if made and made.label == draft.label and made.chapter == chapter and draft.joined == draft.proofs:
            return made
        draft.joined = draft.proofs
        draft.node = Node(
            label=draft.label,
            labels=tuple(draft.labels),
            kind=draft.kind,
            number=draft.number,
            title=draft.title,
            tex=draft.tex,
            chapter=chapter,
            uses=_distinct(draft.uses),
            lean=_distinct(draft.lean),
            marks=Marks(draft.leanok, draft.mathlibok, draft.notready),
            proof=self._proof(draft.proofs),
            place=draft.place,
            heading=draft.heading,
            discussion=tuple(draft.discussion),
            tags=tuple(draft.tags),
            equations=tuple(draft.equations),
        )
        return draft.node

    def _proof(self, drafts: list[ProofDraft]) -> Proof | None:
        """Join the proofs of one node."""
        if not drafts:
            return None
        return Proof(
            place=drafts[0].place,
            tex="\n\n".join(draft.tex for draft in drafts if draft.tex),
            uses=_distinct(mention for draft in drafts for mention in draft.uses),
            leanok=any(draft.leanok for draft in drafts),
            title=drafts[0].title,
            lean=_distinct(mention for draft in drafts for mention in draft.lean),
            tags=tuple(tag for draft in drafts for tag in draft.tags),
            equations=tuple(number for draft in drafts for number in draft.equations),
        )

    # ---- chapters and passages

    def _sections(self, nodes: tuple[Node, ...]) -> tuple[tuple[str, ...], ...] | None:
        """Return which nodes stand, or are put by a mark, in each section that has a graph of its own."""
        kind = self.book.settings.get("dep_by")
        if not kind:
            return None
        level = next((level for level, name in _COMMANDS.items() if name == kind), None)
        found: list[list[str]] = []
        by_label: dict[str, list[str]] = {}
        here: list[list[str] | None] = [None]  # the graph that what follows each division stands in
        for division in self.book.divisions:
            if division.level == level:
                found.append([])
                by_label[division.label] = found[-1]
                here.append(found[-1])
            else:
                outside = level is None or division.level < level
                here.append(None if outside else here[-1])
        for draft, node in zip(self._nodes, nodes, strict=True):
            own = here[draft.at.divisions]
            also = (by_label[name] for name in node.also_in if name in by_label)
            for graph in (own, *also):
                if graph is not None:
                    graph.append(node.label)
        return tuple(tuple(dict.fromkeys(labels)) for labels in found)

    def _count(self, at: Location) -> int:
        return at.chapters if self._top == 0 else at.sections

    def _chapter(self, at: Location) -> int:
        return max(0, self._count(at) - (not self._headed))

    def _chapters(self) -> tuple[Chapter, ...]:
        divisions = [division for division in self.book.divisions if division.level == self._top]
        chapters = [Chapter(division.number, division.title, division.label) for division in divisions]
        if self._headed or not chapters:
            chapters.insert(0, Chapter("", ""))
        return tuple(chapters)

    def _passages(self) -> Iterable[Passage]:
        for draft in self.book.manuscript.passages:
            chapter = self._chapter(draft.at)
            if draft.statement is not None:
                yield Passage(chapter, label=draft.statement.label)
            elif draft.proof is not None:
                if id(draft.proof) not in self._attached:
                    title = f"[{draft.proof.title}]" if draft.proof.title else ""
                    yield Passage(
                        chapter,
                        f"\\begin{{proof}}{title}\n{draft.proof.tex}\n\\end{{proof}}",
                        equations=tuple(draft.proof.equations),
                    )
            elif draft.division is None and (_shows(draft) or self._count(draft.at)):
                yield Passage(chapter, draft.tex, equations=tuple(draft.equations))
            elif draft.division is not None and draft.division.level > self._top:
                yield Passage(chapter, self._heading(draft.division))

    def _heading(self, division: Division) -> str:
        r"""Return a heading as LaTeX, with a label by which the renderer finds its number."""
        command = _COMMANDS[division.level]
        if not division.number:
            return f"\\{command}*{{{division.title}}}"
        return f"\\{command}{{{division.title}}}\\label{{{self._names.get(id(division), division.label)}}}"


def _shows(passage: PassageDraft) -> bool:
    r"""Whether a reader sees something of a passage: not of a heading of its own, nor of ``\maketitle`` alone."""
    if passage.statement is not None or passage.proof is not None:
        return True
    return passage.division is None and bool(_COMMAND.sub("", passage.tex).strip())
