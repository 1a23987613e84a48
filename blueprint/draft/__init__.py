"""Drafts of blueprints: what a plain book suggests, proposed for people to correct."""

from blueprint.draft.inference import draft
from blueprint.draft.links import inferred_links, is_plain
from blueprint.draft.originals import Original, read_originals
from blueprint.draft.proposal import Draft, NodeDraft, ProposedEdge, ProposedName
from blueprint.draft.writing import difference, drafted_files, write_draft, write_in_place

__all__ = [
    "Draft",
    "NodeDraft",
    "Original",
    "ProposedEdge",
    "ProposedName",
    "difference",
    "draft",
    "drafted_files",
    "inferred_links",
    "is_plain",
    "read_originals",
    "write_draft",
    "write_in_place",
]
