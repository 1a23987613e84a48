# ruff: noqa: SIM905 - lists of words are read as text
"""What is in force at a place in a Lean file, so that two places can be compared: namespaces, `open`, `variable` ….

Two declarations of the same words say the same only where the same is in force. What that is, is kept as a digest: a
file may open ten thousand things, and each of its declarations has all of them above it.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from checker.source.lexer import LexicalError
from checker.source.scope import parts_of

SCOPED: Final = frozenset(
    {
        "open", "variable", "universe", "set_option", "omit", "include", "seal", "unseal", "suppress_compilation",
        "unsuppress_compilation",
    }
)  # fmt: skip
"""Commands that hold to the end of their scope."""
NOTATIONS: Final = frozenset(
    {"notation", "notation3", "infix", "infixl", "infixr", "prefix", "postfix", "macro", "syntax", "elab"}
)
"""Commands that give new signs a meaning."""
_LASTING: Final = NOTATIONS | {
    "export", "attribute", "macro_rules", "elab_rules", "declare_syntax_cat", "binder_predicate", "unif_hint",
    "run_cmd", "run_elab", "run_meta",
}  # fmt: skip
"""Commands that hold to the end of the file, and may change how what follows is read, unless they are local."""
_TACTICAL: Final = frozenset(
    "[ ] , - ↑ ↓ ← local scoped low high mid simp ext grind aesop norm_cast push_cast gcongr mono fun_prop positivity"
    " measurability continuity simps deprecated inherit_doc norm_num symm refl trans".split()
)
"""Attributes that only tactics look at: they cannot change what a statement says."""

Words = tuple[str, ...]
_START: Final = b""


class Force:
    """What is in force, command after command."""

    def __init__(self, *, is_module: bool) -> None:
        self._frames: list[tuple[str, bytes]] = [("", b"module" if is_module else _START)]
        self._lasting = _START

    @property
    def now(self) -> bytes:
        """What is in force here: equal when the same commands are, in the same order."""
        return self._frames[-1][1] + b"/" + self._lasting

    @property
    def depth(self) -> int:
        """How many scopes are open; each part of ``namespace A.B`` is one."""
        return len(self._frames) - 1

    def follow(self, keyword: str, words: Words, line: int) -> None:
        """Go past a command.

        Args:
            keyword: its keyword.
            words: all its words.
            line: where it stands, for the error.

        Raises:
            LexicalError: when an ``end`` does not fit.
        """
        if keyword in ("namespace", "section"):
            self._enter(keyword, words)
        elif keyword == "end":
            self._leave(words, line)
        elif keyword in SCOPED:
            self._add(words)
        elif keyword in _LASTING and not (keyword == "attribute" and is_tactical(words)):
            if {"local", "scoped"} & set(words):
                self._add(words)
            else:
                self._lasting = _digest(self._lasting, words)

    def _enter(self, keyword: str, words: Words) -> None:
        at = words.index(keyword)
        name = words[at + 1] if at + 1 < len(words) else ""
        for part in parts_of(name) or ("",):
            before = self._frames[-1][1]
            said = (*words[:at], keyword, part) if keyword == "namespace" else words[:at]
            self._frames.append((part, _digest(before, said) if said else before))

    def _leave(self, words: Words, line: int) -> None:
        parts = end_parts(words)
        if len(parts) > self.depth or tuple(part for part, _ in self._frames[-len(parts) :]) != parts:
            raise LexicalError(f"`{' '.join(words)}` does not close what is open.", line)
        del self._frames[-len(parts) :]

    def _add(self, words: Words) -> None:
        part, before = self._frames[-1]
        self._frames[-1] = (part, _digest(before, words))


def end_parts(words: Words) -> Words:
    """The scopes that an ``end`` closes, by name, the outermost first."""
    return parts_of(words[-1] if words[-1] != "end" else "") or ("",)


def is_tactical(words: Words) -> bool:
    """Whether an ``attribute`` command sets only attributes that tactics look at."""
    if "]" not in words:
        return False
    return set(words[1 : words.index("]")]) <= _TACTICAL


def _digest(before: bytes, words: Words) -> bytes:
    text = "\0".join(words).encode("utf-8", "surrogatepass")
    return blake2b(before + b"\0\0" + text, digest_size=16).digest()
