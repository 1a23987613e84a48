"""Text commands of LaTeX that stand for characters, fonts, spaces and nothing at all."""

# ruff: noqa: RUF001, RUF002 - typographic characters are what these tables are about

from __future__ import annotations

import unicodedata

from blueprint.latex.names import name_set
from blueprint.prose.flow import Style

CHARACTERS: dict[str, str] = {
    "&": "&", "%": "%", "$": "$", "#": "#", "_": "_", "{": "{", "}": "}", " ": " ", "\n": " ", "\t": " ",
    ",": "\u2009", ";": "\u2005", ":": "\u2005", ">": "\u2005", "!": "", "-": "\u00ad", "/": "", "@": "", "*": "",
    "ldots": "…", "dots": "…", "textellipsis": "…", "quad": "\u2003", "qquad": "\u2003\u2003",
    "enspace": "\u2002", "thinspace": "\u2009", "space": " ", "nobreakspace": "\u00a0",
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_",
    "textbar": "|", "textless": "<", "textgreater": ">", "textquotesingle": "'", "textquotedbl": '"',
    "textendash": "–", "textemdash": "—", "textbullet": "•", "textperiodcentered": "·", "textdegree": "°",
    "textregistered": "®", "texttrademark": "™", "copyright": "©", "textcopyright": "©", "pounds": "£",
    "euro": "€", "S": "§", "P": "¶", "dag": "†", "ddag": "‡", "slash": "/", "lbrack": "[", "rbrack": "]",
    "textquoteleft": "‘", "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”",
    "lq": "‘", "rq": "’", "guillemotleft": "«", "guillemotright": "»", "textleftarrow": "←", "textrightarrow": "→",
    "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ", "th": "þ", "TH": "Þ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "TeX": "TeX", "LaTeX": "LaTeX", "LaTeXe": "LaTeX2ε", "checkmark": "✓", "textmu": "µ", "textpm": "±",
    "texttimes": "×", "bysame": "———", "lbrace": "{", "rbrace": "}", "textbraceleft": "{", "textbraceright": "}",
}  # fmt: skip
"""Commands without argument, to the text they print."""

ACCENTS: dict[str, str] = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331", "t": "\u0361", "textcommabelow": "\u0326",
}  # fmt: skip
"""Accent commands, to the combining character behind the letter."""

STYLES: dict[str, Style] = {
    "emph": Style("em"), "textit": Style("i"), "textsl": Style("i"), "textbf": Style("strong"),
    "texttt": Style("code"), "textsc": Style("span", "small-caps"), "underline": Style("u"), "uline": Style("u"),
    "textsuperscript": Style("sup"), "textsubscript": Style("sub"), "sout": Style("s"), "st": Style("s"),
    "textsf": Style("span", "sans"),
}  # fmt: skip
"""Commands that set their argument in a style."""

SWITCHES: dict[str, Style] = {
    "em": Style("em"), "it": Style("i"), "itshape": Style("i"), "sl": Style("i"), "slshape": Style("i"),
    "bf": Style("strong"), "bfseries": Style("strong"), "tt": Style("code"), "ttfamily": Style("code"),
    "sc": Style("span", "small-caps"), "scshape": Style("span", "small-caps"), "sf": Style("span", "sans"),
    "sffamily": Style("span", "sans"),
}  # fmt: skip
"""Commands that set the rest of their group in a style."""

TRANSPARENT = name_set("""
    text textrm textup textnormal textmd mbox hbox fbox MakeUppercase MakeLowercase centerline leftline
    rightline lowercase uppercase
""")
"""Commands of which only the argument is seen."""

BOXES: dict[str, str] = {
    "parbox": "ooom", "makebox": "oo", "framebox": "oo", "raisebox": "moo", "scalebox": "mo", "resizebox": "mm",
    "rotatebox": "om",
}  # fmt: skip
"""Commands that put their last argument into a box, to the measures before it."""

_SILENT = name_set("""
    noindent indent maketitle tableofcontents listoffigures listoftables newpage clearpage cleardoublepage
    medskip bigskip smallskip centering raggedright raggedleft leavevmode relax hfill
    vfill null qed qedhere small large Large LARGE huge Huge footnotesize scriptsize tiny normalsize normalfont xspace
    allowbreak frontmatter mainmatter backmatter printbibliography sloppy fussy appendix rm rmfamily upshape mdseries
    phantomsection bgroup egroup begingroup endgroup makeatletter makeatother leanok mathlibok notready hrulefill
    dotfill hline toprule midrule bottomrule displaystyle unskip ignorespaces strut nobreak break goodbreak
    samepage flushbottom onehalfspacing doublespacing singlespacing printindex makeindex expandafter noexpand global
    long ExplSyntaxOn ExplSyntaxOff minitoc selectfont columnbreak nonumber notag protect newblock
    BibitemOpen
""")
_SILENT_WITH_ARGUMENT = name_set("""
    label lean uses proves discussion alsoIn vspace hspace index pagestyle thispagestyle bibliographystyle author date
    title hypersetup nocite markright pagenumbering usetikzlibrary theoremstyle input include graphicspath
    allowdisplaybreaks home github dochome thanks usepackage leantarget leanhelper addbibresource setlist cline
    captionsetup tikzset natexlab MR BibitemShut
""")
SILENT: dict[str, str] = {
    **dict.fromkeys(_SILENT, ""),
    **dict.fromkeys(_SILENT_WITH_ARGUMENT, "m"),
    **dict.fromkeys(("pagebreak", "nopagebreak", "linebreak", "nolinebreak"), "o"),
    "rule": "mm",
    **dict.fromkeys(("markboth", "setlength", "addtolength", "setcounter", "addtocounter", "numberwithin"), "mm"),
    **dict.fromkeys(("addcontentsline", "graphcolor", "bpcolor", "crefname", "Crefname"), "mmm"),
}
"""Commands that print nothing, to the arguments they take (a star and options before each are taken too)."""


def accent(mark: str, letter: str) -> str:
    """Return a letter with an accent; a dotless ``ı`` gets its accent as ``i`` does."""
    base = {"ı": "i", "ȷ": "j"}.get(letter[:1], letter[:1] or " ")
    return unicodedata.normalize("NFC", base + ACCENTS[mark]) + letter[1:]
