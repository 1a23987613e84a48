"""The whole site, built from a snapshot into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from website.edition import ChapterLink, Edition
from website.output import OutputFolder, digest
from website.pages.bibliography import bibliography_page
from website.pages.chapter import chapter_pages
from website.pages.dashboard import dashboard_page
from website.pages.graph import graph_page
from website.pages.nodes import nodes_page
from website.pages.pull_requests import pull_request_pages
from website.routes import BIBLIOGRAPHY, GRAPH, INDEX, NODES, PULL_REQUESTS, up
from website.templating import STATIC_FOLDER, package_files, templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markupsafe import Markup

    from blueprint import Renderings
    from blueprint.snapshot import Snapshot
    from website.pages.page import Page


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What a build did. Paths are below the site's folder, with slashes.

    Attributes:
        index: the first page.
        written: files that are new or changed.
        kept: files that were already right.
        removed: files of an earlier build that the site no longer has.
    """

    index: Path
    written: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page shows around its own content: the book's title, its chapters, the navigation."""

    title: Markup
    plain_title: str
    campaign: str
    rehearsal: bool
    sandbox: str
    chapters: tuple[ChapterLink, ...]
    navigation: tuple[tuple[str, str, str], ...]


def build_site(snapshot: Snapshot, folder: Path, kept: Renderings | None = None) -> SiteReport:
    """Build or bring up to date the site of a campaign.

    The same snapshot gives the same files, byte for byte. Files that would not change are not touched; a
    reader of the folder sees whole pages at every moment. Pages of earlier builds that the site no longer
    has are removed, unless somebody else wrote or edited them. One build at a time may write to a folder.

    Args:
        snapshot: the campaign's state.
        folder: where the site goes; made when it is missing.
        kept: typeset texts of earlier builds; only what is new or changed in the book is typeset anew, and added.

    Returns:
        What was written, kept and removed.

    Raises:
        SnapshotIncomplete: when the snapshot lacks the progress of a node.
        FolderUnusable: when the folder cannot be read or written.
    """
    edition = Edition(snapshot, kept)
    frame = _frame(edition)
    output = OutputFolder(folder)
    for name, data in package_files(STATIC_FOLDER):
        output.put(f"{STATIC_FOLDER}/{name}", digest(data), lambda data=data: data)  # type: ignore[misc]  # mypy cannot type a lambda's default
    for page in _pages(edition):
        ingredients = digest(templates().digest, repr(frame), page.title, repr(page.ingredients))
        output.put(page.path, ingredients, lambda page=page: _draw(page, frame))  # type: ignore[misc]  # as above
    output.finish()
    return SiteReport(folder / INDEX, tuple(output.written), tuple(output.kept), tuple(output.removed))


def _pages(edition: Edition) -> Iterator[Page]:
    """Yield the site's pages; the first page comes last, so that it never names a page that is not there yet."""
    yield from chapter_pages(edition)
    yield graph_page(edition)
    yield nodes_page(edition)
    if edition.blueprint.bibliography:
        yield bibliography_page(edition)
    yield from pull_request_pages(edition)
    yield dashboard_page(edition)


def _frame(edition: Edition) -> Frame:
    return Frame(
        title=edition.title,
        plain_title=edition.plain_title,
        campaign=edition.snapshot.campaign,
        rehearsal=edition.snapshot.rehearsal,
        sandbox=edition.snapshot.sandbox,
        chapters=edition.chapters,
        navigation=(
            ("overview", "Overview", INDEX),
            ("book", "Book", edition.chapters[0].path),
            ("graph", "Graph", GRAPH),
            ("nodes", "Nodes", NODES),
            ("pull-requests", "Pull requests", PULL_REQUESTS),
            *([("bibliography", "Bibliography", BIBLIOGRAPHY)] if edition.blueprint.bibliography else []),
        ),
    )


def _draw(page: Page, frame: Frame) -> str:
    return templates().draw(page.template, page=page, frame=frame, root=up(page.path), view=page.view())
