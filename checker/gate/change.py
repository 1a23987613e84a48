"""What the gate is asked: a change from one folder to another, the project's layout, and the policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Stage = Literal["statement", "proof"]
"""``statement``: add a reviewed-to-be statement; ``proof``: fill the proof of a locked one."""

STANDARD_AXIOMS = frozenset({"propext", "Classical.choice", "Quot.sound"})
"""The three axioms of everyday Lean, allowed where the base declares them."""

HARMLESS_OPTIONS = frozenset(
    {
        "autoImplicit", "relaxedAutoImplicit", "genCtorIdx", "maxHeartbeats", "maxRecDepth",
        "synthInstance.maxHeartbeats", "synthInstance.maxSize",
    }
)  # fmt: skip
"""Options an agent may set, besides those under ``linter.`` and ``pp.``: they change what is printed, how strict the
reader is or how long it tries (the sandbox's clock runs all the same), never what is checked."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Who may write where. All paths are relative to the tree, with forward slashes.

    Attributes:
        library: the folder and module prefix of the Lean library, such as ``Arithmetic``.
        base: trusted folders, written by people.
        helpers: folders in which any proof attempt may add or change modules.
    """

    library: str
    base: tuple[str, ...]
    helpers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What an agent's change may contain; the defaults are the strict ones.

    Attributes:
        axioms: names of axioms a proof may rest on, as the base declares them.
        options: options ``set_option`` may name.
        allowed: words of the syntax policy that this project allows, such as ``notation``.
        file_bytes: the largest allowed file.
        nesting: how deeply brackets may nest.
        comparator: whether the comparator of a toolchain that has one judges proofs last.
    """

    axioms: frozenset[str] = STANDARD_AXIOMS
    options: frozenset[str] = HARMLESS_OPTIONS
    allowed: frozenset[str] = frozenset()
    file_bytes: int = 1_000_000
    nesting: int = 1000
    comparator: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A proposed change.

    Attributes:
        base: folder of the tree before; trusted.
        head: folder of the tree after; hostile.
        stage: what the change is meant to do.
        target: full Lean name of the declaration it is about; empty, in the proof stage, for a plain change: one
            that may touch every module of the library outside the base, and leaves all that is locked as it was.
        module: the module the target is declared in; empty for a plain change.
        is_definition: whether the target is a definition (a statement stage without a proof to come).
        lock: meaning digest the target must keep; only, and always, in the proof stage.
        open_statements: reviewed statements whose proofs are still open, with their meaning digests;
            a proof may rest on them, and becomes conditional by it.
        locked: every reviewed declaration, with its meaning digest.
    """

    base: Path
    head: Path
    stage: Stage
    target: str
    module: str
    is_definition: bool = False
    lock: str | None = None
    open_statements: Mapping[str, str] = field(default_factory=dict)
    locked: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether it is about no declaration in particular."""
        return not self.target
