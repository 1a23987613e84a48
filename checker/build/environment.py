"""All declarations of a build in one view: what a statement means, and what a proof rests on.

Both are read from the kernel terms that Lean wrote, never asked from a command a candidate could redefine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.errors import UnknownDeclaration
from checker.kernel.terms import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from checker.build.builder import Build
    from checker.kernel.declaration import Declaration

SORRY: Final = "sorryAx"
"""The axiom behind an open proof."""


class Environment:
    """The declarations of a build.

    Attributes:
        duplicates: names that several modules declare, with those modules.
    """

    def __init__(self, build: Build) -> None:
        self._found: dict[str, tuple[str, Declaration]] = {}
        self.duplicates: dict[str, tuple[str, ...]] = {}
        self._outside = build.outside
        for module, built in build.built.items():
            for name, declaration in built.certificate.declarations.items():
                if name in self._found:
                    first = self.duplicates.get(name, (self._found[name][0],))
                    self.duplicates[name] = (*first, module)
                self._found[name] = (module, declaration)
        self._meanings: dict[str, bytes] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._found or self._outside.find(name) is not None

    def module(self, name: str) -> str | None:
        """The module that declares a name; None when none does."""
        found = self._found.get(name) or self._outside.find(name)
        return found[0] if found else None

    def declaration(self, name: str) -> Declaration | None:
        """A declaration by its full name; None when there is none."""
        found = self._found.get(name) or self._outside.find(name)
        return found[1] if found else None

    def meaning(self, name: str) -> str:
        """The meaning digest of a declaration, in hex.

        It covers the name, kind, flags, type and declaring module of the declaration and, unless it is a
        theorem, its body; and the same of every constant these mention, down to the last. Proofs do not count. It goes
        no deeper than the tree: of a constant outside it covers the name, the module, and all files at and below that.

        Raises:
            UnknownDeclaration: when nothing declares the name.
        """
        if name not in self:
            raise UnknownDeclaration(f"No module of the tree declares {name}.")
        if name not in self._meanings:
            for component in components(name, self._followed, self._meanings):
                self._settle(component)
        return self._meanings[name].hex()

    def _followed(self, name: str) -> tuple[str, ...]:
        found = self._found.get(name)
        if found is None:
            return ()
        declaration = found[1]
        if declaration.kind == "theorem":
            return declaration.type_uses
        return declaration.type_uses + declaration.value_uses

    def _settle(self, component: list[str]) -> None:
        """Digest constants that mention one another, from themselves and from what they mention besides."""
        members = set(component)
        below = {used for name in component for used in self._followed(name)} - members
        shared = digest(
            *[self._own(name) for name in sorted(members)],
            *[self._meanings[name] for name in sorted(below)],
        )
        for name in component:
            self._meanings[name] = digest(name.encode(), shared)

    def _own(self, name: str) -> bytes:
        found = self._found.get(name)
        if found is None:
            outside = self._outside.find(name)
            return digest(name.encode()) if outside is None else self._outside.meaning(name, outside[0])
        module, declaration = found
        value = "" if declaration.kind == "theorem" else declaration.value_digest
        texts = (name, module, declaration.kind, *declaration.flags, declaration.type_digest, value)
        return digest(*[text.encode() for text in texts])

    def closure(self, roots: Iterable[str]) -> dict[str, Declaration | None]:
        """Every constant that these declarations rest on, proofs included; None for what nothing declares.

        What is declared outside the tree is told, and not entered.
        """
        seen: dict[str, Declaration | None] = {}
        stack = list(roots)
        while stack:
            name = stack.pop()
            if name in seen:
                continue
            declaration = self.declaration(name)
            seen[name] = declaration
            if declaration is not None and name in self._found:
                stack += declaration.type_uses
                stack += declaration.value_uses
        return seen

    def axioms(self, name: str) -> tuple[str, ...]:
        """The axioms a declaration rests on, sorted; `sorryAx` among them where a proof is open.

        A constant that nothing declares counts as an axiom: nothing vouches for it.
        """
        own, beyond = self._reach(name)
        found = {each for each in own if self._found[each][1].kind == "axiom"}
        return tuple(sorted(found.union(*map(self._outside.axioms, beyond))))

    def open_below(self, name: str) -> tuple[str, ...]:
        """Declarations below (and perhaps including) this one that mention `sorryAx` themselves, sorted.

        One outside the tree is among them when it rests on `sorryAx`, however far below.
        """
        own, beyond = self._reach(name)
        resting = {each for each in beyond if each != SORRY and SORRY in self._outside.axioms(each)}
        return tuple(sorted(resting.union(each for each in own if is_open(self._found[each][1]))))

    def _reach(self, root: str) -> tuple[set[str], set[str]]:
        """What a declaration rests on, proofs included: of the tree, and beyond it, where nothing is entered."""
        own: set[str] = set()
        beyond: set[str] = set()
        stack = [root]
        while stack:
            name = stack.pop()
            if name not in self._found:
                beyond.add(name)
            elif name not in own:
                own.add(name)
                declaration = self._found[name][1]
                stack += declaration.type_uses
                stack += declaration.value_uses
        return own, beyond


def is_open(declaration: Declaration) -> bool:
    """Whether a declaration itself mentions `sorryAx`."""
    return SORRY in declaration.value_uses or SORRY in declaration.type_uses


def components(root: str, follow: Callable[[str], Iterable[str]], done: Collection[str]) -> Iterator[list[str]]:
    """Strongly connected components below a root, each after those it leads to (Tarjan, without recursion).

    Args:
        root: where to begin.
        follow: what a name leads to.
        done: names to take as settled; they are not entered.
    """
    index: dict[str, int] = {root: 0}
    low: dict[str, int] = {root: 0}
    path: list[str] = [root]
    on_path: set[str] = {root}
    work: list[tuple[str, Iterator[str]]] = [(root, iter(follow(root)))]
    while work:
        name, rest = work[-1]
        for following in rest:
            if following in done:
                continue
            if following not in index:
                index[following] = low[following] = len(index)
                path.append(following)
                on_path.add(following)
                work.append((following, iter(follow(following))))
                break
            if following in on_path:
                low[name] = min(low[name], index[following])
        else:
            work.pop()
            if work:
                above = work[-1][0]
                low[above] = min(low[above], low[name])
            if low[name] == index[name]:
                at = path.index(name) if path[-1] != name else len(path) - 1
                component = path[at:]
                del path[at:]
                on_path.difference_update(component)
                yield component


def axioms_of(environment: Environment, names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The axioms of several declarations."""
    return {name: environment.axioms(name) for name in names}
