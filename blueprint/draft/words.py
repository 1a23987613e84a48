r"""LaTeX as plain words: what titles and sentences say once commands and mathematics are taken out."""

from __future__ import annotations

import re
import unicodedata

MATHEMATICS = re.compile(
    r"\\(?![\[(])."
    r"|\$\$[^$]{0,1000}+\$\$|\$[^$]{0,1000}+\$"
    r"|\\\((?:[^\\]|\\(?!\)).){0,1000}+\\\)|\\\[(?:[^\\]|\\(?!\]).){0,1000}+\\\]",
    re.DOTALL,
)
"""Formulas in text, and, so that an escaped dollar begins none, other commands' first characters."""

_DISPLAY = re.compile(
    r"\\begin\{(equation|align|gather|multline|eqnarray|flalign|displaymath|math)(\*?)\}"
    r"(?:[^\\]|\\(?!end\{\1)){0,3000}+\\end\{\1\2\}"
)
_VERBATIM = re.compile(
    r"\\begin\{(verbatim|lstlisting|minted)\}[^\0]{0,3000}?\\end\{\1\}|\\verb\*?([^A-Za-z\s])[^\n]{0,200}?\2"
)
_NAMING = re.compile(
    r"\\(?:[A-Za-z]*[rR]ef|[A-Za-z]*cite[A-Za-z]*|label|begin|end|url|href)\*?(?:\[[^\[\]]*+\])*+\{[^{}]*+\}"
)
_ACCENT = re.compile(r"""\\(['"`^~=.cuvHrk])\s*\{?\\?([A-Za-z])\}?""")
_MARKS = {"'": "\u0301", '"': "\u0308", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
          "c": "\u0327", "u": "\u0306", "v": "\u030c", "H": "\u030b", "r": "\u030a", "k": "\u0328"}  # fmt: skip
_TEXORPDF = re.compile(r"\\texorpdfstring\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\[A-Za-z@]+\*?|\\.|[{}~]", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+)*")
_ASCII = re.compile(r"[A-Za-z0-9]+")
_SPECIAL = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "Æ": "Ae", "Ø": "O", "Ł": "L"})

BREAK = "\n\0\n"
"""What a formula leaves behind: no sentence is read across it."""

_KEPT_ES = 4


def without_mathematics(tex: str) -> str:
    """Return text with a `BREAK` for each formula, reference, citation and verbatim text."""
    tex = _NAMING.sub(BREAK, _DISPLAY.sub(BREAK, _VERBATIM.sub(BREAK, tex)))
    return MATHEMATICS.sub(
        lambda match: BREAK if match[0][0] == "$" or match[0][:2] in {"\\(", "\\["} else match[0], tex
    )


def accented(tex: str) -> str:
    r"""Return text with ``\'e`` and the like as one character."""
    return _ACCENT.sub(lambda match: unicodedata.normalize("NFC", match[2] + _MARKS[match[1]]), tex)


def words_of(tex: str) -> list[str]:
    """Return the words of a text as they are written, an empty one for each `BREAK`."""
    plain = _COMMAND.sub(" ", accented(_TEXORPDF.sub(r"\1", without_mathematics(tex))))
    words: list[str] = []
    for number, stretch in enumerate(plain.split("\0")):
        words += ([""] if number else []) + _WORD.findall(stretch)
    return words


def ascii_words(tex: str) -> list[str]:
    """Return the words of a title in ASCII letters and digits, accents taken off."""
    text = unicodedata.normalize(
        "NFKD", " ".join(words_of(tex)).translate(_SPECIAL).replace("'", "").replace("\u2019", "")
    )
    return _ASCII.findall("".join(character for character in text if not unicodedata.combining(character)))


def stem(word: str) -> str:
    """Return a word in lower case without the ending of an English plural or genitive."""
    word = word.lower().removesuffix("'s").removesuffix("\u2019s")
    if word.endswith("ies") and len(word) > _KEPT_ES:
        return word[:-3] + "y"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) >= _KEPT_ES:
        return word[:-1]
    return word
