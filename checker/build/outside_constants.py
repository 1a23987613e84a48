"""What modules outside the tree declare: read when it is asked for, and no more of it kept than is bounded.

A statement's meaning needs of them a name and a module. A proof's axioms need all that is below a constant, which can
be a hundred thousand others in thousands of modules: so what is found is kept by module, and nothing is walked twice.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Self

from checker.build.below import gathered_below
from checker.kernel.terms import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.build.outside import Outside
    from checker.build.outside_names import OutsideModule
    from checker.kernel.declaration import Declaration
    from checker.kernel.lookup import CompiledConstants

OPEN_BYTES: Final = 256 << 20
"""Bytes of compiled modules held open at once, besides the last one."""
_RULE: Final = b"outside axioms 1"
_REMEMBERED: Final = 5_000
"""Constants whose place and declaration are remembered."""


class OutsideConstants:
    """The constants of the outside modules of one build. Many threads may share it.

    Args:
        outside: where they are.
        modules: those of the build, by name, sound ones only.
    """

    def __init__(self, outside: Outside | None, modules: Mapping[str, OutsideModule]) -> None:
        self._outside = outside
        self._modules = modules
        self._lock = threading.RLock()
        self._indexed = -1
        self._open: OrderedDict[str, CompiledConstants] = OrderedDict()
        self.held_bytes = 0
        """Bytes of compiled modules held open, about."""
        self._found: OrderedDict[str, tuple[str, Declaration] | None] = OrderedDict()
        self._axioms: dict[str, dict[str, frozenset[str]]] = {}
        self._settled: dict[str, frozenset[str]] = {}

    @classmethod
    def none(cls) -> Self:
        """Those of no module."""
        return cls(None, {})

    @property
    def _from(self) -> Outside:
        assert self._outside is not None, "of no module nothing is read"
        return self._outside

    def find(self, name: str) -> tuple[str, Declaration] | None:
        """The module that declares a name, and the declaration; None when no outside module does.

        Raises:
            UnreadableModule: when a module's files were changed meanwhile, or cannot be read.
        """
        with self._lock:
            if name not in self._found:
                self._found[name] = self._look_up(name) if self._modules else None
                while len(self._found) > _REMEMBERED:
                    self._found.popitem(last=False)
            return self._found[name]

    def meaning(self, name: str, module: str) -> bytes:
        """What stands for an outside constant in a meaning: its name, its module, and all that module rests on."""
        return digest(b"outside", name.encode(), module.encode(), self._modules[module].certificate.key.encode())

    def axioms(self, name: str) -> frozenset[str]:
        """The axioms an outside constant rests on, itself included; a name that nothing declares counts as one.

        Raises:
            UnreadableModule: when a module's files were changed meanwhile, or cannot be read.
        """
        with self._lock:
            known = self._known_axioms(name)
            return self._walk(name) if known is None else known

    def _look_up(self, name: str) -> tuple[str, Declaration] | None:
        modules, self._indexed = self._from.names.declaring(name, self._modules, self._indexed)
        for module in modules:
            declaration = self._opened(module).read(name)
            if declaration is not None:
                return module, declaration
        return None

    def _opened(self, module: str) -> CompiledConstants:
        opened = self._open.get(module)
        if opened is None:
            opened = self._open[module] = self._from.names.open(self._modules[module])
            self.held_bytes += opened.size
            while len(self._open) > 1 and self.held_bytes > OPEN_BYTES:
                self.held_bytes -= self._open.popitem(last=False)[1].size
        self._open.move_to_end(module)
        return opened

    def _known_axioms(self, name: str) -> frozenset[str] | None:
        known = self._settled.get(name)
        if known is None:
            found = self.find(name)
            known = frozenset({name}) if found is None else self._axioms_in(found[0]).get(name)
            if known is not None:
                self._settled[name] = known
        return known

    def _axioms_in(self, module: str) -> dict[str, frozenset[str]]:
        """What was found of a module's constants before, in this process or another."""
        if module not in self._axioms:
            stored = self._from.kept.get(self._axioms_key(module))
            data = {} if stored is None else json.loads(stored)
            self._axioms[module] = {name: frozenset(axioms) for name, axioms in data.items()}
        return self._axioms[module]

    def _axioms_key(self, module: str) -> str:
        return digest(_RULE, self._modules[module].certificate.key.encode()).hex()

    def _walk(self, root: str) -> frozenset[str]:
        """Find the axioms of a constant and of all below it, and keep them."""
        touched: set[str] = set()
        for members, axioms in gathered_below(root, self._uses, self._known_axioms):
            for name in members:
                found = self.find(name)
                assert found is not None, "what nothing declares is known"
                touched.add(found[0])
                own = {name} if found[1].kind == "axiom" else set()
                self._axioms_in(found[0])[name] = axioms | own
        for module in touched:
            data = {name: sorted(axioms) for name, axioms in sorted(self._axioms[module].items())}
            self._from.kept.put(self._axioms_key(module), json.dumps(data, ensure_ascii=False).encode())
        known = self._known_axioms(root)
        assert known is not None, "it was settled just now"
        return known

    def _uses(self, name: str) -> tuple[str, ...]:
        found = self.find(name)
        return () if found is None else found[1].type_uses + found[1].value_uses
