# ruff: noqa: RUF001, SIM905 - Lean has signs like these, and lists of words are read as text
"""The words of a Lean file as commands are found among them: brackets matched, columns known, keywords named."""

from __future__ import annotations

from typing import Final

from checker.source.lexer import Kind, LexicalError, Token, all_tokens

MODIFIERS: Final = frozenset(
    {"public", "private", "protected", "noncomputable", "unsafe", "partial", "meta", "nonrec", "local", "scoped"}
)
NAMED: Final = frozenset(
    {
        "def", "theorem", "lemma", "abbrev", "structure", "class", "inductive", "coinductive", "axiom", "opaque",
        "class inductive", "class abbrev",
    }
)  # fmt: skip
"""Commands whose first word is the name they declare."""
DECLARATIONS: Final = NAMED | {"instance", "example"}
RESERVED: Final = (DECLARATIONS - {"lemma", "coinductive"}) | {
    "namespace", "section", "end", "variable", "universe", "attribute", "mutual", "export", "initialize",
    "builtin_initialize", "macro", "macro_rules", "syntax", "notation", "infix", "infixl", "infixr", "prefix",
    "postfix", "elab", "elab_rules", "declare_syntax_cat", "init_quot",
}  # fmt: skip
"""Words no term contains: outside brackets they begin a command wherever they stand."""
WEAK: Final = frozenset(
    {
        "lemma", "coinductive", "omit", "include", "alias", "irreducible_def", "notation3", "seal", "unseal",
        "simproc", "dsimproc", "simproc_decl", "dsimproc_decl", "run_cmd", "run_elab", "run_meta", "add_decl_doc",
        "binder_predicate", "unif_hint", "grind_pattern", "gen_injective_theorems", "register_option",
        "register_builtin_option", "register_simp_attr", "register_label_attr", "declare_simp_like_tactic",
        "declare_config_elab", "declare_command_config_elab", "suppress_compilation", "unsuppress_compilation",
        "assert_not_exists", "assert_exists", "assert_not_imported", "library_note", "initialize_simps_projections",
        "count_heartbeats", "compile_inductive", "compile_def", "proof_wanted", "register_tactic_tag",
        "deprecated_module", "recommended_spelling", "show_panel_widgets",
    }
)  # fmt: skip
"""Words that may also be names: they begin a command in the first column, or after modifiers."""
HASHES: Final = frozenset(
    {"check", "check_failure", "eval", "print", "reduce", "synth", "guard_msgs", "guard", "exit", "where", "help",
     "lint", "find_home", "min_imports", "simp", "norm_num", "time", "version", "import_path", "discr_tree_key"}
)  # fmt: skip
OPENING: Final = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⦃": "⦄", "⟦": "⟧", "⟪": "⟫"}
CLOSING: Final = frozenset(OPENING.values())
_AWAITING: Final = frozenset(
    "= > | , ; : < + - / · ∧ ∨ → ← ↔ ↦ ≤ ≥ ∣ ∈ ≠ ∘ × ∀ ∃ λ ▸ $ & ^ % @ ¬ by from then else do in fun where with calc"
    " at using extends show have let match if".split()
)
"""What cannot be the last word of a command."""
_INNER: Final = frozenset(
    "where with then else from deriving termination_by decreasing_by extends by at using in fun do let have show"
    " hiding renaming partial_fixpoint inductive_fixpoint coinductive_fixpoint match if suffices obtain".split()
)
"""Words that cannot begin a command, so that they continue one even in the first column."""


class Words:
    """The tokens of a file after its header, comments apart.

    Attributes:
        tokens: what Lean reads; documentation too.
        comments: what it skips.
        depth: for each token, how many brackets are open before it (a closing one counts as outside).
        closing: for each opening bracket's index that of the bracket that closes it.
    """

    def __init__(self, text: str, begin: int) -> None:
        self._text = text
        every = [token for token in all_tokens(text) if token.end > begin]
        if every and every[0].start < begin:
            raise LexicalError("The header's last name does not end where it seems to.", every[0].line)
        self.tokens = [token for token in every if token.kind is not Kind.COMMENT]
        self.comments = [token for token in every if token.kind is Kind.COMMENT]
        self._texts = [token.text if token.kind in (Kind.WORD, Kind.SYMBOL) else "" for token in self.tokens]
        self.depth: list[int] = []
        self.closing: dict[int, int] = {}
        self._match()

    def __len__(self) -> int:
        return len(self.tokens)

    def _match(self) -> None:
        waiting: list[int] = []
        for at, token in enumerate(self.tokens):
            if token.kind is Kind.SYMBOL and token.text in CLOSING:
                if not waiting or OPENING[self.tokens[waiting[-1]].text] != token.text:
                    raise LexicalError(f"`{token.text}` closes nothing that was opened.", token.line)
                self.closing[waiting.pop()] = at
            self.depth.append(len(waiting))
            if token.kind is Kind.SYMBOL and token.text in OPENING:
                waiting.append(at)
        if waiting:
            left = self.tokens[waiting[-1]]
            raise LexicalError(f"`{left.text}` is never closed.", left.line)

    def text(self, at: int) -> str:
        """A token's text; empty for strings and documentation, and past the end."""
        return self._texts[at] if 0 <= at < len(self._texts) else ""

    def is_name(self, at: int) -> bool:
        """Whether a token is a name or keyword."""
        return at < len(self.tokens) and self.tokens[at].kind is Kind.WORD

    def glued(self, at: int, before: str) -> bool:
        """Whether one of these characters stands right before a token, nothing between."""
        start = self.tokens[at].start
        return start > 0 and self._text[start - 1] in before

    def column(self, at: int) -> int:
        """A token's 0-based column in code points."""
        return self.column_of(self.tokens[at])

    def column_of(self, token: Token) -> int:
        """The 0-based column of a token or comment."""
        return token.start - (self._text.rfind("\n", 0, token.start) + 1)

    def leads(self, at: int) -> bool:
        """Whether nothing but comments stands before a token on its line."""
        if at == 0:
            return True
        before = self.tokens[at - 1]
        return before.line + before.text.count("\n") < self.tokens[at].line

    def awaited(self, at: int) -> bool:
        """Whether the word before this one calls for more."""
        return self.text(at - 1) in _AWAITING

    def doubtful(self, at: int) -> bool:
        """Whether this token could begin a command nobody here knows."""
        token = self.tokens[at]
        known = token.kind is not Kind.WORD or token.text in _INNER
        return not known and self.column(at) == 0 and self.leads(at) and not self.awaited(at)

    def is_symbol(self, at: int, symbol: str) -> bool:
        """Whether a symbol of two characters, such as ``:=``, begins at this token."""
        return self.text(at) == symbol[0] and self.text(at + 1) == symbol[1] and self.glued(at + 1, symbol[0])
