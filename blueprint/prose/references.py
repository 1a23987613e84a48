r"""References: the words and numbers that ``\ref`` and ``\cref`` print, and where they lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.prose.flow import RAW, escape
from blueprint.prose.series import Item, Piece, write_range, write_series

if TYPE_CHECKING:
    from blueprint.prose.facts import Facts

CLEVER = frozenset({"cref", "Cref", "labelcref", "vref", "Vref", "autoref"})
"""Commands that print several labels as one series."""

BARE = frozenset({"ref", "labelcref", "pageref", "vref"})
"""Commands that print numbers only."""

COMMANDS = frozenset(
    {"ref", "eqref", "cref", "Cref", "autoref", "nameref", "pageref", "vref", "Vref", "labelcref", "fref"}
)
"""Commands that name one label or, separated by commas, several."""


class References:
    """What the labels of one book print, and where they lead."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def number(self, label: str) -> str:
        """Return the number a label names; empty where it names none."""
        return self._facts.ask("number", label)

    def address(self, label: str) -> str:
        """Return where a reference to a label leads: to a node, the node an equation stands in, or a chapter."""
        return self._facts.ask("address", label)

    def citation(self, key: str, *, linked: bool) -> str:
        """Return what a citation of one entry prints, as HTML: its mark, a link where it leads anywhere, or the key."""
        found = self._facts.ask("mark", key)
        if not found:
            return escape(key)
        address = self._facts.ask("source", key) if linked else ""
        mark = escape(found.removeprefix("="))
        return f'<a class="reference" href="{escape(address)}">{mark}</a>' if address else mark

    def plain(self, command: str, labels: str) -> str:
        """Return what a reference prints, as plain text."""
        return "".join(piece.text for piece in self._pieces(command, _split(labels)))

    def html(self, command: str, labels: str, *, linked: bool) -> str:
        """Return a reference as HTML, each label a link where it leads anywhere."""
        return self._write(command, self._pieces(command, _split(labels)), linked=linked)

    def range_html(self, command: str, first: str, last: str, *, linked: bool) -> str:
        """Return a reference to all from one label to another as HTML."""
        ends = [self._item(command, " ".join(label.split())) for label in (first, last)]
        return self._write(command, write_range(ends[0], ends[1]), linked=linked)

    def _write(self, command: str, pieces: list[Piece], *, linked: bool) -> str:
        written = []
        for text, label in pieces:
            address = self.address(label) if linked and label else ""
            if address:
                written.append(f'<a class="reference" href="{escape(address)}">{escape(text)}</a>')
            elif not label and text not in {"", "??"}:
                written.append(escape(text))
            elif self.number(label) or self._facts.ask("node", label):
                written.append(f'<span class="reference">{escape(text)}</span>')
            elif text:
                written.append(f"{RAW}{escape(f'{command}:{label}')}</span>")
        return "".join(written)

    def _pieces(self, command: str, labels: list[str]) -> list[Piece]:
        """Return what a reference prints; only those by ``cref`` and its kin are put in order and joined by words."""
        items = [self._item(command, label) for label in labels]
        if command in CLEVER and len(items) > 1:
            return write_series(items)
        pieces = [Piece(f"{word} {number}".strip(), label) for word, number, label in items]
        return [each for piece in pieces for each in (Piece(", "), piece)][1:]

    def _item(self, command: str, label: str) -> Item:
        """Return what a reference to one label prints: the label itself where it names nothing."""
        number = self.number(label)
        name = number or self._facts.ask("name", label) or label or "??"
        if command == "eqref":
            return Item("", f"({name.strip('()')})", label)
        word = self._facts.ask("word", label)
        if command in BARE or not number or not word:
            return Item("", name, label)
        if word == "equation":
            return Item("Equation" if command[0] == "C" else "", f"({name})", label)
        return Item(word.lower() if word == "Item" else word, name, label)


def _split(labels: str) -> list[str]:
    return [" ".join(label.split()) for label in labels.split(",")]
