"""The templates: loaded from the package, with every value escaped unless `Prose` or `lean_view` vouches for it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from website import figures
from website.output import digest
from website.tally import BAR_WIDTH
from website.wording import paragraphs_of

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

STATIC_FOLDER = "static"


class Templates:
    """Draws pages. One is enough for a process: see `templates`.

    Attributes:
        digest: of all templates' sources; pages change when it does.
    """

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("website", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.globals["bar_width"] = BAR_WIDTH
        for function in (
            figures.count,
            figures.moment,
            figures.machine_moment,
            figures.money,
            figures.plural,
            figures.short_commit,
            paragraphs_of,
        ):
            self._environment.filters[function.__name__] = function
        self.digest = digest(*(part for name, data in package_files("templates") for part in (name, data)))

    def draw(self, template: str, **values: Any) -> str:
        """Return a page's HTML."""
        return self._environment.get_template(template).render(**values)


@cache
def templates() -> Templates:
    """Return this process's templates, compiled on first use."""
    return Templates()


def package_files(folder: str) -> list[tuple[str, bytes]]:
    """Return name and content of the files in one of the package's folders, by name."""
    found: list[Traversable] = [item for item in files("website").joinpath(folder).iterdir() if item.is_file()]
    return [(item.name, item.read_bytes()) for item in sorted(found, key=lambda item: item.name)]
