"""Making a campaign: a folder with ``campaign.yaml`` and a hub, from a project that holds a blueprint."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from blueprint import find_root, read_blueprint
from checker.lean.project import LAKEFILES
from coordinator.campaign.declared import declared_in
from coordinator.campaign.settings import SETTINGS_FILE
from coordinator.errors import CoordinatorError
from coordinator.git import MAIN, Repository, work_tree_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint import Blueprint

_SOURCE_FOLDER = re.compile(r"^\s*srcDir\s*:?=\s*\"([^\"\n]*)\"", re.MULTILINE)
_LEAN_LIB = re.compile(r"lean_lib\s+«?([A-Za-z_][A-Za-z0-9_]*)»?|\[\[lean_lib\]\]\s*\n\s*name\s*=\s*\"([^\"]+)\"")
_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".lake", "build", ".venv", "node_modules", "__pycache__", "*.olean", "*.ilean"
)
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Project:
    """What a campaign is made from.

    Attributes:
        folder: the project's top folder.
        book: the blueprint's root file, relative to `folder`.
        title: the book's title, as plain words.
        library: name of the Lean library.
        base: folders and modules with Lean that people wrote.
    """

    folder: Path
    book: str
    title: str
    library: str
    base: tuple[str, ...]


def find_project(start: Path) -> Project:
    """Finds the project around the blueprint in `start`.

    Raises:
        blueprint.BlueprintError: there is no blueprint.
    """
    root = find_root(start).resolve()
    folder = work_tree_of(root.parent) or _top_of(root)
    blueprint = read_blueprint(root)
    title = " ".join(_WORD.findall(re.sub(r"\\[A-Za-z]+", " ", blueprint.title))) or folder.name
    words = "".join(word.capitalize() for word in _WORD.findall(title))
    library = library_of(folder) or _first_name(blueprint) or words or "Book"
    return Project(
        folder, root.relative_to(folder).as_posix(), title, library, _lean_by_people(folder, library, blueprint)
    )


def _top_of(root: Path) -> Path:
    """The folder above ``blueprint/src/``, or the root file's own."""
    parents = list(root.parents)
    for depth, name in enumerate(("src", "blueprint")):
        if depth < len(parents) and parents[depth].name != name:
            return parents[depth]
    return parents[2]


def library_of(folder: Path) -> str:
    """The Lean library that a lakefile names; empty where none does."""
    return _named_in_lakefile(folder, _LEAN_LIB)


def source_folder_of(folder: Path) -> str:
    """The folder in which a lakefile says that Lean sources stand; empty where that is the lakefile's own.

    A folder that is not there, or not below, counts as none.
    """
    named = PurePosixPath(_named_in_lakefile(folder, _SOURCE_FOLDER))
    below = not named.is_absolute() and ".." not in named.parts
    return named.as_posix() if below and named.parts and (folder / named).is_dir() else ""


def _named_in_lakefile(folder: Path, pattern: re.Pattern[str]) -> str:
    """What the first group of a pattern that matches says, in the first lakefile that has a match; else empty."""
    for name in LAKEFILES:
        file = folder / name
        if file.is_file() and (found := pattern.search(file.read_text(encoding="utf-8", errors="replace"))):
            return next(group for group in found.groups() if group is not None)
    return ""


def _first_name(blueprint: Blueprint) -> str:
    """What most of the book's Lean names begin with."""
    firsts = Counter(name.split(".")[0] for node in blueprint.nodes for name in node.lean if "." in name)
    return firsts.most_common(1)[0][0] if firsts else ""


def _lean_by_people(folder: Path, library: str, blueprint: Blueprint) -> tuple[str, ...]:
    """Folders and files of the library for people, which are all but the files that declare the book's nodes."""
    top = folder / library
    if not top.is_dir():
        return ()
    names = {name for node in blueprint.nodes for name in node.lean}
    found = sorted(file for file in top.rglob("*.lean") if file.is_file())
    sources = {file.relative_to(top): declared_in(file.read_text("utf-8", "replace"), names) for file in found}
    mixed = {path.parts[0] for path, nodes in sources.items() if nodes}
    folders = sorted({path.parts[0] for path in sources if path.parts[1:]} - mixed)
    files = [path.as_posix() for path, nodes in sources.items() if not nodes and path.parts[0] not in folders]
    return tuple(f"{library}/{each}" for each in (*folders, *files))


def found_from_project(folder: Path, project: Project) -> None:
    """Makes a campaign in `folder` from `project`: its committed files when it is in git, all its files otherwise.

    Raises:
        CoordinatorError: `folder` is a campaign already.
        GitError: the project has no commit to start from.
    """
    require_no_campaign(folder)
    folder.mkdir(parents=True, exist_ok=True)
    hub = folder / "hub.git"
    if work_tree_of(project.folder) is not None:
        Repository.clone(str(project.folder), hub)
    else:
        with tempfile.TemporaryDirectory(prefix="blueprover-founding-") as scratch:
            copy = Path(scratch) / "project"
            shutil.copytree(project.folder, copy, ignore=_skip(folder.resolve()), symlinks=True)
            commit_folder(hub, copy, "The project as it was when the campaign began")
    write_settings(folder, _settings_text(project))


def _skip(campaign: Path) -> Any:
    def ignored(parent: str, names: list[str]) -> set[str]:
        own = {name for name in names if (Path(parent) / name).resolve() == campaign}
        return set(_LEFT_OUT(parent, names)) | own

    return ignored


def require_no_campaign(folder: Path) -> None:
    """Raises `CoordinatorError` when `folder` holds a campaign."""
    if (folder / SETTINGS_FILE).exists():
        raise CoordinatorError(f"{folder} is a campaign already; `blueprover run {folder}` goes on with it.")


def commit_folder(hub: Path, files: Path, message: str) -> None:
    """Makes a hub whose ``main`` holds the files below `files`."""
    repository = Repository.create(hub)
    commit = repository.commit(repository.write_tree(files), [], message)
    repository.move(MAIN, commit, repository.head())


def write_settings(folder: Path, text: str) -> None:
    """Writes ``campaign.yaml``, last of all: a folder without it is no campaign."""
    draft = folder / f".{SETTINGS_FILE}"
    draft.write_text(text, encoding="utf-8")
    draft.rename(folder / SETTINGS_FILE)


def settings_text(comment: str, values: Mapping[str, Any]) -> str:
    """Settings as YAML, below a comment."""
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return head + yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True)


def _settings_text(project: Project) -> str:
    return settings_text(
        "Settings of this campaign; the manual's page on settings lists them all.\n"
        "The key of the model's service is read from the environment variable ANTHROPIC_API_KEY.",
        {
            "name": project.title,
            "book": project.book,
            "library": project.library,
            "base": list(project.base),
            "model": {"name": "claude-opus-4-5"},
            "budget_usd": 50.0,
            **(
                {"workers": {"packages": str(project.folder)}}
                if (project.folder / ".lake" / "packages").is_dir()
                else {}
            ),
        },
    )
