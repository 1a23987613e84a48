"""What a compiled module says that its source may have hidden: axioms, flags, special names, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.gate.judgement import Code, Reason
from checker.kernel.special_names import is_special

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker.build.certificate import Certificate
    from checker.gate.change import Policy
    from checker.kernel.declaration import Declaration

KNOWN_EXTENSIONS: Final = frozenset(
    {
        # where things stand, how they are documented, which names there are
        "Lean.declRangeExt", "Lean.docStringExt", "Lean.deprecatedModuleExt", "Lean.Linter.lintLogExt",
        "Lean.protectedExt", "Lean.aliasExtension", "Lean.Meta.completionBlackListExt", "Lean.noncomputableExt",
        "Lean.auxRecExt", "Lean.noConfusionExt", "Lean.projectionFnInfoExt",
        "_private.Lean.Compiler.ModPkgExt.0.Lean.modPkgExt", "_private.Lean.Namespace.0.Lean.namespacesExt",
        "_private.Lean.DocString.Extension.0.Lean.moduleDocExt", "_private.Lean.Structure.0.Lean.structureExt",
        "_private.Lean.DocString.Extension.0.Lean.inheritDocStringExt",
        "_private.Lean.ExtraModUses.0.Lean.extraModUses", "_private.Lean.AuxRecursor.0.Lean.sparseCasesOnExt",
        "_private.Lean.Util.CollectAxioms.0.Lean.exportedAxiomsExt",
        "_private.Lean.OriginalConstKind.0.Lean.privateConstKindsExt",
        # how the elaborator unfolds, matches, finds instances and simplifies: it shows in the terms
        "recExt", "reducibilityCore", "Lean.matchPatternAttr", "Lean.classExtension",
        "Lean.Meta.instanceExtension", "Lean.Meta.defaultInstanceExtension", "Lean.Meta.simpExtension",
        "Lean.Meta.Match.Extension.extension", "Lean.Elab.Term.elabAsElim", "Lean.Elab.Structural.eqnInfoExt",
        "Lean.defeqAttr", "Lean.backwardDefeqAttr", "Lean.Meta.coeExt", "Lean.Meta.customEliminatorExt",
        # compiled code of definitions, which the kernel never runs
        "Lean.Compiler.inlineAttrs", "Lean.IR.declMapExt",
        "Lean.Compiler.LCNF.UnreachableBranches.functionSummariesExt", "Lean.Compiler.LCNF.baseExt",
        "Lean.Compiler.LCNF.monoExt", "Lean.Compiler.LCNF.impureSigExt", "Lean.Compiler.LCNF.monoTypeExt",
        "_private.Lean.Compiler.LCNF.MonoTypes.0.Lean.Compiler.LCNF.trivialStructureInfoExt",
        "_private.Lean.Compiler.LCNF.ToImpureType.0.Lean.Compiler.LCNF.ctorLayoutExt",
        "_private.Lean.Compiler.LCNF.ToImpureType.0.Lean.Compiler.LCNF.impureTrivialStructureInfoExt",
        "_private.Lean.Compiler.LCNF.ToImpureType.0.Lean.Compiler.LCNF.impureTypeExt",
    }
)  # fmt: skip
"""Extensions in which honest modules record something. Whatever is not known here is refused, and a project can
allow it by name."""

LIBRARY_EXTENSIONS: Final = frozenset(
    {
        # how recursion by a measure and induction are unfolded, and what is derived of a definition
        "Lean.Elab.WF.eqnInfoExt", "Lean.Elab.PartialFixpoint.eqnInfoExt", "Lean.Meta.funIndInfoExt",
        "Lean.Meta.eqnOptionsExt", "Lean.Meta.matcherLikeExt", "Lean.auxParentProjInfoExt", "reducibilityExtra",
        "_private.Lean.Meta.Constructions.SparseCasesOn.0.Lean.Meta.sparseCasesOnInfoExt",
        "_private.Lean.Meta.MethodSpecs.0.Lean.methodSpecsAttr",
        "_private.Lean.Meta.MethodSpecs.0.Lean.methodSpecsSimpExtension",
        # lemmas for tactics: what these prove shows in the terms
        "Lean.Meta.Ext.extExtension", "Lean.Meta.Rfl.reflExt", "Lean.Meta.Symm.symmExt", "Lean.Meta.congrExtension",
        "Lean.Meta.congrKindsExt", "Lean.Meta.NormCast.normCastExt.up", "Lean.Meta.NormCast.normCastExt.down",
        "Lean.Meta.NormCast.normCastExt.squash", "Lean.Meta.NormCast.pushCastExt", "Lean.Meta.sevalSimpExtension",
        "Lean.Meta.Grind.grindExt", "Lean.Meta.coeDeclAttr", "Lean.Elab.Term.elabWithoutExpectedTypeAttr",
        # how things are shown, and what linters said
        "Lean.ppNoDotAttr", "Lean.Linter.deprecatedAttr", "Lean.Linter.codeQualityLogExt", "envLinterSnapshotExt",
        "Lean.indirectModUseExt", "_private.Lean.ExtraModUses.0.Lean.isExtraRevModUseExt",
        # compiled code of definitions, which the kernel never runs
        "Lean.Compiler.specializeAttr", "Lean.Compiler.nospecializeAttr", "Lean.Compiler.weakSpecializeAttr",
        "Lean.Compiler.LCNF.specExtension", "Lean.Compiler.LCNF.postponedCompileDeclsExt",
        "_private.Lean.Compiler.LCNF.Specialize.0.Lean.Compiler.LCNF.Specialize.specCacheExt",
        "_private.Lean.Compiler.LCNF.ToImpure.0.Lean.Compiler.LCNF.taggedReturnAttr",
    }
)  # fmt: skip
"""Further ones, in which honest modules record something where Lean has its library. The names are those that Lean 4.35
registers; which of them such modules write was told from what attributes and commands do."""

_RECURSION: Final = "._unsafe_rec"
"""Suffix of the compiled twin of a recursive definition, which the kernel keeps apart as partial."""


def evidence_reasons(path: str, certificate: Certificate, policy: Policy, *, library: bool) -> list[Reason]:
    """What a compiled module of an agent holds that it may not.

    Args:
        path: of its source, for the reasons.
        certificate: of the module; it compiled.
        policy: what is allowed.
        library: whether modules build on Lean's own library.
    """
    reasons = [
        Reason(code, message, path)
        for name, declaration in certificate.declarations.items()
        for code, message in _complaints(name, declaration, certificate)
    ]
    known = KNOWN_EXTENSIONS | LIBRARY_EXTENSIONS if library else KNOWN_EXTENSIONS
    unknown = set(certificate.extensions) - known - policy.allowed
    reasons += [
        Reason(Code.FLAG, f"The compiled module records something in {each}.", path) for each in sorted(unknown)
    ]
    return reasons


def _complaints(name: str, declaration: Declaration, certificate: Certificate) -> Iterator[tuple[Code, str]]:
    if is_special(name):
        yield Code.KERNEL_NAME, f"`{name}` is a name that only the base declares."
    if declaration.kind == "axiom":
        yield Code.AXIOM, f"`{name}` is an axiom."
    if declaration.kind == "opaque":
        yield Code.FLAG, f"`{name}` is opaque: its value cannot be seen."
    if declaration.kind == "quotient":
        yield Code.KERNEL_NAME, f"`{name}` is the kernel's quotient, which only the base declares."
    if "unsafe" in declaration.flags:
        yield Code.FLAG, f"`{name}` is unsafe."
    if "partial" in declaration.flags and not _is_twin(name, certificate):
        yield Code.FLAG, f"`{name}` is partial."


def _is_twin(name: str, certificate: Certificate) -> bool:
    """Whether a partial definition is the compiled twin of a safe one beside it."""
    twin = certificate.declarations.get(name.removesuffix(_RECURSION))
    return name.endswith(_RECURSION) and twin is not None and twin.kind in ("definition", "theorem") and not twin.flags
