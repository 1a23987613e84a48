"""Prose as HTML5 with MathML Core."""

from blueprint.prose.renderer import ProseRenderer

__all__ = ["ProseRenderer"]
