"""The last look at a finished tree: which axioms its declarations rest on, whatever anything claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.environment import Environment
from checker.errors import UnknownDeclaration

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from checker.builder import Builder


def audit(tree: Path, builder: Builder, declarations: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Build a tree and tell the axioms of declarations, from kernel terms, through every proof below them.

    Args:
        tree: the folder.
        builder: compiles what is stale.
        declarations: full Lean names.

    Returns:
        For each declaration its axioms, sorted; `sorryAx` among them where anything below is open.

    Raises:
        UnknownDeclaration: when no module that compiles declares one of them.
        SandboxFailed: when the sandbox did not start.
    """
    environment = Environment(builder.certify(tree))
    found = {}
    for name in declarations:
        if name not in environment:
            raise UnknownDeclaration(f"No module of {tree} that compiles declares {name}.")
        found[name] = environment.axioms(name)
    return found
