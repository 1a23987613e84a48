r"""References: the words and numbers that ``\ref`` and ``\cref`` print, and where they lead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blueprint.prose.flow import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.book import Blueprint

COMMANDS = frozenset(
    {"ref", "eqref", "cref", "Cref", "autoref", "nameref", "pageref", "vref", "Vref", "labelcref", "fref"}
)
"""Commands that name one label or, separated by commas, several."""

_SAFE_SCHEMES = ("https:", "http:", "mailto:")


def safe_address(address: str) -> str:
    """Return an address that a link may lead to, the empty string for any that could run script.

    Allowed are web and mail addresses and those within the site: a path or a fragment without a scheme.
    """
    address = "".join(character for character in address if character.isprintable()).strip()
    lowered = address.lower()
    if lowered.startswith(_SAFE_SCHEMES):
        return address
    head = lowered.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return "" if ":" in head or "&" in head or lowered.startswith(("//", "\\")) else address


class References:
    """What the labels of one book print, and where they lead."""

    def __init__(self, blueprint: Blueprint, link: Callable[[str], str]) -> None:
        self._blueprint = blueprint
        self._link = link
        self._addresses: dict[str, str] = {}
        self._places = {chapter.label for chapter in blueprint.chapters if chapter.label}

    def number(self, label: str) -> str:
        """Return the number a label names; empty where it names none."""
        return self._blueprint.references.get(label, "")

    def address(self, label: str) -> str:
        """Return where a reference to a label leads: to a node, the node an equation stands in, or a chapter."""
        target = self._blueprint.aliases.get(label) or self._blueprint.containers.get(label)
        if target is None:
            target = label if label in self._places else ""
        if not target:
            return ""
        if target not in self._addresses:
            self._addresses[target] = safe_address(self._link(target) or "")
        return self._addresses[target]

    def plain(self, command: str, labels: str) -> str:
        """Return what a reference prints, as plain text."""
        return ", ".join(self.caption(command, " ".join(label.split())) for label in labels.split(","))

    def caption(self, command: str, label: str) -> str:
        """Return what a reference to one label prints, such as ``Lemma 3.2`` or ``(4)``; the label if it is unknown."""
        number = self.number(label)
        name = number or self._name(label)
        if not name:
            return "??"
        if command == "eqref":
            return f"({name.strip('()')})"
        word = self._blueprint.words.get(label, "")
        if command in {"ref", "labelcref", "pageref", "vref"} or not number or not word:
            return name
        if word == "equation":
            return f"({name})" if command == "cref" else f"Equation ({name})"
        return f"{word.lower() if word == 'Item' else word} {name}"

    def _name(self, label: str) -> str:
        """Return how an unnumbered node is called: by its kind, or the label itself."""
        node = self._blueprint.by_label.get(self._blueprint.aliases.get(label, ""))
        return node.name if node else ("" if not label else f"{label}")

    def html(self, command: str, labels: str, *, linked: bool) -> str:
        """Return a reference as HTML, each label a link where it leads anywhere."""
        written = []
        for part in labels.split(","):
            label = " ".join(part.split())
            caption = escape(self.caption(command, label))
            address = self.address(label) if linked else ""
            if address:
                written.append(f'<a class="reference" href="{escape(address)}">{caption}</a>')
            elif label in self._blueprint.references or label in self._blueprint.aliases:
                written.append(f'<span class="reference">{caption}</span>')
            else:
                written.append(f'<span class="tex-raw">{escape(f"{command}:{label}")}</span>')
        return ", ".join(written)
