"""Which files a change may touch, and what is wrong with those it does: before Lean sees any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.errors import HeaderError
from checker.gate.content import content_reasons
from checker.gate.inherited import kept_lines, may_do_without_module, text_before
from checker.gate.judgement import Code, Reason
from checker.gate.syntax import syntax_reasons
from checker.source.header import imports_of, module_of, path_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.gate.change import Change, Layout, Policy
    from checker.gate.difference import Touched
    from checker.source.header import Header


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


def file_reasons(base: Path, touched: tuple[Touched, ...], policy: Policy, *, library: bool) -> list[Reason]:
    """What is wrong with the contents of a change's files, but for what people had written there before.

    Args:
        base: the tree before.
        touched: the files.
        policy: what they may hold.
        library: whether modules build on Lean's own library.
    """
    reasons = []
    added = {each.path: each.data for each in touched}
    for each in touched:
        if each.how == "removed" or each.odd or not each.path.endswith(".lean"):
            continue
        found = content_reasons(each.path, each.data, policy)
        if not found:
            text, before = each.data.decode("utf-8"), text_before(base, each)
            found = syntax_reasons(each.path, text, policy)
            if found and before is not None:
                kept = kept_lines(before, text)
                found = [reason for reason in found if reason.line not in kept]
            found += _header_reasons(each.path, each.data, before, base, added, library=library)
        reasons += found
    return reasons


def _header_reasons(
    path: str, data: bytes, before: str | None, base: Path, added: Mapping[str, bytes], *, library: bool
) -> list[Reason]:
    was = _header_before(before)
    try:
        header = imports_of(data)
    except HeaderError as error:
        return [Reason(Code.MODULE, str(error), path, 1)]
    reasons = []
    if not header.is_module and not may_do_without_module(was, header, base, added):
        reasons.append(Reason(Code.MODULE, "The file does not begin with `module`.", path, 1))
    if header.prelude and library:
        # Without Lean's library in sight it could declare names of that, which the kernel reckons with.
        reasons.append(Reason(Code.MODULE, "`prelude` is not for agents where the base builds on Init.", path, 1))
    had = {(each.module, each.all, each.meta) for each in was.written} if was is not None else set()
    for each in header.written:
        if (each.module, each.all, each.meta) in had:
            continue
        if each.all or each.meta:
            word = "import all" if each.all else "meta import"
            reasons.append(Reason(Code.MODULE, f"`{word}` is not for agents.", path, each.line))
        if not each.module.isascii():
            reasons.append(Reason(Code.MODULE, f"{each.module} has letters that mislead.", path, each.line))
    return reasons


def _header_before(before: str | None) -> Header | None:
    """A file's header in the base; ``None`` where it is new, or had none that can be read."""
    try:
        return None if before is None else imports_of(before.encode())
    except HeaderError:
        return None
