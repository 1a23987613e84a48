"""Where a change is judged: a repository's two revisions as folders, and the layout the base prescribes."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

from checker import HeaderError, Layout, module_of
from checker.source.tree import LAKEFILE, module_paths
from coordinator.campaign.founding import library_of, source_folder_of
from coordinator.campaign.settings import SETTINGS_FILE, Settings, load_settings
from coordinator.errors import InputError
from coordinator.git import Repository, repository_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Ground:
    """Two revisions, laid out.

    Attributes:
        base, head: folders with their Lean sources.
        project: the top folder of the base, with its lakefile and ``lean-toolchain``.
        root: where those stand in the repository: empty, or a folder with a slash at its end.
        library: the library that the base's lakefile names; empty where none does.
        base_commit, head_commit: the commits.
        settings: of the campaign; ``None`` where there is none.
        unseen: paths in the repository that differ and that the gate does not see: submodules, and what stands
            outside the root.
        changed: paths below the root of files that differ, sorted; those that are gone left out.
        added: those that the base does not have.
    """

    base: Path
    head: Path
    project: Path
    root: str
    library: str
    base_commit: str
    head_commit: str
    settings: Settings | None
    unseen: tuple[str, ...]
    changed: tuple[str, ...]
    added: frozenset[str]

    def layout(self) -> Layout:
        """The campaign's layout, or what its lack suggests."""
        found = self.settings
        if found is not None:
            return Layout(found.library, found.base, found.helper_folders)
        library = self.library or _commonest_folder(self.base)
        return Layout(library, (f"{library}/Base",), (f"{library}/Helpers",))

    def modules(self, layout: Layout) -> dict[str, str]:
        """Modules of the library outside base and helper folders that are new or changed, with their paths."""
        apart = [folder.rstrip("/") + "/" for folder in (*layout.base, *layout.helpers)]
        return {
            module: path
            for path in self.changed
            if path.startswith(f"{layout.library}/")
            and not path.startswith(tuple(apart))
            and (module := module_name(path)) is not None
        }


@contextmanager
def laid_out(project: Path, base: str, head: str) -> Iterator[Ground]:
    """Exports two revisions of a repository for as long as the context lasts.

    Args:
        project: the top of a work tree, a bare repository, or a campaign's folder.
        base: the trusted revision, in git's words.
        head: the other.

    Raises:
        InputError: there is no such repository or revision.
        SettingsError: the campaign's settings cannot be used.
        GitError: git failed.
    """
    repository, settings_folder = _repository(project)
    commits = {word: _commit(repository, project, word) for word in (base, head)}
    with TemporaryDirectory(prefix="blueprover-verify-", ignore_cleanup_errors=True) as scratch:
        folders = Path(scratch, "base"), Path(scratch, "head")
        for word, folder in zip((base, head), folders, strict=True):
            repository.export(commits[word], folder)
        before, after = repository.blobs(commits[base]), repository.blobs(commits[head])
        differing = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
        settings = _settings(folders[0], settings_folder if SETTINGS_FILE not in after else None)
        root = _root(folders[0], settings)
        unseen = tuple(
            p for p in differing if not (p.startswith(root) and any(_is_file(folder / p) for folder in folders))
        )
        yield Ground(
            folders[0] / root,
            _unlinked(folders[1], root) or Path(mkdtemp(dir=scratch)),
            folders[0],
            root,
            library_of(folders[0]),
            commits[base],
            commits[head],
            settings,
            unseen,
            tuple(p.removeprefix(root) for p in differing if p in after and p not in unseen),
            frozenset(p.removeprefix(root) for p in after.keys() - before.keys() if p.startswith(root)),
        )


def module_name(path: str) -> str | None:
    """The module a path is the source of; ``None`` where it is none."""
    try:
        return module_of(path) if path.endswith(".lean") and path != LAKEFILE else None
    except HeaderError:
        return None


def _repository(project: Path) -> tuple[Repository, Path]:
    """The repository, and the folder in which a campaign's settings may stand beside it."""
    if not project.is_dir():
        raise InputError(f"{project} is no folder; name the top folder of a git repository or a campaign.")
    if (project / SETTINGS_FILE).is_file() and (hub := project / load_settings(project).hub).is_dir():
        return Repository(hub), project
    repository = repository_of(project)
    if repository is None:
        raise InputError(f"{project} is no git repository that can be read; name the top folder of one.")
    return repository, project


def _commit(repository: Repository, project: Path, word: str) -> str:
    found = repository.resolve(word)
    if found is None:
        raise InputError(f"{project} has no revision {word!r}; name a commit, branch or tag it has.")
    return found


def _root(base: Path, settings: Settings | None) -> str:
    """Where the Lean sources stand, as the base's lakefile says; a campaign's stand at the top."""
    folder = source_folder_of(base) if settings is None else ""
    return f"{folder}/" if folder else ""


def _unlinked(head: Path, root: str) -> Path | None:
    """The head's root; ``None`` where it has none, or a link that would lead the gate out of the head."""
    folder = head
    for part in PurePosixPath(root).parts:
        folder /= part
        if folder.is_symlink() or not folder.is_dir():
            return None
    return folder


def _settings(base: Path, beside: Path | None) -> Settings | None:
    """The base's settings, else those beside the repository, where the change cannot have put them."""
    for folder in (base, beside):
        if folder is not None and (folder / SETTINGS_FILE).is_file():
            return load_settings(folder)
    return None


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _commonest_folder(tree: Path) -> str:
    firsts = Counter(path.split("/")[0] for path in module_paths(tree) if "/" in path)
    if not firsts:
        raise InputError("The base revision holds no Lean library: no lakefile names one, and no folder has modules.")
    return firsts.most_common(1)[0][0]
