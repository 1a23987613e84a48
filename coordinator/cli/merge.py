"""The commands that merge Lean files: one merge, and the setting up of a repository that then merges so."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coordinator.cli.plain import printable
from coordinator.errors import GitError, InputError

if TYPE_CHECKING:
    from coordinator.work.merging import FileMerge

_MOST = 1_000
"""The longest marks that are written."""


def merge_file(
    base: Annotated[Path, typer.Argument(help="The version both sides began with; empty when both added the file.")],
    ours: Annotated[Path, typer.Argument(help="Our version; the result is written over it.")],
    theirs: Annotated[Path, typer.Argument(help="Their version.")],
    path: Annotated[str | None, typer.Option(help="What the file is called, for messages.")] = None,
    marker_size: Annotated[int, typer.Option(min=1, max=_MOST, help="Characters that a mark begins with.")] = 7,
) -> None:
    """Merge three versions of a Lean file declaration by declaration. Exits with 1 when a conflict is left."""
    from checker.source.merge_layout import Marks
    from coordinator.work.merging import merge_versions, read_version, replace_file

    versions = [read_version(each) for each in (base, ours, theirs)]
    is_lean = path is None or path.endswith(".lean")
    try:
        merge = merge_versions(versions[0], versions[1], versions[2], Marks(marker_size), is_lean=is_lean)
    except GitError as error:
        raise InputError(str(error)) from error
    replace_file(ours, merge.data)
    for line in _messages(merge):
        typer.echo(printable(f"{path or ours}: {line}"), err=True)
    if not merge.clean:
        raise typer.Exit(1)


def _messages(merge: FileMerge) -> list[str]:
    if merge.way == "declarations":
        return [f"conflict: {each.name or 'the file'} (line {each.line}): {each.reason}" for each in merge.conflicts]
    return [f"{'merged' if merge.clean else 'conflict'}, by lines: {merge.hint}"]


def merge_driver(
    repository: Annotated[Path, typer.Argument(help="A folder of the repository, or a bare one.")] = Path(),
    shared: Annotated[
        bool, typer.Option("--shared", help="Put the rule into .gitattributes, to be committed.")
    ] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the driver out again.")] = False,
) -> None:
    """Make a repository's own merges go declaration by declaration in Lean files."""
    from coordinator.git.driver import RULE, install_driver, remove_driver

    if remove:
        found = remove_driver(repository)
        typer.echo(printable(f"{found.repository} merges Lean files as git does."))
        return
    found = install_driver(repository, _command(), shared=shared)
    typer.echo(printable(f"{found.repository} merges Lean files declaration by declaration."))
    typer.echo(printable(f"The rule `{RULE}` stands in {found.attributes}."))
    if shared:
        typer.echo("Commit it; whoever has not run this command merges as before.")


def _command() -> str:
    """What git runs: this very program, and never a module of the repository that git runs it in."""
    script = shutil.which(sys.argv[0])
    words = [str(Path(script).resolve())] if script else [sys.executable, "-P", "-m", "coordinator"]
    program = " ".join(shlex.quote(word) for word in words).replace("%", "%%")
    return f"{program} merge-file --marker-size=%L --path=%P %O %A %B"
