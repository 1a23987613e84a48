"""The constants a compiled module declares, read into `Declaration`s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.errors import UnreadableModule
from checker.kernel.declaration import Declaration
from checker.kernel.terms import Terms, digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.kernel.olean import Object, Space

MODULE_FIELDS: Final = 5
"""Fields of `Lean.ModuleData`: imports, constant names, constants, more names, extension entries."""

KINDS: Final = (
    "axiom", "definition", "theorem", "opaque", "quotient", "inductive", "constructor", "recursor",
)  # fmt: skip
"""Constructors of `Lean.ConstantInfo`."""

_FIELDS: Final = {
    "axiom": 1, "definition": 4, "theorem": 3, "opaque": 3, "quotient": 1, "inductive": 6, "constructor": 5,
    "recursor": 7,
}  # fmt: skip
_SAFETY: Final = {0: ("unsafe",), 1: (), 2: ("partial",)}


class ConstantReader:
    """Reads constants of one compiled module."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._terms = Terms(space)

    def read(self, address: int) -> tuple[str, Declaration]:
        """The constant at an address, and its name.

        Raises:
            UnreadableModule: when there is none of a known shape.
        """
        space = self._space
        info = space.object(address)
        if info.tag >= len(KINDS) or len(info.pointers) != 1:
            raise UnreadableModule("A compiled module has a constant of an unknown kind.")
        kind = KINDS[info.tag]
        value = space.object(info.pointers[0])
        if len(value.pointers) != _FIELDS[kind]:
            raise UnreadableModule(f"A compiled module has a constant of kind {kind} with unknown fields.")
        name_at, levels_at, type_at = space.fields(value.pointers[0], 0, 3)
        name = space.name(name_at)
        levels = [space.name(each).encode() for each in space.list(levels_at)]
        content, terms, names, flags = getattr(self, f"_{kind}")(value)
        value_uses = self._terms.constants(*terms).union(names)
        return name, Declaration(
            kind=kind,
            type_digest=digest(self._terms.digest(type_at), *levels).hex(),
            value_digest=digest(kind.encode(), *content, *[f.encode() for f in flags]).hex(),
            type_uses=tuple(sorted(self._terms.constants(type_at))),
            value_uses=tuple(sorted(value_uses - {name})),
            flags=flags,
        )

    # Each of these answers: what the digest of the value is made of, the addresses of its terms, the names of
    # constants that belong to it, and its flags.

    def _axiom(self, value: Object) -> _Value:
        return [], [], [], _unsafe(value, 0)

    def _definition(self, value: Object) -> _Value:
        body = value.pointers[1]
        flags = _SAFETY.get(value.scalars[0]) if value.scalars else None
        if flags is None:
            raise UnreadableModule("A compiled module has a definition of unknown safety.")
        return [self._terms.digest(body)], [body], [], flags

    def _theorem(self, value: Object) -> _Value:
        return [self._terms.digest(value.pointers[1])], [value.pointers[1]], [], ()

    def _opaque(self, value: Object) -> _Value:
        return [self._terms.digest(value.pointers[1])], [value.pointers[1]], [], _unsafe(value, 0)

    def _quotient(self, value: Object) -> _Value:
        return [value.scalars[:1]], [], [], ()

    def _inductive(self, value: Object) -> _Value:
        _, parameters, indices, all_at, constructors_at, nested = value.pointers
        together, constructors = self._names(all_at), self._names(constructors_at)
        content = [self._terms.number(each) for each in (parameters, indices, nested)]
        content += [value.scalars[:3], *_framed(together), *_framed(constructors)]
        return content, [], [*together, *constructors], _unsafe(value, 1)

    def _constructor(self, value: Object) -> _Value:
        _, inductive, index, parameters, fields = value.pointers
        parent = self._space.name(inductive)
        content = [parent.encode(), *[self._terms.number(each) for each in (index, parameters, fields)]]
        return content, [], [parent], _unsafe(value, 0)

    def _recursor(self, value: Object) -> _Value:
        _, all_at, parameters, indices, motives, minors, rules_at = value.pointers
        together = self._names(all_at)
        content = [self._terms.number(each) for each in (parameters, indices, motives, minors)]
        content += [value.scalars[:2], *_framed(together)]
        bodies, names = [], list(together)
        for rule in self._space.list(rules_at):
            constructor, fields, body = self._space.fields(rule, 0, 3)
            names.append(self._space.name(constructor))
            bodies.append(body)
            content += [names[-1].encode(), self._terms.number(fields), self._terms.digest(body)]
        return content, bodies, names, _unsafe(value, 1)

    def _names(self, address: int) -> list[str]:
        return [self._space.name(each) for each in self._space.list(address)]


_Value = tuple["Sequence[bytes]", "Sequence[int]", "Sequence[str]", tuple[str, ...]]


def _framed(names: Sequence[str]) -> list[bytes]:
    return [b"%d" % len(names), *[name.encode() for name in names]]


def _unsafe(value: Object, at: int) -> tuple[str, ...]:
    return ("unsafe",) if value.scalars[at : at + 1] == b"\x01" else ()
