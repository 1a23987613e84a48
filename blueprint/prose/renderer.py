"""The renderer: statements, proofs and prose of a book as HTML."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from blueprint.prose.context import Context, Sheet
from blueprint.prose.expansion import Expander
from blueprint.prose.flow import Flow
from blueprint.prose.formula import Preparation
from blueprint.prose.mathematics import Formulas
from blueprint.prose.references import References
from blueprint.prose.text import TextWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blueprint.book import Blueprint
    from blueprint.node import Node


class ProseRenderer:
    """Writes the text of one book as HTML5 with MathML Core.

    What it returns is safe to put into a page: every character of the book is escaped, tags are the renderer's own,
    links lead to web addresses and within the site only. The same text gives the same HTML. Where the book says
    something that the renderer does not understand, the source is shown, escaped, in an element of the class
    ``tex-raw``, and counted in `unknown`.

    Attributes:
        unknown: commands, environments and formulas that were shown as source, and how often.
    """

    def __init__(
        self, blueprint: Blueprint, link: Callable[[str], str], cite: Callable[[str], str] | None = None
    ) -> None:
        """Prepare to write.

        Args:
            blueprint: the book, whose macros and numbers are used.
            link: from the label of a node or a chapter to the address that references to it lead to; the empty
                string for none.
            cite: from the key of an entry of the bibliography to the address that citations of it lead to; they lead
                nowhere without it.
        """
        self.unknown: Counter[str] = Counter()
        references = References(blueprint, link, cite)
        expander = Expander(blueprint)
        formulas = Formulas(Preparation(references), expander, self.unknown)
        self._context = Context(references, formulas, expander, blueprint.headings, self.unknown, blueprint.pictures)

    def statement(self, node: Node) -> str:
        """Return what a node states, as paragraphs and blocks, without its heading."""
        return self.passage(node.tex, node.equations, f"statement {node.label}")

    def proof(self, node: Node) -> str:
        """Return a node's proof, as paragraphs and blocks, without its heading; empty where there is none."""
        if node.proof is None:
            return ""
        return self.passage(node.proof.tex, node.proof.equations, f"proof {node.label}")

    def passage(self, tex: str, equations: Sequence[str] = (), place: str = "") -> str:
        """Return a stretch of LaTeX as paragraphs and blocks, its footnotes behind it.

        Args:
            tex: what to write.
            equations: numbers of the rows of displays that have neither label nor tag, in order.
            place: what keeps the ids of footnotes apart from those of the same text elsewhere on a page.
        """
        tex = self._context.expander.put_in_edges(tex)
        sheet, flow = Sheet.of(tex, place, equations), Flow()
        TextWriter(self._context, sheet, tex).write(flow)
        return flow.html() + sheet.notes_html()

    def inline(self, tex: str) -> str:
        """Return a title or the like as inline HTML, without paragraphs and without links."""
        flow = Flow(inline=True)
        TextWriter(self._context, Sheet.of(tex), tex).write(flow)
        return flow.html()
