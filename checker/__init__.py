"""Everything that runs or reads Lean: build, certificates, kernel terms, and the gate nobody may cheat."""

from checker.audit import audit
from checker.builder import Build, Builder
from checker.certificate import Certificate, Declaration, Diagnostic
from checker.change import Change, Layout, Policy
from checker.errors import CheckerError, HeaderError, LeanMissing, SandboxMissing
from checker.gate import judge
from checker.header import Header, Import, imports_of, module_of, path_of
from checker.judgement import Code, Judgement, Reason
from checker.sandbox import Limits, Sandbox
from checker.store import CertificateStore
from checker.toolchain import EmbeddedLean, find_lean

__all__ = [
    "Build",
    "Builder",
    "Certificate",
    "CertificateStore",
    "Change",
    "CheckerError",
    "Code",
    "Declaration",
    "Diagnostic",
    "EmbeddedLean",
    "Header",
    "HeaderError",
    "Import",
    "Judgement",
    "Layout",
    "LeanMissing",
    "Limits",
    "Policy",
    "Reason",
    "Sandbox",
    "SandboxMissing",
    "audit",
    "find_lean",
    "imports_of",
    "judge",
    "module_of",
    "path_of",
]
