"""The last look at a finished tree: which axioms its declarations rest on, whatever anything claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.build.environment import SORRY, Environment
from checker.errors import AuditFailed, UnknownDeclaration
from checker.gate.comparator import LIBRARY, Comparator
from checker.gate.replay import replay_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from checker.build.builder import Build, Builder


def audit(
    tree: Path, builder: Builder, declarations: Iterable[str], *, comparator: bool = True
) -> dict[str, tuple[str, ...]]:
    """Build a tree, have a fresh kernel check all of it from nothing, and tell the axioms of declarations.

    Axioms are read from kernel terms, through every proof below a declaration.

    Args:
        tree: the folder.
        builder: compiles what is stale.
        declarations: full Lean names.
        comparator: whether `lake check` of a toolchain that has it looks at them last, if none rests on `sorryAx`.

    Returns:
        For each declaration its axioms, sorted; `sorryAx` among them where anything below is open.

    Raises:
        AuditFailed: when the kernel refuses something, or two modules declare one name.
        UnknownDeclaration: when no module that compiles declares one of them.
        SandboxFailed: when the sandbox did not start.
    """
    build = builder.certify(tree)
    environment = Environment(build)
    for name, modules in environment.duplicates.items():
        raise AuditFailed(f"{name} is declared in {' and in '.join(modules)}; rename one of them.")
    problem = replay_all(build, builder)
    if problem:
        raise AuditFailed(problem)
    found = {}
    for name in declarations:
        if name not in environment:
            raise UnknownDeclaration(f"No module of {tree} that compiles declares {name}.")
        found[name] = environment.axioms(name)
    problem = _checked_by_lake(tree, build, builder, found) if comparator else ""
    if problem:
        raise AuditFailed(problem)
    return found


def _checked_by_lake(tree: Path, build: Build, builder: Builder, axioms: Mapping[str, tuple[str, ...]]) -> str:
    """What the toolchain's own kernels have against declarations, where it has a library and brings them."""
    judges, environment = Comparator.of(builder), Environment(build)
    if judges is None or not axioms or LIBRARY not in build.built or any(SORRY in each for each in axioms.values()):
        return ""
    return judges.check(tree, {name: environment.module(name) or "" for name in axioms})
