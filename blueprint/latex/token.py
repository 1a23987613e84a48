"""The tokens of a LaTeX file that matter for its structure; everything between them is text."""

from __future__ import annotations

from typing import NamedTuple

SIGNATURES: dict[str, str] = {
    # marks
    "label": "m",
    "lean": "m",
    "leanok": "",
    "mathlibok": "",
    "notready": "",
    "uses": "m",
    "proves": "m",
    "discussion": "m",
    "alsoIn": "m",
    "home": "m",
    "github": "m",
    "dochome": "m",
    "graphcolor": "mmm",
    "bpcolor": "mmm",
    # divisions of the book
    "part": "som",
    "chapter": "som",
    "section": "som",
    "subsection": "som",
    "subsubsection": "som",
    "appendix": "",
    "title": "om",
    "bibliography": "m",
    "addbibresource": "om",
    "graphicspath": "m",
    "nocite": "m",
    # other files
    "input": "f",
    "include": "f",
    "subfile": "m",
    "import": "smm",
    "subimport": "smm",
    "inputfrom": "smm",
    "subinputfrom": "smm",
    "includefrom": "smm",
    "subincludefrom": "smm",
    "subfileinclude": "m",
    "usepackage": "om",
    "RequirePackage": "om",
    "documentclass": "om",
    "endinput": "",
    # definitions
    "newcommand": "scoom",
    "renewcommand": "scoom",
    "providecommand": "scoom",
    "DeclareRobustCommand": "scoom",
    "NewDocumentCommand": "cmm",
    "RenewDocumentCommand": "cmm",
    "ProvideDocumentCommand": "cmm",
    "DeclareDocumentCommand": "cmm",
    "DeclareMathOperator": "scm",
    "DeclarePairedDelimiter": "cmm",
    "def": "cdm",
    "gdef": "cdm",
    "edef": "cdm",
    "let": "cec",
    "newenvironment": "smoomm",
    "renewenvironment": "smoomm",
    "NewDocumentEnvironment": "mmmm",
    "DeclareDocumentEnvironment": "mmmm",
    # theorem-like environments and numbers
    "newtheorem": "smomo",
    "newmdtheoremenv": "omomo",
    "newshadedtheorem": "smomo",
    "newframedtheorem": "smomo",
    "spnewtheorem": "smomo",
    "newtcbtheorem": "ommmm",
    "NewTcbTheorem": "ommmm",
    "DeclareTcbTheorem": "ommmm",
    "declaretheorem": "om",
    "numberwithin": "omm",
    "counterwithin": "smm",
    "counterwithout": "smm",
    "newcounter": "mo",
    "setcounter": "mm",
    "addtocounter": "mm",
    "crefname": "mmm",
    "Crefname": "mmm",
    # inside lists, displays and floats
    "item": "",
    "caption": "",
    "nonumber": "",
    "notag": "",
    "tag": "sm",
}
r"""Structural commands, and what arguments they take.

``s`` a star, ``o`` an option, ``m`` a group, ``c`` a control sequence, ``d`` the parameter text of ``\def``,
``e`` an equals sign that may be missing, ``f`` a file name that need not stand in braces.
"""

SHORT = frozenset({"label", "lean", "uses", "proves", "discussion", "alsoIn", "title", "tag"})
"""Commands whose arguments cannot hold a blank line: if one does, its brace was not closed."""


class Token(NamedTuple):
    r"""One structural token.

    Attributes:
        name: the command without backslash; ``begin`` and ``end`` for environments, ``\\`` for a new row of a
            numbered display, ``comment`` for what LaTeX does not read, ``verbatim`` for what it does not
            interpret, ``unclosed`` for a command whose argument does not end.
        start: offset of its first character.
        end: offset just behind its last argument.
        arguments: as its signature says, ``None`` for an optional one that is missing; the name of the
            environment for ``begin`` and ``end``; the command or environment for ``unclosed``.
    """

    name: str
    start: int
    end: int
    arguments: tuple[str | None, ...] = ()

    def argument(self, index: int) -> str:
        """Return an argument as text, the empty string where it is missing."""
        return (self.arguments[index] or "") if index < len(self.arguments) else ""
