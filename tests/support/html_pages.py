"""Reading HTML pages in tests: well-formed or not, and what is on them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
BLOCKS = frozenset(
    {"article", "aside", "details", "div", "dl", "h1", "h2", "h3", "ol", "p", "pre", "section", "table", "ul"}
)
UNSAFE = ("javascript:", "data:text", "vbscript:")


class HtmlPage(HTMLParser):
    """A page read strictly: every element closed in order, no attribute or id twice, nothing active in it."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        source = path.read_text(encoding="utf-8")
        self.feed(source)
        self.close()
        if self._open:
            self._fault(f"never closed: {self._open}")
        if not source.startswith("<!DOCTYPE html>"):
            self._fault("no doctype")

    def _fault(self, what: str) -> None:
        self.faults.append(f"{self.path.name}:{self.getpos()[0]}: {what}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, attrs)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, attrs)
        if "svg" not in self._open and "math" not in self._open and tag not in VOID:
            self._fault(f"<{tag}/> is not closed in HTML")

    def _look(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._check_place(tag)
        self._check_attributes(tag, attrs)
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            if values["id"] in self.ids:
                self._fault(f"the id {values['id']} stands twice")
            self.ids.append(values["id"])
        if tag == "script":
            self.scripts.append(values.get("src", "INLINE"))
        elif "href" in values or "src" in values:
            self.links.append(values.get("href", values.get("src", "")))

    def _check_place(self, tag: str) -> None:
        if tag == "a" and "a" in self._open:
            self._fault("a link in a link")
        if tag in BLOCKS and "p" in self._open:
            self._fault(f"<{tag}> in a paragraph")
        if tag in {"iframe", "object", "embed", "form", "base", "style"}:
            self._fault(f"<{tag}> has no business here")

    def _check_attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self._fault(f"an attribute stands twice in <{tag}>")
        for name, value in attrs:
            if name.startswith("on"):
                self._fault(f"a handler in <{tag} {name}>")
            if name in {"href", "src"} and (value or "").strip().lower().startswith(UNSAFE):
                self._fault(f"an unsafe address: {value}")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self._fault(f"</{tag}> closes {self._open[-1:]}")
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script" and data.strip():
            self._fault("a script in the page")
        self.text.append(data)
