"""Everything that runs or reads Lean: build, certificates, kernel terms, and the gate nobody may cheat."""

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
from checker.lean.diagnostic import Diagnostic
from checker.lean.lake import LakeBuild, LakeMessage, LakeProject, LakeToolchain
from checker.lean.project import Choice, toolchain_of
from checker.lean.toolchain import EmbeddedLean, Toolchain, find_lean
from checker.sandbox import Limits, Sandbox
from checker.source.header import Header, Import, imports_of, module_of, path_of
from checker.warm.pool import WarmPool

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
