"""A second opinion: the kernel checks compiled terms again, in a process no candidate's code has run in.

Elaboration can be fooled: options blunt the kernel's check, code runs, an environment is swapped. So before a
change is accepted its compiled constants are handed to a fresh kernel, on top of exactly what its module could
see, and a finished tree is handed over whole, from nothing.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.build.compilation import RESERVED_BYTES
from checker.build.visibility import visible
from checker.kernel.compiled import PRIVATE, PUBLIC, SERVER
from checker.kernel.terms import digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checker.build.builder import Build, Builder
    from checker.build.certificate import Certificate

_RULE: Final = b"kernel replay 1"
_ALL: Final = (PUBLIC, SERVER, PRIVATE)


@dataclass(frozen=True, slots=True)
class _Request:
    """What the kernel is to check: parts of modules, and interfaces taken as they are."""

    imports: tuple[tuple[Path, ...], ...]
    modules: tuple[tuple[Path, ...], ...]
    constants: int


def replay_module(build: Build, module: str, builder: Builder) -> str:
    """Have one compiled module's constants checked on top of the interfaces it sees.

    A module that passed is noted in the store under its certificate's key and contents, and not checked again.

    Returns:
        Why the kernel refuses it; empty when it accepts.

    Raises:
        SandboxFailed: when the sandbox did not start.
    """
    built = build.built[module]
    certificate = built.certificate
    note = digest(_RULE, certificate.key.encode(), certificate.private_digest.encode()).hex()
    if builder.store.noted(note):
        return ""
    imports = tuple(
        _parts(build.built[name].certificate, _ALL if sight.everything else (PUBLIC,), builder)
        for name, sight in visible(built.header, build.built).items()
    )
    parts = _parts(certificate, _ALL, builder)
    problem = _ask(_Request(imports, (parts,), len(certificate.declarations)), builder)
    if not problem:
        builder.store.note(note)
    return problem


def replay_all(build: Build, builder: Builder) -> str:
    """Have every compiled module of a build checked from nothing, proofs and all.

    Returns:
        Why the kernel refuses them; empty when it accepts all.

    Raises:
        SandboxFailed: when the sandbox did not start.
    """
    certificates = [each.certificate for each in build.built.values() if each.certificate.ok]
    modules = tuple(_parts(each, _ALL, builder) for each in certificates)
    return _ask(_Request((), modules, sum(len(each.declarations) for each in certificates)), builder)


def _parts(certificate: Certificate, suffixes: Iterable[str], builder: Builder) -> tuple[Path, ...]:
    found = certificate.artefacts
    return tuple(builder.store.artefact(found[suffix]) for suffix in suffixes if suffix in found)


def _ask(request: _Request, builder: Builder) -> str:
    folder = Path(tempfile.mkdtemp(dir=builder.store.scratch))
    try:
        content = {
            "imports": [[str(path) for path in parts] for parts in request.imports],
            "modules": [[str(path) for path in parts] for parts in request.modules],
        }
        (folder / "request.json").write_text(json.dumps(content), encoding="utf-8")
        limits = replace(builder.limits, memory_bytes=builder.limits.memory_bytes + RESERVED_BYTES)
        with builder.slot():
            run = builder.sandbox.run(
                builder.lean.replay_command("request.json"),
                folder,
                (*builder.lean.reads, builder.store.objects),
                limits,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if run.ended == "processes":
        return f"The kernel had over {builder.limits.processes} processes and threads when it checked again."
    if run.ended != "exit":
        return f"The kernel did not finish checking again within {builder.limits.seconds:g} s."
    said = run.errors.decode("utf-8", "replace").strip()
    if run.code or run.output.decode("utf-8", "replace").strip() != json.dumps({"replayed": request.constants}):
        return f"The kernel does not accept the compiled terms: {said or f'it ended with code {run.code}'}"
    return ""
