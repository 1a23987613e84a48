"""The assembly: walks the files of a book in reading order and makes drafts of all that it finds.

`Assembly` knows about files, definitions, divisions and which environment is open; what happens inside
environments is in `blueprint.latex.blocks`, what marks and labels do is in `blueprint.latex.marks`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from blueprint.latex.blocks import Blocks
from blueprint.latex.drafts import Division, PassageDraft
from blueprint.latex.marks import Marking
from blueprint.latex.parts import Recording, Surroundings
from blueprint.latex.scan import scan
from blueprint.latex.source import Request
from blueprint.latex.theorems import DECLARATIONS, parse_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from blueprint.latex.parts import Part
    from blueprint.latex.source import Library, Source
    from blueprint.latex.state import Book
    from blueprint.latex.token import Token

CHAPTERED = frozenset({"report", "book", "amsbook", "memoir", "scrreprt", "scrbook", "svmono", "extreport", "extbook"})
"""Document classes whose sections stand in chapters."""

LEVELS = {"part": -1, "chapter": 0, "section": 1, "subsection": 2, "subsubsection": 3}
"""Level of each division."""

IMPORTS = {
    "import": False, "inputfrom": False, "includefrom": False,
    "subimport": True, "subinputfrom": True, "subincludefrom": True,
}  # fmt: skip
"""Commands of the package ``import``, and whether they start from the folder that was imported from last."""

DEEPEST_INPUT = 40
r"""Files within files; deeper ``\input`` is left out."""

MOST_SCANS = 12
"""How often files are scanned anew because definitions change what begins and ends environments."""

_FINEST_NUMBERED = {True: 2, False: 3}
"""Finest level that is numbered, in classes with chapters and without."""


class Assembly:
    """One reading of one book, into a `Book`."""

    def __init__(self, library: Library, book: Book, parts: dict[Path, Part] | None = None) -> None:
        """Prepare to read.

        Args:
            library: reads the files.
            book: what is read into.
            parts: what files did in an earlier reading, by path, to be used and renewed; ``None`` to read everything.
        """
        self.library = library
        self.book = book
        self.blocks = Blocks(book)
        self._parts = parts
        self._kept: dict[Path, Part] = {}
        self._inner: list[list[Part]] = [[]]
        self._opened: list[Source] = []
        self._imported: Path | None = None
        self._stopped = False
        self._scans = 0
        self._in_style = False
        self._definitions = book.macros.commands | {"comment"}
        marking = Marking(book)
        self._anywhere: dict[str, Callable[[Token], None]] = {
            "comment": self._comment,
            "input": self._input,
            "include": self._input,
            "subfile": self._input,
            "subfileinclude": self._input,
            **dict.fromkeys(IMPORTS, self._import),
            "usepackage": self._package,
            "RequirePackage": self._package,
            "documentclass": self._class,
            "begin": self._begin,
            "end": self._end,
            "unclosed": self._unclosed,
            "numberwithin": self._number_within,
            "counterwithin": self._number_within,
            "counterwithout": self._number_without,
            "newcounter": self._counter,
            "setcounter": self._counter,
            "addtocounter": self._counter,
            **dict.fromkeys(DECLARATIONS, self._theorem),
            "crefname": self._cut,
            "Crefname": self._cut,
            "title": self._setting,
            "home": self._setting,
            "github": self._setting,
            "dochome": self._setting,
            "graphcolor": self._tag,
            "bibliography": self._tag,
            "addbibresource": self._tag,
            "graphicspath": self._tag,
            "nocite": self._tag,
            "bpcolor": self._tag,
            **dict.fromkeys(book.macros.commands, self._definition),
        }
        self._in_text: dict[str, Callable[[Token], None]] = {
            "appendix": self._appendix,
            **dict.fromkeys(LEVELS, self._division),
            **marking.handlers,
            **self.blocks.handlers,
        }

    def read(self, source: Source) -> None:
        """Read the book from its root file to its end."""
        has_preamble = any(token.name == "begin" and token.arguments == ("document",) for token in source.tokens)
        self.book.manuscript.is_open = not has_preamble
        self._walk(source)
        self.blocks.close_all(source.place(len(source.text)))
        self.book.manuscript.end_prose(self.book.location)
        if self._parts is not None:
            self._parts.clear()
            self._parts.update(self._kept)

    def _walk(self, source: Source) -> None:
        book = self.book
        outer, outer_skip = book.source, book.skip
        book.source, book.skip = source, 0
        before = book.manuscript.turn_to(source.text, 0)
        self._opened.append(source)
        if not self._walk_tokens(source):
            book.manuscript.copy_to(len(source.text))
        self._opened.pop()
        book.manuscript.turn_to(*before)
        book.source, book.skip = outer, outer_skip

    def _walk_tokens(self, source: Source) -> bool:
        """Handle a file's tokens; return whether its text ends before the file does.

        Where the book defines commands that begin and end environments, what follows is scanned anew, once for each
        run of definitions: taking in a definition twice changes nothing.
        """
        book, reached, changed = self.book, 0, -1
        edges = dict(book.macros.edges)
        while True:
            tokens = scan(source.text, edges) if edges else source.tokens
            for token in tokens:
                if token.start < max(book.skip, reached):
                    continue
                if changed >= 0 and token.name not in self._definitions:
                    break
                if token.name == "endinput" or self._stopped:
                    book.manuscript.copy_to(token.start)
                    return True
                self._handle(token)
                if changed < 0 and self._scans < MOST_SCANS and book.macros.edges != edges:
                    changed = token.end
            else:
                if changed < 0:
                    return self._stopped
            self._scans += 1
            reached, changed, edges = changed, -1, dict(book.macros.edges)

    def _handle(self, token: Token) -> None:
        handler = self._anywhere.get(token.name)
        if handler is None and self.book.manuscript.is_open:
            handler = self._in_text.get(token.name)
        if handler is not None:
            handler(token)

    def _comment(self, token: Token) -> None:
        self.book.manuscript.cut(token.start, token.end)

    def _cut(self, token: Token) -> None:
        self.book.manuscript.cut_mark(token.start, token.end)

    # ---- files

    def _input(self, token: Token) -> None:
        self._read_file(token, token.argument(0).strip().strip('"'))

    def _import(self, token: Token) -> None:
        folder, name = token.argument(1).strip(), token.argument(2).strip()
        path = f"{folder.rstrip('/')}/{name}" if folder else name
        outer = self._imported
        self._imported = outer if IMPORTS[token.name] else None
        self._read_file(token, path, imports=True)
        self._imported = outer

    def _read_file(self, token: Token, name: str, *, imports: bool = False) -> None:
        """Read a file where it is asked for; if it is imported, what it asks for is looked up beside it first."""
        book = self.book
        book.manuscript.cut(token.start, token.end)
        if self._in_style:
            return
        path, outside = self.library.resolve(name, book.source.path.parent, first=self._imported)
        request = Request(name, book.source.path.parent, self._imported, book.place(token), path, outside)
        if path is None or not self._may_read(token, name, path):
            self._note_missing(token, request)
            self.library.requests.append(request)
            return
        source = self.library.read(path, request.at)
        self.library.requests.append(replace(request, is_read=True, source=source))
        if source is not None:
            self._imported = path.parent if imports else self._imported
            self._walk_file(source)

    def _note_missing(self, token: Token, request: Request) -> None:
        name = request.name
        if request.is_outside:
            message = f"“{name}” lies outside the project folder and is not read; copy it into the folder."
            self.book.report(token, "BP102", "error", message)
        elif request.path is None and name:
            self.book.report(token, "BP101", "error", f"There is no file “{name}”; mend its name or add the file.")

    def _may_read(self, token: Token, name: str, path: Path) -> bool:
        """Whether a file that was found is neither open nor nested too deep; note it if it is."""
        if any(path == source.path for source in self._opened):
            chain = " → ".join(source.name for source in self._opened)
            message = f"“{name}” is being read already ({chain}): the files include one another; take one out."
            self.book.report(token, "BP103", "error", message)
        elif len(self._opened) >= DEEPEST_INPUT:
            message = f"Files are nested more than {DEEPEST_INPUT} deep; “{name}” is left out."
            self.book.report(token, "BP107", "error", message)
        else:
            return True
        return False

    def _walk_file(self, source: Source) -> None:
        """Read a file, or do what reading it did before."""
        book, parts = self.book, self._parts
        is_clear = book.manuscript.is_open and self.blocks.is_clear and book.manuscript.drop_blanks()
        if parts is None or not is_clear or self._stopped:
            self._walk(source)
            return
        surroundings = Surroundings(tuple(each.path for each in self._opened), self._imported, self._scans)
        part = parts.pop(source.path, None)
        if part is None or not part.fits(source, surroundings, book, self.library):
            part = self._record(source, surroundings)
        else:
            part.put_into(book, self.library)
            for path in part.paths:
                self._keep(parts.pop(path, None))
        self._keep(part)
        if part is not None:
            self._inner[-1].append(part)

    def _record(self, source: Source, surroundings: Surroundings) -> Part | None:
        """Read a file and return what that did, if it can be done again."""
        first = len(self.library.requests)
        recording = Recording(source, surroundings, self.book)
        self._inner.append([])
        self._walk(source)
        part = recording.part(self._scans, self.library.requests[first:], self._inner.pop())
        return None if self._stopped else part

    def _keep(self, part: Part | None) -> None:
        """Keep a part for the next reading; not for this one, in which it was used."""
        if part is not None:
            self._kept.setdefault(part.source.path, part)

    def _package(self, token: Token) -> None:
        options, names = token.argument(0), token.argument(1)
        self.book.manuscript.cut(token.start, token.end)
        for name in names.split(","):
            if name.strip() == "blueprint":
                self.book.theorems.choose_nodes(options)
                if kind := parse_options(options).get("dep_by"):
                    self.book.settings["dep_by"] = kind
            elif not self.book.manuscript.is_open:
                self._read_style(token, name.strip())

    def _read_style(self, token: Token, name: str) -> None:
        """Read the definitions of a package that lies in the project folder."""
        path, _ = self.library.resolve(name, self.book.source.path.parent, ".sty")
        if path is None or path.suffix != ".sty" or any(path == source.path for source in self._opened):
            return
        source = self.library.read(path, self.book.place(token))
        if source is not None and len(self._opened) < DEEPEST_INPUT:
            outer, self._in_style = self._in_style, True
            self._walk(source)
            self._in_style = outer

    def _class(self, token: Token) -> None:
        self.book.manuscript.cut(token.start, token.end)
        self.book.has_class = True
        if token.argument(1).strip() in CHAPTERED:
            self.book.counters.use_chapters()

    # ---- definitions

    def _definition(self, token: Token) -> None:
        self._cut(token)
        self.book.macros.take(token)
        name = token.argument(1)
        if token.name == "renewcommand" and name.startswith("the") and name[3:] in self.book.counters:
            self.book.counters.format(name[3:], token.argument(4))

    def _theorem(self, token: Token) -> None:
        self.book.theorems.take(token)
        end = token.end
        if token.name == "declaretheorem":
            end = self.book.theorems.take_trailing_options(token, self.book.source.text)
        self.book.manuscript.cut_mark(token.start, end)

    def _number_within(self, token: Token) -> None:
        self._cut(token)
        self.book.counters.nest(token.argument(1).strip(), token.argument(2).strip())

    def _number_without(self, token: Token) -> None:
        self._cut(token)
        self.book.counters.free(token.argument(1).strip())

    def _counter(self, token: Token) -> None:
        self._cut(token)
        name, value = token.argument(0).strip(), token.argument(1).strip()
        if token.name == "newcounter":
            if value:
                self.book.counters.nest(name, value)
            else:
                self.book.counters.free(name)
        elif value.lstrip("-").isdecimal() and len(value) < 10:  # noqa: PLR2004 - no counter is that large
            change = self.book.counters.set if token.name == "setcounter" else self.book.counters.add
            change(name, int(value))

    def _setting(self, token: Token) -> None:
        if token.name == "title":
            self._cut(token)
        else:
            self._tag(token)
        self.book.settings.setdefault(token.name, " ".join((token.arguments[-1] or "").split()))

    def _tag(self, token: Token) -> None:
        self._cut(token)
        self.book.tags.append(self.book.tag(token, token.name, token.arguments))

    # ---- divisions

    def _division(self, token: Token) -> None:
        book = self.book
        level = LEVELS[token.name]
        if level == 0 and not book.has_class:
            book.counters.use_chapters()
        self.blocks.close_drafts(book.place(token))
        book.manuscript.copy_to(token.start)
        book.manuscript.end_prose(book.location)
        book.manuscript.cut_mark(token.start, token.end)
        finest = _FINEST_NUMBERED["chapter" in book.counters]
        number = "" if token.argument(0) or level > finest else book.counters.step(token.name)
        division = Division(level, number, " ".join(token.argument(2).split()))
        book.divide(division)
        book.manuscript.passages.append(PassageDraft(book.location, division=division))

    def _appendix(self, token: Token) -> None:
        self._cut(token)
        self.book.counters.start_appendix()

    # ---- environments

    def _begin(self, token: Token) -> None:
        if token.argument(0) != "document":
            if self.book.manuscript.is_open:
                self.blocks.begin(token)
        elif not self._in_style:
            self.book.manuscript.skip_to(token.end)
            self.book.manuscript.is_open = True

    def _end(self, token: Token) -> None:
        if not self.book.manuscript.is_open:
            return
        if token.argument(0) == "document":
            self.book.manuscript.copy_to(token.start)
            self._stopped = True
        else:
            self.blocks.end(token)

    def _unclosed(self, token: Token) -> None:
        if self._in_style:
            return
        name = token.argument(0)
        if name in {"input", "include", "label", "lean", "uses", "proves", "discussion", "alsoIn", "title", "tag"}:
            message = f"The argument of \\{name} is missing or its brace is not closed before the paragraph ends."
            self.book.report(token, "BP114", "error", f"{message} Close it.")
        elif self.book.manuscript.is_open:
            opener = f"\\begin{{{name}}}" if name != "iffalse" else "\\iffalse"
            closer = f"\\end{{{name}}}" if name != "iffalse" else "\\fi"
            message = f"{opener} is never closed; add {closer}."
            self.book.report(token, "BP116", "error", message)
