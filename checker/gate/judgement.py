"""What the gate answers: accepted or not, and why, in words that stay the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.build.certificate import Certificate


class Code(StrEnum):
    """Why a change is refused. The values are stable: others count and translate them."""

    PATH = "path-not-allowed"
    """It touches a file that this stage may not touch."""
    FILE = "file-not-allowed"
    """A file is no regular UTF-8 text file within the limits."""
    MODULE = "module-not-allowed"
    """A module stands in the wrong place, has a wrong header or a misleading name."""
    SYNTAX = "syntax-not-allowed"
    """A Lean command or attribute that is not for agents."""
    OPTION = "option-not-allowed"
    """A ``set_option`` outside the harmless ones."""
    BUILD = "build-failed"
    """Lean refuses the module."""
    TIMEOUT = "timeout"
    """Lean did not finish in time."""
    MEMORY = "out-of-memory"
    """Lean needed more memory than it may have."""
    MISSING = "target-missing"
    """The target is not declared in its module."""
    KIND = "target-kind"
    """The target is declared as the wrong kind of thing."""
    NOT_OPEN = "target-not-open"
    """A statement stage that does not leave its proof open."""
    STATEMENT = "statement-changed"
    """The target, or a definition below it, no longer means what was reviewed."""
    LOCKED = "locked-changed"
    """Another reviewed declaration changed its meaning or vanished."""
    SORRY = "sorry"
    """Something rests on ``sorryAx`` that may not."""
    AXIOM = "axiom-not-allowed"
    """Something rests on, or declares, an axiom that is not allowed."""
    FLAG = "flag-not-allowed"
    """The compiled module holds something unsafe, partial, or outside the kernel's sight."""
    KERNEL_NAME = "kernel-name"
    """A name that the kernel treats specially is declared outside the base."""
    DUPLICATE = "duplicate-declaration"
    """A name is declared by two modules."""
    REPLAY = "kernel-replay"
    """A second kernel run on the compiled terms does not accept them."""
    COMPARATOR = "comparator"
    """The toolchain's own comparator refuses the proof, or gives no judgement."""
    CANARY = "canary"
    """A module known to be bad was not reported bad: nothing can be trusted."""


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """One reason to refuse.

    Attributes:
        code: which rule.
        message: one sentence for the author of the change.
        file: path relative to the tree; empty where it is about no file.
        line: 1-based line; 0 where it is about no line.
    """

    code: Code
    message: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The gate's answer.

    Attributes:
        accepted: whether the change may land; exactly when there is no reason against it.
        reasons: why not.
        lock: meaning digest of the target in the head; None where it could not be told.
        axioms: for the target (and in a definition's case what it adds), the axioms it rests on.
        assumes: open statements the target's proof rests on: the proof is conditional on them.
        certificates: the changed modules' certificates, by module.
        compared: whether the toolchain's own comparator accepted it too.
    """

    accepted: bool
    reasons: tuple[Reason, ...]
    lock: str | None
    axioms: Mapping[str, tuple[str, ...]]
    assumes: tuple[str, ...]
    certificates: Mapping[str, Certificate]
    compared: bool = False
