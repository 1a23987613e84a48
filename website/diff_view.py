"""A unified diff as rows to show: files, hunks, numbered lines. Anything it does not know is shown as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from website.lean_tokens import tokens_of
from website.lean_view import coloured_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

RowKind = Literal["added", "removed", "context", "hunk", "note"]

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)")
_MARKS: dict[str, RowKind] = {"+": "added", "-": "removed", " ": "context"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a diff: what it is, line numbers before and after (``None`` where it has none), its text.

    `html` is the text coloured as Lean; ``None`` where it is to be shown plain.
    """

    kind: RowKind
    before: int | None
    after: int | None
    text: str
    html: Markup | None = None


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What a diff does to one file.

    Attributes:
        path: the file's path; where it was renamed, both names.
        change: ``added``, ``deleted``, ``renamed`` or ``changed``.
        rows: in order.
        added, removed: how many lines.
    """

    path: str
    change: str
    rows: tuple[Row, ...]
    added: int
    removed: int


def files_of(diff: str) -> tuple[FileDiff, ...]:
    """Read a unified diff, as ``git diff`` prints it. Never raises; text that is no diff becomes notes."""
    reader = _Reader()
    for line in diff.split("\n"):
        reader.read(line)
    return reader.finish()


class _Reader:
    """Reads a diff line by line. Inside a hunk the counts of its head decide what a line is, not its look."""

    def __init__(self) -> None:
        self._files: list[FileDiff] = []
        self._old_path = self._new_path = ""
        self._rows: list[Row] = []
        self._before = self._after = 0
        self._left_before = self._left_after = 0

    def read(self, line: str) -> None:
        """Take in one line, without its newline."""
        if self._left_before > 0 or self._left_after > 0:
            self._read_body(line)
        elif line.startswith("diff --git "):
            self._close_file()
            self._old_path, self._new_path = _paths_of(line)
        elif line.startswith("--- ") and self._rows and not self._is_header():
            self._close_file()
            self._old_path = _path(line[4:])
        elif line.startswith("--- "):
            self._old_path = _path(line[4:])
        elif line.startswith("+++ "):
            self._new_path = _path(line[4:])
        elif match := _HUNK.fullmatch(line):
            self._open_hunk(match)
        elif line and not line.startswith(("index ", "\\ No newline")):
            self._rows.append(Row("note", None, None, line))

    def finish(self) -> tuple[FileDiff, ...]:
        """Return what was read."""
        self._close_file()
        return tuple(self._files)

    def _is_header(self) -> bool:
        return all(row.kind == "note" for row in self._rows)

    def _open_hunk(self, match: re.Match[str]) -> None:
        start_before, count_before, start_after, count_after, heading = match.groups()
        self._before, self._after = int(start_before), int(start_after)
        self._left_before = int(count_before) if count_before is not None else 1
        self._left_after = int(count_after) if count_after is not None else 1
        where = f"lines {start_after}\N{EN DASH}{max(self._after, self._after + self._left_after - 1)}"
        self._rows.append(Row("hunk", None, None, f"{where} {heading.strip()}".strip()))

    def _read_body(self, line: str) -> None:
        kind = _MARKS.get(line[:1])
        if kind is None:
            if line == "":  # some tools strip the blank that marks an empty context line
                kind = "context"
            else:
                if not line.startswith("\\"):
                    self._left_before = self._left_after = 0
                    self.read(line)
                return
        before = self._before if kind != "added" else None
        after = self._after if kind != "removed" else None
        self._rows.append(Row(kind, before, after, line[1:]))
        if kind != "added":
            self._before += 1
            self._left_before -= 1
        if kind != "removed":
            self._after += 1
            self._left_after -= 1

    def _close_file(self) -> None:
        if self._rows or self._old_path or self._new_path:
            self._files.append(_file(self._old_path, self._new_path, tuple(self._rows)))
        self._old_path = self._new_path = ""
        self._rows = []
        self._left_before = self._left_after = 0


def _file(old: str, new: str, rows: tuple[Row, ...]) -> FileDiff:
    notes = [row.text for row in rows if row.kind == "note"]
    if old == "/dev/null" or any(note.startswith("new file") for note in notes):
        path, change = new, "added"
    elif new == "/dev/null" or any(note.startswith("deleted file") for note in notes):
        path, change = old, "deleted"
    elif old != new and old and new:
        path, change = f"{old} → {new}", "renamed"
    else:
        path, change = new or old, "changed"
    shown = tuple(row for row in rows if not (row.kind == "note" and row.text.startswith(("new file", "deleted file"))))
    if path.endswith(".lean"):
        shown = _coloured(shown)
    added = sum(row.kind == "added" for row in rows)
    return FileDiff(path, change, shown, added, sum(row.kind == "removed" for row in rows))


def _coloured(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Colour rows as Lean: what stood before and what stands after are read separately, hunk by hunk."""
    found: list[Row] = []
    for plain, run in groupby(rows, lambda row: row.kind in {"hunk", "note"}):
        hunk = list(run)
        if plain:
            found += hunk
            continue
        before = iter(_lean_lines(row for row in hunk if row.kind != "added"))
        after = iter(_lean_lines(row for row in hunk if row.kind != "removed"))
        for row in hunk:
            old = next(before) if row.kind != "added" else None
            new = next(after) if row.kind != "removed" else None
            found.append(replace(row, html=new if new is not None else old))
    return tuple(found)


def _lean_lines(rows: Iterable[Row]) -> list[Markup]:
    return coloured_lines(tokens_of("\n".join(row.text for row in rows)))


def _paths_of(line: str) -> tuple[str, str]:
    """Return both paths of a ``diff --git a/OLD b/NEW`` line; a path with blanks is told by its halves being alike."""
    rest = line.removeprefix("diff --git ")
    middle = len(rest) // 2
    if rest[:middle].removeprefix("a/") == rest[middle + 1 :].removeprefix("b/"):
        return rest[:middle].removeprefix("a/"), rest[middle + 1 :].removeprefix("b/")
    old, _, new = rest.partition(" b/")
    return old.removeprefix("a/"), new


def _path(text: str) -> str:
    name = text.split("\t", maxsplit=1)[0]
    return name if name == "/dev/null" else name.removeprefix("a/").removeprefix("b/")
