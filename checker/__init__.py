"""Everything that runs or reads Lean: build, certificates, kernel terms, and the gate nobody may cheat."""

from checker.certificate import Certificate, Declaration, Diagnostic
from checker.change import Change, Layout, Policy
from checker.errors import CheckerError
from checker.judgement import Code, Judgement, Reason

__all__ = [
    "Certificate",
    "Change",
    "CheckerError",
    "Code",
    "Declaration",
    "Diagnostic",
    "Judgement",
    "Layout",
    "Policy",
    "Reason",
]
