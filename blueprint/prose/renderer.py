"""The renderer: statements, proofs and prose of a book as HTML."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from blueprint.prose.context import Context, Sheet
from blueprint.prose.expansion import Expander
from blueprint.prose.facts import Facts
from blueprint.prose.flow import Flow
from blueprint.prose.formula import Preparation
from blueprint.prose.mathematics import Formulas
from blueprint.prose.references import References
from blueprint.prose.renderings import Rendering
from blueprint.prose.text import TextWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from blueprint.book import Blueprint
    from blueprint.node import Node
    from blueprint.prose.renderings import Renderings


class Text(NamedTuple):
    """A stretch of LaTeX with all that tells its rendering from those of others: see `ProseRenderer.passage`."""

    tex: str
    equations: tuple[str, ...] = ()
    place: str = ""
    inline: bool = False


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
        self,
        blueprint: Blueprint,
        link: Callable[[str], str],
        cite: Callable[[str], str] | None = None,
        kept: Renderings | None = None,
    ) -> None:
        """Prepare to write.

        Args:
            blueprint: the book, whose macros and numbers are used.
            link: from the label of a node or a chapter to the address that references to it lead to; the empty
                string for none.
            cite: from the key of an entry of the bibliography to the address that citations of it lead to; they lead
                nowhere without it.
            kept: renderings of earlier editions, to which those of this one are added.
        """
        self.unknown: Counter[str] = Counter()
        self._kept = kept
        self._facts = Facts(blueprint, link, cite)
        noted: Counter[str] = Counter()
        with self._facts.recorded() as asked:
            references = References(self._facts)
            expander = Expander(blueprint)
            formulas = Formulas(Preparation(references), expander, noted, self._facts)
        self._context = Context(references, formulas, expander, blueprint.headings, noted, self._facts)
        table = (sorted(blueprint.macros.items()), sorted(blueprint.defaults.items()))
        told = repr((table, sorted(blueprint.headings.items()), sorted(asked.items())))
        self._digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

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
        return self._write(Text(tex, tuple(equations), place))

    def inline(self, tex: str) -> str:
        """Return a title or the like as inline HTML, without paragraphs and without links."""
        return self._write(Text(tex, inline=True))

    def _write(self, text: Text) -> str:
        """Write a text unless its rendering is kept."""
        if self._kept is None:
            return self._take(self._render(text))
        key = hashlib.blake2b(repr((self._digest, text)).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        rendering = self._kept.find(key, self._facts)
        if rendering is None:
            rendering = self._render(text)
            self._kept.keep(key, rendering)
        return self._take(rendering)

    def _take(self, rendering: Rendering) -> str:
        self.unknown.update(dict(rendering.unknown))
        return rendering.html

    def _render(self, text: Text) -> Rendering:
        noted = self._context.unknown
        noted.clear()
        with self._facts.recorded() as asked:
            html = self._inline(text.tex) if text.inline else self._blocks(text)
        return Rendering(html, tuple(asked.items()), tuple(noted.items()))

    def _blocks(self, text: Text) -> str:
        tex = self._context.expander.put_in_edges(text.tex)
        sheet, flow = Sheet.of(tex, text.place, text.equations), Flow()
        TextWriter(self._context, sheet, tex).write(flow)
        return flow.html() + sheet.notes_html()

    def _inline(self, tex: str) -> str:
        flow = Flow(inline=True)
        TextWriter(self._context, Sheet.of(tex), tex).write(flow)
        return flow.html()
