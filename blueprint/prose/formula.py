"""Formulas in the dialect of the formula writer: what it does not know is said in what it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from blueprint.latex.arguments import Cursor
from blueprint.latex.labels import plain_tag
from blueprint.latex.names import name_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from blueprint.prose.references import References

_TRIGGER = re.compile(
    r"\\(?P<command>label|ref|eqref|cref|Cref|autoref|cite[a-z]*|mbox|hbox|text[a-z]*|substack|ensuremath|mathbbm|mathds"
    r"|nobreak|allowbreak|relax|displaylimits|xspace|dots[cbimo]|intertext|shortintertext|texorpdfstring|nonumber|notag"
    r"|mathclap|mathrlap|mathllap|rlap|llap|clap|smash|tag|qedhere|DOTSB|protect|emph|vcenter|hfill|mathop|iff|qed"
    r"|noindent|leqno|big[gr]?parallel|lean|leanok|uses|vspace|scalebox|raisebox|operatorname"
    r"|hspace|[lL]arge|LARGE|small|footnotesize|scriptsize|normalsize"
    r"|hdots|wideparen|longhookrightarrow|nicefrac|sfrac|mathup|accentset|underaccent|varlimsup|varliminf|varprojlim"
    r"|varinjlim|smashoperator|defeq|eqdef|smallsetminus|mathsfup|mathbfcal|symcal|mathpzc|pmb|mapsfrom|Perp|independent"
    r"|cupdot|dotcup|sslash|bigast|hfil|break|footnotemark)(?![A-Za-z])"
    r"|\\(?P<edge>begin|end)\s*\{(?P<name>[^{}]*)\}"
)

_NAMED: dict[str, str] = {
    "split": "aligned", "alignedat": "aligned", "eqnarray": "align*", "eqnarray*": "align*", "flalign": "align*",
    "flalign*": "align*", "alignat": "align*", "alignat*": "align*", "align": "align*", "gather": "gather*",
    "equation": "equation*", "multline": "multline*", "displaymath": "equation*", "math": "equation*",
    "smallmatrix": "matrix", "psmallmatrix": "pmatrix", "bsmallmatrix": "bmatrix", "IEEEeqnarray": "align*",
    "IEEEeqnarray*": "align*", "dmath": "equation*", "dmath*": "equation*", "multlined": "gathered",
    "pmatrix*": "pmatrix", "bmatrix*": "bmatrix", "vmatrix*": "vmatrix", "Bmatrix*": "Bmatrix", "Vmatrix*": "Vmatrix",
    "matrix*": "matrix", "dcases*": "dcases",
}  # fmt: skip
_COUNTED = frozenset({"alignat", "alignat*", "alignedat", "IEEEeqnarray", "IEEEeqnarray*"})
_DROPPED = name_set("""
    nobreak allowbreak relax displaylimits xspace nonumber notag qedhere DOTSB protect hfill qed
    noindent leqno leanok hfil break footnotemark large Large LARGE small footnotesize scriptsize normalsize
""")
_UNWRAPPED = frozenset(
    ["ensuremath", "mathclap", "mathrlap", "mathllap", "rlap", "llap", "clap", "smash", "vcenter", "smashoperator"]
)
_RENAMED = {
    "mathbbm": "mathbb", "mathds": "mathbb", "dotsc": "ldots", "dotsb": "cdots", "dotsm": "cdots", "dotsi": "cdots",
    "dotso": "ldots", "hdots": "ldots", "wideparen": "overparen", "longhookrightarrow": "hookrightarrow",
    "mathup": "mathrm", "accentset": "overset", "underaccent": "underset", "smallsetminus": "setminus",
    "mathsfup": "mathsf", "mathbfcal": "mathcal", "symcal": "mathcal", "mathpzc": "mathcal", "pmb": "boldsymbol",
    "bigast": "ast",
}  # fmt: skip
_WRITTEN = {
    "varlimsup": r"\overline{\lim}",
    "varliminf": r"\underline{\lim}",
    "varprojlim": r"\underleftarrow{\lim}",
    "varinjlim": r"\underrightarrow{\lim}",
    "defeq": ":=",
    "eqdef": "=:",
    "mapsfrom": "↤",
    "Perp": "⫫",
    "independent": "⫫",
    "cupdot": "⊍",
    "dotcup": "⊍",
    "sslash": "⫽",
}
_TEXTS = name_set("mbox hbox text textrm textup textnormal textmd emph textit textbf texttt textsf")
_KEPT_TEXTS = frozenset(["emph", "textit", "textbf", "texttt", "textsf"])
_SWITCHED = re.compile(
    r"\\(?:normalfont|rm|bf|it|sf|tt|sc|em|(?:rm|bf|it|sf|tt|md|up|sc)(?:family|series|shape)|small|tiny|footnotesize"
    r"|scriptsize|normalsize|large)(?![A-Za-z])\s*"
)
_INTERTEXTS = frozenset({"intertext", "shortintertext"})
_SILENCED = re.compile(r"\\(?:nonumber|notag)(?![A-Za-z])")
_LABELLED = re.compile(r"\\label\s*\{[^{}]*\}")
_CITED = re.compile(r"\\[A-Za-z]*cite[A-Za-z]*\*?\s*(?:\[[^\[\]]*\])*\{([^{}]*)\}")
_SAFE_TAG = re.compile(r"[A-Za-z0-9 .,()'*+\-/:;=?!]*")
PRIME = "@"
"""Stands for a prime in a tag, where the library takes none."""

_RULES = re.compile(r"[@!<>]\{[^{}]*\}")
_WIDE_COLUMN = re.compile(r"[pmb]\s*\{[^{}]*\}")
_SPACE_AT_LINE_END = re.compile(r"(?<!\\)((?:\\\\)*+)\\\n")
_COLUMNS = re.compile(r"(?<!\\)&")


class Preparation:
    """Rewrites formulas of one book."""

    def __init__(self, references: References) -> None:
        self._references = references
        self._rewriters: dict[str, Callable[[str, Cursor, int], tuple[str, int]]] = {
            **dict.fromkeys(_DROPPED, lambda _name, _cursor, at: (" ", at)),
            **dict.fromkeys(_UNWRAPPED, self._unwrapped),
            **dict.fromkeys(_RENAMED, lambda name, _cursor, at: (f"\\{_RENAMED[name]} ", at)),
            **dict.fromkeys(_WRITTEN, lambda name, _cursor, at: (f"{_WRITTEN[name]} ", at)),
            **dict.fromkeys(("nicefrac", "sfrac"), self._slanted),
            **dict.fromkeys(_TEXTS, self._text),
            **dict.fromkeys(_INTERTEXTS, self._intertext),
            **dict.fromkeys(("ref", "eqref", "cref", "Cref", "autoref"), self._reference),
            **dict.fromkeys(("lean", "uses", "vspace"), self._dropped_argument),
            **dict.fromkeys(("scalebox", "raisebox"), self._boxed),
            "operatorname": self._operator,
            "hspace": lambda _name, cursor, at: ("\\hspace", star.end if (star := cursor.star(at)) else at),
            "label": self._label,
            "tag": self._tag,
            "substack": self._substack,
            "texorpdfstring": self._pdf_string,
        }

    def prepare(self, tex: str) -> str:
        """Return a formula in the writer's dialect; what is wrong with it stays, for the writer to refuse."""
        if "\\\n" in tex:
            tex = _SPACE_AT_LINE_END.sub(r"\1\\ ", tex)
        if not _TRIGGER.search(tex):
            return tex
        if "\\label" in tex and ("\\nonumber" in tex or "\\notag" in tex):
            tex = _hand_on_labels(tex)
        cursor = Cursor(tex)
        parts: list[str] = []
        last = at = 0
        eqnarray = False
        while match := _TRIGGER.search(tex, at):
            parts.append(tex[last : match.start()])
            if match["edge"]:
                eqnarray = eqnarray or match["name"].startswith(("eqnarray", "IEEEeqnarray"))
                html, at = self._edge(match, cursor)
            else:
                html, at = self._command(match, cursor)
            parts.append(html)
            last = at
        prepared = "".join(parts) + tex[last:]
        return _two_columns(prepared) if eqnarray else prepared

    def _command(self, match: re.Match[str], cursor: Cursor) -> tuple[str, int]:
        name = match["command"]
        rewriter = self._rewriters.get(name)
        if rewriter is not None:
            return rewriter(name, cursor, match.end())
        if name.startswith("cite"):
            return self._citation(cursor, match.end())
        return match[0], match.end()

    def _edge(self, match: re.Match[str], cursor: Cursor) -> tuple[str, int]:
        name, end = match["name"], match.end()
        if match["edge"] == "begin" and name in _COUNTED:
            count = cursor.group(end)
            end = count.end if count else end
        if match["edge"] == "begin" and (name == "array" or name.endswith("matrix*")):
            option = cursor.option(end)
            end = option.end if option else end
            if name == "array" and (columns := cursor.group(end)):
                bare = _WIDE_COLUMN.sub("l", _RULES.sub("", columns.text))
                return f"\\begin{{array}}{{{bare}}}", columns.end
        if match["edge"] == "begin" and name in {"aligned", "split", "gathered"}:
            option = cursor.option(end)
            end = option.end if option and option.text in {"t", "b", "c"} else end
        return f"\\{match['edge']}{{{_NAMED.get(name, name)}}}", end

    @staticmethod
    def _unwrapped(name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        group = cursor.group(at)
        return ("{" + group.text + "}", group.end) if group else (f"\\{name}", at)

    @staticmethod
    def _operator(_name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        """Write a name in letters of its own as an operator: the library takes upright letters only."""
        star = cursor.star(at)
        group = cursor.group(star.end if star else at)
        if group is None or "\\math" not in group.text:
            return "\\operatorname", at
        return f"\\mathop{{{group.text}}}", group.end

    def _boxed(self, name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        measure = cursor.group(at)
        return self._unwrapped(name, cursor, measure.end) if measure else (f"\\{name}", at)

    @staticmethod
    def _dropped_argument(_name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        star = cursor.star(at)
        group = cursor.group(star.end if star else at)
        return "", group.end if group else at

    def _text(self, name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        r"""Take mathematics out of text: ``\text{a $x$ b}`` becomes ``\text{a }x\text{ b}``."""
        group = cursor.group(at)
        if group is None:
            return f"\\{name} ", at
        command = name if name in _KEPT_TEXTS else "text"
        pieces = group.text.replace("\\(", "$").replace("\\)", "$").split("$")
        if len(pieces) % 2 == 0:
            pieces = [group.text.replace("$", "\\$")]
        written = [
            (f"\\{command}{{{self._plain(piece)}}}" if piece else "")
            if index % 2 == 0
            else f"{{{self.prepare(piece)}}}"
            for index, piece in enumerate(pieces)
        ]
        return "".join(written), group.end

    def _plain(self, text: str) -> str:
        r"""Resolve what stands for text in ``\text``: references, and boxes within boxes."""
        if "\\" not in text:
            return text
        text = _SWITCHED.sub("", text)
        text = _CITED.sub(lambda match: _tame(f"[{match[1]}]"), text)
        return re.sub(
            r"\\(ref|eqref|cref|Cref|autoref)\*?\{([^{}]*)\}",
            lambda match: _tame(self._references.plain(match[1], match[2])),
            re.sub(r"\\(?:mbox|hbox|text|textrm|textup|textnormal)\{([^{}]*)\}", r"\1", text),
        )

    def _intertext(self, _name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        group = cursor.group(at)
        if group is None:
            return "", at
        written, _ = self._text("text", Cursor("{" + group.text + "}"), 0)
        return f"&{written}\\\\", group.end

    def _reference(self, name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        star = cursor.star(at)
        group = cursor.group(star.end if star else at)
        if group is None:
            return f"\\{name}", at
        return f"\\text{{{_tame(self._references.plain(name, group.text))}}}", group.end

    @staticmethod
    def _citation(cursor: Cursor, at: int) -> tuple[str, int]:
        option = cursor.option(at)
        group = cursor.group(option.end if option else at)
        if group is None:
            return "", at
        note = f", {option.text}" if option else ""
        return f"\\text{{[{_tame(group.text + note)}]}}", group.end

    def _label(self, _name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        group = cursor.group(at)
        if group is None:
            return "", at
        number = self._references.number(" ".join(group.text.split()))
        safe = number.replace("'", PRIME) if _SAFE_TAG.fullmatch(number) else ""
        return (f"\\tag{{{safe}}}" if safe else ""), group.end

    @staticmethod
    def _tag(_name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        star = cursor.star(at)
        group = cursor.group(star.end if star else at)
        if group is None:
            return "", at
        text = "".join(character if _SAFE_TAG.fullmatch(character) else "?" for character in plain_tag(group.text))
        text = text.replace("'", PRIME)
        return (f"\\tag{'*' if star else ''}{{{text}}}" if text else ""), group.end

    @staticmethod
    def _substack(_name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        group = cursor.group(at)
        if group is None:
            return "", at
        return f"{{\\begin{{subarray}}{{c}}{group.text}\\end{{subarray}}}}", group.end

    @staticmethod
    def _slanted(name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        above = cursor.group(at)
        below = cursor.group(above.end) if above else None
        return (f"{{{{{above.text}}}/{{{below.text}}}}}", below.end) if above and below else (f"\\{name}", at)

    @staticmethod
    def _pdf_string(_name: str, cursor: Cursor, at: int) -> tuple[str, int]:
        shown = cursor.group(at)
        plain = cursor.group(shown.end) if shown else None
        return ("{" + shown.text + "}", plain.end) if shown and plain else ("", at)


def _tame(text: str) -> str:
    r"""Return text that may stand in ``\text``."""
    return re.sub(r"([%#&_$])", r"\\\1", re.sub(r"[\\{}~^]", "", text))


def _hand_on_labels(tex: str) -> str:
    """Move the labels of rows without number to the next row, whose number they name."""
    rows = tex.split("\\\\")
    for index, row in enumerate(rows[:-1]):
        if _SILENCED.search(row):
            labels = "".join(match[0] for match in _LABELLED.finditer(row))
            rows[index] = _LABELLED.sub("", row)
            rows[index + 1] = labels + rows[index + 1]
    return "\\\\".join(rows)


def _two_columns(tex: str) -> str:
    """Write the rows of an ``eqnarray``, left & sign & right, in two columns."""
    rows = tex.split("\\\\")
    for index, row in enumerate(rows):
        cells = _COLUMNS.split(row)
        if len(cells) == 3:  # noqa: PLR2004 - left, sign, right
            rows[index] = f"{cells[0]}&{cells[1]} {cells[2]}"
    return "\\\\".join(rows)
