"""What the checker keeps of one constant."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Declaration:
    """One constant of a compiled module, read from its kernel term.

    Attributes:
        kind: ``axiom``, ``definition``, ``theorem``, ``opaque``, ``quotient``, ``inductive``,
            ``constructor`` or ``recursor``.
        type_digest: digest of level parameters and type, names of bound variables included.
        value_digest: digest of everything else: body, flags, constructors, rules.
        type_uses: constants the type mentions, sorted.
        value_uses: constants everything else mentions, sorted.
        flags: ``unsafe`` and ``partial``, where the kernel says so.
    """

    kind: str
    type_digest: str
    value_digest: str
    type_uses: tuple[str, ...] = ()
    value_uses: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def uses(self) -> tuple[str, ...]:
        """All constants it mentions, sorted."""
        return tuple(sorted({*self.type_uses, *self.value_uses}))
