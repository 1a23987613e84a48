"""Digests of kernel terms, and the constants they mention.

A term's digest follows what the kernel and a reader of the statement see: constants by full name, universe
levels, literals, projections with their structure, binder names and kinds. It leaves out what neither sees:
metadata, hash values that Lean keeps beside a term, and the scopes Lean appends to names it invents (so that a
proof written above does not shift the digest of a statement below).
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from checker.errors import UnreadableModule

if TYPE_CHECKING:
    from checker.kernel.olean import Space

BOUND, FREE, META, SORT, CONSTANT, APPLY, LAMBDA, FORALL, LET, LITERAL, METADATA, PROJECTION = range(12)
"""Constructors of `Lean.Expr`."""

_LEVEL_FIELDS: Final = (0, 1, 2, 2, 1, 1)
"""Fields of `Lean.Level`: zero, succ, max, imax, param, mvar."""
_PARAMETER: Final = 4

_TERM_FIELDS: Final = {
    BOUND: 1, FREE: 1, META: 1, SORT: 1, CONSTANT: 2, APPLY: 2, LAMBDA: 3, FORALL: 3, LET: 4, LITERAL: 1,
    METADATA: 2, PROJECTION: 3,
}  # fmt: skip
_STEPS_PER_BYTE: Final = 64
"""How often a byte may be looked at again for another declaration: bounds what a hostile file can cost."""
_CACHED_BYTES: Final = 8
"""Lean keeps a hash in the first scalar bytes of a term."""


def digest(*parts: bytes) -> bytes:
    """Digest byte strings so that different sequences give different digests; 32 bytes."""
    content = b"".join([len(part).to_bytes(4, "little") + part for part in parts])
    return blake2b(content, digest_size=32).digest()


class Terms:
    """The terms of one compiled module, each digested once however often it is shared."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self._digests: dict[int, bytes] = {}
        self._children: dict[int, tuple[int, ...]] = {}
        self._mentions: dict[int, str] = {}
        self._levels: dict[int, bytes] = {}
        self._binders: dict[int, bytes] = {}
        self._steps = _STEPS_PER_BYTE * sum(len(part.data) for part in space.parts)

    def digest(self, root: int) -> bytes:
        """The digest of the term at an address.

        Raises:
            UnreadableModule: when there is no well-formed term.
        """
        known = self._digests
        if root in known:
            return known[root]
        prepared: dict[int, bytes] = {}
        stack = [root]
        while stack:
            at = stack.pop()
            if at in prepared or at in known:
                continue
            prepared[at] = self._prepare(at)
            stack.extend(self._children[at])
        # Children stand before their parents in the file, so ascending addresses are an order of evaluation.
        for at in sorted(prepared):
            children = self._children[at]
            if prepared[at] == b"m":
                known[at] = known[children[0]]
            else:
                content = prepared[at] + b"".join([known[child] for child in children])
                known[at] = blake2b(content, digest_size=32).digest()
        return known[root]

    def constants(self, *roots: int) -> frozenset[str]:
        """Names of all constants the terms at these addresses mention, literals and projections included."""
        seen: set[int] = set()
        found: set[str] = set()
        stack = list(roots)
        for root in roots:
            self.digest(root)
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            self._steps -= 1
            if at in self._mentions:
                found.add(self._mentions[at])
            stack.extend(self._children[at])
        if self._steps < 0:
            raise UnreadableModule("A compiled module shares its terms in a way no Lean file does.")
        return frozenset(found)

    def _prepare(self, at: int) -> bytes:
        """Note a term's children and mentions; answer what its digest adds to theirs."""
        found = self._space.object(at)
        tag, fields = found.tag, found.pointers
        if _TERM_FIELDS.get(tag) != len(fields):
            raise UnreadableModule("A compiled module has no term where one should be.")
        children: tuple[int, ...] = ()
        own = b"%d:" % tag
        if tag == APPLY:
            children = fields
        elif tag == CONSTANT:
            name = self._space.name(fields[0])
            self._mentions[at] = name
            levels = [self.level(each) for each in self._space.list(fields[1])]
            own += digest(name.encode(), *levels)
        elif tag in (LAMBDA, FORALL, LET):
            children = fields[1:]
            own += self._binder(fields[0]) + found.scalars[_CACHED_BYTES : _CACHED_BYTES + 1]
        elif tag == METADATA:
            children = fields[1:]
            own = b"m"
        elif tag == PROJECTION:
            name = self._space.name(fields[0])
            self._mentions[at] = name
            children = fields[2:]
            own += digest(name.encode(), self.number(fields[1]))
        elif tag == SORT:
            own += self.level(fields[0])
        elif tag == LITERAL:
            own += self._literal(at, fields[0])
        elif tag == BOUND:
            own += self.number(fields[0])
        else:
            raise UnreadableModule("A compiled module has a term with free or meta variables.")
        self._children[at] = children
        return own

    def _literal(self, at: int, address: int) -> bytes:
        found = self._space.object(address)
        if len(found.pointers) != 1 or found.tag > 1:
            raise UnreadableModule("A compiled module has no literal where one should be.")
        self._mentions[at] = "String" if found.tag else "Nat"
        if found.tag:
            return b"s" + self._space.raw(found.pointers[0])
        return b"n" + self.number(found.pointers[0])

    def number(self, pointer: int) -> bytes:
        """A natural number, small or big, as bytes."""
        return b"%d" % (pointer >> 1) if pointer & 1 else b"b" + self._space.raw(pointer)

    def _binder(self, address: int) -> bytes:
        if address not in self._binders:
            name = self._space.name(address)
            parts = name.split(".")
            if "_@" in parts:
                name = ".".join(parts[: parts.index("_@")]) + "✝"
            self._binders[address] = digest(name.encode())
        return self._binders[address]

    def level(self, root: int) -> bytes:
        """The digest of the universe level at an address.

        Raises:
            UnreadableModule: when there is none, or it has meta variables.
        """
        known = self._levels
        stack = [root]
        while stack:
            at = stack[-1]
            if at in known:
                stack.pop()
                continue
            fields: tuple[int, ...] = ()
            if at & 1:
                tag = at >> 1
            else:
                found = self._space.object(at)
                tag, fields = found.tag, found.pointers
            if tag > _PARAMETER or len(fields) != _LEVEL_FIELDS[tag]:
                raise UnreadableModule("A compiled module has no universe level where one should be.")
            if tag == _PARAMETER:
                known[at] = digest(b"p", self._space.name(fields[0]).encode())
                continue
            missing = [each for each in fields if each not in known]
            if missing:
                stack.extend(missing)
                continue
            known[at] = digest(b"%d" % tag, *[known[each] for each in fields])
        return known[root]
