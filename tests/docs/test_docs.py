"""The manual is complete and true: what the code offers is documented, and what is documented is there."""

from __future__ import annotations

import ast
import re
import tomllib
import typing
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
import yaml
from packaging.requirements import Requirement
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from blueprint import FailureRecord, IssueRecord, NodeState, Snapshot, read_blueprint, report
from checker import Code
from coordinator.campaign.settings import Settings
from coordinator.cli import app
from coordinator.cli.app import INTERRUPTED, NO_ENGINE, WRONG_INPUT
from coordinator.errors import CoordinatorError
from coordinator.observation.measures import Measures
from coordinator.observation.metrics import Family
from coordinator.schedule.state import PullRequestState
from coordinator.store.requests import CAUSES
from coordinator.store.store import Store
from coordinator.views.status import status_of
from coordinator.work.carrier import presence_key

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
FRONT = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "changelog.d").glob("*.md"))]
EVERYTHING = [*PAGES, *FRONT]

REQUIRED = object()
"""Stands for the default of a setting that has none."""

ROW = re.compile(r"^\| `([^`]+)` \|(.*)\|$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its level or above."""
    text = text_of(page)
    found = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert found is not None, f"{page} has no heading “{heading}”"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", FENCE.sub(lambda fence: " " * len(fence[0]), rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> dict[str, list[str]]:
    """The rows of tables whose first cell is one word of code: that word, and the other cells."""
    found = [(first, [cell.strip() for cell in rest.split("|")]) for first, rest in ROW.findall(text)]
    names = [first for first, _ in found]
    assert len(names) == len(set(names)), "a row stands twice"
    return dict(found)


def slug(heading: str) -> str:
    """The anchor of a heading, as MkDocs and forges make it."""
    plain = re.sub(r"[`*_]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


# ---- settings


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every setting by its path, with its default as YAML would give it."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings_of(field.annotation, f"{path}.")
            continue
        default = field.get_default(call_default_factory=True)
        yield path, REQUIRED if default is PydanticUndefined else plain(default)
        for inner in typing.get_args(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from settings_of(inner, f"{path}.NAME.")


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def test_every_setting_is_documented_with_its_default() -> None:
    documented = rows(text_of("docs/settings.md").partition("## Environment variables")[0])
    settings = dict(settings_of(Settings))
    assert sorted(documented) == sorted(settings)
    for name, (default, meaning) in documented.items():
        wanted = settings[name]
        if wanted is REQUIRED:
            assert default == "required", name
        else:
            assert yaml.safe_load(default.strip("`")) == wanted, name
        assert meaning.endswith("."), f"{name} has no meaning, or half a sentence"


def test_the_example_of_settings_is_valid() -> None:
    text = text_of("docs/settings.md")
    example = text.partition("```yaml\n")[2].partition("```")[0]
    given = yaml.safe_load(example)
    assert given.keys() <= Settings.model_validate(given).model_fields_set


# ---- commands


def commands_of(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by its words, such as ``issue add``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


COMMANDS: dict[str, Any] = dict(commands_of(typer.main.get_command(app)))


def test_every_command_is_documented_and_no_other() -> None:
    documented = re.findall(r"^## blueprover (.+)$", text_of("docs/commands.md"), re.MULTILINE)
    assert sorted(documented) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented_with_its_default_and_no_other(command: str) -> None:
    described = rows(section("docs/commands.md", f"blueprover {command}").partition("\n### ")[0])
    options: dict[str, Any] = {}
    for parameter in COMMANDS[command].params:
        if parameter.name != "help":
            is_argument = parameter.param_type_name == "argument"
            options[parameter.name.upper() if is_argument else parameter.opts[-1]] = parameter.default
    documented = {name: cells for name, cells in described.items() if name.startswith("--") or name.isupper()}
    assert sorted(documented) == sorted(options)
    for name, default in options.items():
        if default is not None and not isinstance(default, bool):
            assert f"Default: `{default}`." in documented[name][0], f"the default of {name}"


def test_commands_that_pages_name_exist() -> None:
    words = {word for page in EVERYTHING for word in re.findall(r"\bblueprover ([a-z-]+)", code_of(page))}
    assert words <= {command.split()[0] for command in COMMANDS}


def code_of(page: Path) -> str:
    """What a page shows as code."""
    text = text_of(name_of(page))
    return "\n".join([*(fence[0] for fence in FENCE.finditer(text)), *re.findall(r"`([^`\n]+)`", FENCE.sub("", text))])


def test_every_exit_code_is_documented_and_no_other() -> None:
    table = section("docs/commands.md", "Exit codes")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    assert documented == {0, WRONG_INPUT, NO_ENGINE, INTERRUPTED, *exit_codes(CoordinatorError)}


def exit_codes(error: type[CoordinatorError]) -> Iterator[int]:
    yield error.exit_code
    for special in error.__subclasses__():
        yield from exit_codes(special)


def test_make_targets_that_pages_name_exist_and_all_are_named() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = {word for page in EVERYTHING for word in re.findall(r"\bmake ([a-z]+)\b", code_of(page))}
    assert named <= targets
    assert set(rows(section("docs/commands.md", "make"))) == {f"make {target}" for target in targets}
    assert {"demo", "test"} <= set(re.findall(r"\bmake ([a-z]+)\b", text_of("README.md")))


# ---- shapes


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    source = r"\documentclass{article}\begin{document}\begin{theorem}\uses{x}A.\end{theorem}\end{document}"
    (tmp_path / "web.tex").write_text(source, encoding="utf-8")
    return tmp_path


def test_the_shape_of_check_is_documented(tiny: Path) -> None:
    found = report(read_blueprint(tiny))
    page = section("docs/commands.md", "blueprover check")
    assert {name for name in rows(page) if name.islower() and "-" not in name} == set(found)
    for key in found["problems"][0]:
        assert f"`{key}`" in page


def test_the_shape_of_status_is_documented(tiny: Path) -> None:
    failure = FailureRecord("a", "proof", "review", "No.", 0.0)
    issue = IssueRecord(1, "missing_lemma", "a", "Cancelling.", "person", 1, 0.0)
    snapshot = Snapshot("A campaign", "new", read_blueprint(tiny), {}, failures=(failure,), issues=(issue,))
    status = status_of(snapshot)
    page = section("docs/commands.md", "blueprover status").partition("\n### ")[0]
    assert {name for name in rows(page) if name.islower() and "-" not in name} == set(status)
    for name in (
        *status["nodes"],
        *status["landings"],
        *status["tokens"],
        *status["failures"][0],
        *status["issues"][0],
    ):
        assert f"`{name}`" in page


def test_every_state_of_a_node_is_documented() -> None:
    assert list(rows(section("docs/glossary.md", "States of a node"))) == [state.value for state in NodeState]


def test_every_state_of_a_pull_request_is_documented_and_no_other() -> None:
    states = set(typing.get_args(PullRequestState))
    assert set(re.findall(r"`(\w+)`:", section("docs/glossary.md", "Pull request"))) == states
    cell = rows(section("docs/commands.md", "blueprover status").partition("\n### ")[0])["pull_requests"][0]
    assert set(re.findall(r"`(\w+)`", cell)) == states


def test_every_metric_is_documented_and_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite", writable=True)
    with store.begin() as transaction:
        families = Measures(transaction, 1.0).registry.families
    store.close()
    described = rows(section("docs/running.md", "Observing it"))
    assert list(described) == [family.name for family in families]
    for family in families:
        label = f"`{family.label}`" if isinstance(family, Family) and family.label else ""
        assert label in described[family.name][0]


def test_the_key_of_a_workers_presence_is_documented() -> None:
    assert f"`{presence_key('QUEUE', 'NAME')}`" in text_of("docs/design/store-and-leases.md")


def test_causes_of_failures_are_documented() -> None:
    assert set(CAUSES.values()) <= set(rows(section("docs/commands.md", "Causes of failures")))


# ---- codes


def problem_codes() -> dict[str, str]:
    """Codes of problems with their severity, found in the reader's source: two literals side by side in a call."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / "blueprint").rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            words = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            for code, severity in pairwise(words):
                if re.fullmatch(r"BP\d{3}", code):
                    assert found.get(code, severity) == severity, f"{code} has two severities"
                    found[code] = severity
    return found


def test_every_problem_code_is_documented_and_no_other() -> None:
    documented = {code: cells[0] for code, cells in rows(section("docs/blueprints.md", "Problem codes")).items()}
    assert documented == problem_codes()


def test_no_problem_code_is_written_in_another_way() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "blueprint").rglob("*.py"))
    assert set(re.findall(r"""["'](BP\d{3})["']""", sources)) == set(problem_codes())


def test_every_reason_code_is_documented_and_no_other() -> None:
    assert list(rows(section("docs/gate.md", "Reason codes"))) == [code.value for code in Code]


# ---- dependencies


def dependencies() -> dict[str, str]:
    project = tomllib.loads(text_of("pyproject.toml"))
    lines = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(line for extra in project["project"]["optional-dependencies"].values() for line in extra),
        *(line for group in project["dependency-groups"].values() for line in group),
    ]
    named = {}
    for line in lines:
        extras = re.search(r"\[[^\]]*\]", line)
        requirement = Requirement(line)
        named[requirement.name + (extras[0] if extras else "")] = frozenset(str(requirement.specifier).split(","))
    return {name: ",".join(sorted(parts)) for name, parts in named.items()}


def test_every_dependency_is_documented_with_its_range_and_no_other() -> None:
    page = text_of("docs/design/dependencies.md").partition("## Programs")[0]
    documented = {name: ",".join(sorted(cells[0].strip("`").split(","))) for name, cells in rows(page).items()}
    assert documented == dependencies()


# ---- the demo


def test_every_mistake_of_the_demo_is_explained() -> None:
    script = yaml.safe_load(text_of("lean_project/rehearsal.yaml"))
    page = section("docs/demo.md", "The mistakes it makes on purpose")
    labels = [
        *script["wrong_proof"], *script["sent_back"], *script["left_sorry"], *script["give_up"],
        *script["shared_file"]["lemmas"], script["shared_file"]["file"],
    ]  # fmt: skip
    assert [label for label in labels if label not in page] == []
    assert f"first {script['rate_limit_after']} " in page
    assert f"first {script['drop_after']} " in page


def test_what_is_said_of_the_demo_book_is_true() -> None:
    book = read_blueprint(ROOT / "lean_project" / "blueprint")
    assert f"{len(book.nodes)} nodes" in text_of("docs/demo.md")
    assert f"{len(book.nodes)} nodes" in text_of("README.md")
    assert [node.label for node in book.nodes if node.marks.notready] == ["thm:exists_prime_gt"]


# ---- links and build


@pytest.mark.parametrize("page", EVERYTHING, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", text_of(name_of(page)))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{name_of(page)}: {target} leads nowhere"
        if anchor:
            headings = {slug(heading) for heading in HEADING.findall(FENCE.sub("", file.read_text(encoding="utf-8")))}
            assert anchor in headings, f"{name_of(page)}: {target} names no heading"


def test_every_page_is_in_the_navigation() -> None:
    def leaves(entry: object) -> Iterator[str]:
        match entry:
            case str():
                yield entry
            case list():
                for each in entry:
                    yield from leaves(each)
            case dict():
                for each in entry.values():
                    yield from leaves(each)

    settings = yaml.safe_load(text_of("mkdocs.yml"))
    assert sorted(leaves(settings["nav"])) == sorted(page.relative_to(DOCS).as_posix() for page in PAGES)


def test_the_built_manual_needs_no_network() -> None:
    settings = yaml.safe_load(text_of("mkdocs.yml"))
    assert settings["theme"]["font"] is False
    assert settings["strict"] is True
    assert "analytics" not in settings["extra"]
    assert not {"extra_css", "extra_javascript"} & set(settings)
    assert not any("mermaid" in text_of(name_of(page)) for page in PAGES), "mermaid is loaded from a CDN"


def test_hooks_fetch_nothing_and_call_what_lint_calls() -> None:
    repositories = yaml.safe_load(text_of(".pre-commit-config.yaml"))["repos"]
    assert [each["repo"] for each in repositories] == ["local"]
    called = {hook["entry"].split()[0].removeprefix(".venv/bin/") for hook in repositories[0]["hooks"]}
    assert called == set(
        re.findall(
            r"^\t\$\(BIN\)/(\S+)", text_of("Makefile").partition("lint:")[2].partition("bench:")[0], re.MULTILINE
        )
    )


def test_fragments_are_named_after_their_kind() -> None:
    for file in (ROOT / "changelog.d").iterdir():
        kind = re.fullmatch(r"[a-z0-9-]+\.(added|changed|deprecated|removed|fixed|security)\.md", file.name)
        assert kind or file.name == "README.md", f"{file.name} is no fragment"
