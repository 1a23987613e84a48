"""What one compiled module says: its declarations, its interface, and what Lean recorded beside them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from checker.errors import UnreadableModule
from checker.kernel.constants import MODULE_FIELDS, ConstantReader
from checker.kernel.olean import Part, Space, structure_digests
from checker.kernel.terms import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.kernel.declaration import Declaration

PUBLIC: Final = ".olean"
"""Suffix of what importers load."""
PRIVATE: Final = ".olean.private"
"""Suffix of the part with proofs and bodies; absent without a ``module`` header."""
SERVER: Final = ".olean.server"
"""Suffix of the part with positions and documentation."""
CODE: Final = (".ir", ".ir.sig")
"""Suffixes of compiled code, loaded by importers that run it; the second is the first part of their address space."""

RECORDED_AXIOMS: Final = "_private.Lean.Util.CollectAxioms.0.Lean.exportedAxiomsExt"
"""The extension that repeats which axioms a proof rests on: no importer's elaboration sees it."""


@dataclass(frozen=True, slots=True)
class CompiledModule:
    """One compiled module, read.

    Attributes:
        declarations: its constants by full name, from the most private part there is.
        interface_digest: hex digest of what importers see.
        private_digest: hex digest of all there is to see.
        extensions: environment extensions in which the module recorded something, sorted.
        version: Lean's version and git hash.
        imports: modules it imports, as it names them, in its order.
    """

    declarations: Mapping[str, Declaration]
    interface_digest: str
    private_digest: str
    extensions: tuple[str, ...]
    version: str
    imports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompiledImport:
    """One import, as a compiled module tells it.

    Attributes:
        module: what is imported.
        all: whether private parts are imported.
        public: whether importers see it too.
        meta: whether it is there to run.
    """

    module: str
    all: bool
    public: bool
    meta: bool


def read_imports(public: bytes) -> tuple[bool, tuple[CompiledImport, ...]]:
    """Whether a compiled module has the ``module`` header, and what it imports, from its ``.olean``.

    Raises:
        UnreadableModule: when the file is damaged, hostile, or of an unknown format.
    """
    part = Part(public, PUBLIC)
    space = Space([part])
    imports_at, *_ = space.fields(part.root, 0, MODULE_FIELDS)
    found = []
    for address in space.array(imports_at):
        (name_at,) = space.fields(address, 0, 1)
        everything, exported, meta = (each == 1 for each in space.object(address).scalars[:3].ljust(3, b"\0"))
        found.append(CompiledImport(space.name(name_at), everything, exported, meta))
    return space.object(part.root).scalars[:1] == b"\1", tuple(found)


def read_compiled(artefacts: Mapping[str, bytes]) -> CompiledModule:
    """Read a compiled module.

    Args:
        artefacts: contents of its files by suffix; ``.olean`` at least.

    Raises:
        UnreadableModule: when a file is damaged, hostile, or of an unknown format.
    """
    if PUBLIC not in artefacts:
        raise UnreadableModule("A module has no .olean file; compile it again.")
    parts = [Part(artefacts[suffix], suffix) for suffix in (PUBLIC, SERVER, PRIVATE) if suffix in artefacts]
    space = Space(parts)
    imports_at, _, constants_at, _, entries_at = space.fields(parts[-1].root, 0, MODULE_FIELDS)
    reader = ConstantReader(space)
    declarations: dict[str, Declaration] = {}
    for address in space.array(constants_at):
        name, declaration = reader.read(address)
        if name in declarations:
            raise UnreadableModule(f"A compiled module declares {name} twice.")
        declarations[name] = declaration
    return CompiledModule(
        declarations,
        _interface(parts[0], artefacts).hex(),
        digest(*[sha256(artefacts[each]).digest() for each in sorted(artefacts)]).hex(),
        tuple(sorted(_recorded(space, entries_at))),
        parts[0].version,
        tuple(space.name(space.fields(each, 0, 1)[0]) for each in space.array(imports_at)),
    )


def _recorded(space: Space, entries_at: int) -> list[str]:
    found = []
    for entry in space.array(entries_at):
        name_at, values_at = space.fields(entry, 0, 2)
        if space.array(values_at):
            found.append(space.name(name_at))
    return found


def _interface(public: Part, artefacts: Mapping[str, bytes]) -> bytes:
    """What importers see: `.olean` and the compiled code, without what no importer's elaboration reads."""
    code = [Part(artefacts[suffix], suffix) for suffix in reversed(CODE) if suffix in artefacts]
    return digest(*_visible([public]), *[digest(*_visible(code[: at + 1])) for at in range(len(code))])


def _visible(parts: Sequence[Part]) -> list[bytes]:
    """All of the last part but the recorded axioms, and the imports that importers do not follow."""
    part, space, digests = parts[-1], Space(parts), structure_digests(parts)
    imports_at, names_at, constants_at, more_at, entries_at = space.fields(part.root, 0, MODULE_FIELDS)
    content = [part.version.encode(), space.object(part.root).scalars]
    # Flags of an import: all, public, meta. Importers follow public and meta ones.
    content += [digests[each] for each in space.array(imports_at) if any(space.object(each).scalars[1:3])]
    content += [b"constants", digests[names_at], digests[constants_at], digests[more_at]]
    for entry in space.array(entries_at):
        name_at, values_at = space.fields(entry, 0, 2)
        if space.name(name_at) != RECORDED_AXIOMS:
            content += [digests[name_at], digests[values_at]]
    return content
