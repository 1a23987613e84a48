"""Everything that runs or reads Lean: build, certificates, kernel terms, and the gate nobody may cheat."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.build.builder import Build, Builder
    from checker.build.certificate import Certificate
    from checker.build.certificates import Certificates
    from checker.build.lean_choice import LeanChoice
    from checker.build.memory_budget import MemoryBudget
    from checker.build.store import CertificateStore
    from checker.errors import CheckerError, HeaderError, LakeFailed, LeanMissing, SandboxMissing
    from checker.gate.audit import audit
    from checker.gate.change import Change, Layout, Policy
    from checker.gate.gate import judge
    from checker.gate.judgement import Code, Judgement, Reason
    from checker.kernel.declaration import Declaration
    from checker.lean.choice import Choice
    from checker.lean.diagnostic import Diagnostic
    from checker.lean.lake import LakeBuild, LakeMessage, LakeProject, LakeToolchain
    from checker.lean.project import toolchain_of
    from checker.lean.toolchain import EmbeddedLean, Toolchain, find_lean
    from checker.sandbox import Limits, Sandbox
    from checker.source.header import Header, Import, imports_of, module_of, path_of
    from checker.warm.pool import WarmPool

_HOMES = {
    "Build": "checker.build.builder",
    "Builder": "checker.build.builder",
    "Certificate": "checker.build.certificate",
    "CertificateStore": "checker.build.store",
    "Certificates": "checker.build.certificates",
    "Change": "checker.gate.change",
    "CheckerError": "checker.errors",
    "Choice": "checker.lean.choice",
    "Code": "checker.gate.judgement",
    "Declaration": "checker.kernel.declaration",
    "Diagnostic": "checker.lean.diagnostic",
    "EmbeddedLean": "checker.lean.toolchain",
    "Header": "checker.source.header",
    "HeaderError": "checker.errors",
    "Import": "checker.source.header",
    "Judgement": "checker.gate.judgement",
    "LakeBuild": "checker.lean.lake",
    "LakeFailed": "checker.errors",
    "LakeMessage": "checker.lean.lake",
    "LakeProject": "checker.lean.lake",
    "LakeToolchain": "checker.lean.lake",
    "Layout": "checker.gate.change",
    "LeanChoice": "checker.build.lean_choice",
    "LeanMissing": "checker.errors",
    "Limits": "checker.sandbox",
    "MemoryBudget": "checker.build.memory_budget",
    "Policy": "checker.gate.change",
    "Reason": "checker.gate.judgement",
    "Sandbox": "checker.sandbox",
    "SandboxMissing": "checker.errors",
    "Toolchain": "checker.lean.toolchain",
    "WarmPool": "checker.warm.pool",
    "audit": "checker.gate.audit",
    "find_lean": "checker.lean.toolchain",
    "imports_of": "checker.source.header",
    "judge": "checker.gate.gate",
    "module_of": "checker.source.header",
    "path_of": "checker.source.header",
    "toolchain_of": "checker.lean.project",
}
"""Where each of them is; imported when it is asked for, since few who use the checker use all of it."""

__all__ = [
    "Build",
    "Builder",
    "Certificate",
    "CertificateStore",
    "Certificates",
    "Change",
    "CheckerError",
    "Choice",
    "Code",
    "Declaration",
    "Diagnostic",
    "EmbeddedLean",
    "Header",
    "HeaderError",
    "Import",
    "Judgement",
    "LakeBuild",
    "LakeFailed",
    "LakeMessage",
    "LakeProject",
    "LakeToolchain",
    "Layout",
    "LeanChoice",
    "LeanMissing",
    "Limits",
    "MemoryBudget",
    "Policy",
    "Reason",
    "Sandbox",
    "SandboxMissing",
    "Toolchain",
    "WarmPool",
    "audit",
    "find_lean",
    "imports_of",
    "judge",
    "module_of",
    "path_of",
    "toolchain_of",
]


def __getattr__(name: str) -> object:
    """Hand on what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(_HOMES[name]), name)
    return found
