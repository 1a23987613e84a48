r"""The bibliography: from the book's own ``thebibliography``, a ``.bbl`` beside its root file, or its ``.bib`` files.

In this order; the first that has an entry counts. All are read by the book's `Library`: within its folder, and within
its bounds.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.book import Entry
from blueprint.latex.arguments import Cursor, without_comments
from blueprint.latex.biblatex import parse_records
from blueprint.latex.bibtex import BibRecord, order_of, parse_bib, write_record
from blueprint.latex.manuscript import tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from blueprint.book import Blueprint, Passage
    from blueprint.latex.source import Library, Source

_OWN = re.compile(r"\\begin\s*\{thebibliography\}.*?(?:\\end\s*\{thebibliography\}|\Z)", re.DOTALL)
_ITEM = re.compile(r"\\bibitem(?![A-Za-z])|\\end\s*\{thebibliography\}")
_CITED = re.compile(r"\\[A-Za-z]*[Cc]ite[A-Za-z]*\*?\s*(?:\[[^\[\]]*\]\s*){0,2}((?:\{[^{}]*\}){1,20})")
_NATBIB = re.compile(r"(.*?)\((\d{4}[a-z]?)\)")
_MARKUP = re.compile(r"\\[A-Za-z]+\s*|[{}]")
_BESIDE = ("web", "print")


def with_bibliography(book: Blueprint, library: Library, root: Source) -> Blueprint:
    """Return a book with its bibliography; one of its own is taken out of the text."""
    names = [name for tag in book.tags if tag.name in {"bibliography", "addbibresource"} for name in tag.arguments[-1:]]
    passages, own = _take_own(book.passages)
    if own:
        return replace(book, passages=passages, bibliography=own)
    cited = _cited(book)
    if not cited:
        return book
    entries = _from_bbl(library, root)
    if entries is None:
        entries = _from_bib(library, root, [name for part in names for name in part.split(",")], cited)
    if not entries:
        return book
    return replace(book, bibliography=entries, files=tuple(library.files))


def parse_items(tex: str) -> dict[str, Entry]:
    r"""Return the entries of a ``thebibliography``, by key, in order."""
    entries: dict[str, Entry] = {}
    cursor = Cursor(tex)
    marks = [*_ITEM.finditer(tex)]
    for index, match in enumerate(marks):
        if not match[0].startswith("\\bibitem"):
            continue
        option = cursor.option(match.end())
        key = cursor.group(option.end if option else match.end())
        if key is None:
            continue
        end = marks[index + 1].start() if index + 1 < len(marks) else len(tex)
        name = " ".join(key.text.split())
        mark = _plain_mark(option.text) if option else ""
        entries.setdefault(name, Entry(mark or str(len(entries) + 1), tidy(without_comments(tex[key.end : end]))))
    return entries


def parse_bbl(tex: str) -> dict[str, Entry]:
    """Return the entries of a ``.bbl`` file by key, in order: what BibTeX typeset, or the records that biber sorted."""
    entries = parse_items(tex)
    if entries:
        return entries
    records = parse_records(tex).items()
    return {key: Entry(mark or str(number), write_record(record))
            for number, (key, (record, mark)) in enumerate(records, 1)}  # fmt: skip


def _plain_mark(option: str) -> str:
    """Return what a citation prints, given the option of its item: natbib puts names and year into it."""
    text = " ".join(_MARKUP.sub("", option.replace("~", " ").replace("\\etalchar", "")).split())
    authored = _NATBIB.match(text)
    return f"{authored[1].strip()} {authored[2]}" if authored else text


def _take_own(passages: tuple[Passage, ...]) -> tuple[tuple[Passage, ...], Mapping[str, Entry]]:
    entries: dict[str, Entry] = {}
    kept: list[Passage] = []
    for passage in passages:
        if "{thebibliography}" not in passage.tex:
            kept.append(passage)
            continue
        for match in _OWN.finditer(passage.tex):
            entries |= {key: entry for key, entry in parse_items(match[0]).items() if key not in entries}
        rest = tidy(_OWN.sub("", passage.tex))
        if rest:
            kept.append(replace(passage, tex=rest))
    return (tuple(kept), entries) if entries else (passages, {})


def texts_of(book: Blueprint) -> Iterator[str]:
    """Yield all LaTeX of a book: titles, statements, proofs and prose."""
    for node in book.nodes:
        yield node.title
        yield node.tex
        if node.proof:
            yield node.proof.tex
    for passage in book.passages:
        yield passage.tex


def _cited(book: Blueprint) -> set[str]:
    found = (match for tex in texts_of(book) if "ite" in tex for match in _CITED.finditer(tex))
    lists = [match[1].strip("{}").replace("}{", ",") for match in found]
    lists += [tag.argument for tag in book.tags if tag.name == "nocite"]
    return {" ".join(key.split()) for keys in lists for key in keys.split(",")}


def _from_bbl(library: Library, root: Source) -> Mapping[str, Entry] | None:
    for stem in dict.fromkeys((root.path.stem, *_BESIDE)):
        source = _read(library, root, f"{stem}.bbl", ".bbl")
        entries = library.shelf.derive(source, parse_bbl) if source else None
        if entries:
            return entries
    return None


def _from_bib(library: Library, root: Source, names: list[str], cited: set[str]) -> Mapping[str, Entry]:
    records: dict[str, BibRecord] = {}
    for name in names:
        source = _read(library, root, name.strip(), ".bib")
        if source is not None:
            found = library.shelf.derive(source, parse_bib)
            records |= {key: record for key, record in found.items() if key not in records}
    chosen = records if "*" in cited else {key: record for key, record in records.items() if key in cited}
    ordered = sorted(chosen.items(), key=lambda item: order_of(item[1]))
    return {key: Entry(str(number), write_record(record)) for number, (key, record) in enumerate(ordered, 1)}


def _read(library: Library, root: Source, name: str, suffix: str) -> Source | None:
    path, _ = library.resolve(name, root.path.parent, suffix)
    if path is None or path.suffix != suffix:
        return None
    return library.read(path, root.place(0))
