"""What a changed file had before already: people wrote it, and no rule for agents judges it while it stays as it was.

A node may live in a file of a thousand lines that people wrote before there was a campaign, with notations, options and
open lemmas that are not for agents. A change of one proof in it answers for what it changes.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from checker.build.environment import Environment, is_open
from checker.errors import HeaderError
from checker.gate.evidence import evidence_reasons
from checker.source.header import imports_of, path_of
from checker.source.lexer import LexicalError
from checker.source.outline import outline_of
from checker.source.tree import read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from checker.build.builder import Build, Builder
    from checker.gate.change import Policy
    from checker.gate.difference import Touched
    from checker.gate.judgement import Reason
    from checker.source.header import Header

_AUXILIARY: Final = re.compile(r"_.*|match_\d.*|(proof|eq|splitter|congr_eq)_\d+.*|eq_def|eq_unfold|congr_simp")
"""Parts of names that Lean makes up while it compiles: they come and go with the proofs they serve."""


def is_auxiliary(name: str) -> bool:
    """Whether Lean made up a name, or hid it, so that no other statement can be about it by that name."""
    return any(_AUXILIARY.fullmatch(part) for part in name.split("."))


def text_before(base: Path, touched: Touched) -> str | None:
    """A changed file's text in the base; ``None`` where it is new, or was no text."""
    if touched.how != "changed":
        return None
    try:
        return read_regular(base / touched.path).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def kept_lines(before: str, after: str) -> frozenset[int]:
    """Lines of a changed file on which nothing stands but commands that stood in it before, word for word.

    A file that cannot be cut with certainty has none.
    """
    try:
        had = Counter(command.span.of(before) for command in outline_of(before).commands)
        commands = outline_of(after).commands
    except (LexicalError, RecursionError):
        return frozenset()
    kept: set[int] = set()
    changed: set[int] = set()
    for command in commands:
        text = command.span.of(after)
        lines = range(command.span.line, command.span.last_line + 1)
        (kept if had[text] > 0 else changed).update(lines)
        had[text] -= 1
    return frozenset(kept - changed)


def may_do_without_module(before: Header | None, header: Header, base: Path, added: Mapping[str, bytes]) -> bool:
    """Whether a file need not begin with ``module``: it did not before, or it imports such a file of the tree.

    Args:
        before: its header in the base; ``None`` for a new file.
        header: its header.
        base: the tree before.
        added: sources of the change by path.
    """
    if before is not None:
        return not before.is_module
    return any(is_plain(path_of(each.module), base, added) for each in header.written)


def is_plain(path: str, base: Path, added: Mapping[str, bytes]) -> bool:
    """Whether a path is that of a source in the tree that does not begin with ``module``."""
    try:
        data = added[path] if path in added else read_regular(base / path)
        return not imports_of(data).is_module
    except (OSError, HeaderError):
        return False


@dataclass(frozen=True)
class Inheritance:
    """What the changed modules were in the base. Nothing is compiled before somebody asks.

    Attributes:
        base: the tree before.
        modules: the changed modules that the base has.
        builder: compiles it.
    """

    base: Path
    modules: tuple[str, ...]
    builder: Builder

    @cached_property
    def build(self) -> Build | None:
        """The base, as far as these modules go; ``None`` where it has none of them."""
        return self.builder.certify(self.base, list(self.modules)) if self.modules else None

    @cached_property
    def environment(self) -> Environment | None:
        """What that declares."""
        return None if self.build is None else Environment(self.build)

    def evidence(self, path: str, module: str, policy: Policy, *, library: bool) -> frozenset[Reason]:
        """What would be said against the module as it was."""
        if self.build is None or module not in self.build.built:
            return frozenset()
        return frozenset(evidence_reasons(path, self.build.built[module].certificate, policy, library=library))

    def was_open(self, name: str) -> bool:
        """Whether a declaration mentioned `sorryAx` before."""
        found = None if self.environment is None else self.environment.declaration(name)
        return found is not None and is_open(found)

    def axioms(self, name: str) -> frozenset[str]:
        """The axioms that a declaration rested on before."""
        known = self.environment is not None and name in self.environment
        return frozenset(self.environment.axioms(name)) if self.environment is not None and known else frozenset()

    def meanings(self, module: str) -> Iterator[tuple[str, str]]:
        """What a module declared under names of its own, with meaning digests."""
        if self.build is None or self.environment is None or module not in self.build.built:
            return
        for name in self.build.built[module].certificate.declarations:
            if not is_auxiliary(name):
                yield name, self.environment.meaning(name)
