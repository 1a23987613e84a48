"""What a model is told: the templates of `agents/prompts`, filled with an assignment."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateNotFound

from agents.errors import TemplateMissing
from agents.transcript import cut
from checker.source.header import path_of

if TYPE_CHECKING:
    from agents.assignment import Assignment
    from checker import Layout

MAX_QUOTED = 40_000
"""Longest text quoted into a prompt, in characters: a diff of a whole library would not help a reviewer."""
_SYSTEMS_KEPT = 64
MAX_OPEN = 200
"""Most open statements named in a prompt."""


def system_prompt(assignment: Assignment) -> str:
    """The standing instructions of a role in a stage: the same for every node, so that they stay in the cache."""
    return _system_prompt(f"{assignment.role}_{assignment.stage}", assignment.layout)


def task_prompt(assignment: Assignment) -> str:
    """What is to be done now. It begins with lines of the form ``Name: value`` for people and programs."""
    own = assignment.node.declaration
    return _render(
        f"task/{assignment.role}_{assignment.stage}.jinja",
        task=assignment,
        file=path_of(assignment.node.module),
        open=[name for name in sorted(assignment.open_statements) if name != own][:MAX_OPEN],
    )


def quoted(text: str, what: str) -> str:
    """Wrap untrusted text in marks that it cannot close: their id is a digest of the text itself."""
    shown = cut(text.strip("\n"), MAX_QUOTED)
    mark = hashlib.sha256(shown.encode(errors="replace")).hexdigest()[:12]
    return f'<quoted id={mark} what="{what}">\n{shown}\n</quoted id={mark}>'


def line(text: str) -> str:
    """The text on one line: a label with a line break must not forge a line of its own."""
    return " ".join(text.split())


@lru_cache(_SYSTEMS_KEPT)
def _system_prompt(name: str, layout: Layout) -> str:
    """One text for all attempts of a kind, which may be thousands in one process."""
    return _render(f"system/{name}.jinja", layout=layout)


def _render(name: str, **values: object) -> str:
    try:
        text = _environment().get_template(name).render(values)
    except TemplateNotFound as error:
        raise TemplateMissing(f"the prompt {error.name} is missing from the package: install it again") from error
    return text.strip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("agents", "prompts"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - prompts are plain text, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["quoted"] = quoted
    environment.filters["line"] = line
    return environment
