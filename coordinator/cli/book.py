"""Commands about a blueprint."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from blueprint import DependencyGraph, Problem, annotation, explain, find_root, report, sarif

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(
    path: Annotated[
        Path | None, typer.Argument(help="A blueprint's root .tex file, or a folder that holds one.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Print the problems as SARIF 2.1.0.")] = False,
    as_github: Annotated[bool, typer.Option("--github", help="Print the problems as GitHub annotations.")] = False,
    code: Annotated[
        str | None, typer.Option("--explain", metavar="CODE", help="Explain a problem code, or “all”, and do no more.")
    ] = None,
) -> None:
    """Read a blueprint and report its nodes, proofs, edges and problems.

    Exits with 1 when a problem is an error.
    """
    if code is not None:
        typer.echo(explain(code), nl=False)
        return
    if path is None:
        raise typer.BadParameter("Name the blueprint's root file, or a folder that holds it.", param_hint="PATH")
    if as_json + as_sarif + as_github > 1:
        raise typer.BadParameter("--json, --sarif and --github exclude one another; choose one.")
    from blueprint import read_blueprint

    blueprint = read_blueprint(path)
    graph = DependencyGraph(blueprint)
    problems = sorted({*blueprint.problems, *graph.problems})
    if as_json:
        typer.echo(json.dumps(report(blueprint, graph), ensure_ascii=False, indent=2))
    elif as_sarif:
        from importlib.metadata import version

        typer.echo(json.dumps(sarif(problems, version("blueprover"), _folder_of(path)), indent=2))
    elif as_github:
        folder = _folder_of(path)
        for problem in problems:
            typer.echo(annotation(problem, folder))
    else:
        _print(problems, report(blueprint, graph))
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


def _print(problems: Sequence[Problem], found: dict[str, Any]) -> None:
    console = Console(soft_wrap=True)
    for problem in problems:
        console.print(_line(problem))
    console.print(f"{found['nodes']} nodes, {found['proofs']} proofs, {found['edges']} edges", highlight=False)
    if problems:
        console.print(
            f"blueprover check --explain {problems[0].code} tells more, as it does of every code.", style="dim"
        )


def _line(problem: Problem) -> Text:
    style = _STYLES[problem.severity]
    return Text.assemble(f"{problem.place}: ", (f"{problem.severity} {problem.code}", style), f" {problem.message}")


def _folder_of(path: Path) -> str:
    """The folder read, relative to that in which a host looks for the files; empty where it lies elsewhere."""
    folder = (path if path.is_dir() else find_root(path).resolve().parent).resolve()
    for base in (os.environ.get("GITHUB_WORKSPACE"), "."):
        root = Path(base).resolve() if base else None
        if root is not None and folder.is_relative_to(root):
            relative = folder.relative_to(root).as_posix()
            return "" if relative == "." else relative
    return ""
