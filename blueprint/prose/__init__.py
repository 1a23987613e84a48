"""Prose as HTML5 with MathML Core."""

from blueprint.prose.renderer import ProseRenderer
from blueprint.prose.renderings import Renderings

__all__ = ["ProseRenderer", "Renderings"]
