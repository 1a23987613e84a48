"""Lean as evidence: a folder of Lean sources compiled by the checker, and what its kernel terms mention."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from blueprint.evidence import Evidence, LeanDeclaration
from checker import Builder, CertificateStore, LeanChoice, LeanMissing, Sandbox, find_lean
from coordinator.errors import CoordinatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker import Certificate, Toolchain


@dataclass(frozen=True, slots=True)
class LeanReading:
    """What a folder of Lean sources says.

    Attributes:
        evidence: the declarations of all modules that compile.
        failures: by module that does not compile, why, in a sentence.
    """

    evidence: Evidence
    failures: Mapping[str, str]


def read_lean(folder: Path, sandbox: str, certificates: Path | None = None) -> LeanReading:
    """Compiles a folder of Lean sources and reads what came of it.

    With the Lean that the folder asks for and the packages lake has compiled in it; with the embedded Lean where this
    host does not have that one.

    Args:
        folder: the top folder: the module ``A.B`` is the file ``A/B.lean`` in it.
        sandbox: ``bubblewrap`` or ``none``.
        certificates: where compiled modules are kept, so that the next reading is quick; nowhere when left out.

    Raises:
        CoordinatorError: there is no such folder, it holds no Lean, or there is no such sandbox.
        checker.CheckerError: Lean or the sandbox cannot be used.
    """
    if sandbox not in {"bubblewrap", "none"}:
        raise CoordinatorError(f"There is no sandbox {sandbox!r}: choose bubblewrap or none.")
    if not folder.is_dir():
        raise CoordinatorError(f"{folder} is no folder; name the top folder of the Lean project.")
    walls = Sandbox.bubblewrap() if sandbox == "bubblewrap" else Sandbox.none()
    if certificates is not None:
        return _read(folder, walls, certificates)
    with tempfile.TemporaryDirectory(prefix="blueprover-lean-") as scratch:
        return _read(folder, walls, Path(scratch))


def _read(folder: Path, sandbox: Sandbox, certificates: Path) -> LeanReading:
    builder = Builder(_lean_of(folder, sandbox), sandbox, CertificateStore(certificates))
    try:
        found = builder.certify(folder).certificates
    finally:
        builder.close()
    if not found:
        raise CoordinatorError(f"{folder} holds no Lean module; name the top folder of the Lean project.")
    declarations = {
        name: LeanDeclaration(each.kind, each.type_uses, each.value_uses)
        for certificate in found.values()
        for name, each in certificate.declarations.items()
    }
    return LeanReading(Evidence(declarations), {module: _why(each) for module, each in found.items() if not each.ok})


def _lean_of(folder: Path, sandbox: Sandbox) -> Toolchain:
    """The Lean the folder asks for, with its packages; where this host lacks it, the one that is always here."""
    try:
        return LeanChoice("auto", folder).toolchain(folder, sandbox)
    except LeanMissing:
        return find_lean()


def _why(certificate: Certificate) -> str:
    if certificate.errors:
        first = certificate.errors[0]
        return f"line {first.line}: {first.message.splitlines()[0] if first.message else 'an error'}"
    return certificate.detail or str(certificate.failure)
