"""Which of Lean's commands, attributes and options an agent may write: judged on tokens, before Lean runs.

This is the first filter, so that nothing runs that could run code; what the compiled module says is judged too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.gate.judgement import Code, Reason
from checker.source.lexer import Kind, LexicalError, Token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.gate.change import Policy

FORBIDDEN_WORDS: Final = frozenset(
    {
        # what has no proof, or is not checked
        "axiom", "opaque", "unsafe", "partial", "init_quot", "native_decide",
        # code in place of what the kernel sees, or code that runs while Lean reads
        "extern", "export", "initialize", "builtin_initialize", "meta", "run_cmd", "run_elab", "run_meta", "run_tac",
        "by_elab", "include_str", "register_option", "register_builtin_option",
        "register_simp_attr", "register_label_attr", "register_error_explanation", "gen_injective_theorems",
        "dsimproc", "simproc", "simproc_decl", "dsimproc_decl", "builtin_simproc",
        "builtin_dsimproc", "binder_predicate", "unif_hint", "grind_pattern", "add_decl_doc",
        # changes to the language itself
        "elab", "elab_rules", "macro", "macro_rules", "syntax", "notation", "notation3", "infix", "infixl",
        "infixr", "prefix", "postfix", "declare_syntax_cat", "declare_simp_like_tactic", "declare_config_elab",
        "declare_command_config_elab", "attribute", "local", "scoped", "unseal", "seal", "deprecated_module",
        "deprecated_syntax", "docs_to_verso", "suppress_compilation", "unsuppress_compilation",
        "recommended_spelling", "register_tactic_tag", "tactic_extension", "show_panel_widgets",
    }
)  # fmt: skip
"""Words that no agent writes as a word of its own, unless the policy allows them by name."""

HARMLESS_ATTRIBUTES: Final = frozenset(
    {
        "expose", "no_expose", "simp", "reducible", "irreducible", "semireducible", "inline", "noinline",
        "match_pattern", "elab_as_elim", "elab_without_expected_type", "class", "instance", "ext", "refl", "symm",
        "trans", "congr", "simps", "norm_cast", "push_cast", "deprecated", "inherit_doc", "nolint", "specialize",
        "grind", "defeq", "implicit_reducible", "coe", "always_inline", "macro_inline", "pp_nodot",
    }
)  # fmt: skip
"""Attributes that neither replace code nor run it."""

HARMLESS_COMMANDS: Final = frozenset({"check", "print", "synth", "guard_msgs"})
"""Words that may follow ``#``."""

_OPENING: Final = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⟪": "⟫", "⟦": "⟧", "⌊": "⌋"}
_CLOSING: Final = frozenset(_OPENING.values())


def syntax_reasons(path: str, text: str, policy: Policy) -> list[Reason]:
    """What a Lean file contains that the policy does not allow.

    Args:
        path: for the reasons.
        text: the source.
        policy: what is allowed.
    """
    try:
        found = tokens(text)
    except LexicalError as error:
        return [Reason(Code.SYNTAX, str(error), path, error.line)]
    judge = _Judge(path, found, policy)
    return [*judge.words(), *judge.options(), *judge.attributes(), *judge.hashes(), *judge.nesting()]


class _Judge:
    def __init__(self, path: str, found: list[Token], policy: Policy) -> None:
        self._path = path
        self._tokens = found
        self._policy = policy

    def _reason(self, code: Code, message: str, token: Token) -> Reason:
        return Reason(code, message, self._path, token.line)

    def words(self) -> Iterator[Reason]:
        """Forbidden words; the word after ``open`` may not be ``private``."""
        forbidden = FORBIDDEN_WORDS - self._policy.allowed
        before = ""
        for token in self._tokens:
            if token.kind in (Kind.WORD, Kind.NUMBER):
                word = token.text.split(".", 1)[0].lstrip("0123456789")
                if word in forbidden or (token.kind is Kind.NUMBER and word and _ends_so(word, forbidden)):
                    yield self._reason(Code.SYNTAX, f"`{word}` is not for agents.", token)
                if word == "private" and before == "open" and "open private" not in self._policy.allowed:
                    yield self._reason(Code.SYNTAX, "`open private` is not for agents.", token)
            if token.kind is not Kind.DOCUMENT:
                before = token.text

    def options(self) -> Iterator[Reason]:
        """``set_option`` with any but a harmless option."""
        for at, token in enumerate(self._tokens):
            if token.kind is Kind.WORD and token.text.split(".", 1)[0] == "set_option":
                name = self._tokens[at + 1].text if at + 1 < len(self._tokens) else ""
                if not self._harmless(name):
                    yield self._reason(Code.OPTION, f"`set_option {name}` is not for agents.", token)

    def _harmless(self, name: str) -> bool:
        return name in self._policy.options or name.startswith(("linter.", "pp."))

    def attributes(self) -> Iterator[Reason]:
        """``@[...]`` with any but a harmless attribute."""
        allowed = HARMLESS_ATTRIBUTES | self._policy.allowed
        for at, token in enumerate(self._tokens[:-1]):
            if token.text == "@" and self._tokens[at + 1].text == "[":
                for name in _attribute_names(self._tokens, at + 2):
                    if name.kind is not Kind.WORD or name.text not in allowed:
                        yield self._reason(Code.SYNTAX, f"The attribute `{name.text}` is not for agents.", name)

    def hashes(self) -> Iterator[Reason]:
        """Commands such as ``#eval`` and ``#exit``."""
        allowed = HARMLESS_COMMANDS | self._policy.allowed
        for token, following in zip(self._tokens, self._tokens[1:], strict=False):
            word = following.text.split(".", 1)[0]
            adjacent = following.start == token.start + 1
            if token.text == "#" and adjacent and following.kind is Kind.WORD and word not in allowed:
                yield self._reason(Code.SYNTAX, f"`#{word}` is not for agents.", token)

    def nesting(self) -> Iterator[Reason]:
        """Brackets nested deeper than the policy allows."""
        depth = 0
        for token in self._tokens:
            if token.text in _OPENING:
                depth += 1
            elif token.text in _CLOSING:
                depth = max(0, depth - 1)
            if depth > self._policy.nesting:
                yield self._reason(Code.FILE, f"Brackets nest over {self._policy.nesting} deep.", token)
                return


def _ends_so(word: str, forbidden: frozenset[str]) -> bool:
    return any(word.endswith(each) for each in forbidden)


def _attribute_names(found: list[Token], at: int) -> Iterator[Token]:
    """The first word of each attribute in a list that begins here."""
    depth, first = 0, True
    for token in found[at:]:
        if token.text in _OPENING:
            depth += 1
        elif token.text in _CLOSING:
            if depth == 0:
                return
            depth -= 1
        elif depth == 0 and token.text == ",":
            first = True
            continue
        if first:
            yield token
            first = False
