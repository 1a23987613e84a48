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
    from checker.build.builder import Build, Builder

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
        tuple(builder.files(build.built[name], _ALL if sight.everything else (PUBLIC,)))
        for name, sight in visible(built.header, build.built).items()
    )
    parts = tuple(builder.files(built, _ALL))
    problem = _ask(_Request(imports, (parts,), len(certificate.declarations)), builder)
    if not problem:
        builder.store.note(note)
    return problem


def replay_all(build: Build, builder: Builder) -> str:
    """Have every compiled module of a tree checked, proofs and all, on top of what outside it was compiled by others.

    Where nothing is outside, that is from nothing.

    Returns:
        Why the kernel refuses them; empty when it accepts all.

    Raises:
        SandboxFailed: when the sandbox did not start.
    """
    sound = [each for each in build.built.values() if each.certificate.ok]
    imports = tuple(tuple(builder.files(each, _ALL)) for each in sound if each.files is not None)
    own = [each for each in sound if each.files is None]
    modules = tuple(tuple(builder.files(each, _ALL)) for each in own)
    return _ask(_Request(imports, modules, sum(len(each.certificate.declarations) for each in own)), builder)


def _ask(request: _Request, builder: Builder) -> str:
    folder = Path(tempfile.mkdtemp(dir=builder.store.scratch))
    try:
        content = {
            "imports": [[str(path) for path in parts] for parts in request.imports],
            "modules": [[str(path) for path in parts] for parts in request.modules],
        }
        (folder / "request.json").write_text(json.dumps(content), encoding="utf-8")
        mapped = sum(path.stat().st_size for parts in (*request.imports, *request.modules) for path in parts)
        limits = replace(builder.limits, memory_bytes=builder.limits.memory_bytes + RESERVED_BYTES + mapped)
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
