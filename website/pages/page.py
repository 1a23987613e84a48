"""A page: where it goes, which template draws it, and what the template is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site.

    Attributes:
        path: from the site's root.
        template: name of the template.
        title: of the page, as plain text.
        section: which entry of the site's navigation it belongs to.
        ingredients: a value whose ``repr`` changes whenever the page must.
        view: makes what the template gets as ``view``.
    """

    path: str
    template: str
    title: str
    section: str
    ingredients: object
    view: Callable[[], object]
