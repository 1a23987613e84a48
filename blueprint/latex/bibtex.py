"""BibTeX files: their records, and how one is written as an entry of a bibliography."""

from __future__ import annotations

import re
from typing import NamedTuple

_RECORD = re.compile(r"@\s*([A-Za-z]+)\s*[{(]\s*")
_KEY = re.compile(r"\s*([^\s,{}()=\"]+)\s*,")
_FIELD = re.compile(r"[\s,]*([A-Za-z][A-Za-z0-9_:-]*)\s*=\s*")
_WORD = re.compile(r"[A-Za-z0-9_:.+-]+")
_JOIN = re.compile(r"\s*#\s*")
_AND = re.compile(r"\s+and\s+")
_ACCENT = re.compile(r"\\[A-Za-z]+\s*|[{}\\\"'`^~]")
_YEAR = re.compile(r"\d{4}")
_LONGEST = 20_000
_LONGEST_NAME = 200
_MOST_FAILURES = 100
_BRACES = re.compile(r"[{}]")
_EDGE = re.compile(r"[{}\"]")
_LAST_BLANK = re.compile(r"\s(?=(?:[^\s{}]|\{[^{}]*\})*$)")
_MONTHS = dict(
    zip(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
         "December"),
        strict=True,
    )
)  # fmt: skip


class BibRecord(NamedTuple):
    """One record: its type and its fields, both by names in lower case; braces around a value are taken off."""

    kind: str
    fields: dict[str, str]


def parse_bib(text: str) -> dict[str, BibRecord]:
    """Return the records of a file by key; what is broken is left out, and reading goes on at the next ``@``."""
    return _Parser(text).records()


class _Parser:
    """One reading of one file."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = dict(_MONTHS)
        self._closings = _pair_braces(text)
        self._failures = 0

    def records(self) -> dict[str, BibRecord]:
        records: dict[str, BibRecord] = {}
        at = 0
        while self._failures < _MOST_FAILURES and (match := _RECORD.search(self.text, at)):
            kind, at = match[1].lower(), match.end()
            if kind == "string":
                fields, at = self._fields(at)
                self.words |= fields
            elif kind not in {"comment", "preamble"} and (key := _KEY.match(self.text, at)):
                fields, at = self._fields(key.end())
                if fields:
                    records.setdefault(key[1], BibRecord(kind, fields))
        return records

    def _fields(self, at: int) -> tuple[dict[str, str], int]:
        fields: dict[str, str] = {}
        while match := _FIELD.match(self.text, at):
            at = match.end()
            found = self._value(at)
            if found is None:
                self._failures += 1
                break
            fields.setdefault(match[1].lower(), " ".join(found[0].split()))
            at = found[1]
        return fields, at

    def _value(self, at: int) -> tuple[str, int] | None:
        """Return a value, its parts joined, and the offset behind it."""
        parts: list[str] = []
        while True:
            word = _WORD.match(self.text, at)
            end = word.end() - 1 if word else self._closing(at)
            if end is None:
                return None
            parts.append(self.words.get(word[0].lower(), word[0]) if word else self.text[at + 1 : end])
            join = _JOIN.match(self.text, end + 1)
            if join is None:
                return "".join(parts), end + 1
            at = join.end()

    def _closing(self, at: int) -> int | None:
        """Return where a value in braces or quotes ends; quotes within braces are ordinary."""
        if not self.text.startswith('"', at):
            return self._closings.get(at)
        at += 1
        while mark := _EDGE.search(self.text, at, at + _LONGEST):
            if mark[0] == '"':
                return mark.start()
            closing = self._closings.get(mark.start())
            if closing is None:
                return None
            at = closing + 1
        return None


def _pair_braces(text: str) -> dict[int, int]:
    """Return where every brace that is closed closes; a backslash before one makes no difference."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACES.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            pairs[opened.pop()] = match.start()
    return pairs


# ---- writing


def order_of(record: BibRecord) -> tuple[str, str, str]:
    """What a bibliography is sorted by: the family names, the year, the title."""
    people = _people(record.fields.get("author") or record.fields.get("editor") or "")
    families = " ".join(family for _, family in people)
    return (
        _bare(families) or _bare(record.fields.get("title", "")),
        _year(record),
        _bare(record.fields.get("title", "")),
    )


def write_record(record: BibRecord) -> str:
    """Return a record as LaTeX, in the manner of the style ``plain``."""
    fields = record.fields
    title = fields.get("title", "").rstrip(".")
    within = fields.get("journal") or fields.get("journaltitle") or fields.get("booktitle") or ""
    pages = re.sub(r"(?<=\d)\s*-+\s*(?=\d)", "--", fields.get("pages", ""))
    place = " ".join(filter(None, [f"\\emph{{{within}}}" if within else "", _volume(fields)]))
    details = [
        place if not within or record.kind == "article" else f"In {place}",
        fields.get("edition", "") and f"{fields['edition']} edition",
        fields.get("publisher")
        or fields.get("school")
        or fields.get("institution")
        or fields.get("howpublished")
        or "",
        pages and f"pp. {pages}",
        _year(record),
    ]
    people = _names(fields.get("author", "")) or _names(fields.get("editor", ""))
    sentences = [people, title if within else title and f"\\emph{{{title}}}", ", ".join(filter(None, details))]
    sentences += [fields.get("note", "").rstrip("."), _address(fields)]
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _volume(fields: dict[str, str]) -> str:
    volume, number = fields.get("volume", ""), fields.get("number") or fields.get("issue") or ""
    return f"{volume}({number})" if volume and number else volume or number


def _year(record: BibRecord) -> str:
    return record.fields.get("year") or "".join(_YEAR.findall(record.fields.get("date", ""))[:1])


def _address(fields: dict[str, str]) -> str:
    doi, paper, address = fields.get("doi", ""), fields.get("eprint", ""), fields.get("url", "")
    if doi:
        return f"\\href{{https://doi.org/{_flat(doi)}}}{{doi:{_flat(doi)}}}".replace("_", "\\_")
    if paper and "arxiv" in (fields.get("archiveprefix") or fields.get("eprinttype") or "arxiv").lower():
        return f"\\href{{https://arxiv.org/abs/{_flat(paper)}}}{{arXiv:{_flat(paper)}}}"
    return f"\\url{{{_flat(address)}}}" if address else ""


def _flat(address: str) -> str:
    return re.sub(r"[{}\\\s]", "", address)


def _people(text: str) -> list[tuple[str, str]]:
    """Return given and family names, from ``Family, Given and Given Family``."""
    people: list[tuple[str, str]] = []
    for name in _split_names(text):
        family, comma, given = name.partition(",")
        if comma:
            people.append((given.rpartition(",")[2].strip(), family.strip()))
        else:
            blank = _LAST_BLANK.search(name[-_LONGEST_NAME:])
            at = len(name) - len(name[-_LONGEST_NAME:]) + blank.start() if blank else 0
            people.append((name[:at].strip(), name[at:].strip()))
    return people


def _split_names(text: str) -> list[str]:
    """Split at each ``and`` outside braces."""
    names: list[str] = []
    start = depth = at = 0
    for match in _AND.finditer(text):
        depth += text.count("{", at, match.start()) - text.count("}", at, match.start())
        at = match.start()
        if depth == 0:
            names.append(text[start : match.start()].strip())
            start = match.end()
    return [name for name in [*names, text[start:].strip()] if name]


def _names(text: str) -> str:
    names = ["et al" if family == "others" and not given else f"{given}~{family}".strip("~")
             for given, family in _people(text)]  # fmt: skip
    if len(names) < 2:  # noqa: PLR2004 - one name needs no “and”
        return "".join(names)
    joined = " " if names[-1] == "et al" else " and "
    return ", ".join(names[:-1]) + joined + names[-1]


def _bare(text: str) -> str:
    return _ACCENT.sub("", text).casefold()
