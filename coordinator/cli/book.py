"""Commands about a blueprint."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from blueprint import DependencyGraph, Problem, read_blueprint, report

_STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}


def check(
    path: Annotated[Path, typer.Argument(help="A blueprint's root .tex file, or a folder that holds one.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read a blueprint and report its nodes, proofs, edges and problems.

    Exits with 1 when a problem is an error.
    """
    blueprint = read_blueprint(path)
    graph = DependencyGraph(blueprint)
    found = report(blueprint, graph)
    problems = sorted({*blueprint.problems, *graph.problems})
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        console = Console(soft_wrap=True)
        for problem in problems:
            console.print(_line(problem))
        console.print(f"{found['nodes']} nodes, {found['proofs']} proofs, {found['edges']} edges", highlight=False)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


def _line(problem: Problem) -> Text:
    style = _STYLES[problem.severity]
    return Text.assemble(f"{problem.place}: ", (f"{problem.severity} {problem.code}", style), f" {problem.message}")
