r"""The ``.bbl`` files that biblatex and biber write: no typeset text, but records, as a ``.bib`` file has them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from blueprint.latex.arguments import Cursor, without_comments
from blueprint.latex.bibtex import BibRecord

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTRY = re.compile(r"\\entry\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_END = re.compile(r"\\endentry(?![A-Za-z])")
_PART = re.compile(r"\\(?P<kind>field|list|name|verb)\s*\{(?P<name>[A-Za-z]+)\}")
_VERB = re.compile(r"\s*\\verb ([^\n]*)\n\s*\\endverb")
_NAME_PART = re.compile(r"(?<![A-Za-z])(prefix|family|given|suffix)\s*=\s*(?=\{)")
_DELIMITERS = (
    (re.compile(r"\\bibrangedash\s*"), "--"),
    (re.compile(r"\\bibinitperiod\s*"), "."),
    (re.compile(r"\\bibinithyphendelim\s*"), ".-"),
    (re.compile(r"\\bibnamedelim[a-z]\s*"), " "),
    (re.compile(r"\\bibrangessep\s*"), ", "),
)
_LONGEST = 40_000
_MOST_NAMES = 100
_PEOPLE = frozenset({"author", "editor"})


class BblRecord(NamedTuple):
    """One record, and the mark that citations print for it; empty where they print its number."""

    record: BibRecord
    mark: str


def parse_records(tex: str) -> dict[str, BblRecord]:
    r"""Return the records of a file by key, in order; what is broken in one is left out of it."""
    records: dict[str, BblRecord] = {}
    for match in _ENTRY.finditer(tex):
        stop = _END.search(tex, match.end(), match.end() + _LONGEST)
        key = " ".join(match[1].split())
        if stop is None or not key or key in records:
            continue
        fields = _fields(tex[match.end() : stop.start()])
        mark = fields.pop("labelalpha", "") + _extra(fields.pop("extraalpha", ""))
        records[key] = BblRecord(BibRecord(match[2].strip().lower(), fields), mark)
    return records


def _fields(tex: str) -> dict[str, str]:
    cursor = Cursor(tex)
    fields: dict[str, str] = {}
    at = 0
    while match := _PART.search(tex, at):
        kind, name, at = match["kind"], match["name"].lower(), match.end()
        if kind == "verb":
            verbatim = _VERB.match(tex, at)
            value, at = (verbatim[1].strip(), verbatim.end()) if verbatim else ("", at)
        else:
            groups = list(_groups(cursor, at, 1 if kind == "field" else 3))
            at = groups[-1][1] if groups else at
            value = _value(kind, name, groups[-1][0]) if groups else ""
        if value:
            fields.setdefault(name, value)
    return fields


def _groups(cursor: Cursor, at: int, most: int) -> Iterator[tuple[str, int]]:
    for _ in range(most):
        group = cursor.group(at)
        if group is None:
            return
        at = group.end
        yield group.text, at


def _value(kind: str, name: str, text: str) -> str:
    if kind == "name":
        return " and ".join(_names(text)) if name in _PEOPLE else ""
    if kind == "list":
        return ", ".join(_plain(item) for item, _ in _groups(Cursor(text), 0, _MOST_NAMES))
    return _plain(text)


def _names(text: str) -> Iterator[str]:
    r"""Yield the people of a name list, ``{{hash=…}{family={…}, given={…}}}`` each, as ``Family, Given``."""
    for person, _ in _groups(Cursor(text), 0, _MOST_NAMES):
        groups = [group for group, _ in _groups(Cursor(person), 0, 2)]
        parts = _name_parts(groups[-1] if groups else person)
        family = " ".join(filter(None, (parts.get("prefix"), parts.get("family"), parts.get("suffix"))))
        if family:
            yield f"{{{family}}}, {parts['given']}" if parts.get("given") else f"{{{family}}}"


def _name_parts(text: str) -> dict[str, str]:
    cursor = Cursor(text)
    parts: dict[str, str] = {}
    for match in _NAME_PART.finditer(text):
        group = cursor.group(match.end())
        if group:
            parts.setdefault(match[1], _plain(group.text).replace(",", ""))
    return parts


def _extra(number: str) -> str:
    """Return the letter that tells marks apart which are otherwise the same."""
    return chr(ord("a") + int(number) - 1) if number.isdecimal() and len(number) < 3 and 0 < int(number) <= 26 else ""  # noqa: PLR2004 - letters


def _plain(text: str) -> str:
    text = without_comments(text)
    for pattern, written in _DELIMITERS:
        text = pattern.sub(written, text)
    return " ".join(text.split())
