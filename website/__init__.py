"""The side-by-side site: text and Lean, graph, pull requests and progress of a campaign, as static pages."""

from website.errors import FolderUnusable, SnapshotIncomplete, WebsiteError
from website.site import SiteReport, build_site

__all__ = ["FolderUnusable", "SiteReport", "SnapshotIncomplete", "WebsiteError", "build_site"]
