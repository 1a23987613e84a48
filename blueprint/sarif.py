"""Problems as SARIF 2.1.0, the format in which code hosts and editors take in what a checker found."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from blueprint.catalogue import catalogue, page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from blueprint.catalogue import Entry
    from blueprint.problem import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
"""Names the schema of the document; nothing is fetched from there."""

_WORD = re.compile(r"\w+")

LEVELS = {"error": "error", "warning": "warning", "info": "note"}
"""SARIF's word for each severity."""


def sarif(problems: Iterable[Problem], version: str, prefix: str = "") -> dict[str, Any]:
    """Return problems as a SARIF document with one run.

    Args:
        problems: in the order in which they are to be listed.
        version: of Blueprover.
        prefix: the folder that was read, relative to the root of the sources, such as ``blueprint/src``; empty where
            it is the root.
    """
    rules = list(catalogue().values())
    index = {entry.code: number for number, entry in enumerate(rules)}
    driver = {"name": "blueprover", "version": version, "rules": [_rule(entry) for entry in rules]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, index, prefix) for problem in problems],
            }
        ],
    }


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.code,
        "name": "".join(word[:1].upper() + word[1:] for word in _WORD.findall(entry.name)),
        "shortDescription": {"text": entry.name},
        "fullDescription": {"text": entry.meaning.replace("`", "")},
        "help": {"text": entry.fix.replace("`", ""), "markdown": page(entry)},
        "defaultConfiguration": {"level": LEVELS[entry.severity]},
    }


def _result(problem: Problem, index: dict[str, int], prefix: str) -> dict[str, Any]:
    path = f"{prefix}/{problem.place.file}" if prefix else problem.place.file
    found: dict[str, Any] = {
        "ruleId": problem.code,
        "level": LEVELS[problem.severity],
        "message": {"text": problem.message},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(os.fsencode(path)), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": problem.place.line, "startColumn": problem.place.column},
                }
            }
        ],
    }
    if problem.code in index:
        found["ruleIndex"] = index[problem.code]
    return found
