"""Which files a change may touch, and what is wrong with those it does: before Lean sees any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import HeaderError
from checker.gate.content import content_reasons
from checker.gate.judgement import Code, Reason
from checker.gate.syntax import syntax_reasons
from checker.source.header import imports_of, module_of, path_of

if TYPE_CHECKING:
    from checker.gate.change import Change, Layout, Policy
    from checker.gate.difference import Touched


def path_reasons(change: Change, layout: Layout, touched: tuple[Touched, ...]) -> list[Reason]:
    """Only the target's module, and in the proof stage helpers, and never away with a file."""
    own = "" if change.is_plain else path_of(change.module)
    free = (*layout.helpers, layout.library) if change.is_plain else layout.helpers
    reasons = []
    for each in touched:
        helper = change.stage == "proof" and is_inside(each.path, free) and each.path.endswith(".lean")
        trusted = change.is_plain and is_inside(each.path, layout.base)
        if (each.path != own and not helper) or trusted:
            reasons.append(Reason(Code.PATH, f"{each.path} is not for this change.", each.path))
        elif each.how == "removed":
            reasons.append(Reason(Code.PATH, f"{each.path} may not be removed.", each.path))
        elif each.odd:
            reasons.append(Reason(Code.FILE, f"{each.path} is {each.odd}.", each.path))
        elif each.path == own and change.stage == "statement" and each.how != "added":
            reasons.append(Reason(Code.PATH, f"{each.path} is there already, and a statement adds a module.", own))
        elif not each.path.isascii():
            reasons.append(Reason(Code.MODULE, "Letters outside ASCII in a module's name can mislead.", each.path))
        elif _module_problem(each.path):
            reasons.append(Reason(Code.MODULE, _module_problem(each.path), each.path))
    if is_inside(own, layout.base):
        reasons.append(Reason(Code.PATH, f"{own} is part of the base, which is for people.", own))
    return reasons


def is_inside(path: str, folders: tuple[str, ...]) -> bool:
    """Whether a path is one of these folders or files, or below one."""
    return any(path == folder or path.startswith(folder.rstrip("/") + "/") for folder in folders)


def _module_problem(path: str) -> str:
    try:
        module_of(path)
    except HeaderError as error:
        return str(error)
    return ""


def file_reasons(touched: tuple[Touched, ...], policy: Policy, *, library: bool) -> list[Reason]:
    """What is wrong with the contents of a change's files.

    Args:
        touched: the files.
        policy: what they may hold.
        library: whether modules build on Lean's own library.
    """
    reasons = []
    for each in touched:
        if each.how == "removed" or each.odd or not each.path.endswith(".lean"):
            continue
        found = content_reasons(each.path, each.data, policy)
        if not found:
            found = syntax_reasons(each.path, each.data.decode("utf-8"), policy)
            found += _header_reasons(each.path, each.data, library=library)
        reasons += found
    return reasons


def _header_reasons(path: str, data: bytes, *, library: bool) -> list[Reason]:
    try:
        header = imports_of(data)
    except HeaderError as error:
        return [Reason(Code.MODULE, str(error), path, 1)]
    reasons = []
    if not header.is_module:
        reasons.append(Reason(Code.MODULE, "The file does not begin with `module`.", path, 1))
    if header.prelude and library:
        # Without Lean's library in sight it could declare names of that, which the kernel reckons with.
        reasons.append(Reason(Code.MODULE, "`prelude` is not for agents where the base builds on Init.", path, 1))
    for each in header.written:
        if each.all or each.meta:
            word = "import all" if each.all else "meta import"
            reasons.append(Reason(Code.MODULE, f"`{word}` is not for agents.", path, each.line))
        if not each.module.isascii():
            reasons.append(Reason(Code.MODULE, f"{each.module} has letters that mislead.", path, each.line))
    return reasons
