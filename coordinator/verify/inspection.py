"""What a compiled module on disk says, without Lean and without its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker import Certificate
from checker.build.builder import Build, Built
from checker.build.environment import SORRY, Environment, components
from checker.errors import UnreadableModule
from checker.gate.change import STANDARD_AXIOMS
from checker.kernel.compiled import CODE, PRIVATE, PUBLIC, SERVER, CompiledModule, read_compiled
from checker.source.tree import Source, read_regular
from coordinator.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from checker import Declaration

LARGEST_MODULE: Final = 64 << 20
"""Bytes of one module's files beyond which it is not read: memory grows with them."""
LARGEST_READING: Final = 512 << 20
"""Bytes of all modules that are followed."""
KNOWN_AXIOMS: Final = STANDARD_AXIOMS | {SORRY, "Lean.ofReduceBool", "Lean.ofReduceNat", "Lean.trustCompiler"}
"""Axioms recognised by name where the module that declares them is not at hand."""

_SUFFIXES: Final = (PUBLIC, SERVER, PRIVATE, *CODE)


@dataclass(frozen=True, slots=True)
class Constant:
    """One constant of the module.

    Attributes:
        name: its full name.
        declaration: what the module says of it.
        meaning_digest: digest of all its statement, or its definition, says, as far as it could be followed.
        axioms: those it rests on, as far as it could be followed, sorted.
    """

    name: str
    declaration: Declaration
    meaning_digest: str
    axioms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """One compiled module.

    Attributes:
        module: its name.
        compiled: what its files say.
        parts: suffixes of the files that were read.
        constants: by name.
        elsewhere: constants it leads to that no module at hand declares, sorted.
    """

    module: str
    compiled: CompiledModule
    parts: tuple[str, ...]
    constants: tuple[Constant, ...]
    elsewhere: tuple[str, ...]


def inspect_module(file: Path, roots: Sequence[Path] = (), module: str | None = None) -> Inspection:
    """Reads a compiled module, and below the roots the modules it imports.

    Args:
        file: the ``.olean`` file; its other parts are read where they stand beside it.
        roots: folders of compiled modules: ``A.B`` is ``A/B.olean`` in one of them.
        module: the module's name; by default its path below a root, else the file's own name.

    Raises:
        InputError: a file is missing, too large, damaged, or of an unknown format.
    """
    if not file.name.endswith(PUBLIC):
        raise InputError(f"{file} is not named as a compiled module is; name a {PUBLIC} file.")
    name = module or _name_of(file, roots)
    files = _read_files(file, LARGEST_MODULE)
    compiled = _compiled(file, files)
    everything = {**_imported(compiled, name, roots), name: compiled}
    environment = Environment(_as_build(everything))
    axioms = _axioms(environment, compiled.declarations)
    constants = tuple(
        Constant(each, declaration, environment.meaning(each), tuple(sorted(axioms[each])))
        for each, declaration in sorted(compiled.declarations.items())
    )
    followed = environment.closure(compiled.declarations)
    elsewhere = tuple(sorted(each for each, found in followed.items() if found is None))
    return Inspection(name, compiled, tuple(files), constants, elsewhere)


def _name_of(file: Path, roots: Iterable[Path]) -> str:
    for root in roots:
        if file.resolve().is_relative_to(root.resolve()):
            return ".".join(file.resolve().relative_to(root.resolve()).parts).removesuffix(PUBLIC)
    return file.name.removesuffix(PUBLIC)


def _read_files(file: Path, allowed: int) -> dict[str, bytes]:
    """The module's files by suffix, never more than `allowed` bytes of them."""
    stem = file.with_name(file.name.removesuffix(PUBLIC))
    found: dict[str, bytes] = {}
    for suffix in _SUFFIXES:
        part = stem.with_name(stem.name + suffix)
        if suffix != PUBLIC and not part.is_file():
            continue
        try:
            real = part.resolve(strict=True)
            allowed -= real.stat().st_size
            if allowed < 0:
                raise InputError(
                    f"{file} is too large: no more than {LARGEST_MODULE >> 20} MB of a module's parts are read, and no "
                    f"more than {LARGEST_READING >> 20} MB of all that is followed."
                )
            found[suffix] = read_regular(real)
        except OSError as error:
            raise InputError(f"{part} cannot be read: {error.strerror or error}.") from error
    return found


def _compiled(file: Path, files: Mapping[str, bytes]) -> CompiledModule:
    try:
        return read_compiled(files)
    except UnreadableModule as error:
        raise InputError(f"{file} cannot be read: {error}") from error


def _imported(compiled: CompiledModule, name: str, roots: Sequence[Path]) -> dict[str, CompiledModule]:
    """The modules found below the roots that a module imports, directly or through others."""
    found: dict[str, CompiledModule] = {}
    left, allowed = list(compiled.imports), LARGEST_READING
    while left:
        module = left.pop()
        file = _find(module, roots)
        if module == name or module in found or file is None:
            continue
        files = _read_files(file, min(allowed, LARGEST_MODULE))
        allowed -= sum(len(each) for each in files.values())
        found[module] = _compiled(file, files)
        left += found[module].imports
    return found


def _find(module: str, roots: Iterable[Path]) -> Path | None:
    parts = module.split(".")
    if any(not part or "/" in part or "\0" in part for part in parts):
        return None  # a hostile name may not lead out of the roots
    found = (root.joinpath(*parts[:-1], parts[-1] + PUBLIC) for root in roots)
    return next((file for file in found if file.is_file()), None)


def _as_build(modules: Mapping[str, CompiledModule]) -> Build:
    """What was read, as the environment takes it."""
    built = {
        module: Built(
            Source.absent(module),
            Certificate(module, "", "", each.interface_digest, each.private_digest, {}, (), each.declarations),
        )
        for module, each in modules.items()
    }
    return Build(built, ())


def _axioms(environment: Environment, names: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The axioms below each name, each constant looked at once."""

    def follow(name: str) -> tuple[str, ...]:
        found = environment.declaration(name)
        return found.uses if found else ()

    done: dict[str, frozenset[str]] = {}
    for root in names:
        if root in done:
            continue
        for component in components(root, follow, done):
            members = set(component)
            below = {each for name in component for each in follow(name)} - members
            own = frozenset(name for name in component if _is_axiom(environment, name))
            done.update(dict.fromkeys(component, own.union(*[done[each] for each in below])))
    return done


def _is_axiom(environment: Environment, name: str) -> bool:
    found = environment.declaration(name)
    return name in KNOWN_AXIOMS if found is None else found.kind == "axiom"
